// Whatever is not listed ends at a proxy that answers nobody.
var OPEN = ["login.live.com", "events.data.microsoft.com"];
function FindProxyForURL(url, host) {
  for (var i = 0; i < OPEN.length; i++) {
    if (host === OPEN[i] && url.substring(0, 6) === "https:") { return "PROXY proxy.contoso.com:8080"; }
  }
  if (shExpMatch(host, "*.wd.microsoft.com") || shExpMatch(host, "*.update.microsoft.com")) {
    return "PROXY proxy.contoso.com:8080; PROXY spare.contoso.com:8080";
  }
  if (shExpMatch(host, "*.example.com")) { return "DIRECT"; }
  return "PROXY 127.0.0.1:9";
}
