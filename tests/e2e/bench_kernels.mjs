// The readers of range answers and of traces and the chart painter against what a page has without us: JSON.parse with
// parseFloat into typed arrays, JSON.parse with a tree of objects, and uPlot. Both sides run in one page, interleaved call by
// call, on the same bytes, the same canvas size and the same line width, and their results are compared in the same run.
//
//   node tests/e2e/bench_kernels.mjs --kernels DIR --chromium PATH [--out FILE] [--only B1,B2]
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
  A1: { what: "a body in memory", must: 0.65, goal: 0.45 },
  // What no reader of a stream can be below here, and why questions are not read as streams: the pieces are taken and dropped.
  "A1 stream": { what: "a body's pieces, taken from a stream and dropped" },
  A2: { what: "parse and convert, warm", must: 0.4, goal: 0.28 },
  A3: { what: "the same, a million points", must: 0.2, goal: 0.12 },
  A4: { what: "the same, first call in a fresh page", must: 0.45, goal: 0.3 },
  A5: { what: "a new chart with axes and labels, 1 px, software canvas", must: 0.7, goal: 0.5 },
  A6: { what: "a new chart with axes and labels, 1.5 px, software canvas", must: 0.3, goal: 0.1 },
  A8: { what: "from the request to the pixels, warm", must: 0.55, goal: 0.4 },
  "A8 huge": { what: "the same, a million points", must: 0.55, goal: 0.2 },
  A9: { what: "from the request to the pixels, in a fresh page", must: 0.7, goal: 0.45 },
  A10: { what: "memory kept of an answer, in kilobytes, against a JSON tree", must: 0.25, goal: 0.12 },
  A11: { what: "a step of the cursor over 100 series", must: 1, goal: 0.5 },
  B1: { what: "a trace's bytes to its sorted tree, against a lean tree", must: 0.3, goal: 0.15 },
  B2: { what: "the same, against the whole model of a page", must: 0.12, goal: 0.06 },
  // Jaeger's page overflows its stack at a depth of 3,000; the peer here is the lean tree, which does not recurse.
  B4: { what: "deep and large traces", must: 0.3, goal: 0.15 },
  // For information: uPlot then keeps its canvas, its axes' layout and its elements, and we lay out everything anew.
  "A5 again": { what: "the same chart drawn again, 1 px, software canvas" },
};

// Fresh pages of each side: first calls scatter more than later ones.
const COLD_COUNT = 15;

// A page that was just opened has a browser beside it that prepares the next one.
const SETTLING_MS = 600;

const SHAPES = [
  { name: "10 × 11,000", series: 10, rows: 11_000 },
  { name: "50 × 1,440", series: 50, rows: 1_440 },
  { name: "100 × 1,440", series: 100, rows: 1_440 },
];
const HUGE = { name: "1 × 1,000,000", series: 1, rows: 1_000_000, isInstant: true };

