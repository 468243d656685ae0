// A dashboard that refreshes for hours, in the time that its answers take: the page's clock is moved on from one refresh to
// the next, and what the page holds is counted on the way.

import { KEEP_MEMORY } from "./memory.mjs";
import { check } from "./runner.mjs";
import { NOW_MS } from "./servers.mjs";

const PERIOD_MS = 30_000;
const FRAME_MS = 100;
const HISTORY_MS = 17 * 3_600_000;

// Counts requests. A channel's messages wait for real time where timers do not.
const WATCH = () => {
  // The stand-in's numbers of timers are larger than the 32 bits that the app, as WebAssembly does, keeps of them.
  let count = 0;
  for (const [set, clear] of [["setTimeout", "clearTimeout"], ["requestAnimationFrame", "cancelAnimationFrame"]]) {
    const [setOriginal, clearOriginal, ids] = [window[set].bind(window), window[clear].bind(window), new Map()];
    window[set] = (callback, ...rest) => {
      const id = (count = (count + 1) % 0x7fffffff);
      ids.set(id, setOriginal((...given) => {
        ids.delete(id);
        callback(...given);
      }, ...rest));
      return id;
    };
    window[clear] = (id) => {
      clearOriginal(ids.get(id));
      ids.delete(id);
    };
  }
  const watch = { open: 0, asked: 0 };
  const original = window.fetch;
  window.fetch = async (...all) => {
    watch.open += 1;
    watch.asked += 1;
    try {
      return await original.apply(window, all);
    } finally {
      watch.open -= 1;
    }
  };
  const { send } = XMLHttpRequest.prototype;
  XMLHttpRequest.prototype.send = function (...all) {
    watch.open += 1;
    watch.asked += 1;
    this.addEventListener("loadend", () => (watch.open -= 1));
    return send.apply(this, all);
  };
  watch.rest = async () => {
    const { port1, port2 } = new MessageChannel();
    const turn = () => new Promise((resolve) => {
      port1.onmessage = resolve;
      port2.postMessage(0);
    });
    for (let quiet = 0; quiet < 20;) {
      await turn();
      quiet = watch.open === 0 ? quiet + 1 : 0;
    }
  };
  window.watch = watch;
};

// Opens a dashboard as if `done` of at most `count` refreshes were behind it; all of them are within the recorded history.
export async function openLong(page, url, name, count, done = 0) {
  const stepMs = PERIOD_MS + FRAME_MS;
  check(count * stepMs < HISTORY_MS, `${count} refreshes are more than there is history for`);
  const config = await (await fetch(`${url}config.json`)).json();
  const start = new Date(NOW_MS - HISTORY_MS + done * stepMs).toISOString().replace(/\.\d+/, "");
  await page.route("**/config.json", (route) => route.fulfill({ json: { ...config, clock: { start, frozen: false } } }));
  await page.clock.install({ time: NOW_MS });
  await page.addInitScript(KEEP_MEMORY);
  await page.addInitScript(WATCH);
  await page.goto(`${url}d/${name}?refresh=30s`);
  await page.getByTestId("panel").first().waitFor();
  await page.waitForFunction(() => document.querySelectorAll('[data-loading="true"], .skeleton').length === 0);
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.enable");
  return session;
}

// `count` refreshes; the number of requests that they made.
export async function refreshed(page, count) {
  const before = await page.evaluate(() => window.watch.asked);
  for (let refresh = 0; refresh < count; refresh += 1) {
    await page.clock.runFor(PERIOD_MS);
    await page.evaluate(() => window.watch.rest());
    // What was answered is drawn in the frame after it.
    await page.clock.runFor(FRAME_MS);
  }
  return (await page.evaluate(() => window.watch.asked)) - before;
}

// What the page holds once its garbage is gone.
export async function held(page, session) {
  for (let turn = 0; turn < 3; turn += 1) await session.send("HeapProfiler.collectGarbage");
  const { usedSize: heapBytes } = await session.send("Runtime.getHeapUsage");
  const { nodes, jsEventListeners: listeners } = await session.send("Memory.getDOMCounters");
  return { heapBytes, wasmBytes: await page.evaluate(() => window.appMemory.buffer.byteLength), nodes, listeners };
}

// Of which there is more than a share above what there should be: [text].
export function excess(expected, found, shares) {
  return Object.entries(shares)
    .filter(([key, share]) => found[key] > expected[key] * (1 + share))
    .map(([key]) => `${key}: ${found[key]} instead of ${expected[key]}`);
}
