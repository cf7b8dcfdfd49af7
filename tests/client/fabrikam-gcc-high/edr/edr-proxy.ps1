#Requires -RunAsAdministrator
# Sensor (EDR) of Windows: its own static proxy. edr-proxy-reset.ps1 resets it.
# Profile fabrikam-gcc-high, allowlistc 0.1.0.
$ErrorActionPreference = 'Stop'

function Set-Value([string] $Key, [string] $Name, [string] $Type, $Value) {
    if (-not (Test-Path -LiteralPath $Key)) { New-Item -Path $Key -Force | Out-Null }
    New-ItemProperty -LiteralPath $Key -Name $Name -PropertyType $Type -Value $Value -Force | Out-Null
}

$key = 'HKLM:\SOFTWARE\Policies\Microsoft\Windows\DataCollection'
Set-Value $key 'TelemetryProxyServer' 'String' 'proxy.fabrikam.example.com:3128'
Set-Value $key 'DisableEnterpriseAuthProxy' 'DWord' 1

$key = 'HKLM:\SOFTWARE\Policies\Microsoft\Windows Advanced Threat Protection'
Set-Value $key 'PreferStaticProxyForHttpRequest' 'DWord' 1
