// What browsers give a PAC file beside the language. Names are not looked up and there is no clock here:
// whoever asks for either gets the answer of a machine without a network, and that it was asked is remembered.
var allowlistcAsked = false;
function dnsDomainIs(host, domain) {
  return host.length >= domain.length && host.substring(host.length - domain.length) == domain;
}
function dnsDomainLevels(host) { return host.split(".").length - 1; }
function isPlainHostName(host) { return host.indexOf(".") < 0; }
function localHostOrDomainIs(host, hostdom) { return host == hostdom || hostdom.lastIndexOf(host + ".", 0) == 0; }
function shExpMatch(text, pattern) {
  var t = 0, p = 0, star = -1, mark = 0;
  text = String(text); pattern = String(pattern);
  while (t < text.length) {
    if (p < pattern.length && pattern.charAt(p) == "*") { star = p; mark = t; p++; }
    else if (p < pattern.length && (pattern.charAt(p) == "?" || pattern.charAt(p) == text.charAt(t))) { p++; t++; }
    else if (star >= 0) { p = star + 1; mark++; t = mark; }
    else { return false; }
  }
  while (p < pattern.length && pattern.charAt(p) == "*") { p++; }
  return p == pattern.length;
}
function convert_addr(text) {
  var parts = String(text).split("."), i, n = 0;
  if (parts.length != 4) { return -1; }
  for (i = 0; i < 4; i++) {
    if (!/^[0-9]{1,3}$/.test(parts[i]) || Number(parts[i]) > 255) { return -1; }
    n = n * 256 + Number(parts[i]);
  }
  return n;
}
function isInNet(host, net, mask) {
  var h = convert_addr(host), n = convert_addr(net), m = convert_addr(mask);
  if (h < 0) { allowlistcAsked = true; return false; }
  return n >= 0 && m >= 0 && ((h & m) >>> 0) == ((n & m) >>> 0);
}
function dnsResolve(host) {
  if (convert_addr(host) >= 0) { return host; }
  allowlistcAsked = true;
  return null;
}
function isResolvable(host) { return dnsResolve(host) != null; }
function myIpAddress() { allowlistcAsked = true; return "127.0.0.1"; }
function weekdayRange() { allowlistcAsked = true; return false; }
function dateRange() { allowlistcAsked = true; return false; }
function timeRange() { allowlistcAsked = true; return false; }
function alert() {}
