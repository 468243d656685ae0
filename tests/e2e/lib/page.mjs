// Driving the app: opening pages, waiting until they rest, and looking for what must never be on them.

import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";

import { chromium } from "playwright-core";

import { check, until } from "./runner.mjs";

export const DESKTOP = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 844 };
export const THEMES = ["dark", "light"];
export const DASHBOARDS = ["executive", "operations", "agents", "infrastructure"];

const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export function launch(executablePath) {
  return chromium.launch({ executablePath, args: FLAGS });
}

// The panels of a dashboard as its file lists them: [{ title, kind, targets }].
export function panelsOf(dist, name) {
  const file = JSON.parse(readFileSync(join(dist, "dashboards", `${name}.json`), "utf8"));
  return (file.dashboard ?? file).panels
    .filter((panel) => panel.type !== "row")
    .map(({ title, type, targets }) => ({ title, kind: type === "graph" ? "timeseries" : type, targets }));
}

// What happens on a page that must not: errors on the console, exceptions, refused requests. `allow` says which of it a
// test provokes itself.
class Guard {
  found = [];

  constructor(page, allow) {
    // The browser's advice about our own reading of the canvases; an icon that it still fetched when we left the page.
    const ours = /willReadFrequently|favicon\.svg: net::ERR_ABORTED/;
    const note = (text) => {
      if (!ours.test(text) && !allow.some((pattern) => pattern.test(text))) this.found.push(text);
    };
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) note(`console ${message.type()}: ${message.text()}`);
    });
    page.on("pageerror", (error) => note(`exception: ${error.message}`));
    // What was still under way when the page was left or loaded again is nobody's failure: the browser ends it once the next
    // document's request has been answered.
    let documents = 0;
    const askedIn = new WeakMap();
    page.on("request", (request) => {
      if (request.isNavigationRequest() && request.frame() === page.mainFrame()) documents += 1;
      askedIn.set(request, documents);
    });
    const isLeft = (request) => request.failure()?.errorText === "net::ERR_ABORTED" && askedIn.get(request) < documents;
    page.on("requestfailed", (request) => isLeft(request) || note(`request failed: ${request.method()} ${request.url()}: ${request.failure()?.errorText}`));
    page.on("response", (response) => {
      if (response.status() >= 400) note(`status ${response.status()}: ${response.url()}`);
    });
  }

  check() {
    check(this.found.length === 0, `the page complained:\n${this.found.slice(0, 8).join("\n")}`);
  }
}

