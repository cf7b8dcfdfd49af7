@echo off
rem WinHTTP of Windows: the proxy of the whole machine. winhttp-proxy-reset.cmd resets it.
rem For desktops that stay in one network. Newer releases want winhttp-advproxy.cmd instead.
rem Profile fabrikam-gcc-high, allowlistc 0.1.0. Run as an administrator.
netsh winhttp set proxy proxy-server="proxy.fabrikam.example.com:3128"