const TRACES = [
  { id: "B1", name: "10,000 spans", spans: 10_000, count: 21 },
  { id: "B1", name: "50,000 spans", spans: 50_000, count: 9 },
  { id: "B1", name: "v3, 10,000", spans: 10_000, isV3: true, count: 21 },
  { id: "B1", name: "v3, 50,000", spans: 50_000, isV3: true, count: 9 },
  { id: "B2", name: "10,000 spans", spans: 10_000, isWhole: true, count: 41 },
  { id: "B2", name: "50,000 spans", spans: 50_000, isWhole: true, count: 7 },
  { id: "B4", name: "chain of 50,000", spans: 50_000, isChain: true, count: 7 },
  { id: "B4", name: "200,000 spans", spans: 200_000, count: 5 },
];

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

  // ---- traces ----

  /** Spans of either dialect as { id, parent, start, span }. */
  function bareSpans(text, isV3) {
    if (!isV3) {
      return JSON.parse(text).data[0].spans.map((span) => ({
        id: span.spanID,
        parent: span.references?.[0]?.spanID,
        start: span.startTime,
        isError: span.tags.some(({ key, value }) => key === "error" && value === true),
      }));
    }
    const bare = [];
    for (const { scopeSpans } of JSON.parse(text).result.resourceSpans) {
      for (const { spans } of scopeSpans) {
        for (const span of spans) {
          bare.push({
            id: span.spanId,
            parent: span.parentSpanId,
            start: Number(span.startTimeUnixNano),
            isError: span.status?.code === 2,
          });
        }
      }
    }
    return bare;
  }

  /** The least that a timeline needs: each span's children by start, and all spans in that order. */
  function leanTree(text, isV3) {
    const spans = bareSpans(text, isV3);
    const byId = new Map(spans.map((span) => [span.id, span]));
    const roots = [];
    for (const span of spans) {
      const parent = byId.get(span.parent);
      if (parent === undefined) roots.push(span);
      else if (parent.children === undefined) parent.children = [span];
      else parent.children.push(span);
    }
    const byStart = (a, b) => a.start - b.start;
    const ordered = [];
    const open = roots.sort(byStart).reverse();
    for (const root of open) root.depth = 0;
    while (open.length > 0) {
      const span = open.pop();
      ordered.push(span);
      const children = span.children?.sort(byStart) ?? [];
      for (let at = children.length - 1; at >= 0; at--) {
        children[at].depth = span.depth + 1;
        open.push(children[at]);
      }
    }
    return ordered;
  }

  /** What Jaeger's page makes of a trace (jaeger-ui, `model/transform-trace-data.ts` and `selectors/trace.ts`), step by step. */
  function wholeModel(text) {
    const trace = JSON.parse(text).data[0];
    const counts = new Map();
    const byId = new Map();
    let [from, to] = [Number.MAX_SAFE_INTEGER, 0];
    trace.spans = trace.spans.filter((span) => Boolean(span.startTime));
    for (const span of trace.spans) {
      const { startTime, duration, processID } = span;
      let id = span.spanID;
      from = Math.min(from, startTime);
      to = Math.max(to, startTime + duration);
      const count = counts.get(id);
      if (count !== undefined) {
        counts.set(id, count + 1);
        id = `${id}_${count}`;
        span.spanID = id;
      } else {
        counts.set(id, 1);
      }
      span.process = trace.processes[processID];
      byId.set(id, span);
    }
    const nodes = new Map(trace.spans.map((span) => [span.spanID, { value: span.spanID, children: [] }]));
    const root = { value: "__root__", children: [] };
    for (const span of trace.spans) {
      const node = nodes.get(span.spanID);
      const reference = span.references?.[0];
      const parent = reference === undefined ? root : nodes.get(reference.spanID) ?? root;
      parent.children.push(node);
    }
    const byStart = (a, b) => byId.get(a.value).startTime - byId.get(b.value).startTime;
    for (const { spanID } of trace.spans) {
      const node = nodes.get(spanID);
      if (node.children.length > 1) node.children.sort(byStart);
    }
    root.children.sort(byStart);
    const ordered = [];
    const services = {};
    const walk = (node, depth) => {
      if (node !== root) {
        const span = byId.get(node.value);
        const { serviceName } = span.process;
        services[serviceName] = (services[serviceName] || 0) + 1;
        span.relativeStartTime = span.startTime - from;
        span.depth = depth - 1;
        span.hasChildren = node.children.length > 0;
        span.childSpanIds = node.children
          .slice()
          .sort((a, b) => {
            const [spanA, spanB] = [byId.get(a.value), byId.get(b.value)];
            return spanB.startTime + spanB.duration - (spanA.startTime + spanA.duration);
          })
          .map(({ value }) => value);
        span.warnings = span.warnings || [];
        span.tags = span.tags || [];
        span.references = span.references || [];
        const unique = span.tags.reduce((unique, tag) => {
          if (!unique.some((t) => t.key === tag.key && t.value === tag.value)) unique.push(tag);
          return unique;
        }, []);
        const isTop = (key) => key.startsWith("http.");
        span.tags = unique.sort((a, b) => {
          const [aKey, bKey] = [a.key.toLowerCase(), b.key.toLowerCase()];
          if (isTop(aKey) !== isTop(bKey)) return isTop(aKey) ? -1 : 1;
          return aKey > bKey ? 1 : aKey < bKey ? -1 : 0;
        });
        span.references.forEach((reference, at) => {
          const referred = byId.get(reference.spanID);
          if (referred === undefined) return;
          reference.span = referred;
          if (at > 0) {
            referred.subsidiarilyReferencedBy = referred.subsidiarilyReferencedBy || [];
            referred.subsidiarilyReferencedBy.push({ spanID: span.spanID, traceID: span.traceID, span, refType: reference.refType });
          }
        });
        ordered.push(span);
      }
      for (const child of node.children) walk(child, depth + 1);
    };
    walk(root, 0);
    return { spans: ordered, services: Object.entries(services), duration: to - from };
  }

  function treeFigures(spans) {
    let [deepest, errors, checksum] = [0, 0, 0];
    for (const span of spans) {
      deepest = Math.max(deepest, span.depth);
      errors += (span.isError ?? span.tags.some(({ key, value }) => key === "error" && value === true)) ? 1 : 0;
      checksum = (Math.imul(checksum, 31) + parseInt((span.id ?? span.spanID).slice(8), 16) + span.depth) >>> 0;
    }
    return [spans.length, deepest, errors, checksum];
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

    async trace({ spans, isV3 = false, isChain = false, isWhole = false }, count, warmUpCount) {
      const kernels = await ready;
      // A copy that no longer shares the module's memory.
      const bytes = kernels.make_trace(spans, isV3, isChain).slice();
      const text = new TextDecoder().decode(bytes);
      let figures = {};
      const times = await interleaved(
        count,
        warmUpCount,
        () => {
          const [ms, tree] = timed(() => (isWhole ? wholeModel(text).spans : leanTree(text, isV3)));
          figures.peer ??= treeFigures(tree);
          return ms;
        },
        () => {
          const [ms, read] = timed(() => kernels.read_trace(bytes, isV3));
          figures.ours ??= [...read.figures()];
          read.free();
          return ms;
        },
      );
      return { times, figures, bytes: bytes.length };
    },

    /** Bodies from the network into memory: text for the page, bytes for us. Both ask by POST, as questions are asked. */
    async body(shape, count, warmUpCount, isDropped) {
      const kernels = await ready;
      const lengths = {};
      const asked = { method: "POST", body: new URLSearchParams({ query: "bench" }) };
      const dropped = async (path) => {
        const reader = (await fetch(path, asked)).body.getReader();
        for (let length = 0; ;) {
          const { done, value } = await reader.read();
          if (done) return length;
          length += value.length;
        }
      };
      const times = await interleaved(
        count,
        warmUpCount,
        async () => {
          const from = performance.now();
          lengths.peer = (await (await fetch(shape.path, asked)).text()).length;
          return performance.now() - from;
        },
        async () => {
          const from = performance.now();
          lengths.ours = await (isDropped ? dropped(shape.path) : kernels.fetch_bytes(shape.path));
          return performance.now() - from;
        },
      );
      return { times, figures: { peer: [lengths.peer], ours: [lengths.ours] } };
    },

    /** All the way: asked, read, laid out, painted. With `side`, the first call of this page on that side alone. */
    async whole({ shape, width, height, count, warmUpCount, side }) {
      const kernels = await ready;
      const { default: uPlot } = await import("/uPlot.esm.js");
      const { startMs, endMs, stepMs, isInstant = false } = shape;
      const figures = {};
      const raster = (painted) => painted.getImageData(0, 0, 1, 1);
      const peer = async () => {
        const from = performance.now();
        const parsed = peerParse(await (await fetch(shape.path)).text());
        const series = [{}, ...parsed.columns.map(() => ({ stroke: "#1f77b4", width: 1, points: { show: false } }))];
        const options = { width, height, pxRatio: 1, legend: { show: false }, cursor: { show: false }, series };
        const plot = new uPlot(options, [parsed.x, ...parsed.columns], document.body);
        await null;
        raster(plot.ctx);
        const ms = performance.now() - from;
        figures.peer ??= peerFigures(parsed);
        plot.destroy();
        return ms;
      };
      const ours = async () => {
        const from = performance.now();
        const parsed = await kernels.fetch_frame(shape.base, isInstant, startMs, endMs, stepMs);
        const canvas = Object.assign(document.body.appendChild(document.createElement("canvas")), { width, height });
        kernels.draw(parsed, canvas, startMs, endMs, 1);
        raster(canvas.getContext("2d"));
        const ms = performance.now() - from;
        figures.ours ??= [...parsed.figures()];
        parsed.free();
        canvas.remove();
        return ms;
      };
      if (side) return { ms: await (side === "peer" ? peer() : ours()), figures: figures[side] };
      return { times: await interleaved(count, warmUpCount, peer, ours), figures };
    },

    async keepText(shape) {
      window.text = await (await fetch(shape.path)).text();
    },

    keepTree() {
      window.tree = JSON.parse(window.text);
    },

    async keptBytes(shape) {
      const kernels = await ready;
      const parsed = ourParse(kernels, await bytesOf(shape), shape);
      const size = parsed.bytes();
      parsed.free();
      return size;
    },

    async hover({ shape, width, height, count, warmUpCount }) {
      const kernels = await ready;
      const { default: uPlot } = await import("/uPlot.esm.js");
      const bytes = await bytesOf(shape);
      const parsed = ourParse(kernels, bytes, shape);
      const { x, columns } = peerParse(new TextDecoder().decode(bytes));
      const series = [{}, ...columns.map(() => ({ stroke: "#1f77b4", width: 1, points: { show: false } }))];
      const plot = new uPlot({ width, height, pxRatio: 1, legend: { show: false }, cursor: { show: true }, series }, [x, ...columns], document.body);
      await null;
      const canvas = () => Object.assign(document.body.appendChild(document.createElement("canvas")), { width, height });
      const hovered = new kernels.Hovered(parsed, canvas(), shape.startMs, shape.endMs);
      const overlay = canvas();
      const context = overlay.getContext("2d");
      let [peerStep, ourStep, found] = [0, 0, 0];
      const at = (step) => 80 + ((step * 37) % (width - 160));
      const times = await interleaved(
        count,
        warmUpCount,
        () => timed(() => {
          plot.setCursor({ left: at(peerStep++), top: height / 2 });
          // What moved is laid out now.
          return plot.root.offsetHeight;
        })[0],
        () => timed(() => {
          found = hovered.step(overlay, at(ourStep++), height / 2);
          context.getImageData(0, 0, 1, 1);
        })[0],
      );
      hovered.free();
      parsed.free();
      return { times, found, seriesCount: columns.length };
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
    // Where the product asks for it.
    const base = `/api-${at}`;
    files.set(`${base}/api/v1/${shape.isInstant ? "query" : "query_range"}`, { type: "application/json", body });
    const startMs = START_SECS * 1_000;
    const stepMs = STEP_SECS * 1_000;
    return { ...shape, path, base, bytes: body.length, startMs, stepMs, endMs: startMs + (shape.rows - 1) * stepMs };
  });
  const server = createServer((request, response) => {
    // The body of a question is of no interest, but has to be read.
    request.resume();
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
    throw new Error(`${what}: the results differ: peer ${peer}, ours ${ours} (series, samples, min, max, sum; of traces spans, depth, errors, order)`);
  }
}

