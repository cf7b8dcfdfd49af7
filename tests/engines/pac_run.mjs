// Runs a PAC file: node pac_run.mjs node|quickjs PAC MODULES, with [[url, host], ...] as JSON on standard input.
// Prints the routes as JSON. `quickjs` is the engine inside pac-resolver, found in the folder MODULES.
import fs from "node:fs";
import path from "node:path";
import vm from "node:vm";
import { pathToFileURL } from "node:url";

const [engine, pac, modules] = process.argv.slice(2);
const source = fs.readFileSync(pac, "utf8");
const asked = JSON.parse(fs.readFileSync(0, "utf8"));
let find;
if (engine === "node") {
  const context = vm.createContext({});
  vm.runInContext(source, context);
  find = vm.runInContext("FindProxyForURL", context);
} else {
  const load = (file) => import(pathToFileURL(path.resolve(modules, file)));
  const { createPacResolver } = await load("pac-resolver/dist/index.js");
  const quickjs = path.join(modules, "quickjs-wasi");
  const { main, exports } = JSON.parse(fs.readFileSync(path.join(quickjs, "package.json"), "utf8"));
  const entry = exports?.["."]?.import?.default ?? exports?.["."]?.import ?? exports?.["."]?.default ?? main;
  const { QuickJS } = await load(path.join("quickjs-wasi", entry));
  find = createPacResolver(await QuickJS.create(fs.readFileSync(path.join(quickjs, "quickjs.wasm"))), source);
}
const routes = [];
for (const [url, host] of asked) {
  try {
    routes.push(await find(url, host));
  } catch (error) {
    routes.push("threw " + error);
  }
}
process.stdout.write(JSON.stringify(routes), () => process.exit(0));
