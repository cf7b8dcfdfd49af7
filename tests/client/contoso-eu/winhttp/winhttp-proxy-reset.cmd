@echo off
rem Resets winhttp-proxy.cmd: WinHTTP goes direct, whatever it was told before.
rem Profile contoso-eu, allowlistc 0.1.0. Run as an administrator.
netsh winhttp reset proxy
