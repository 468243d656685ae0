// Traces of any size in the built app: from a pasted id to the first rows on the screen, memory for each span, and the time of
// a frame while rows are scrolled and the timeline is panned.
//
//   node tests/e2e/bench_traces.mjs --dist DIR --kernels DIR --chromium PROGRAM --out FILE.json [--only NAME]
//
// The traces are those of bench_kernels.mjs, which the module in --kernels makes. A server of this script's own hosts the
// app and answers as Jaeger does, on loopback and uncompressed. Each opening is in a fresh browser. The browser paints in
// software; frames are counted as the page gets them.

import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { parseArgs } from "node:util";
import { pathToFileURL } from "node:url";

import { KEEP_MEMORY } from "./lib/memory.mjs";
import { DESKTOP, launch } from "./lib/page.mjs";
import { check, until } from "./lib/runner.mjs";

const text = { type: "string", default: "" };
const { values: options } = parseArgs({ options: { dist: text, kernels: text, chromium: text, out: text, only: text } });
for (const name of ["dist", "kernels", "chromium", "out"]) {
  if (!options[name]) {
    console.error(`--${name} is needed; see the head of bench_traces.mjs`);
    process.exit(2);
  }
}

const TRACES = [
  { name: "1,000 spans", spans: 1_000, rounds: 5 },
  { name: "10,000 spans", spans: 10_000, rounds: 5 },
  { name: "50,000 spans", spans: 50_000, rounds: 3 },
  { name: "200,000 spans", spans: 200_000, rounds: 3 },
  { name: "chain of 50,000", spans: 50_000, isChain: true, rounds: 3 },
].filter(({ name }) => name.includes(options.only));
const ID = "4bf92f3577b34da6a3ce929d0e0e4736";
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm", ".css": "text/css", ".json": "application/json", ".svg": "image/svg+xml" };
const FRAMES = 180;

