// Figures of the product: what is loaded first, and how soon something is seen, beside Prometheus's own page.
//
//   node tests/e2e/bench.mjs --dist DIR --demo PROGRAM --prometheus PROGRAM --promtool PROGRAM --chromium PROGRAM --out FILE.json
//                            [--peer PROGRAM --peer-folder DIR [--peer-note TEXT]]
//
// The peer of the budgets is the React page of Prometheus 3: --peer is that Prometheus, --peer-folder where it is started
// to find its pages, --peer-note what differs from the released ones. Without it the page of --prometheus serves, and the
// table's head says so.
//
// Peer and ours take turns, each time in a fresh browser with an empty cache, on the same Prometheus with the same
// samples. Budgets are ratios of medians: absolute times are this machine's.

import { brotliCompressSync, constants } from "node:zlib";
import { cp, mkdir, readFile, readdir, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";

import { DESKTOP, launch } from "./lib/page.mjs";
import { check, until } from "./lib/runner.mjs";
import { NOW_MS, startDemo, startPrometheus, stopAll, temporaryFolder } from "./lib/servers.mjs";

const ROUNDS = 9;
const HOURS = 3;
// A browser that has just been started loads its own pages, on as many cores as there are; what is measured begins after that.
const SETTLING_MS = 2_000;

const text = { type: "string", default: "" };
const { values: options } = parseArgs({ options: { dist: text, demo: text, prometheus: text, promtool: text, chromium: text, out: text, peer: text, "peer-folder": text, "peer-note": text } });
for (const name of ["dist", "demo", "chromium", "out"]) {
  if (!options[name]) {
    console.error(`--${name} is needed; see the head of bench.mjs`);
    process.exit(2);
  }
}

// What a browser loads first from the built app, without the parts that come later, as brotli: [{ name, bytes, brotliBytes }].
async function firstLoad(dist) {
  const names = (await readdir(dist)).filter((name) => /^index\.html$|\.(?:js|svg)$|_bg\.wasm$|^app-.*\.css$|^config\.json$/.test(name));
  const files = await Promise.all(names.map(async (name) => {
    const content = await readFile(join(dist, name));
    const packed = await stat(join(dist, `${name}.br`)).then(({ size }) => size, () => (
      brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length));
    return { name, bytes: content.length, brotliBytes: packed };
  }));
  return files.sort((a, b) => b.brotliBytes - a.brotliBytes);
}

// Opens an address in a fresh browser; returns when the first content and the first chart were painted, and what was
// loaded from where the page is served (without answers to queries), compressed as brotli would.
async function visit(address, { isPainted, isAsset }) {
  const browser = await launch(options.chromium);
  try {
    const page = await browser.newPage({ viewport: DESKTOP, timezoneId: "UTC", locale: "en-US" });
    await page.waitForTimeout(SETTLING_MS);
    const bodies = [];
    page.on("response", (response) => {
      if (isAsset(new URL(response.url()).pathname)) bodies.push(response.body().catch(() => Buffer.alloc(0)));
    });
    await page.addInitScript(isPainted.watch);
    await page.goto(address, { waitUntil: "commit" });
    const chartMs = await until("the first chart", () => page.evaluate(isPainted.read), { limitMs: 30_000, everyMs: 100 });
    const contentMs = await until("the first content", () => page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime), { limitMs: 5_000 });
    return { contentMs, chartMs, bodies: await Promise.all(bodies) };
  } finally {
    await browser.close();
  }
}

// Ours marks it itself.
const OUR_CHART = {
  watch: "",
  read: () => performance.getEntriesByName("chart-painted")[0]?.startTime,
};

// uPlot strokes a series' line as a `Path2D`, and everything else of a chart as the canvas's current path: the first such
// stroke is of data. Like ours it counts from the frame that shows it, after the commands that draw it.
const REACT_CHART = {
  watch: `(() => {
    const { stroke } = CanvasRenderingContext2D.prototype;
    CanvasRenderingContext2D.prototype.stroke = function (...path) {
      stroke.apply(this, path);
      if (!(path[0] instanceof Path2D) || !this.canvas.closest(".uplot")) return;
      CanvasRenderingContext2D.prototype.stroke = stroke;
      requestAnimationFrame(() => {
        window.chartPaintedMs = performance.now();
        window.chartLineCount = document.querySelectorAll(".uplot .u-legend .u-series").length - 1;
      });
    };
  })()`,
  read: () => window.chartLineCount > 0 && window.chartPaintedMs,
};

// The classic page's chart is an SVG: the frame after a path with more points than an axis has was put into the document.
const CLASSIC_CHART = {
  watch: `(() => {
    const observer = new MutationObserver(() => {
      const isDrawn = [...document.querySelectorAll("svg path")].some((path) => (path.getAttribute("d") ?? "").length > 1000);
      if (!isDrawn) return;
      observer.disconnect();
      requestAnimationFrame(() => { window.chartPaintedMs = performance.now(); });
    });
    observer.observe(document, { childList: true, subtree: true, attributes: true, attributeFilter: ["d"] });
  })()`,
  read: () => window.chartPaintedMs,
};

