// The reader of range answers and the chart painter against what a page has without us: JSON.parse with parseFloat
// into typed arrays, and uPlot. Both sides run in one page, interleaved call by call, on the same bytes, the same canvas
// size and the same line width, and their results are compared in the same run.
//
//   node tests/e2e/bench_kernels.mjs --kernels DIR --chromium PATH [--out FILE]
//
// DIR holds bench_kernels.js and bench_kernels_bg.wasm, as wasm-bindgen's `--target web` writes them.

import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium as browserType } from "playwright-core";

const START_SECS = 1_795_305_600;
const STEP_SECS = 15;
const CANVAS = { width: 1000, height: 360 };
const WARM_UP_COUNT = 5;

/** Must and goal of each figure, as ratios of medians, ours to the peer. */
const BUDGETS = {
  A2: { what: "parse and convert, warm", must: 0.4, goal: 0.28 },
  A3: { what: "the same, a million points", must: 0.2, goal: 0.12 },
  A4: { what: "the same, first call in a fresh page", must: 0.45, goal: 0.3 },
  A5: { what: "a new chart with axes and labels, 1 px, software canvas", must: 0.7, goal: 0.5 },
  A6: { what: "a new chart with axes and labels, 1.5 px, software canvas", must: 0.3, goal: 0.1 },
  // For information: uPlot then keeps its canvas, its axes' layout and its elements, and we lay out everything anew.
  "A5 again": { what: "the same chart drawn again, 1 px, software canvas" },
};

const SHAPES = [
  { name: "10 × 11,000", series: 10, rows: 11_000 },
  { name: "50 × 1,440", series: 50, rows: 1_440 },
  { name: "100 × 1,440", series: 100, rows: 1_440 },
];
const HUGE = { name: "1 × 1,000,000", series: 1, rows: 1_000_000, isInstant: true };

/** A seeded generator of numbers from 0 to 1 (mulberry32). */
function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** An answer as Prometheus writes it: rates with all of their digits, no gaps. */
function payload({ series, rows }) {
  const next = random(series * 7 + rows);
  const result = [];
  for (let s = 0; s < series; s++) {
    const base = 20 + next() * 400;
    const period = 200 + next() * 2_000;
    const values = [];
    for (let row = 0; row < rows; row++) {
      const value = base * (1 + 0.4 * Math.sin(row / period) + 0.2 * (next() - 0.5));
      values.push(`[${START_SECS + row * STEP_SECS},"${value}"]`);
    }
    const labels = `"__name__":"http_requests:rate5m","instance":"10.0.${s}.7:8080","job":"api","pod":"api-${s}"`;
    result.push(`{"metric":{${labels}},"values":[${values.join(",")}]}`);
  }
  return `{"status":"success","data":{"resultType":"matrix","result":[${result.join(",")}]}}`;
}

