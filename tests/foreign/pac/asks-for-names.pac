function FindProxyForURL(url, host) {
  if (isInNet(dnsResolve(host), "10.0.0.0", "255.0.0.0")) return "DIRECT";
  if (isInNet(myIpAddress(), "10.8.0.0", "255.255.0.0")) return "PROXY vpn.contoso.com:8080";
  return "PROXY proxy.contoso.com:8080";
}
