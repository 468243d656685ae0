// The end-to-end tests: the built app in a browser, on the demonstration and on a real Prometheus.
//
//   node tests/e2e/run.mjs --dist DIR --demo PROGRAM --prometheus PROGRAM|'' --promtool PROGRAM|'' --chromium PROGRAM
//                          --out DIR [--filter TEXT] [--pictures DIR]
//
// The last line is `N passed, N failed`.

import { cp, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { Front } from "./lib/front.mjs";
import { launch } from "./lib/page.mjs";
import { Runner } from "./lib/runner.mjs";
import { startDemo, startPrometheus, stopAll, temporaryFolder } from "./lib/servers.mjs";
import { backendsSuite } from "./suites/backends.mjs";
import { controlsSuite } from "./suites/controls.mjs";
import { demoSuite } from "./suites/demo.mjs";
import { equalitySuite } from "./suites/equality.mjs";
import { faultsSuite } from "./suites/faults.mjs";
import { picturesSuite } from "./suites/pictures.mjs";

const text = { type: "string", default: "" };
const { values: options } = parseArgs({
  options: { dist: text, demo: text, prometheus: text, promtool: text, chromium: text, out: text, filter: text, pictures: text },
});
for (const name of ["dist", "demo", "chromium", "out"]) {
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

async function fronted(demo) {
  const front = await new Front(demo.url).start();
  fronts.push(front);
  return { ...demo, front };
}

let isAllWell = false;
try {
  await mkdir(options.out, { recursive: true });
  // A copy: the folder may be built anew while we run.
  const dist = join(await temporaryFolder(), "dist");
  await cp(options.dist, dist, { recursive: true });
  const programs = { ...options, dist };
  const runner = new Runner(options.filter);
  const browser = await launch(options.chromium);
  // So much history is loaded into Prometheus; loading the whole of it takes minutes.
  const sharedHours = 3;
  const env = {
    browser, dist, root, sharedHours, fronts,
    out: options.out,
    pictures: options.pictures,
    hasPrometheus: Boolean(options.prometheus && options.promtool),
    demo: once(async () => fronted(await startDemo(programs))),
    running: once(async () => fronted(await startDemo(programs, { runs: true, hours: 3 }))),
    fresh: async () => startDemo(programs, { hours: 1 }),
    short: once(async () => startDemo(programs, { hours: sharedHours })),
    prometheus: once(async () => startPrometheus(programs, { hours: sharedHours, rules: join(root, "demo/rules/*.yml") })),
    upstream: once(async () => fronted(await startDemo(programs, { hours: 1, upstream: (await env.prometheus()).url }))),
  };
  // Pictures are compared by eye, so a run that is asked for them takes nothing else.
  const suites = options.pictures ? [picturesSuite] : [demoSuite, equalitySuite, controlsSuite, faultsSuite, backendsSuite, picturesSuite];
  for (const suite of suites) suite(runner, env);
  // Loading the samples takes a while and one core: it begins while the first suites run.
  if (env.hasPrometheus && !options.pictures && runner.wants("backends")) env.prometheus().catch(() => {});
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
