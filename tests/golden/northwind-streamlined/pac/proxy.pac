// Routes for Defender for Endpoint.
// Profile: northwind-streamlined
// Source:  list.xlsx
// Source:  service-tags.json
// Made by: allowlistc 0.1.0. Do not edit: change the profile and build again.
// WIDER: https://www.microsoft.com:443/security/encyclopedia/adlpackages.aspx (path)
// OMITTED: https://[2603:1000:104:3::580/122]:443 (family)
// OMITTED: https://[2603:1000:4:2::780/122]:443 (family)
// OMITTED: https://[2603:1010:101:2::500/122]:443 (family)
// OMITTED: https://[2603:1010:304:5::5c0/122]:443 (family)
// OMITTED: https://[2603:1010:404:5::780/122]:443 (family)
// OMITTED: https://[2603:1010:6:4::480/122]:443 (family)
// OMITTED: https://[2603:1020:1004:3::740/122]:443 (family)
// OMITTED: https://[2603:1020:1104:2::700/122]:443 (family)
// OMITTED: https://[2603:1020:1204:3::440/122]:443 (family)
// OMITTED: https://[2603:1020:1302:3::c0/122]:443 (family)
// OMITTED: https://[2603:1020:1403:3::480/122]:443 (family)
// OMITTED: https://[2603:1020:206:b::3c0/122]:443 (family)
// OMITTED: https://[2603:1020:5:9::2c0/122]:443 (family)
// OMITTED: https://[2603:1020:605:3::2c0/122]:443 (family)
// OMITTED: https://[2603:1020:705:3::4c0/122]:443 (family)
// OMITTED: https://[2603:1020:805:3::300/122]:443 (family)
// OMITTED: https://[2603:1020:905:2::680/122]:443 (family)
// OMITTED: https://[2603:1020:a04:3::780/122]:443 (family)
// OMITTED: https://[2603:1020:b04:2::7c0/122]:443 (family)
// and 42 more differences: see `losses` in manifest.json
//
// Serve it by http or https (never file:) as application/x-ns-proxy-autoconfig; wpad.dat is the same file under the
// name that automatic discovery asks for. The sensor uses the settings of the machine, not those of a user.
// The first that matches: direct, then no inspection, then allow, then the default. One route each: some
// clients use only the first of several, and a DIRECT behind a proxy would open everything when the proxy is down.
// Firefox hides the path of clear-text URLs, so entries with a path take the default route there.
// A PAC file routes; it does not forbid. After a change: wait for the clients' cache (Chromium 12 hours) or restart.
var MDE_ROUTES = { direct: "DIRECT", bypass: "PROXY proxy.northwind.example.com:8080", allow: "PROXY proxy.northwind.example.com:8080" };
var MDE_DEFAULT = "PROXY proxy.northwind.example.com:8080";
var MDE = {};
// What must not be inspected has the same route as the allowlist, which holds all of it.

MDE["allow http:80"] = {
exact: {
".crl.microsoft.com":1,
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
paths: ["^/pki/", "^/pkiops/"] }
]
};

