@echo off
rem WinHTTP of Windows: the proxy of the whole machine. winhttp-advproxy-reset.cmd resets it.
rem For desktops that stay in one network.
rem Profile fabrikam-gcc-high, allowlistc 0.1.0. Run as an administrator, with the .json file beside it.
netsh winhttp set advproxy setting-scope=machine settings-file="%~dp0winhttp-advproxy.json"
