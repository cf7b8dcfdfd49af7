#Requires -RunAsAdministrator
# Resets antivirus-proxy.ps1: removes the preferences, whatever they hold by now.
# Profile fabrikam-gcc-high, allowlistc 0.1.0. Values of a policy go before these.
$ErrorActionPreference = 'Stop'

Remove-MpPreference -ProxyServer -ProxyPacUrl -ProxyBypass
Get-MpPreference | Select-Object -Property 'ProxyServer', 'ProxyPacUrl', 'ProxyBypass'
