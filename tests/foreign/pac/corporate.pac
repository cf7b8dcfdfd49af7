// Proxy settings of Contoso. Maintained by hand, ask the network team.
var CLOUD = "PROXY cloud-proxy.contoso.com:3128";
var OFFICE = "PROXY proxy.contoso.com:8080; DIRECT";

function isInternal(host) {
  return isPlainHostName(host) ||
    dnsDomainIs(host, ".contoso.com") ||
    shExpMatch(host, "10.*") ||
    shExpMatch(host, "192.168.*");
}

function FindProxyForURL(url, host) {
  host = host.toLowerCase();
  if (isInternal(host)) { return "DIRECT"; }
  /* Defender for Endpoint: past the login of the office proxy */
  if (host == "events.data.microsoft.com" ||
      dnsDomainIs(host, "wd.microsoft.com") ||
      shExpMatch(url, "http://crl.microsoft.com/pki/*") ||
      dnsDomainIs(host, ".update.microsoft.com")) {
    return CLOUD;
  }
  return OFFICE;
}
