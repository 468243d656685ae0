// Data that no demonstration has: what panels make of every odd answer that a backend may give, on each kind of panel.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import { DESKTOP, PHONE, axeFindings, chooseFromMenu, downloadCsv, misfits, onPage, openMenu, panel, settled } from "../lib/page.mjs";
import { check, equal, until } from "../lib/runner.mjs";
import { NOW_MS } from "../lib/servers.mjs";

const MINUTE_MS = 60_000;
const EXPECTED = [/Failed to load resource/, /request failed/, /^status /];

const json = (body) => ({ status: 200, type: "application/json", body: JSON.stringify(body) });
const matrix = (series) => json({ status: "success", data: { resultType: "matrix", result: series.map(({ labels, values }) => ({ metric: labels, values })) } });

const at = (x, y, w = 12, h = 8) => ({ x, y, w, h });
const targets = (more = {}) => [{ refId: "A", expr: "odd", ...more }];
const PANELS = [
  { id: 1, title: "Number", type: "stat", gridPos: at(0, 0, 6), targets: targets() },
  { id: 2, title: "Bytes", type: "stat", gridPos: at(6, 0, 6), targets: targets(), fieldConfig: { defaults: { unit: "bytes" }, overrides: [] } },
  { id: 3, title: "Lines", type: "timeseries", gridPos: at(12, 0), targets: targets() },
  { id: 4, title: "Stacked", type: "timeseries", gridPos: at(0, 8), targets: targets(), fieldConfig: { defaults: { custom: { stacking: { mode: "normal" }, fillOpacity: 30, drawStyle: "bars" } }, overrides: [] } },
  { id: 5, title: "Counts", type: "heatmap", gridPos: at(12, 8), targets: targets({ format: "heatmap", legendFormat: "{{le}}" }) },
];

// The times that a query asks for, with a value for each; `NaN` and infinities as Prometheus writes them.
const valuesOf = ({ start, end, step }, value) => {
  const rows = [];
  for (let secs = start; secs <= end; secs += step) rows.push([secs, String(value(secs, rows.length)).replace("Infinity", "Inf")]);
  return rows;
};
const steady = (value) => (asked) => [{ labels: { le: "1" }, values: valuesOf(asked, value) }];

