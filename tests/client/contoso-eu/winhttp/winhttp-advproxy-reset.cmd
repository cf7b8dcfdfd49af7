@echo off
rem Resets winhttp-advproxy.cmd: WinHTTP goes direct, whatever it was told before.
rem Profile contoso-eu, allowlistc 0.1.0. Run as an administrator, with the .json file beside it.
netsh winhttp set advproxy setting-scope=machine settings-file="%~dp0winhttp-advproxy-reset.json"
