// Routes for Defender for Endpoint.
// Profile: fabrikam-gcc-high
// Source:  list.xlsx
// Made by: allowlistc 0.1.0. Do not edit: change the profile and build again.
//
// Serve it by http or https (never file:) as application/x-ns-proxy-autoconfig; wpad.dat is the same file under the
// name that automatic discovery asks for. The sensor uses the settings of the machine, not those of a user.
// The first that matches: direct, then no inspection, then allow, then the default. One route each: some
// clients use only the first of several, and a DIRECT behind a proxy would open everything when the proxy is down.
// Firefox hides the path of clear-text URLs, so entries with a path take the default route there.
// A PAC file routes; it does not forbid. After a change: wait for the clients' cache (Chromium 12 hours) or restart.
var MDE_ROUTES = { direct: "DIRECT", bypass: "PROXY proxy.fabrikam.example.com:3128", allow: "PROXY proxy.fabrikam.example.com:3128" };
var MDE_DEFAULT = "PROXY proxy.fabrikam.example.com:3128";
var MDE = {};

MDE["direct https:443"] = {
exact: {
".login.live.com":1,
".login.microsoftonline.com":1
},
below: {
".wns.windows.com":1
},
ends: {

},
infix: [],
nets: {

},
limited: [
]
};
// What must not be inspected has the same route as the allowlist, which holds all of it.

MDE["allow http:80"] = {
exact: {
".ctldl.windowsupdate.com":1
},
below: {

},
ends: {

},
infix: [],
nets: {

},
limited: [
{ exact: { ".www.microsoft.com":1 },
below: {  },
ends: {  },
infix: [],
nets: {  },
paths: [":/pki/certs", "^/pkiops/"] },
{ exact: { ".crl.microsoft.com":1 },
below: {  },
ends: {  },
infix: [],
nets: {  },
paths: ["^/pki/crl/"] }
]
};

MDE["allow https:443"] = {
exact: {
".cdn.x.cp.wd.microsoft.com":1,
".crl.microsoft.com":1,
".events.data.microsoft.com":1,
".login.live.com":1,
".login.microsoftonline.com":1,
".login.microsoftonline.us":1,
".officecdn-microsoft-com.akamaized.net":1,
".static2.sharepointonline.com":1,
".unitedstates1.cp.wd.microsoft.us":1,
".unitedstates1.ss.wd.microsoft.us":1,
".unitedstates1.x.cp.wd.microsoft.us":1,
".us4-v20.events.data.microsoft.com":1,
".winatp-gw-usgt.microsoft.com":1
},
below: {
".agentsvc.azure-automation.us":1,
".blob.core.usgovcloudapi.net":1,
".delivery.mp.microsoft.com":1,
".download.microsoft.com":1,
".endpoint.security.microsoft.com":1,
".microsoftonline-p.com":1,
".ods.opinsights.azure.us":1,
".oms.opinsights.azure.us":1,
".securitycenter.microsoft.us":1,
".update.microsoft.com":1,
".windowsupdate.com":1,
".wns.windows.com":1
},
ends: {

},
infix: [],
nets: {

},
limited: [
]
};