// What is answered, and what a person must then be able to read: { number: text of the first stat, state: kind of the state }.
const ODDITIES = [
  { name: "nothing", answer: () => [], expect: { state: "empty" } },
  { name: "only NaN", answer: steady(() => "NaN"), expect: { number: /NaN|not a number/i } },
  { name: "only infinity", answer: steady(() => Infinity), expect: { number: /∞|Inf/ } },
  { name: "one point", answer: (asked) => [{ labels: {}, values: valuesOf(asked, () => 7).slice(-1) }], expect: { number: /^7/, paints: true } },
  { name: "one point long ago", answer: (asked) => [{ labels: {}, values: valuesOf(asked, () => 7).slice(3, 4) }], expect: { number: /^7/, paints: true } },
  { name: "every other sample missing", answer: (asked) => [{ labels: {}, values: valuesOf(asked, (_, row) => row).filter((_, row) => row % 2 === 0) }], expect: { paints: true } },
  { name: "zero", answer: steady(() => 0), expect: { number: /^0/, paints: true } },
  { name: "values around a billionth", answer: steady((_, row) => 1e-9 * (1 + (row % 7) / 10)), expect: { number: /^1(\.\d+)?e−9$/, paints: true } },
  { name: "values around a quadrillion", answer: steady((_, row) => 1e15 + row), expect: { number: /1\s*(quadr|Quadr|P|000|×|e)/i, paints: true } },
  { name: "values that differ in the last digit", answer: steady((_, row) => 1e15 + (row % 2)), expect: { paints: true } },
  { name: "negative counters", answer: steady((_, row) => -row * 3), expect: { number: /^[-−]/, paints: true } },
  { name: "steps of both signs", answer: steady((_, row) => (row % 2 ? -1 : 1) * 10 ** (row % 6)), expect: { paints: true } },
  {
    name: "labels with markup, other directions and signs", expect: { paints: true },
    answer: (asked) => ["<script>document.title='broken'</script>", "<img src=x onerror=\"document.title='broken'\">", "\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd", "\u{1f600}\u{1f468}\u200d\u{1f469}\u200d\u{1f467}", "a\u202eb\u202cc", "\u0000\u0007\t", "{{x}} ${y}"]
      .map((text, series) => ({ labels: { le: String(series), text }, values: valuesOf(asked, () => series + 1) })),
  },
  { name: "a name of four kilobytes", answer: (asked) => [{ labels: { le: "1", text: "x".repeat(4096) }, values: valuesOf(asked, () => 3) }], expect: { paints: true } },
  { name: "a clock that is an hour ahead", answer: (asked) => [{ labels: { le: "1" }, values: valuesOf({ ...asked, start: asked.start + 3600, end: asked.end + 3600 }, () => 5) }], expect: {} },
  { name: "a clock that is an hour behind", answer: (asked) => [{ labels: { le: "1" }, values: valuesOf({ ...asked, start: asked.start - 3600, end: asked.end - 3600 }, () => 5) }], expect: {} },
  { name: "times in no order", answer: (asked) => [{ labels: { le: "1" }, values: valuesOf(asked, (_, row) => row).reverse() }], expect: {} },
  { name: "bounds of buckets that are no numbers", answer: (asked) => ["a", "+Inf", "NaN", "-1"].map((le) => ({ labels: { le }, values: valuesOf(asked, () => 2) })), expect: { paints: true } },
  { name: "five thousand series", isLarge: true, answer: (asked) => Array.from({ length: 5_000 }, (_, series) => ({ labels: { le: String(series), pod: `pod-${series}` }, values: valuesOf({ ...asked, step: asked.step * 20 }, (_, row) => series + row) })), expect: { paints: true } },
];