// The page of this Prometheus that draws a graph: { name, address, isPainted }.
async function peerPage(upstream) {
  const { version } = (await (await fetch(`${upstream}/api/v1/status/buildinfo`)).json()).data;
  const react = await fetch(`${upstream}/query`, { redirect: "manual" });
  const isReact = react.status === 200 && (await react.text()).includes('id="root"');
  const end = new Date(NOW_MS).toISOString().slice(0, 19).replace("T", " ");
  const query = new URLSearchParams({
    "g0.expr": "sum(rate(agentarea_http_requests_total[5m])) by (service)", "g0.range_input": "2h", "g0.end_input": end,
    ...(isReact ? { "g0.tab": "graph", "g0.display_mode": "lines" } : { "g0.tab": "0", "g0.stacked": "0" }),
  });
  return {
    name: `Prometheus ${version}\u2019s ${isReact ? "React" : "classic"} page`,
    address: `${upstream}/${isReact ? "query" : "classic/graph"}?${query}`,
    isPainted: isReact ? REACT_CHART : CLASSIC_CHART,
    isReact,
  };
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function brotliBytes(bodies) {
  return bodies.reduce((sum, body) => sum + brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length, 0);
}

async function measure() {
  const rows = [];
  const dist = join(await temporaryFolder(), "dist");
  await cp(options.dist, dist, { recursive: true });
  const files = await firstLoad(dist);
  const ourBytes = files.reduce((sum, file) => sum + file.brotliBytes, 0);
  const row = (id, phase, unit, ours, peer, must, goal) => rows.push({ id, phase, unit, ours, peer, ratio: peer === null ? null : ours / peer, must, goal });

  if (!options.prometheus || !options.promtool) {
    row("E1", "first load, brotli", "kB", ourBytes / 1000, null, null, null);
    return { rows, files, samples: {}, head: "there is no Prometheus here, so nothing was compared" };
  }
  const programs = { ...options, dist };
  const { url: upstream } = await startPrometheus(
    { ...programs, prometheus: options.peer || options.prometheus }, { hours: HOURS, workingFolder: options["peer-folder"] || null });
  const demo = await startDemo(programs, { hours: 1, upstream });
  const page = await peerPage(upstream);
  const ourAddress = `${demo.url}d/operations?from=now-2h&to=now&refresh=off`;
  const isPeerAsset = (path) => !path.startsWith("/api/");
  const isOurAsset = (path) => !path.startsWith("/prometheus/");
  const samples = { ours: [], peer: [] };
  let peerBodies = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const peer = await visit(page.address, { isPainted: page.isPainted, isAsset: isPeerAsset });
    const ours = await visit(ourAddress, { isPainted: OUR_CHART, isAsset: isOurAsset });
    peerBodies = peer.bodies;
    samples.peer.push({ contentMs: peer.contentMs, chartMs: peer.chartMs });
    samples.ours.push({ contentMs: ours.contentMs, chartMs: ours.chartMs });
    console.log(`  round ${round + 1} of ${ROUNDS}: ours ${ours.contentMs.toFixed(0)} / ${ours.chartMs.toFixed(0)} ms, Prometheus ${peer.contentMs.toFixed(0)} / ${peer.chartMs.toFixed(0)} ms`);
  }
  const peerBytes = brotliBytes(peerBodies);
  check(peerBytes > 100_000, `the peer's page loaded only ${peerBytes} bytes`);
  const of = (side, key) => median(samples[side].map((sample) => sample[key]));
  row("E1", "first load of the whole app, brotli", "kB", ourBytes / 1000, peerBytes / 1000, "≤ 300 kB", "≤ 220 kB");
  row("E2", "first contentful paint, fresh browser", "ms", of("ours", "contentMs"), of("peer", "contentMs"), "≤ 0.35", "≤ 0.20");
  row("E3", "navigation to first chart painted", "ms", of("ours", "chartMs"), of("peer", "chartMs"), "≤ 0.45", "≤ 0.30");
  const differs = page.isReact ? options["peer-note"] : "NOT the peer that the budgets name, the React page of Prometheus 3: set-up says why that is not here";
  const head = `peer: ${page.name} with one graph${differs ? ` (${differs})` : ""}; ours: a dashboard of four panels on the same Prometheus; `
    + `medians of ${ROUNDS}, taken in turns; software canvas`;
  return { rows, files, samples, head };
}

function print({ rows, files, head }) {
  const cell = (value) => (value === null ? "" : typeof value === "number" ? value.toFixed(value < 10 ? 2 : 0) : value);
  const table = [["", "phase", "unit", "ours", "peer", "ratio", "must", "goal"], ...rows.map((row) => [row.id, row.phase, row.unit, cell(row.ours), cell(row.peer), cell(row.ratio), cell(row.must), cell(row.goal)])];
  const widths = table[0].map((_, at) => Math.max(...table.map((cells) => cells[at].length)));
  console.log(`\n${head}`);
  for (const cells of table) console.log(cells.map((text, at) => (at < 3 || at > 5 ? text.padEnd(widths[at]) : text.padStart(widths[at]))).join("  ").trimEnd());
  console.log("\nfirst load:");
  for (const { name, bytes, brotliBytes: packed } of files) console.log(`  ${name.padEnd(56)} ${String(bytes).padStart(9)} B ${String(packed).padStart(9)} B brotli`);
}

let isAllWell = false;
try {
  const result = await measure();
  print(result);
  await mkdir(dirname(options.out), { recursive: true });
  await writeFile(options.out, `${JSON.stringify(result, null, 2)}\n`);
  isAllWell = true;
} catch (error) {
  console.error(error);
} finally {
  await stopAll();
}
process.exit(isAllWell ? 0 : 1);