/** Runs in the page. Everything that is measured is here. */
function pageScript() {
  const ready = import("/bench_kernels.js").then(async (kernels) => {
    await kernels.default("/bench_kernels_bg.wasm");
    return kernels;
  });

  function peerParse(text) {
    const { result } = JSON.parse(text).data;
    const x = new Float64Array(result[0].values.length);
    result[0].values.forEach((sample, row) => (x[row] = sample[0]));
    const columns = result.map(({ values }) => {
      const column = new Float64Array(values.length);
      for (let row = 0; row < values.length; row++) column[row] = parseFloat(values[row][1]);
      return column;
    });
    return { x, columns };
  }

  function ourParse(kernels, bytes, shape) {
    const { startMs, endMs, stepMs, isInstant } = shape;
    return isInstant ? kernels.parse_matrix(bytes, endMs) : kernels.parse_range(bytes, startMs, endMs, stepMs);
  }

  function peerFigures({ columns }) {
    let [count, min, max, sum] = [0, Infinity, -Infinity, 0];
    for (const column of columns) {
      for (const value of column) {
        count += 1;
        min = Math.min(min, value);
        max = Math.max(max, value);
        sum += value;
      }
    }
    return [columns.length, count, min, max, sum];
  }

  function timed(work) {
    const from = performance.now();
    const result = work();
    return [performance.now() - from, result];
  }

  async function bytesOf(shape) {
    return new Uint8Array(await (await fetch(shape.path)).arrayBuffer());
  }

  /** Two works by turns; the one that goes first changes, so that neither always pays for the other's garbage. */
  async function interleaved(count, warmUpCount, peer, ours) {
    const times = { peer: [], ours: [] };
    for (let turn = -warmUpCount; turn < count; turn++) {
      const order = turn % 2 === 0 ? ["peer", "ours"] : ["ours", "peer"];
      for (const side of order) {
        const ms = await (side === "peer" ? peer() : ours());
        if (turn >= 0) times[side].push(ms);
        // A turn of the event loop: finalizers, tier-up of compiled code.
        await new Promise((resolve) => setTimeout(resolve));
      }
    }
    return times;
  }

  window.bench = {
    async warm(shape, count, warmUpCount) {
      const kernels = await ready;
      const bytes = await bytesOf(shape);
      const text = new TextDecoder().decode(bytes);
      let figures = {};
      const times = await interleaved(
        count,
        warmUpCount,
        () => {
          const [ms, parsed] = timed(() => peerParse(text));
          figures.peer ??= peerFigures(parsed);
          return ms;
        },
        () => {
          const [ms, parsed] = timed(() => ourParse(kernels, bytes, shape));
          figures.ours ??= [...parsed.figures()];
          parsed.free();
          return ms;
        },
      );
      return { times, figures };
    },

    /** The first call of this page. */
    async cold(shape, side) {
      const kernels = await ready;
      const bytes = await bytesOf(shape);
      if (side === "ours") {
        const [ms, parsed] = timed(() => ourParse(kernels, bytes, shape));
        return { ms, figures: [...parsed.figures()] };
      }
      const text = new TextDecoder().decode(bytes);
      const [ms, parsed] = timed(() => peerParse(text));
      return { ms, figures: peerFigures(parsed) };
    },

    async draw({ shape, count, warmUpCount, lineWidth, isNew, width, height }) {
      const kernels = await ready;
      const { default: uPlot } = await import("/uPlot.esm.js");
      const bytes = await bytesOf(shape);
      const parsed = ourParse(kernels, bytes, shape);
      const { x, columns } = peerParse(new TextDecoder().decode(bytes));
      const data = [x, ...columns];
      const options = {
        width,
        height,
        pxRatio: 1,
        legend: { show: false },
        cursor: { show: false },
        series: [{}, ...columns.map(() => ({ stroke: "#1f77b4", width: lineWidth, points: { show: false } }))],
      };
      const { startMs, endMs } = shape;
      const ourCanvas = () => Object.assign(document.body.appendChild(document.createElement("canvas")), { width, height });
      const plot = new uPlot(options, data, document.body);
      const canvas = ourCanvas();
      // uPlot draws, and sets its canvas' size, in a microtask.
      await null;
      // Reading one pixel back makes the browser rasterise everything that was drawn.
      const raster = (painted) => painted.getImageData(0, 0, 1, 1);
      const context = canvas.getContext("2d");
      const times = isNew
        ? await interleaved(
            count,
            warmUpCount,
            async () => {
              const from = performance.now();
              const made = new uPlot(options, data, document.body);
              await null;
              raster(made.ctx);
              const ms = performance.now() - from;
              made.destroy();
              return ms;
            },
            () => {
              const from = performance.now();
              const made = ourCanvas();
              kernels.draw(parsed, made, startMs, endMs, lineWidth);
              raster(made.getContext("2d"));
              const ms = performance.now() - from;
              made.remove();
              return ms;
            },
          )
        : await interleaved(
            count,
            warmUpCount,
            () =>
              timed(() => {
                plot.batch(() => plot.setData(data));
                raster(plot.ctx);
              })[0],
            () =>
              timed(() => {
                kernels.draw(parsed, canvas, startMs, endMs, lineWidth);
                raster(context);
              })[0],
          );
      kernels.draw(parsed, canvas, startMs, endMs, lineWidth);
      const inked = (painted) => {
        const { data } = painted.getImageData(0, 0, painted.canvas.width, painted.canvas.height);
        return data.filter((value, at) => at % 4 === 3 && value > 0).length;
      };
      const result = {
        times,
        sizes: [plot.ctx.canvas, canvas].map(({ width, height }) => `${width} × ${height}`),
        inked: { peer: inked(plot.ctx), ours: inked(context) },
        figures: { peer: peerFigures({ columns }), ours: [...parsed.figures()] },
      };
      parsed.free();
      plot.destroy();
      canvas.remove();
      return result;
    },
  };
}

