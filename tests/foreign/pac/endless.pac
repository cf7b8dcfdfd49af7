function FindProxyForURL(url, host) {
  while (host.length > 0) { host = host + "."; }
  return "DIRECT";
}