function figure(id, shape, times) {
  const [peerMs, oursMs] = [median(times.peer), median(times.ours)];
  const ratio = oursMs / peerMs;
  const { what, must, goal } = BUDGETS[id];
  return { id, what, shape: shape.name, bytes: shape.bytes, calls: times.ours.length, peerMs, oursMs, ratio, must, goal };
}

/** Measures; returns the figures. */
export async function benchKernels({ kernels, chromium, only = null, say = () => {} }) {
  const isWanted = (id) => only === null || only.includes(id.split(" ")[0]);
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
        await tab.waitForTimeout(SETTLING_MS);
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
    for (const id of ["A1", "A1 stream"]) {
      for (const shape of shapes.filter(() => isWanted(id))) {
        say(`${id} ${shape.name}`);
        const work = [shape, 31, WARM_UP_COUNT, id !== "A1"];
        const read = await inFreshPage((tab) => tab.evaluate((work) => window.bench.body(...work), work));
        compare(`${id} ${shape.name}`, read.figures);
        figures.push(figure(id, shape, read.times));
      }
    }
    for (const shape of shapes.filter(() => isWanted("A2"))) await parse("A2", shape, 41);
    if (isWanted("A3")) await parse("A3", huge, 5);
    for (const shape of shapes.filter(() => isWanted("A4"))) {
      say(`A4 ${shape.name}`);
      const times = { peer: [], ours: [] };
      const results = {};
      for (let turn = 0; turn < COLD_COUNT; turn++) {
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
    for (const shape of TRACES.filter(({ id }) => isWanted(id))) {
      say(`${shape.id} ${shape.name}`);
      const measure = ([shape, count, warmUp]) => window.bench.trace(shape, count, warmUp);
      const read = await inFreshPage((tab) => tab.evaluate(measure, [shape, shape.count, 2]));
      compare(`${shape.id} ${shape.name}`, read.figures);
      figures.push(figure(shape.id, { ...shape, bytes: read.bytes }, read.times));
    }
    for (const [id, shape, count] of [...shapes.map((shape) => ["A8", shape, 21]), ["A8 huge", huge, 5]].filter(([id]) => isWanted(id))) {
      say(`${id} ${shape.name}`);
      const work = { shape, count, warmUpCount: shape === huge ? 1 : WARM_UP_COUNT, ...CANVAS };
      const drawn = await inFreshPage((tab) => tab.evaluate((work) => window.bench.whole(work), work));
      compare(`${id} ${shape.name}`, drawn.figures);
      figures.push(figure(id, shape, drawn.times));
    }
    for (const shape of shapes.filter(() => isWanted("A9"))) {
      say(`A9 ${shape.name}`);
      const times = { peer: [], ours: [] };
      const results = {};
      for (let turn = 0; turn < COLD_COUNT; turn++) {
        for (const side of turn % 2 ? ["ours", "peer"] : ["peer", "ours"]) {
          const first = await inFreshPage((tab) => tab.evaluate((work) => window.bench.whole(work), { shape, side, ...CANVAS }));
          times[side].push(first.ms);
          results[side] = first.figures;
        }
      }
      compare(`A9 ${shape.name}`, results);
      figures.push(figure("A9", shape, times));
    }
    for (const shape of shapes.filter(() => isWanted("A10"))) {
      say(`A10 ${shape.name}`);
      const [tree, ours] = await inFreshPage(async (tab) => {
        const session = await tab.context().newCDPSession(tab);
        const used = async () => {
          await session.send("HeapProfiler.collectGarbage");
          return (await session.send("Runtime.getHeapUsage")).usedSize;
        };
        await tab.evaluate((shape) => window.bench.keepText(shape), shape);
        const before = await used();
        await tab.evaluate(() => window.bench.keepTree());
        const after = await used();
        return [after - before, await tab.evaluate((shape) => window.bench.keptBytes(shape), shape)];
      });
      figures.push(figure("A10", shape, { peer: [tree / 1000], ours: [ours / 1000] }));
    }
    for (const shape of shapes.filter(({ series }) => series === 100 && isWanted("A11"))) {
      say(`A11 ${shape.name}`);
      const hovered = await inFreshPage((tab) => tab.evaluate((work) => window.bench.hover(work), { shape, count: 201, warmUpCount: 20, ...CANVAS }));
      if (hovered.found !== hovered.seriesCount) throw new Error(`A11: ${hovered.found} of ${hovered.seriesCount} series are under the pointer`);
      figures.push(figure("A11", shape, hovered.times));
    }
    for (const [id, lineWidth] of [["A5", 1], ["A6", 1.5], ["A5 again", 1]]) {
      for (const shape of shapes.filter(() => isWanted(id))) {
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
  const [kernels, chromium, out, only] = ["kernels", "chromium", "out", "only"].map(option);
  if (!kernels || !chromium) {
    console.error("usage: bench_kernels.mjs --kernels DIR --chromium PATH [--out FILE] [--only B1,B2]");
    process.exit(2);
  }
  const figures = await benchKernels({ kernels, chromium, only: only?.split(",") ?? null, say: (line) => console.error(line) });
  console.log(tableOf(figures));
  if (out) await writeFile(out, `${JSON.stringify(figures, null, 2)}\n`);
  if (figures.some(({ ratio, must }) => ratio > must)) process.exitCode = 1;
}
