@echo off
rem WinHTTP of Windows: the proxy of the whole machine. winhttp-proxy-reset.cmd resets it.
rem For desktops that stay in one network. Newer releases want winhttp-advproxy.cmd instead.
rem Profile contoso-eu, allowlistc 0.1.0. Run as an administrator.
netsh winhttp set proxy proxy-server="proxy.contoso.com:8080" bypass-list="*.contoso.com;10.*;<local>"
