#Requires -RunAsAdministrator
# Defender Antivirus of Windows: its own proxy for cloud protection. antivirus-proxy-reset.ps1 resets it.
# Profile contoso-eu, allowlistc 0.1.0. Values of a policy go before these.
$ErrorActionPreference = 'Stop'

$settings = @{
    ProxyServer = 'http://proxy.contoso.com:8080'
    ProxyPacUrl = 'http://proxy.contoso.com/proxy.pac'
    ProxyBypass = @('*.contoso.com', '10.*', '<local>')
}
Set-MpPreference @settings
Get-MpPreference | Select-Object -Property 'ProxyServer', 'ProxyPacUrl', 'ProxyBypass'
