#Requires -RunAsAdministrator
# Defender Antivirus of Windows: its own proxy for cloud protection. antivirus-proxy-reset.ps1 resets it.
# Profile northwind-streamlined, allowlistc 0.1.0. Values of a policy go before these.
$ErrorActionPreference = 'Stop'

$settings = @{
    ProxyPacUrl = 'http://pac.northwind.example.com/proxy.pac'
}
Set-MpPreference @settings
Get-MpPreference | Select-Object -Property 'ProxyServer', 'ProxyPacUrl', 'ProxyBypass'