// A fresh browser context with one page. Close it with `page.context().close()`.
export async function newPage(browser, { viewport = DESKTOP, theme = "dark", allow = [], permissions = [], init, ...more } = {}) {
  const context = await browser.newContext({
    viewport, colorScheme: theme, timezoneId: "UTC", locale: "en-US", permissions, reducedMotion: "reduce", ...more,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  if (init) await page.addInitScript(init);
  page.guard = new Guard(page, allow);
  return page;
}

// Runs `work` on a fresh page, closes it, and fails if the page complained.
export async function onPage(browser, options, work) {
  const page = await newPage(browser, options);
  try {
    const result = await work(page);
    page.guard.check();
    return result;
  } finally {
    await page.context().close();
  }
}

// Waits until nothing loads any more, and has not for a little while.
export async function settled(page, { panels = 1, limitMs = 45_000 } = {}) {
  let quietSince = null;
  await until("the page to rest", async () => {
    const state = await page.evaluate(() => ({
      isCrashed: document.getElementById("crash")?.hidden === false,
      crash: document.getElementById("crash-detail")?.textContent,
      isSplash: document.getElementById("splash") !== null,
      panels: document.querySelectorAll('[data-testid="panel"]').length,
      loading: document.querySelectorAll('[data-loading="true"], .skeleton').length,
    }));
    check(!state.isCrashed, `the app crashed: ${state.crash}`);
    const isQuiet = !state.isSplash && state.loading === 0 && state.panels >= panels;
    quietSince = isQuiet ? quietSince ?? performance.now() : null;
    return quietSince !== null && performance.now() - quietSince > 200;
  }, { limitMs });
  // What was answered last is painted by the second frame.
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
}

export async function openDashboard(page, base, dist, name, query = "") {
  await page.goto(`${base}d/${name}${query}`);
  await settled(page, { panels: panelsOf(dist, name).length });
}

// The pages without panels.
export async function openSheet(page, base, name, query = "") {
  await page.goto(`${base}${name}${query}`);
  await page.locator({ alerts: '[data-testid="rule"]', status: ".data-table__table, [data-testid=source-failure]", dashboards: ".page a, .page .card" }[name]).first().waitFor();
  await settled(page, { panels: 0 });
}

export function panel(page, title) {
  return page.locator('[data-testid="panel"]').filter({ has: page.getByRole("heading", { name: title, exact: true }) });
}

export async function openMenu(page, title) {
  await panel(page, title).getByRole("button", { name: `Menu of ${title}`, exact: true }).click();
  return page.getByRole("menu", { name: "Panel menu" });
}

export async function chooseFromMenu(page, title, item) {
  const menu = await openMenu(page, title);
  await menu.getByRole("menuitem", { name: item, exact: true }).click();
}

export async function downloadCsv(page, title) {
  const [download] = await Promise.all([page.waitForEvent("download"), chooseFromMenu(page, title, "Download CSV")]);
  const text = await readFile(await download.path(), "utf8");
  return { name: download.suggestedFilename(), text };
}

// The requests behind a panel as its Inspect dialog tells them: [{ expr, params }], by parsing the curl lines.
export async function inspect(page, title) {
  await chooseFromMenu(page, title, "Inspect");
  const dialog = page.getByRole("dialog");
  const snippets = await dialog.locator(".snippet").evaluateAll((all) => all.map((snippet) => [
    snippet.querySelector(".snippet__title").textContent, snippet.querySelector(".snippet__code").textContent,
  ]));
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  const exprs = snippets.filter(([name]) => name.startsWith("Query ")).map(([, code]) => code);
  const curls = snippets.filter(([name]) => name === "As curl").map(([, code]) => code);
  check(exprs.length > 0 && exprs.length === curls.length, `${title}: ${exprs.length} queries, ${curls.length} requests shown`);
  return exprs.map((expr, at) => ({ expr, params: paramsOfCurl(curls[at]) }));
}

export function paramsOfCurl(line) {
  const params = {};
  for (const [, quoted, plain] of line.matchAll(/ --data (?:'((?:[^']|'\\'')*)'|(\S+))/g)) {
    for (const [name, value] of new URLSearchParams((quoted ?? plain).replaceAll("'\\''", "'"))) params[name] = value;
  }
  return params;
}

// Panels whose data are not there, as { title: what is said instead }.
export function states(page) {
  return page.locator('[data-testid="panel"]').evaluateAll((panels) => Object.fromEntries(panels
    .map((panel) => [panel.querySelector("h2").textContent, panel.querySelector(".state")?.textContent])
    .filter(([, state]) => state)));
}

// What does not fit: the document wider than the window, text cut without an ellipsis, text outside of the window.
export async function misfits(page) {
  return page.evaluate(() => {
    const found = [];
    const root = document.documentElement;
    if (root.scrollWidth > root.clientWidth) {
      const widest = [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > root.clientWidth + 1).slice(0, 3);
      found.push(`the document is ${root.scrollWidth} px wide in ${root.clientWidth}: ${widest.map((e) => e.className || e.tagName)}`);
    }
    const isClipping = (style) => ["hidden", "clip"].includes(style.overflowX);
    for (const element of document.querySelectorAll("h1, h2, h3, button, a, td, th, dt, dd, p, label, .panel__title, .panel__unit, .legend__name, .legend__item, .stat__value, .stat__sub, .stat__name, .badge, .control, .state__headline, .state__detail, .card__title, .card__note, .rail__label, .rules__name, .rules__detail")) {
      const style = getComputedStyle(element);
      if (style.display === "none" || style.visibility === "hidden" || element.clientWidth === 0) continue;
      const name = `${element.className || element.tagName} “${element.textContent.trim().slice(0, 40)}”`;
      if (isClipping(style) && style.textOverflow !== "ellipsis" && element.scrollWidth > element.clientWidth + 1) {
        found.push(`cut without an ellipsis: ${name}`);
      }
      // Text wider than a clipping ancestor that does not say so by an ellipsis or by scrolling.
      if (element.scrollWidth > element.clientWidth + 1 && style.overflowX === "visible" && style.display !== "inline") {
        const box = element.getBoundingClientRect();
        if (box.left + element.scrollWidth > root.clientWidth + 1 && !element.closest(".data-table, pre, .snippet")) found.push(`runs out of the window: ${name}`);
      }
    }
    // Neighbours in the rail may not touch.
    const labels = [...document.querySelectorAll(".rail__label")].filter((e) => e.offsetWidth > 0).map((e) => {
      const range = document.createRange();
      range.selectNodeContents(e);
      const box = range.getBoundingClientRect();
      const clip = e.getBoundingClientRect();
      return { text: e.textContent, left: Math.max(box.left, clip.left), right: Math.min(box.right, clip.right), top: box.top };
    });
    for (const [at, label] of labels.entries()) {
      const next = labels[at + 1];
      if (next && Math.abs(next.top - label.top) < 4 && next.left - label.right < 2) found.push(`touching in the rail: ${label.text} and ${next.text}`);
    }
    return found;
  });
}

// What axe finds of serious or critical impact, as lines.
export async function axeFindings(page) {
  // Handed over by the driver, so the page's content policy is not loosened for it.
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"], iframes: false }));
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, help, nodes }) => `${id} (${help}) ×${nodes.length}: ${nodes.slice(0, 2).map((node) => `${node.target.join(" ")} ${node.any?.[0]?.message ?? ""}`).join(" | ")}`);
}