const page = `<!doctype html><meta charset="utf-8"><title>bench</title><link rel="stylesheet" href="/uPlot.min.css">
<script>(${pageScript})();</script>`;

async function serve(kernels) {
  const uplot = dirname(createRequire(import.meta.url).resolve("uplot"));
  const files = new Map([
    ["/", { type: "text/html", body: page }],
    ["/bench_kernels.js", { type: "text/javascript", body: await readFile(join(kernels, "bench_kernels.js")) }],
    ["/bench_kernels_bg.wasm", { type: "application/wasm", body: await readFile(join(kernels, "bench_kernels_bg.wasm")) }],
    ["/uPlot.esm.js", { type: "text/javascript", body: await readFile(join(uplot, "uPlot.esm.js")) }],
    ["/uPlot.min.css", { type: "text/css", body: await readFile(join(uplot, "uPlot.min.css")) }],
  ]);
  const shapes = [...SHAPES, HUGE].map((shape, at) => {
    const path = `/payload-${at}.json`;
    const body = payload(shape);
    files.set(path, { type: "application/json", body });
    const startMs = START_SECS * 1_000;
    const stepMs = STEP_SECS * 1_000;
    return { ...shape, path, bytes: body.length, startMs, stepMs, endMs: startMs + (shape.rows - 1) * stepMs };
  });
  const server = createServer((request, response) => {
    const file = files.get(request.url);
    response.writeHead(file ? 200 : 404, {
      "Content-Type": file?.type ?? "text/plain",
      // Isolated pages have a clock of 5 µs instead of 100.
      "Cross-Origin-Opener-Policy": "same-origin",
      "Cross-Origin-Embedder-Policy": "require-corp",
    });
    response.end(file?.body);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, shapes, url: `http://127.0.0.1:${server.address().port}/` };
}

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** Sums are added up in another order of magnitude on each side only if a value differs. */
function compare(what, { peer, ours }) {
  if (peer.length !== ours.length || peer.some((value, at) => value !== ours[at])) {
    throw new Error(`${what}: the results differ: peer ${peer}, ours ${ours} (series, samples, min, max, sum)`);
  }
}

function figure(id, shape, times) {
  const [peerMs, oursMs] = [median(times.peer), median(times.ours)];
  const ratio = oursMs / peerMs;
  const { what, must, goal } = BUDGETS[id];
  return { id, what, shape: shape.name, bytes: shape.bytes, calls: times.ours.length, peerMs, oursMs, ratio, must, goal };
}

/** Measures; returns the figures. */
export async function benchKernels({ kernels, chromium, say = () => {} }) {
  const { server, shapes, url } = await serve(kernels);
  const huge = shapes.pop();
  const browser = await browserType.launch({
    executablePath: chromium,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync", "--disable-component-update"],
  });
  try {
    const inFreshPage = async (work) => {
      const context = await browser.newContext();
      try {
        const tab = await context.newPage();
        await tab.goto(url);
        return await work(tab);
      } finally {
        await context.close();
      }
    };
    const figures = [];
    const parse = async (id, shape, count) => {
      say(`${id} ${shape.name}`);
      const { times, figures: results } = await inFreshPage((tab) =>
        tab.evaluate(([shape, count, warmUp]) => window.bench.warm(shape, count, warmUp), [shape, count, WARM_UP_COUNT]),
      );
      compare(`${id} ${shape.name}`, results);
      figures.push(figure(id, shape, times));
    };
    
    
    for (const shape of shapes) {
      say(`A4 ${shape.name}`);
      const times = { peer: [], ours: [] };
      const results = {};
      for (let turn = 0; turn < 1; turn++) {
        for (const side of turn % 2 ? ["ours", "peer"] : ["peer", "ours"]) {
          const first = ([shape, side]) => window.bench.cold(shape, side);
          const cold = await inFreshPage((tab) => tab.evaluate(first, [shape, side]));
          times[side].push(cold.ms);
          results[side] = cold.figures;
        }
      }
      compare(`A4 ${shape.name}`, results);
      figures.push(figure("A4", shape, times));
    }
    for (const [id, lineWidth] of [["A5", 1], ["A6", 1.5], ["A5 again", 1]]) {
      for (const shape of shapes) {
        say(`${id} ${shape.name}`);
        const work = { shape, lineWidth, isNew: id !== "A5 again", count: lineWidth > 1 ? 11 : 31, ...CANVAS };
        const drawn = await inFreshPage((tab) =>
          tab.evaluate((work) => window.bench.draw(work), { ...work, warmUpCount: WARM_UP_COUNT }),
        );
        compare(`${id} ${shape.name}`, drawn.figures);
        if (drawn.sizes[0] !== drawn.sizes[1]) throw new Error(`${id}: the canvases differ: ${drawn.sizes}`);
        const { peer, ours } = drawn.inked;
        if (Math.min(peer, ours) * 1.5 < Math.max(peer, ours)) {
          throw new Error(`${id} ${shape.name}: the pictures differ: ${peer} and ${ours} pixels are inked`);
        }
        figures.push({ ...figure(id, shape, drawn.times), inked: drawn.inked });
      }
    }
    return figures;
  } finally {
    await browser.close();
    server.close();
  }
}

export function tableOf(figures) {
  const head = `  ${"".padEnd(4)}${"payload".padEnd(15)}${"peer ms".padStart(9)}${"ours ms".padStart(9)}${"ratio".padStart(7)}${"must".padStart(7)}${"goal".padStart(7)}\n`;
  return figures.reduce((table, { id, what, shape, peerMs, oursMs, ratio, must, goal }, at) => {
    const title = figures[at - 1]?.id === id ? "" : `  ${id}  ${what}\n`;
    const row = [peerMs.toFixed(2).padStart(9), oursMs.toFixed(2).padStart(9), ratio.toFixed(2).padStart(7)];
    const line = `${table}${title}      ${shape.padEnd(15)}${row.join("")}`;
    if (must === undefined) return `${line}\n`;
    const verdict = ratio <= goal ? "goal" : ratio <= must ? "ok" : "MISSED";
    return `${line}${must.toFixed(2).padStart(7)}${goal.toFixed(2).padStart(7)}  ${verdict}\n`;
  }, head);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const option = (name) => {
    const at = process.argv.indexOf(`--${name}`);
    return at < 0 ? undefined : process.argv[at + 1];
  };
  const [kernels, chromium, out] = ["kernels", "chromium", "out"].map(option);
  if (!kernels || !chromium) {
    console.error("usage: bench_kernels.mjs --kernels DIR --chromium PATH [--out FILE]");
    process.exit(2);
  }
  const figures = await benchKernels({ kernels, chromium, say: (line) => console.error(line) });
  console.log(tableOf(figures));
  if (out) await writeFile(out, `${JSON.stringify(figures, null, 2)}\n`);
  if (figures.some(({ ratio, must }) => ratio > must)) process.exitCode = 1;
}
