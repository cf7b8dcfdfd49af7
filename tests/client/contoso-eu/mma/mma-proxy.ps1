#Requires -Version 2.0
# Microsoft Monitoring Agent: its own proxy. mma-proxy-reset.ps1 resets it.
# Profile contoso-eu, allowlistc 0.1.0. Run as an administrator.
$ErrorActionPreference = 'Stop'

$agent = New-Object -ComObject 'AgentConfigManager.MgmtSvcCfg'
if (-not ($agent | Get-Member -Name 'SetProxyInfo')) {
    throw 'this agent is too old to be told a proxy; update it first'
}
$agent.SetProxyInfo('http://proxy.contoso.com:8080', '', '')