// Hosts the app, and answers as a Jaeger that has `held.body` and nothing else.
async function serve(held) {
  const config = JSON.parse(await readFile(join(options.dist, "config.json"), "utf8"));
  config.sources = [{ name: "jaeger", kind: "jaeger", url: "jaeger" }];
  const answer = async (path) => {
    if (path === "/config.json") return [200, ".json", JSON.stringify(config)];
    if (path === `/jaeger/api/traces/${ID}`) return [200, ".json", held.body];
    if (path.startsWith("/jaeger/api/")) return path.includes("/v3/") ? [404, ".json", "{}"] : [200, ".json", '{"data":[],"errors":null}'];
    const file = normalize(path).replace(/^\/+/, "");
    const content = extname(file) ? await readFile(join(options.dist, file)).catch(() => null) : null;
    if (content) return [200, extname(file), content];
    return extname(file) ? [404, ".json", ""] : [200, ".html", await readFile(join(options.dist, "index.html"))];
  };
  const server = createServer((request, response) => {
    answer(new URL(request.url, "http://localhost").pathname).then(
      ([status, extension, body]) => response.writeHead(status, { "content-type": TYPES[extension] ?? "application/octet-stream" }).end(body),
      (error) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}/`, stop: () => server.close() };
}

async function bytes(page, session) {
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  return { heap: usedSize, wasm: await page.evaluate(() => window.appMemory.buffer.byteLength) };
}

// The times between frames, in milliseconds, while `step` runs before each of them.
function frames(page, step) {
  return page.evaluate(({ step, count }) => new Promise((resolve) => {
    const act = new Function("frame", step);
    const times = [];
    const next = (now) => {
      times.push(now);
      if (times.length > count) {
        resolve(times.slice(1).map((time, at) => time - times[at]));
        return;
      }
      act(times.length);
      requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
  }), { step, count: FRAMES });
}

const SCROLL = 'document.querySelector(".spans__scroller").scrollTop += 90;';
const PAN = `
  const key = frame === 1 ? "+" : frame % 60 < 30 ? "d" : "a";
  document.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));`;

// Opens the trace as a person does who has its id, in a fresh browser.
async function visit(url, { withFrames }) {
  const browser = await launch(options.chromium);
  try {
    const page = await browser.newPage({ viewport: DESKTOP, timezoneId: "UTC", locale: "en-US" });
    page.setDefaultTimeout(60_000);
    await page.addInitScript(KEEP_MEMORY);
    await page.goto(`${url}traces?refresh=off`);
    await page.getByRole("textbox", { name: "Trace id or link" }).waitFor();
    const session = await page.context().newCDPSession(page);
    await session.send("HeapProfiler.enable");
    const before = await bytes(page, session);
    const openedMs = await page.evaluate((id) => new Promise((resolve) => {
      const startMs = performance.now();
      const observer = new MutationObserver(() => {
        if (!document.querySelector(".span-row")) return;
        observer.disconnect();
        // The frame that has the rows has been made when the one after it begins.
        requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - startMs)));
      });
      observer.observe(document.body, { childList: true, subtree: true });
      // A whole id is opened as soon as it is pasted.
      const field = document.querySelector('[aria-label="Trace id or link"]');
      field.value = id;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }), ID);
    await page.waitForTimeout(500);
    const after = await bytes(page, session);
    const scrolled = withFrames ? await frames(page, SCROLL) : null;
    await page.evaluate(() => { document.querySelector(".spans__scroller").scrollTop = 0; });
    const panned = withFrames ? await frames(page, PAN) : null;
    if (withFrames) {
      await until("the timeline to be zoomed", () => page.evaluate(() => location.search.includes("zoom=")), { limitMs: 5_000 });
    }
    return { openedMs, heapBytes: after.heap - before.heap, wasmBytes: after.wasm - before.wasm, scrolled, panned };
  } finally {
    await browser.close();
  }
}

function quantile(values, q) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))];
}

async function measure() {
  const kernels = await import(pathToFileURL(join(options.kernels, "bench_kernels.js")));
  await kernels.default({ module_or_path: await readFile(join(options.kernels, "bench_kernels_bg.wasm")) });
  const held = { body: "" };
  const server = await serve(held);
  const rows = [];
  try {
    for (const { name, spans, isChain = false, rounds } of TRACES) {
      held.body = Buffer.from(kernels.make_trace(spans, false, isChain));
      const samples = [];
      for (let round = 0; round < rounds; round += 1) samples.push(await visit(server.url, { withFrames: round === 0 }));
      const of = (key) => quantile(samples.map((sample) => sample[key]), 0.5);
      const [{ scrolled, panned }] = samples;
      check(of("wasmBytes") > 0 || spans < 10_000, `${name}: the app's memory did not grow`);
      rows.push({
        name, spans, bodyBytes: held.body.length, openedMs: of("openedMs"), wasmBytes: of("wasmBytes"), heapBytes: of("heapBytes"),
        scrollMs: [quantile(scrolled, 0.5), quantile(scrolled, 0.95)], panMs: [quantile(panned, 0.5), quantile(panned, 0.95)],
      });
      console.log(`  ${name}: ${samples.map(({ openedMs }) => openedMs.toFixed(0)).join(" / ")} ms`);
    }
  } finally {
    server.stop();
  }
  return rows;
}

function print(rows) {
  const pair = ([median, high]) => `${median.toFixed(1)} / ${high.toFixed(0)}`;
  const table = [
    ["trace", "body", "id to rows", "body a span", "wasm a span", "heap a span", "scrolling p50/p95", "panning p50/p95"],
    ...rows.map((row) => [
      row.name, `${(row.bodyBytes / 1e6).toFixed(1)} MB`, `${row.openedMs.toFixed(0)} ms`,
      ...[row.bodyBytes, row.wasmBytes, row.heapBytes].map((size) => `${(size / row.spans).toFixed(0)} B`), pair(row.scrollMs), pair(row.panMs),
    ]),
  ];
  const widths = table[0].map((_, at) => Math.max(...table.map((cells) => cells[at].length)));
  console.log("\ntraces in the app; medians; times of a frame in milliseconds, software canvas");
  for (const cells of table) console.log(cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]) : cell.padStart(widths[at]))).join("  "));
}

const rows = await measure();
print(rows);
await writeFile(options.out, `${JSON.stringify(rows, null, 2)}\n`);
process.exit(0);
