#Requires -RunAsAdministrator
# Defender Antivirus of Windows: its own proxy for cloud protection. antivirus-proxy-reset.ps1 resets it.
# Profile fabrikam-gcc-high, allowlistc 0.1.0. Values of a policy go before these.
$ErrorActionPreference = 'Stop'

$settings = @{
    ProxyServer = 'http://proxy.fabrikam.example.com:3128'
}
Set-MpPreference @settings
Get-MpPreference | Select-Object -Property 'ProxyServer', 'ProxyPacUrl', 'ProxyBypass'