export function oddDataSuite(runner, env) {
  const dashboard = json({ title: "Odd", panels: PANELS });
  const queryOf = (request) => {
    const params = new URLSearchParams(request.body || request.params || "");
    return { start: Number(params.get("start")), end: Number(params.get("end")), step: Number(params.get("step")) };
  };

  const onOdd = (name, { answer, isLarge = false, ...options }, work) => runner.test(`odd data: ${name}`, async () => {
    const { front } = await env.demo();
    front.forget();
    front.fault = (request) => {
      if (request.path.endsWith("/operations.json")) return dashboard;
      if (!/query_range$/.test(request.path)) return undefined;
      return typeof answer === "function" ? matrix(answer(queryOf(request))) : answer;
    };
    await onPage(env.browser, { allow: EXPECTED, ...options }, async (page) => {
      await page.goto(`${front.url}d/operations?refresh=off&from=${NOW_MS - 60 * MINUTE_MS}&to=${NOW_MS}`);
      await settled(page, { panels: PANELS.length });
      return work(page, front);
    }).finally(() => front.forget());
  }, { limitSecs: isLarge ? 180 : 60 });

  const folder = join(env.out, "odd-data");
  for (const { name, answer, isLarge = false, expect } of ODDITIES) {
    for (const [size, viewport] of isLarge ? [["desk", DESKTOP]] : [["desk", DESKTOP], ["phone", PHONE]]) {
      onOdd(`${name}, ${size}`, { answer, isLarge, viewport, theme: size === "desk" ? "dark" : "light" }, async (page) => {
        await mkdir(folder, { recursive: true });
        await page.screenshot({ path: join(folder, `${name.replaceAll(/\W+/g, "-")}-${size}.png`), fullPage: true });
        check(!(await page.title()).includes("broken"), "a script of the data ran");
        equal(await page.locator(".page script, .page img").count(), 0, "elements out of the data");
        equal(await page.locator('.state[data-kind="failed"]').count(), 0, "panels that failed");
        equal(await misfits(page), [], "what does not fit");
        if (!isLarge) equal(await axeFindings(page), [], "accessibility");
        if (expect.state) {
          equal(await page.locator(`.state[data-kind="${expect.state}"]`).count(), PANELS.length, `panels whose state is ${expect.state}`);
          return;
        }
        const number = panel(page, "Number").getByTestId("stat-value").first();
        if (expect.number) check(expect.number.test((await number.textContent()).trim()), `the number is ${await number.textContent()}`);
        if (expect.paints) {
          const painted = await panel(page, "Lines").locator("canvas").first().evaluate((canvas) => {
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            return data.reduce((count, byte, place) => count + (place % 4 === 3 && byte > 0 ? 1 : 0), 0);
          });
          check(painted > 50, `only ${painted} pixels of the chart are painted`);
        }
        // The keyboard reads a value, and the table and the file have them all.
        await openMenu(page, "Lines");
        await page.keyboard.press("Escape");
        const { text } = await downloadCsv(page, "Lines");
        check(text.startsWith("time,unix_ms"), "the CSV has no head");
        await chooseFromMenu(page, "Lines", "Show table");
        await panel(page, "Lines").locator("table").waitFor();
      });
    }
  }

  // How Prometheus may refuse, and what the page says then; the status of each is on the panel.
  for (const [name, fault, words] of [
    ["400", { ...json({ status: "error", errorType: "bad_data", error: "1:3: parse error: unexpected end of input" }), status: 400 }, /parse error/],
    ["429", { status: 429, type: "text/plain", body: "too many requests\n" }, /429|too many/i],
    ["a redirect to a login page", { status: 200, type: "text/html", body: "<!doctype html><title>Log in</title><form action='/login'><input type=password></form>" }, /log ?in|sign ?in|web page/i],
    ["an answer of another shape", json({ status: "success", data: { resultType: "streams", result: [] } }), /streams|result|understood|expected/i],
    ["no body at all", { status: 200, type: "application/json", body: "" }, /empty|ended|nothing|cut|incomplete/i],
  ]) {
    onOdd(`${name} says why on every panel and loses nothing`, { answer: fault }, async (page, front) => {
      const states = page.locator('.state[data-kind="failed"]');
      equal(await states.count(), PANELS.length, "panels that say so");
      await states.first().getByRole("button", { name: "Why?" }).click();
      const said = `${await states.first().textContent()} ${await page.getByRole("dialog").textContent()}`;
      check(words.test(said), `it says only: ${said}`);
      await page.keyboard.press("Escape");
      equal(await misfits(page), [], "what does not fit");
      front.fault = (request) => (request.path.endsWith("/operations.json") ? dashboard : undefined);
      while ((await states.count()) > 0) {
        const before = await states.count();
        await states.first().getByRole("button", { name: "Retry" }).click();
        await until("one less that failed", async () => (await states.count()) < before);
      }
      await until("panels without data, and none that failed", async () => (await states.count()) === 0);
    });
  }

  runner.test("odd data: Prometheus is down at the start, comes, goes and comes back, and the page follows", async () => {
    const { front } = await env.demo();
    front.forget();
    const down = (request) => (/\/prometheus\//.test(`/${request.path}`) ? { refuse: true } : undefined);
    front.fault = down;
    await onPage(env.browser, { allow: [...EXPECTED, /ERR_/] }, async (page) => {
      await page.goto(`${front.url}d/operations?refresh=5s`);
      const failed = page.locator('.state[data-kind="failed"]');
      await until("all panels to say so", async () => (await failed.count()) === 4, { limitMs: 30_000 });
      front.fault = () => undefined;
      await until("data by themselves", async () => (await failed.count()) === 0 && (await page.locator(".skeleton").count()) === 0, { limitMs: 45_000 });
      front.fault = down;
      await page.getByText(/^from .+ ago$/).first().waitFor({ timeout: 45_000 });
      equal(await failed.count(), 0, "old data stay");
      front.fault = () => undefined;
      await until("nothing old", async () => (await page.getByText(/^from .+ ago$/).count()) === 0, { limitMs: 45_000 });
    }).finally(() => front.forget());
  }, { limitSecs: 200 });
}
