// A day of automatic refresh in minutes: what the operations dashboard holds after hundreds of refreshes, and after thousands.
//
//   node tests/e2e/bench_long.mjs --dist DIR --demo PROGRAM --chromium PROGRAM --out FILE.json [--refreshes N]
//
// The page's clock is moved on from refresh to refresh; each is answered by the demonstration and drawn. Heap, the module's
// memory, nodes and listeners are counted after the garbage is collected. In the end they must be those of a page that was
// opened just then: how many alerts stand on the charts depends on the hour.

import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";

import { DESKTOP, launch } from "./lib/page.mjs";
import { excess, held, openLong, refreshed } from "./lib/refreshes.mjs";
import { startDemo, stopAll } from "./lib/servers.mjs";

const text = { type: "string", default: "" };
const { values: options } = parseArgs({ options: { dist: text, demo: text, chromium: text, out: text, refreshes: { ...text, default: "2000" } } });
for (const name of ["dist", "demo", "chromium", "out"]) {
  if (!options[name]) {
    console.error(`--${name} is needed; see the head of bench_long.mjs`);
    process.exit(2);
  }
}

const total = Number(options.refreshes);
const step = Math.max(1, Math.floor(total / 10));
const WARM_UP_COUNT = 10;
const rows = [];
const complaints = [];
const browser = await launch(options.chromium);
try {
  const { url } = await startDemo(options, { hours: 20 });
  const open = async (done) => {
    const page = await browser.newPage({ viewport: DESKTOP, timezoneId: "UTC", locale: "en-US" });
    page.on("pageerror", (error) => complaints.push(`exception: ${error.message}`));
    return { page, session: await openLong(page, url, "operations", total + WARM_UP_COUNT, done) };
  };
  const { page, session } = await open(0);
  for (let done = 0; done < total;) {
    const count = Math.min(step, total - done);
    const startMs = performance.now();
    const asked = await refreshed(page, count);
    done += count;
    rows.push({ refreshes: done, requests: asked, ms: (performance.now() - startMs) / count, ...await held(page, session) });
    const { ms, heapBytes, wasmBytes, nodes, listeners } = rows.at(-1);
    console.log(`  ${String(done).padStart(5)} refreshes, ${(asked / count).toFixed(1)} requests and ${ms.toFixed(0)} ms each: heap ${(heapBytes / 1e6).toFixed(2)} MB, module ${(wasmBytes / 1e6).toFixed(1)} MB, ${nodes} nodes, ${listeners} listeners`);
    if (asked < count) complaints.push(`${asked} requests in ${count} refreshes`);
  }
  const fresh = await open(total);
  await refreshed(fresh.page, WARM_UP_COUNT);
  await refreshed(page, WARM_UP_COUNT);
  const [expected, found] = [await held(fresh.page, fresh.session), await held(page, session)];
  console.log(`  a page opened then: heap ${(expected.heapBytes / 1e6).toFixed(2)} MB, module ${(expected.wasmBytes / 1e6).toFixed(1)} MB, ${expected.nodes} nodes, ${expected.listeners} listeners`);
  rows.push({ fresh: expected, aged: found });
  complaints.push(...excess(expected, found, { heapBytes: 0.1, wasmBytes: 0.25, nodes: 0.01, listeners: 0.01 }));
} finally {
  await browser.close();
  await stopAll();
}
await writeFile(options.out, `${JSON.stringify(rows, null, 2)}\n`);
console.log(complaints.length === 0 ? `flat over ${total} refreshes` : complaints.join("\n"));
process.exit(complaints.length === 0 ? 0 : 1);
