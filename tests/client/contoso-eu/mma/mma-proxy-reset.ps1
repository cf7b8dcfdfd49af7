#Requires -Version 2.0
# Resets mma-proxy.ps1: the agent goes direct, whatever it was told before.
# Profile contoso-eu, allowlistc 0.1.0. Run as an administrator.
$ErrorActionPreference = 'Stop'

$agent = New-Object -ComObject 'AgentConfigManager.MgmtSvcCfg'
if (-not ($agent | Get-Member -Name 'SetProxyInfo')) {
    throw 'this agent is too old to be told a proxy; update it first'
}
$agent.SetProxyInfo('', '', '')