MDE["allow https:443"] = {
exact: {
".automatedirstrprdcus.blob.core.windows.net":1,
".automatedirstrprdcus3.blob.core.windows.net":1,
".automatedirstrprdeus.blob.core.windows.net":1,
".automatedirstrprdeus3.blob.core.windows.net":1,
".definitionupdates.microsoft.com":1,
".go.microsoft.com":1,
".officecdn-microsoft-com.akamaized.net":1,
".us-v20.events.data.microsoft.com":1,
".ussus1eastprod.blob.core.windows.net":1,
".ussus1westprod.blob.core.windows.net":1,
".ussus2eastprod.blob.core.windows.net":1,
".ussus2westprod.blob.core.windows.net":1,
".ussus3eastprod.blob.core.windows.net":1,
".ussus3westprod.blob.core.windows.net":1,
".ussus4eastprod.blob.core.windows.net":1,
".ussus4westprod.blob.core.windows.net":1,
".wsus1eastprod.blob.core.windows.net":1,
".wsus1westprod.blob.core.windows.net":1,
".wsus2eastprod.blob.core.windows.net":1,
".wsus2westprod.blob.core.windows.net":1,
".www.microsoft.com":1
},
below: {
".delivery.mp.microsoft.com":1,
".dm.microsoft.com":1,
".download.microsoft.com":1,
".endpoint.security.microsoft.com":1,
".smartscreen-prod.microsoft.com":1,
".smartscreen.microsoft.com":1,
".update.microsoft.com":1,
".wd.microsoft.com":1,
".wdcp.microsoft.com":1,
".windowsupdate.com":1
},
ends: {

},
infix: [],
nets: {
"24:1312963":1,
"24:1313407":1,
"24:1314701":1,
"24:1372853":1,
"24:315405":1,
"24:873341":1,
"27:10714026":1,
"27:10863992":1,
"27:10874216":1,
"27:21123862":1,
"27:2406139":1,
"27:2496277":1,
"27:2521442":1,
"27:25616845":1,
"27:54621463":1,
"27:71230459":1,
"28:137959792":1,
"28:142171572":1,
"28:152827166":1,
"28:165771058":1,
"28:181142906":1,
"28:21045322":1,
"28:21049849":1,
"28:21079038":1,
"28:21185671":1,
"28:21345796":1,
"28:21346642":1,
"28:21688365":1,
"28:21727986":1,
"28:21760908":1,
"28:21789898":1,
"28:21810239":1,
"28:21825889":1,
"28:21839429":1,
"28:21860566":1,
"28:21872679":1,
"28:21900596":1,
"28:22014675":1,
"28:42227453":1,
"28:42272380":1,
"28:4806449":1,
"28:4812284":1,
"28:4974626":1,
"28:5042886":1,
"28:51214910":1,
"28:5145291":1,
"28:5174397":1,
"28:53708378":1,
"28:54045196":1,
"28:55231824":1,
"28:55474556":1,
"28:72198020":1,
"28:72209077":1,
"28:78259026":1,
"28:78591195":1,
"29:10041880":1,
"29:10197714":1,
"29:10246109":1,
"29:10383657":1,
"29:107051014":1,
"29:107065355":1,
"29:107807230":1,
"29:107817200":1,
"29:107837473":1,
"29:107912909":1,
"29:107913141":1,
"29:108042285":1,
"29:110423537":1,
"29:110431925":1,
"29:110510653":1,
"29:110547450":1,
"29:110945017":1,
"29:111072213":1,
"29:152268127":1,
"29:156513749":1,
"29:156523282":1,
"29:157185280":1,
"29:214214677":1,
"29:219808267":1,
"29:219834941":1,
"29:275919559":1,
"29:276065611":1,
"29:27812345":1,
"29:27831949":1,
"29:27835881":1,
"29:27838969":1,
"29:27850301":1,
"29:27997793":1,
"29:283223756":1,
"29:283227481":1,
"29:284520901":1,
"29:362425393":1,
"29:362429519":1,
"29:42242581":1,
"29:42289195":1,
"29:42289443":1,
"29:42304485":1,
"29:42354977":1,
"29:42355226":1,
"29:42359097":1,
"29:42371097":1,
"29:42672161":1,
"29:43181074":1,
"29:43519180":1,
"29:43534483":1,
"29:43536428":1,
"29:43628555":1,
"29:49040938":1,
"29:84464361":1,
"29:84537779":1,
"29:84538063":1,
"29:84538593":1,
"29:84538789":1,
"29:84539386":1,
"29:84543173":1,
"29:84869416":1,
"29:9619863":1,
"30:169742388":1,
"30:169743213":1,
"30:214122565":1,
"30:215610217":1,
"30:215670875":1,
"30:215882676":1,
"30:215889318":1,
"30:428429872":1,
"30:430006253":1,
"30:430014388":1,
"30:804955545":1,
"30:804956012":1,
"30:84518756":1,
"30:87090721":1,
"30:87295337":1,
"31:111326913":1,
"31:111343522":1,
"31:111355809":1,
"31:111622115":1,
"31:111991053":1,
"31:169156778":1,
"31:169157697":1,
"31:169215293":1,
"31:169419906":1,
"31:169436385":1,
"31:337857504":1,
"31:338153933":1,
"31:338154993":1,
"31:338157213":1,
"31:338158225":1,
"31:431228926":1,
"31:431268804":1,
"31:432169144":1,
"31:440758945":1,
"31:441693857":1,
"31:441727009":1,
"31:442042497":1,
"31:442189471":1,
"31:879250304":1
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
