#Requires -RunAsAdministrator
# Resets edr-proxy.ps1: removes its values, whatever they hold by now.
# Profile contoso-eu, allowlistc 0.1.0.
$ErrorActionPreference = 'Stop'

$key = 'HKLM:\SOFTWARE\Policies\Microsoft\Windows\DataCollection'
Remove-ItemProperty -LiteralPath $key -Name 'TelemetryProxyServer', 'DisableEnterpriseAuthProxy' -ErrorAction SilentlyContinue

$key = 'HKLM:\SOFTWARE\Policies\Microsoft\Windows Advanced Threat Protection'
Remove-ItemProperty -LiteralPath $key -Name 'PreferStaticProxyForHttpRequest' -ErrorAction SilentlyContinue