// From here on the same in every file.
function mdeInfix(map, texts, paths) {
  var i, text, star, dot, parent;
  for (i = 0; i < texts.length; i++) {
    text = texts[i];
    star = text.indexOf("*");
    dot = text.indexOf(".", star);
    parent = text.substring(dot);
    if (!map[parent]) { map[parent] = []; }
    map[parent][map[parent].length] = [text.substring(0, star), text.substring(star + 1, dot), paths];
  }
  return map;
}
function mdeAny(table) {
  var key;
  for (key in table) { return true; }
  return false;
}
function mdeSizes(nets) {
  var key, length, seen = {}, sizes = [];
  for (key in nets) {
    length = Number(key.substring(0, key.indexOf(":")));
    if (length >= 0 && length <= 32 && length % 1 == 0 && seen[length] !== 1) {
      seen[length] = 1;
      sizes[sizes.length] = [length + ":", Math.pow(2, 32 - length)];
    }
  }
  return sizes;
}
function mdePairs(pairs) {
  var index = { exact: {}, below: {}, ends: {}, nets: {}, infix: {}, hasEnds: false }, i, key, pair;
  for (i = 0; i < pairs.length; i++) {
    pair = pairs[i];
    for (key in pair.exact) { index.exact[key] = pair.paths; }
    for (key in pair.below) { index.below[key] = pair.paths; }
    for (key in pair.ends) { index.ends[key] = pair.paths; index.hasEnds = true; }
    for (key in pair.nets) { index.nets[key] = pair.paths; }
    mdeInfix(index.infix, pair.infix, pair.paths);
  }
  index.sizes = mdeSizes(index.nets);
  return index;
}
var MDE_LIMITED = {};
function mdePrepare() {
  var key;
  for (key in MDE) {
    if (MDE[key].limited.length > 0) { MDE_LIMITED[key] = mdePairs(MDE[key].limited); }
    MDE[key].infix = mdeInfix({}, MDE[key].infix, 1);
    MDE[key].hasEnds = mdeAny(MDE[key].ends);
    MDE[key].sizes = mdeSizes(MDE[key].nets);
  }
}
mdePrepare();
function mdePath(paths, path) {
  var i, kind, text;
  if (paths === 1) { return true; }
  if (typeof paths != "object" || path == "") { return false; }
  for (i = 0; i < paths.length; i++) {
    kind = paths[i].charAt(0);
    text = paths[i].substring(1);
    if (kind == "^" ? path.substring(0, text.length) == text : path == text) { return true; }
    if (kind == ":" && path.substring(0, text.length + 1) == text + "/") { return true; }
  }
  return false;
}
function mdeNumber(h) {
  var n = 0, dots = 0, digits = 0, part = 0, i, d;
  for (i = 0; i <= h.length; i++) {
    d = i < h.length ? "0123456789.".indexOf(h.charAt(i)) : 10;
    if (d < 0) { return -1; }
    if (d < 10) {
      if (digits > 0 && part == 0) { return -1; }
      part = part * 10 + d; digits++;
      if (part > 255) { return -1; }
    } else {
      if (digits == 0) { return -1; }
      n = n * 256 + part; part = 0; digits = 0; dots++;
    }
  }
  return dots == 4 ? n : -1;
}
function mdeNets(index, n, path) {
  var i, size;
  for (i = 0; i < index.sizes.length; i++) {
    size = index.sizes[i][1];
    if (mdePath(index.nets[index.sizes[i][0] + (n - n % size) / size], path)) { return true; }
  }
  return false;
}
function mdeHas(index, h, n, path) {
  var i, first, list;
  if (n >= 0) { return mdeNets(index, n, path); }
  if (mdePath(index.exact["." + h], path)) { return true; }
  for (i = h.indexOf(".", 1); i > 0; i = h.indexOf(".", i + 1)) {
    if (mdePath(index.below[h.substring(i)], path)) { return true; }
  }
  if (index.hasEnds) {
    for (i = 0; i < h.length; i++) {
      if (h.indexOf(".", i) < 0) { break; }
      if (mdePath(index.ends[h.substring(i)], path)) { return true; }
    }
  }
  i = h.indexOf(".");
  if (i > 0) {
    first = h.substring(0, i);
    list = index.infix[h.substring(i)];
    if (list) {
      for (i = 0; i < list.length; i++) {
        if (first.length >= list[i][0].length + list[i][1].length &&
            first.substring(0, list[i][0].length) == list[i][0] &&
            first.substring(first.length - list[i][1].length) == list[i][1] &&
            mdePath(list[i][2], path)) { return true; }
      }
    }
  }
  return false;
}
function mdeListed(kind, key, h, n, path) {
  var index = MDE[kind + " " + key];
  if (index && mdeHas(index, h, n, "")) { return true; }
  index = MDE_LIMITED[kind + " " + key];
  return index && path != "" ? mdeHas(index, h, n, path) : false;
}
function mdeCut(text, marks) {
  var i, at;
  for (i = 0; i < marks.length; i++) {
    at = text.indexOf(marks.charAt(i));
    if (at >= 0) { text = text.substring(0, at); }
  }
  return text;
}
function mdeRoute(url, host) {
  var h = host.toLowerCase(), i, scheme, auth, path, port, key, low, n;
  if (h.length > 1 && h.charAt(h.length - 1) == ".") { h = h.substring(0, h.length - 1); }
  if (h.length < 1 || h.length > 253 || h.charAt(0) == "." || h.indexOf("..") >= 0 || h.indexOf(":") >= 0) { return ""; }
  i = url.indexOf("://");
  if (i < 4 || i > 5) { return ""; }
  scheme = url.substring(0, i).toLowerCase();
  if (scheme != "http" && scheme != "https") { return ""; }
  url = url.substring(i + 3);
  auth = mdeCut(url, "/?#\\");
  path = mdeCut(url.substring(auth.length), "?#");
  if (path == "") { path = "/"; }
  auth = auth.substring(auth.lastIndexOf("@") + 1);
  i = auth.lastIndexOf(":");
  port = i >= 0 && auth.indexOf("]", i) < 0 ? auth.substring(i + 1) : "";
  if (port == "") { port = scheme == "https" ? "443" : "80"; }
  key = scheme + ":" + port;
  low = (path + "/").toLowerCase();
  if (scheme == "https" || low.indexOf("/../") >= 0 || low.indexOf("/./") >= 0 || low.indexOf("%2e") >= 0 ||
      low.indexOf("\\") >= 0) { path = ""; }
  n = mdeNumber(h);
  if (mdeListed("direct", key, h, n, path)) { return MDE_ROUTES.direct; }
  if (mdeListed("bypass", key, h, n, path)) { return MDE_ROUTES.bypass; }
  if (mdeListed("allow", key, h, n, path)) { return MDE_ROUTES.allow; }
  return "";
}
function FindProxyForURL(url, host) {
  var route = mdeRoute(String(url), String(host));
  return route == "" ? MDE_DEFAULT : route;
}
