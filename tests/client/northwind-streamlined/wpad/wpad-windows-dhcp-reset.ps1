#Requires -RunAsAdministrator
#Requires -Modules DhcpServer
# Resets wpad-windows-dhcp.ps1: removes the value for the whole server; the definition of the option stays.
# Profile northwind-streamlined, allowlistc 0.1.0.
$ErrorActionPreference = 'Stop'

Remove-DhcpServerv4OptionValue -OptionId 252
