// Reads reports in Chromium: report_lab.mjs RENDERED NODE_MODULES [PICTURES]. Exit 0 sound, 1 faults.
//
// RENDERED holds PROFILE-report/report.html and hostile-report/report.html, the latter from a list whose cells try to
// run as scripts. Every page is opened from a file:// URL. PICTURES is a folder for screenshots to look at.

import { spawn } from "node:child_process";
import { mkdtempSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [rendered, modules, pictures] = process.argv.slice(2);
const axe = readFileSync(join(modules, "axe-core/axe.min.js"), "utf8");
const faults = [];
let checks = 0;

function check(name, holds, shown = "") {
  checks += 1;
  if (!holds) faults.push(`${name}${shown === "" ? "" : `: ${JSON.stringify(shown)}`}`);
}

/** Chromium, spoken to over two pipes. */
class Browser {
  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), "report-lab-"));
    const flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage"];
    flags.push("--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars");
    flags.push("--remote-debugging-pipe", `--user-data-dir=${this.folder}`, "about:blank");
    this.process = spawn("chromium", flags, { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"], detached: true });
    this.waiting = new Map();
    this.listeners = [];
    this.next = 0;
    let rest = Buffer.alloc(0);
    this.process.stdio[4].on("data", (data) => {
      rest = Buffer.concat([rest, data]);
      for (let end; (end = rest.indexOf(0)) >= 0; rest = rest.subarray(end + 1)) {
        this.take(JSON.parse(rest.subarray(0, end).toString()));
      }
    });
  }

  take(message) {
    if (message.id === undefined) {
      this.listeners.forEach((listener) => listener(message));
      return;
    }
    const { done, failed } = this.waiting.get(message.id);
    this.waiting.delete(message.id);
    message.error ? failed(new Error(message.error.message)) : done(message.result);
  }

  ask(method, params = {}, sessionId = undefined) {
    const id = ++this.next;
    this.process.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return new Promise((done, failed) => this.waiting.set(id, { done, failed }));
  }

  async close() {
    const gone = new Promise((done) => this.process.once("exit", done));
    await this.ask("Browser.close").catch(() => 0);
    await gone;
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** One tab with a page. It writes down what is asked of the network, what is logged and what the policy refuses. */
class Page {
  static async open(browser, file, { dark = false, width = 1280, height = 900 } = {}) {
    const page = new Page();
    page.browser = browser;
    page.requests = [];
    page.logged = [];
    const { targetId } = await browser.ask("Target.createTarget", { url: "about:blank" });
    page.target = targetId;
    page.session = (await browser.ask("Target.attachToTarget", { targetId, flatten: true })).sessionId;
    const loaded = new Promise((done) => {
      browser.listeners.push((message) => {
        if (message.sessionId !== page.session) return;
        const { method, params } = message;
        if (method === "Page.loadEventFired") done();
        if (method === "Network.requestWillBeSent") page.requests.push(params.request.url);
        if (method === "Log.entryAdded") page.logged.push(params.entry.text);
        if (method === "Runtime.consoleAPICalled") page.logged.push(params.args.map((a) => a.value).join(" "));
        if (method === "Runtime.exceptionThrown") page.logged.push(params.exceptionDetails.text);
        if (method === "Page.javascriptDialogOpening") page.logged.push(`dialog ${params.message}`);
      });
    });
    for (const domain of ["Page", "Network", "Log", "Runtime"]) await page.ask(`${domain}.enable`);
    await page.ask("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: false });
    const features = [{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }];
    features.push({ name: "prefers-reduced-motion", value: "reduce" });
    await page.ask("Emulation.setEmulatedMedia", { features });
    page.url = pathToFileURL(resolve(file)).href;
    await page.ask("Page.navigate", { url: page.url });
    await loaded;
    return page;
  }

  ask(method, params) {
    return this.browser.ask(method, params, this.session);
  }

  async run(expression) {
    const { result, exceptionDetails } = await this.ask("Runtime.evaluate", {
      expression,
      returnByValue: true,
      awaitPromise: true,
    });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  async press(key, code, text, modifiers = 0) {
    const event = { key, code, text, modifiers, windowsVirtualKeyCode: { Tab: 9, Enter: 13, Escape: 27 }[key] ?? 0 };
    await this.ask("Input.dispatchKeyEvent", { type: "keyDown", ...event });
    await this.ask("Input.dispatchKeyEvent", { type: "keyUp", ...event, text: undefined });
  }

  type(text) {
    return this.ask("Input.insertText", { text });
  }

  settle() {
    return this.run("new Promise((done) => setTimeout(done, 250))");
  }

  async picture(name, whole = true) {
    if (!pictures) return;
    mkdirSync(pictures, { recursive: true });
    const { data } = await this.ask("Page.captureScreenshot", { captureBeyondViewport: whole });
    writeFileSync(join(pictures, `${name}.png`), Buffer.from(data, "base64"));
  }

  close() {
    return this.browser.ask("Target.closeTarget", { targetId: this.target });
  }
}

const SHOWN = `[...document.querySelectorAll("table[data-search]")].map((table) => {
  const rows = [...table.tBodies[0].rows].filter((row) => row.checkVisibility());
  return [table.id.replace("table-", ""), rows.length];
})`;

/** Nothing is asked of the network, and nothing is logged. */
function quiet(name, page) {
  const outside = page.requests.filter((url) => url !== page.url && !url.startsWith("data:"));
  check(`${name}: no request leaves the page`, outside.length === 0, outside);
  check(`${name}: nothing is logged`, page.logged.length === 0, page.logged);
}

/** The rules of axe-core for WCAG 2.2 A and AA and its good practices. */
async function accessible(name, page) {
  await page.run(axe);
  const result = await page.run(`axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    resultTypes: ["violations"],
  }).then((found) => ({
    passes: found.passes.length,
    faults: found.violations.map((v) => [v.impact, v.id, v.nodes.length, v.nodes[0].target.join(" ")]),
  }))`);
  check(`${name}: axe-core looks at the page`, result.passes > 20, result.passes);
  check(`${name}: axe-core finds nothing`, result.faults.length === 0, result.faults);
}

async function searches(name, page) {
  const all = Object.fromEntries(await page.run(SHOWN));
  check(`${name}: every table shows its rows`, Object.values(all).every((count) => count > 0), all);
  const first = await page.run(`document.querySelector("#table-entries tbody th").textContent`);
  await page.run(`document.getElementById("find").focus()`);
  await page.type(`  ${first.toUpperCase()} `);
  await page.settle();
  const found = Object.fromEntries(await page.run(SHOWN));
  check(`${name}: a search finds its entry whatever its case`, found.entries > 0 && found.entries < all.entries, found);
  const told = await page.run(`document.getElementById("found").textContent`);
  check(`${name}: the result is told`, told.includes(`${found.entries} of ${all.entries} entries`), told);
  await page.type("nothing-has-this-text");
  await page.settle();
  const none = Object.fromEntries(await page.run(SHOWN));
  check(`${name}: a search can find nothing`, Object.values(none).every((count) => count === 0), none);
  check(`${name}: and says so`, await page.run(`document.querySelector("#table-entries + .nothing").checkVisibility()`));
  await page.run(`document.querySelector("#tools button").click()`);
  await page.settle();
  const again = Object.fromEntries(await page.run(SHOWN));
  check(`${name}: clearing shows everything again`, JSON.stringify(all) === JSON.stringify(again), again);
}

/** Every word of every filter leaves exactly the rows that have it. */
async function filters(name, page) {
  const wrong = await page.run(`[...document.querySelectorAll("select[data-table]")].flatMap((select) => {
    const rows = [...document.getElementById(select.dataset.table).tBodies[0].rows];
    const words = [...select.options].map((option) => option.value).filter(Boolean);
    const faults = words.length ? [] : ["a filter without words"];
    for (const word of words) {
      select.value = word;
      select.dispatchEvent(new Event("change"));
      const has = (row) => [...row.cells[select.dataset.column].querySelectorAll("b")].some((b) => b.textContent === word);
      const wanted = rows.filter(has).length;
      const shown = rows.filter((row) => row.checkVisibility());
      if (wanted === 0 || shown.length !== wanted || !shown.every(has)) faults.push(word + ": " + shown.length + " of " + wanted);
    }
    select.value = "";
    select.dispatchEvent(new Event("change"));
    return faults;
  })`);
  check(`${name}: filters leave what they name`, wrong.length === 0, wrong);
  check(`${name}: there are filters`, (await page.run(`document.querySelectorAll("select[data-table]").length`)) > 1);
}

/** From the top of the page by keys alone: the skip link, the sections, the search, the filters. */
async function keyboard(name, browser, file, view) {
  const page = await Page.open(browser, file, view);
  const where = `(() => { const e = document.activeElement; return e.id || e.getAttribute("href") || e.dataset.column || e.tagName; })()`;
  const seen = [];
  for (let step = 0; step < 30; step++) {
    await page.press("Tab", "Tab");
    const at = await page.run(where);
    seen.push(at);
    if (seen.length === 1) {
      check(`${name}: the first stop is the skip link`, at === "#main", at);
      const left = await page.run(`document.activeElement.getBoundingClientRect().left`);
      check(`${name}: which shows when it has the focus`, left >= 0, left);
    }
    const ring = await page.run(`document.activeElement === document.body || getComputedStyle(document.activeElement).outlineStyle !== "none"`);
    check(`${name}: the focus shows on ${at}`, ring);
    if (at === "BODY") break;
  }
  for (const stop of ["#targets", "#changes", "#entries", "#left-out", "find", "BUTTON", "2"]) {
    check(`${name}: Tab reaches ${stop}`, seen.includes(stop), seen);
  }
  await page.run(`document.querySelector(".skip").focus()`);
  await page.press("Enter", "Enter", "\r");
  check(`${name}: the skip link moves the focus`, (await page.run(where)) === "main");
  await page.run(`document.getElementById("find").focus()`);
  await page.type("zzz");
  await page.settle();
  await page.press("Escape", "Escape");
  await page.settle();
  check(`${name}: Escape empties the search`, (await page.run(`document.getElementById("find").value`)) === "");
  await page.close();
}

async function fits(name, page) {
  const wide = await page.run(`document.documentElement.scrollWidth - innerWidth`);
  check(`${name}: nothing sticks out`, wide <= 0, wide);
}

async function structure(name, page) {
  const faults = await page.run(`(() => {
    const faults = [];
    for (const landmark of ["header", "nav", "main", "footer", "[role=search]"]) {
      if (document.querySelectorAll("body > " + landmark + ", main > " + landmark).length !== 1) faults.push(landmark);
    }
    for (const table of document.querySelectorAll("table")) {
      if (!table.caption?.textContent) faults.push("caption of " + table.className);
      if (table.querySelector("th:not([scope])")) faults.push("scope in " + table.className);
    }
    if (document.querySelectorAll("h1").length !== 1) faults.push("h1");
    if (document.querySelector("#found").getAttribute("aria-live") !== "polite") faults.push("aria-live");
    return faults;
  })()`);
  check(`${name}: landmarks, captions and scopes`, faults.length === 0, faults);
}

/** Without the script the page has all its rows and no tools that do nothing. */
async function without_script(name, browser, file) {
  const copy = join(browser.folder, "plain.html");
  writeFileSync(copy, readFileSync(file, "utf8").replace(/script-src '[^']*';/, ""));
  const page = await Page.open(browser, copy);
  const shown = Object.fromEntries(await page.run(SHOWN));
  check(`${name}: without the script every row shows`, shown.entries > 0, shown);
  check(`${name}: and no tool`, !(await page.run(`document.getElementById("tools").checkVisibility()`)));
  check(`${name}: the policy stops a script that it does not name`, page.logged.length > 0);
  await page.close();
}

/** Cells that try to run show as text. */
async function hostile(browser, file) {
  const page = await Page.open(browser, file);
  await page.settle();
  quiet("hostile", page);
  const text = await page.run(`document.body.textContent`);
  for (const piece of ["<script>", "<img src=x onerror=", "</style>", "javascript:"]) {
    check(`hostile: ${piece} shows as text`, text.includes(piece));
  }
  const made = await page.run(`document.querySelectorAll("script, style, img, svg, iframe, [onerror], [onload], [style]").length`);
  check("hostile: only the page's own script and style exist", made === 2, made);
  check("hostile: nothing ran", (await page.run("typeof ran")) === "undefined");
  const hidden = await page.run(String.raw`/[\u202a-\u202e\u2066-\u2069\u200b]/.test(document.body.textContent)`);
  check("hostile: no character turns or hides text", !hidden);
  await accessible("hostile", page);
  await searches("hostile", page);
  await page.close();
}

async function report(browser, name, file) {
  for (const dark of [false, true]) {
    for (const width of [1280, 400]) {
      const title = `${name} ${dark ? "dark" : "light"} ${width}`;
      const page = await Page.open(browser, file, { dark, width });
      await structure(title, page);
      await fits(title, page);
      await accessible(title, page);
      quiet(title, page);
      await page.picture(title.replaceAll(" ", "-"));
      if (width === 1280) {
        await searches(title, page);
        await filters(title, page);
        await keyboard(title, browser, file, { dark, width });
        quiet(`${title} at the end`, page);
      }
      await page.close();
    }
  }
  const page = await Page.open(browser, file);
  const { data } = await page.ask("Page.printToPDF", { paperWidth: 8.27, paperHeight: 11.69, printBackground: false });
  check(`${name}: prints`, Buffer.from(data, "base64").subarray(0, 5).toString() === "%PDF-");
  if (pictures) writeFileSync(join(pictures, `${name}.pdf`), Buffer.from(data, "base64"));
  await page.close();
  await without_script(name, browser, file);
}

const begin = Date.now();
const browser = new Browser();
const patience = setTimeout(() => {
  console.log("Chromium did not finish within 5 minutes");
  process.kill(-browser.process.pid, "SIGKILL");
  process.exit(1);
}, 300_000);
try {
  const names = readdirSync(rendered).filter((name) => name.endsWith("-report") && name !== "hostile-report");
  check("there are reports", names.length > 0);
  for (const name of names.sort()) await report(browser, name.replace(/-report$/, ""), join(rendered, name, "report.html"));
  await hostile(browser, join(rendered, "hostile-report", "report.html"));
} finally {
  clearTimeout(patience);
  await browser.close();
}
faults.forEach((fault) => console.log(fault));
console.log(`${checks - faults.length} of ${checks} checks in ${((Date.now() - begin) / 1000).toFixed(1)} s`);
process.exit(faults.length ? 1 : 0);
