#Requires -RunAsAdministrator
#Requires -Modules DhcpServer
# WPAD: the PAC file found by DHCP option 252 or DNS. wpad-windows-dhcp-reset.ps1 resets it.
# It holds for the whole server; for one scope add -ScopeId to the last line.
# Profile contoso-eu, allowlistc 0.1.0.
$ErrorActionPreference = 'Stop'

if (-not (Get-DhcpServerv4OptionDefinition -OptionId 252 -ErrorAction SilentlyContinue)) {
    Add-DhcpServerv4OptionDefinition -Name 'WPAD' -OptionId 252 -Type 'String'
}
Set-DhcpServerv4OptionValue -OptionId 252 -Value 'http://proxy.contoso.com/proxy.pac'
