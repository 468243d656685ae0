// The end-to-end tests: the built app in a browser, on the demonstration and on a real Prometheus, behind nginx at / and
// below /observability/; or, with --stack, behind the nginx of a whole stack of real servers.
//
//   node tests/e2e/run.mjs --dist DIR --demo PROGRAM --prometheus PROGRAM|'' --promtool PROGRAM|'' --chromium PROGRAM
//                          --out DIR [--nginx PROGRAM --deploy DIR] [--filter TEXT] [--pictures DIR]
//   node tests/e2e/run.mjs --dist DIR --chromium PROGRAM --out DIR --stack FILE [--filter TEXT] [--pictures DIR]
//
// The last line is `N passed, N failed`.

import { cp, mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { Front } from "./lib/front.mjs";
import { launch } from "./lib/page.mjs";
import { Runner } from "./lib/runner.mjs";
import { NOW_MS, startDemo, startPrometheus, stopAll, temporaryFolder } from "./lib/servers.mjs";
import { backendsComparison, backendsSuite } from "./suites/backends.mjs";
import { chartsSuite } from "./suites/charts.mjs";
import { controlsSuite } from "./suites/controls.mjs";
import { burstTest, demoSuite } from "./suites/demo.mjs";
import { comparisonTest, equalitySuite } from "./suites/equality.mjs";
import { faultsSuite } from "./suites/faults.mjs";
import { heatmapsSuite } from "./suites/heatmaps.mjs";
import { hostingSuite } from "./suites/hosting.mjs";
import { oddDataSuite } from "./suites/odd_data.mjs";
import { panelKindsSuite } from "./suites/panel_kinds.mjs";
import { comparedPicturesTest, picturesSuite, stackPicturesSuite } from "./suites/pictures.mjs";
import { stackSuite } from "./suites/stack.mjs";
import { tablesSuite } from "./suites/tables.mjs";
import { toolsSuite } from "./suites/tools.mjs";
import { traceSearchSuite } from "./suites/trace_search.mjs";
import { tracesAgree, tracesSuite } from "./suites/traces.mjs";
import { variablesSuite } from "./suites/variables.mjs";

// Everything runs in one place at least; what a prefix could break (loading, addresses, numbers, failures) in both.
const PLACES = [
  { prefix: "/", themes: ["dark"], hasControls: false },
  { prefix: "/observability/", themes: ["light"], hasControls: true },
];

const text = { type: "string", default: "" };
const { values: options } = parseArgs({
  options: {
    dist: text, demo: text, prometheus: text, promtool: text, chromium: text, out: text, nginx: text, deploy: text,
    filter: text, pictures: text, stack: text,
  },
});
const needed = options.stack ? ["dist", "chromium", "out"] : ["dist", "demo", "chromium", "out", ...(options.nginx ? ["deploy"] : [])];
for (const name of needed) {
  if (!options[name]) {
    console.error(`--${name} is needed; see the head of run.mjs`);
    process.exit(2);
  }
}

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const fronts = [];

// Starts something when it is first asked for, and once.
function once(work) {
  let started = null;
  return () => (started ??= work());
}

// The same servers at one prefix, each with a front of its own. Behind nginx, nginx knows the prefix; without it, the
// front takes it away.
function placed(shared, servers, { prefix, ...place }) {
  const at = (start) => once(async () => {
    const server = await start();
    const base = shared.hasNginx ? `${server.url.replace(/\/$/, "")}${prefix}` : server.url;
    const front = await new Front(base, { prefix }).start();
    fronts.push(front);
    return { ...server, base, front };
  });
  return { ...shared, ...place, prefix, ...Object.fromEntries(Object.entries(servers).map(([name, start]) => [name, at(start)])) };
}

async function onDemonstration(runner, shared) {
  const direct = { demo: options.demo, dist: shared.dist, prometheus: options.prometheus, promtool: options.promtool };
  const behind = { ...direct, nginx: options.nginx, deploy: options.deploy };
  // So much history is loaded into Prometheus; loading the whole of it takes minutes.
  const sharedHours = 3;
  const prometheus = once(async () => startPrometheus(direct, { hours: sharedHours, rules: join(root, "demo/rules/*.yml") }));
  const servers = {
    demo: once(async () => startDemo(behind)),
    running: once(async () => startDemo(behind, { runs: true, hours: 3 })),
    upstream: once(async () => startDemo(behind, { hours: 1, upstream: (await prometheus()).url })),
  };
  const env = {
    ...shared, root, sharedHours,
    pictures: options.pictures,
    hasNginx: Boolean(options.nginx),
    hasPrometheus: Boolean(options.prometheus && options.promtool),
    fresh: async () => startDemo(direct, { hours: 1 }),
    short: once(async () => startDemo(direct, { hours: sharedHours })),
  };
  const [atRoot, below] = PLACES.map((place) => placed(env, servers, place));
  // Pictures are compared by eye, so a run that is asked for them takes nothing else.
  if (options.pictures) {
    picturesSuite(runner, atRoot);
    return;
  }
  if (!env.hasNginx) console.log("       no nginx was named: the demonstration serves the app itself, and the tests of hosting do not run");
  comparisonTest(runner);
  backendsComparison(runner);
  burstTest(runner, env);
  for (const place of [atRoot, below]) {
    const placedRunner = runner.at(place.prefix);
    if (env.hasNginx) hostingSuite(placedRunner, place);
    demoSuite(placedRunner, place);
    equalitySuite(placedRunner, place);
    controlsSuite(placedRunner, place);
    faultsSuite(placedRunner, place);
    tracesSuite(placedRunner, { ...place, nowMs: NOW_MS });
    if (place.hasControls) traceSearchSuite(placedRunner, place);
    if (place.hasControls) oddDataSuite(placedRunner, place);
    if (place.hasControls) panelKindsSuite(placedRunner, place);
    if (place.hasControls) heatmapsSuite(placedRunner, place);
    tablesSuite(placedRunner, place);
    if (place.hasControls) chartsSuite(placedRunner, { ...place, nowMs: NOW_MS });
    if (place.hasControls) toolsSuite(placedRunner, place);
    if (place.hasControls) variablesSuite(placedRunner, place);
  }
  if (env.hasPrometheus) {
    backendsSuite(runner.at(below.prefix), below);
    // Loading the samples takes a while and one core: it begins while the first suites run.
    if (runner.wants("backends")) prometheus().catch(() => {});
  } else console.log("       backends: no Prometheus was named, so only the comparison's own test runs");
  comparedPicturesTest(runner, atRoot);
  picturesSuite(runner, atRoot);
}

async function onStack(runner, shared) {
  const stack = JSON.parse(await readFile(options.stack, "utf8"));
  if (options.pictures) {
    stackPicturesSuite(runner, { ...shared, stack, pictures: options.pictures });
    return;
  }
  for (const { prefix } of PLACES) {
    const front = await new Front(prefix === "/" ? stack.app : stack.app_prefixed, { prefix }).start();
    fronts.push(front);
    stackSuite(runner.at(prefix), { ...shared, stack, prefix, front });
    if (stack.servers.jaeger) {
      const range = `from=${stack.now_ms - 3_600_000}&to=${stack.now_ms}`;
      tracesAgree(runner.at(prefix), "stack: traces", shared, async () => ({ front }), { endMs: stack.now_ms, range, hasLoki: Boolean(stack.servers.loki) });
    }
  }
}

let isAllWell = false;
try {
  await mkdir(options.out, { recursive: true });
  // A copy: the folder may be built anew while we run.
  const dist = join(await temporaryFolder(), "dist");
  await cp(options.dist, dist, { recursive: true });
  const runner = new Runner(options.filter);
  const browser = await launch(options.chromium);
  const shared = { browser, dist, out: options.out };
  await (options.stack ? onStack : onDemonstration)(runner, shared);
  await runner.run();
  await browser.close();
  isAllWell = runner.summary();
} catch (error) {
  console.error(error);
} finally {
  await Promise.all(fronts.map((front) => front.stop()));
  await stopAll();
}
process.exit(isAllWell ? 0 : 1);