// How many pixels of a chart's overlay (cursor, selection) are painted.
export function overlayPixels(page, title) {
  return panel(page, title).locator("canvas.chart__overlay").evaluate((canvas) => {
    if (canvas.width === 0 || canvas.height === 0) return 0;
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let painted = 0;
    for (let at = 3; at < data.length; at += 4) painted += data[at] > 0 ? 1 : 0;
    return painted;
  });
}

// How many different colours a chart has: a blank one has at most one.
export function colourCount(page, title) {
  return panel(page, title).locator("canvas.chart__canvas").evaluate((canvas) => {
    if (canvas.width === 0 || canvas.height === 0) return 0;
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const colours = new Set();
    for (let at = 0; at < data.length && colours.size < 50; at += 4) colours.add((data[at] << 24) | (data[at + 1] << 16) | (data[at + 2] << 8) | data[at + 3]);
    return colours.size;
  });
}

// Of the pixel columns between the first and the last with ink of a series, the share that has any: 1 for a line without gaps.
export function inkedShare(page, title) {
  return panel(page, title).locator("canvas.chart__canvas").evaluate((canvas) => {
    const { width, height } = canvas;
    const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
    const isInked = Array.from({ length: width }, (_, x) => {
      for (let y = 0; y < height; y += 1) {
        const at = (y * width + x) * 4;
        // Axes, grid and text are grey; series are not.
        const spread = Math.max(data[at], data[at + 1], data[at + 2]) - Math.min(data[at], data[at + 1], data[at + 2]);
        if (data[at + 3] > 100 && spread > 50) return true;
      }
      return false;
    });
    const [first, last] = [isInked.indexOf(true), isInked.lastIndexOf(true)];
    return last - first < width / 2 ? 0 : isInked.slice(first, last + 1).filter(Boolean).length / (last - first + 1);
  });
}
