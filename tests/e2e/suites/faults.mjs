// What people see when something does not answer as it should. The proxy between page and demonstration misbehaves.

import { onPage, openDashboard, openSheet, panel, settled } from "../lib/page.mjs";
import { excess, held, openLong, refreshed } from "../lib/refreshes.mjs";
import { check, equal, until } from "../lib/runner.mjs";
import { NOW_MS } from "../lib/servers.mjs";

const CHART = "Request Rate";
const QUERY = /query_range$/;
// A failing request is a line on the browser's console, which is not the app's doing.
const EXPECTED = [/Failed to load resource/, /request failed/, /^status /];

// How Prometheus is broken, and what the panel must say then.
const BREAKAGES = [
  ["a refused connection", { refuse: true }, /cannot be reached|could not be reached|not reach/i],
  ["a text with status 503", { status: 503, type: "text/plain", body: "upstream connect error\n" }, /503|upstream connect error/i],
  ["a query error", { status: 422, type: "application/json", body: JSON.stringify({ status: "error", errorType: "execution", error: "query processing would load too many samples" }) }, /too many samples/i],
  ["a login page", { status: 200, type: "text/html; charset=utf-8", body: "<!doctype html><title>Sign in</title><form></form>" }, /web page|HTML|sign|log ?in/i],
  ["an answer that breaks off", { truncateAt: 900 }, /broke|cut|ended|incomplete|truncated|part/i],
  ["broken JSON", { status: 200, type: "application/json", body: '{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"x' }, /ended|cut|incomplete|truncated|understood|read|part/i],
];

export function faultsSuite(runner, env) {
  for (const [what, fault, words] of BREAKAGES) {
    runner.test(`faults: ${what} is explained, and Retry recovers`, async () => {
      const { front } = await env.demo();
      front.forget();
      front.fault = ({ path }) => (QUERY.test(path) ? fault : undefined);
      await onPage(env.browser, { allow: EXPECTED }, async (page) => {
        await openDashboard(page, front.url, env.dist, "operations", "?refresh=off");
        const state = panel(page, CHART).locator('.state[data-kind="failed"]');
        const said = await state.textContent();
        check(/prometheus/i.test(said), `the panel does not name the source: ${said}`);
        await state.getByRole("button", { name: "Why?" }).click();
        const dialog = page.getByRole("dialog");
        const explained = await dialog.textContent();
        check(words.test(said) || words.test(explained), `the panel says only: ${said} and: ${explained}`);
        await page.keyboard.press("Escape");
        await dialog.waitFor({ state: "detached" });
        front.fault = () => undefined;
        await state.getByRole("button", { name: "Retry" }).click();
        await state.waitFor({ state: "detached" });
        await settled(page, { panels: 4 });
        equal(await panel(page, CHART).locator(".legend__item").count(), 3, "series after the retry");
      });
    });
  }

  runner.test("faults: an answer without series says so, with ways on", async () => {
    const { front } = await env.demo();
    front.forget();
    const nothing = { status: 200, type: "application/json", body: JSON.stringify({ status: "success", data: { resultType: "matrix", result: [] } }) };
    front.fault = ({ path }) => (QUERY.test(path) ? nothing : undefined);
    await onPage(env.browser, {}, async (page) => {
      await openDashboard(page, front.url, env.dist, "operations", "?refresh=off");
      const state = panel(page, CHART).locator('.state[data-kind="empty"]');
      const said = await state.textContent();
      check(said.includes("No data") && said.includes("Last 6 hours") && said.includes("agentarea_http_requests_total"), `it says only: ${said}`);
      front.fault = () => undefined;
      await state.getByRole("button", { name: "Last 24 hours" }).click();
      await until("the range to change", () => new URL(page.url()).searchParams.get("from") === "now-24h");
      await state.waitFor({ state: "detached" });
    });
  });

  runner.test("faults: a slow answer shows a skeleton, then the data; a hanging one is given up", async () => {
    const { front, base } = await env.demo();
    front.forget();
    let isHanging = false;
    front.fault = ({ path }) => {
      if (path.endsWith("/config.json")) return { status: 200, type: "application/json", body: JSON.stringify(withTimeout(config, 2)) };
      if (QUERY.test(path)) return isHanging ? { hang: true } : { delayMs: 1_200 };
      return undefined;
    };
    const config = await (await fetch(`${base}config.json`)).json();
    await onPage(env.browser, { allow: EXPECTED }, async (page) => {
      await page.goto(`${front.url}d/operations?refresh=off`);
      await panel(page, CHART).locator(".skeleton").waitFor();
      await settled(page, { panels: 4 });
      equal(await page.locator(".state").count(), 0, "panels without data");
      isHanging = true;
      await page.goto(`${front.url}d/operations?refresh=off`);
      const state = panel(page, CHART).locator('.state[data-kind="failed"]');
      await state.waitFor({ timeout: 12_000 });
      await state.getByRole("button", { name: "Why?" }).click();
      const said = `${await state.textContent()} ${await page.getByRole("dialog").textContent()}`;
      check(/2 s/.test(said), `it does not say how long it waited: ${said}`);
    });
  });

  // Once is enough: it takes as long as it says.
  if (env.hasControls) runner.test("faults: one answer of 30 s is waited for while the others are there, and nothing jumps when it comes", async () => {
    const { front, base } = await env.demo();
    front.forget();
    const config = await (await fetch(`${base}config.json`)).json();
    front.fault = ({ path, params }) => {
      if (path.endsWith("/config.json")) return { status: 200, type: "application/json", body: JSON.stringify(withTimeout(config, 60)) };
      return QUERY.test(path) && params.query?.includes("agentarea_http_requests_total") ? { delayMs: 30_000 } : undefined;
    };
    await onPage(env.browser, {}, async (page) => {
      const startMs = performance.now();
      await page.goto(`${front.url}d/operations?refresh=off`);
      await until("the other panels", async () => await page.locator(".skeleton").count() === 1 && await page.getByTestId("panel").count() === 4);
      check(performance.now() - startMs < 15_000, "the other panels waited, too");
      await panel(page, CHART).locator(".skeleton").waitFor();
      const boxes = () => page.getByTestId("panel").evaluateAll((all) => all.map((one) => JSON.stringify(one.getBoundingClientRect())).join());
      const before = await boxes();
      // The page goes on meanwhile.
      await page.keyboard.press("?");
      await page.getByRole("dialog").waitFor();
      await page.keyboard.press("Escape");
      await panel(page, CHART).locator(".skeleton").waitFor({ state: "detached", timeout: 45_000 });
      check(performance.now() - startMs > 29_000, "the answer came too early to prove anything");
      equal(await panel(page, CHART).locator(".legend__item").count(), 3, "series");
      equal(await boxes(), before, "places of the panels");
    });
  });

  // Hundreds more: `cargo xtask bench`.
  if (env.hasControls) runner.test("faults: refreshes of an hour leave nothing behind", async () => {
    const { front } = await env.demo();
    front.forget();
    await onPage(env.browser, {}, async (page) => {
      const session = await openLong(page, front.url, "operations", 140);
      await refreshed(page, 20);
      const before = await held(page, session);
      const asked = await refreshed(page, 120);
      check(asked >= 120 * 4, `only ${asked} requests in 120 refreshes`);
      const problems = excess(before, await held(page, session), { heapBytes: 0.15, wasmBytes: 0.15, nodes: 0.05, listeners: 0.15 });
      check(problems.length === 0, problems.join("\n"));
    });
  });

  runner.test("faults: a failing refresh keeps the old data, dimmed, with their age", async () => {
    const { front } = await env.demo();
    front.forget();
    await onPage(env.browser, { allow: EXPECTED }, async (page) => {
      await openDashboard(page, front.url, env.dist, "operations", "?refresh=off");
      front.fault = ({ path }) => (QUERY.test(path) ? { status: 503, type: "text/plain", body: "no\n" } : undefined);
      await page.getByRole("button", { name: "Refresh now" }).click();
      const note = panel(page, CHART).locator('.panel__note[data-severity="failed"]');
      await note.waitFor();
      check(/from .+ ago/.test(await note.textContent()), `the note says: ${await note.textContent()}`);
      equal(await panel(page, CHART).locator(".state").count(), 0, "covers over the data");
      equal(await panel(page, CHART).locator(".panel__body").getAttribute("data-dim"), "stale", "data-dim");
      const opacity = await panel(page, CHART).locator(".panel__body").evaluate(async (body) => {
        await Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => {})));
        return Math.min(...[body, ...body.children].map((element) => Number(getComputedStyle(element).opacity)));
      });
      check(opacity < 0.9, `old data are not dimmed: ${opacity}`);
      equal(await panel(page, CHART).locator(".legend__item").count(), 3, "series still shown");
      check((await page.getByTestId("source-summary").textContent()).includes("failing"), "the rail does not say that the source fails");
      front.fault = () => undefined;
      await page.getByRole("button", { name: "Refresh now" }).click();
      await note.waitFor({ state: "detached" });
      equal(await panel(page, CHART).locator(".panel__body").getAttribute("data-dim"), null, "data-dim after recovery");
    });
  });

  runner.test("faults: one of two queries fails: the other is drawn, and a remark says it", async () => {
    const { front } = await env.demo();
    front.forget();
    front.fault = ({ path, params }) => (QUERY.test(path) && params.query.includes("(0.50,") ? BREAKAGES[2][1] : undefined);
    await onPage(env.browser, { allow: EXPECTED }, async (page) => {
      await openDashboard(page, front.url, env.dist, "operations", "?refresh=off");
      const half = panel(page, "Database Performance");
      equal(await half.locator(".legend__item").count(), 1, "series");
      await half.getByRole("button", { name: /remarks?$/ }).click();
      const said = await half.locator(".panel__notices").textContent();
      check(said.includes("too many samples"), `the remark says only: ${said}`);
    });
  });

  runner.test("faults: warnings of the backend are shown", async () => {
    const { front, url } = await env.demo();
    front.forget();
    const query = new URLSearchParams({ query: "sum(up)", start: NOW_MS / 1000 - 3600, end: NOW_MS / 1000, step: 60 });
    const answer = await (await fetch(`${url}prometheus/api/v1/query_range?${query}`)).json();
    const body = JSON.stringify({ ...answer, warnings: ["the store of last week did not answer"] });
    front.fault = ({ path }) => (QUERY.test(path) ? { status: 200, type: "application/json", body } : undefined);
    await onPage(env.browser, {}, async (page) => {
      await openDashboard(page, front.url, env.dist, "operations", "?refresh=off&from=now-1h&to=now");
      await panel(page, CHART).getByText("partial").click();
      const said = await panel(page, CHART).locator(".panel__notices").textContent();
      check(said.includes("the store of last week did not answer"), `the remark says only: ${said}`);
    });
  });

  runner.test("faults: the alerts and the status page explain a Prometheus that is away", async () => {
    const { front } = await env.demo();
    front.forget();
    front.fault = ({ path }) => (path.startsWith("/prometheus/") ? { refuse: true } : undefined);
    await onPage(env.browser, { allow: EXPECTED }, async (page) => {
      await page.goto(`${front.url}alerts`);
      const state = page.locator('.state[data-kind="failed"]');
      await state.waitFor();
      check(/prometheus/i.test(await state.textContent()), "the source is not named");
      await openSheet(page, front.url, "status");
      const said = await page.getByTestId("source-failure").textContent();
      check(said.length > 60, `the status page says only: ${said}`);
      front.fault = () => undefined;
      await page.getByRole("button", { name: "Check now" }).first().click();
      await page.getByTestId("source-failure").waitFor({ state: "detached" });
    });
  });

  const onConfig = (name, answer, expected) => {
    runner.test(`faults: config.json ${name}`, async () => {
      const { front } = await env.demo();
      front.forget();
      front.fault = ({ path }) => (path.endsWith("/config.json") ? answer : undefined);
      await onPage(env.browser, { allow: EXPECTED }, async (page) => {
        await page.goto(`${front.url}d/operations`);
        const setup = page.getByTestId("setup");
        const said = await setup.textContent();
        for (const words of expected) check(said.includes(words), `“${words}” is not said: ${said.slice(0, 400)}`);
        front.fault = () => undefined;
        await setup.getByRole("button", { name: "Try again" }).click();
        await settled(page, { panels: 4 });
      });
    });
  };
  const json = (value) => ({ status: 200, type: "application/json", body: typeof value === "string" ? value : JSON.stringify(value) });
  const source = { name: "prometheus", kind: "prometheus", url: "prometheus" };
  onConfig("that is missing leads to the set-up page", { status: 404, type: "text/plain", body: "no\n" }, ["config.json is missing", '"sources"']);
  onConfig("that is a web page is called missing", { status: 200, type: "text/html", body: "<!doctype html><title>App</title>" }, ["config.json", '"sources"']);
  onConfig("that is broken names line and column", json('{\n  "version": 1,\n  "sources": [,]\n}'), ["line 3", "column"]);
  onConfig("with wrong values names each key", json({ version: 1, sources: [{ ...source, url: 7 }, { ...source, name: "b", kind: "prometheuss" }], dashboards: [{ name: "executive" }] }), ["sources[0].url", "sources[1].kind", "dashboards[0].file"]);

  runner.test("faults: a dashboard that does not exist, and an address that leads nowhere", async () => {
    const { front } = await env.demo();
    front.forget();
    await onPage(env.browser, {}, async (page) => {
      await page.goto(`${front.url}d/nonesuch`);
      await page.getByText("There is no dashboard “nonesuch”").waitFor();
      await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Operations" }).click();
      await settled(page, { panels: 4 });
      await page.goto(`${front.url}nowhere`);
      await page.getByText("There is no page at this address").waitFor();
    });
  });

  runner.test("faults: panels and dashboards that cannot be read say so", async () => {
    const { front } = await env.demo();
    front.forget();
    const file = (panels) => json({ title: "Test", panels });
    const targets = [{ expr: "up", refId: "A" }];
    let answer = file([
      { id: 1, title: "Of a new kind", type: "geomap", gridPos: { x: 0, y: 0, w: 12, h: 8 }, targets },
      { id: 2, title: "Known", type: "stat", gridPos: { x: 12, y: 0, w: 12, h: 8 }, targets: [{ expr: "sum(up)", refId: "A" }] },
    ]);
    front.fault = ({ path }) => (path.endsWith("/operations.json") ? answer : undefined);
    await onPage(env.browser, { allow: EXPECTED }, async (page) => {
      await page.goto(`${front.url}d/operations?refresh=off`);
      await settled(page, { panels: 2 });
      const said = await panel(page, "Of a new kind").locator('.state[data-kind="unknown"]').textContent();
      check(said.includes("geomap") && said.includes("up"), `it says only: ${said}`);
      equal(await panel(page, "Known").getByTestId("stat-value").count(), 1, "values beside it");
      for (const [bad, words] of [
        [json("{"), "operations.json"],
        [json([1, 2]), "operations.json"],
        [{ status: 404, type: "text/plain", body: "no\n" }, "operations.json"],
      ]) {
        answer = bad;
        await page.goto(`${front.url}d/operations?refresh=off`);
        const state = page.locator('.state[data-kind="failed"]');
        await state.waitFor();
        check((await state.textContent()).includes(words), `it says only: ${await state.textContent()}`);
      }
    });
  });

  runner.test("faults: odd dashboards do not stop the page", async () => {
    const { front } = await env.demo();
    front.forget();
    const of = (type, more = {}) => ({ title: `${type} ${Object.keys(more)}`, type, gridPos: { x: 0, y: 0, w: 12, h: 8 }, targets: [{ expr: "up", refId: "A", legendFormat: "{{job}} {{instance" }], ...more });
    const panels = [
      of("stat", { targets: [{ expr: "vector(NaN)", refId: "A" }] }), of("stat", { targets: [{ expr: "vector(Inf)", refId: "A" }] }),
      of("timeseries", { targets: [{ expr: "vector(-Inf)", refId: "A" }] }), of("timeseries", { fieldConfig: { defaults: { unit: "no-such-unit", min: 5, max: 5, decimals: 99 }, overrides: [] } }),
      of("timeseries", { fieldConfig: { defaults: { custom: { scaleDistribution: { type: "log", log: 10 } } }, overrides: [] }, targets: [{ expr: "up - 1", refId: "A" }] }),
      of("timeseries", { targets: [] }), of("heatmap"), of("heatmap", { targets: [{ expr: "vector(1)", refId: "A", format: "heatmap" }] }),
      of("timeseries", { targets: [{ expr: "up[", refId: "A" }] }), of("text", { options: { content: "<img src=x onerror=alert(1)> **bold**" } }),
      of("stat", { gridPos: { x: 23, y: 0, w: 50, h: 0 } }), of("timeseries", { targets: [{ expr: "vector(1e308) * vector(time())", refId: "A" }] }),
    ];
    front.fault = ({ path }) => (path.endsWith("/operations.json") ? json({ title: "Odd", panels }) : undefined);
    await onPage(env.browser, { allow: EXPECTED }, async (page) => {
      for (const query of ["?refresh=off", "?refresh=off&from=1970-01-01&to=9999-12-31", `?refresh=off&from=${NOW_MS - 1}&to=${NOW_MS}`, "?refresh=off&tz=Mars/Phobos&view=999"]) {
        await page.goto(`${front.url}d/operations${query}`);
        await settled(page, { panels: 1 });
        for (const chart of await page.locator("canvas.chart__overlay").all()) await chart.hover({ force: true, timeout: 2_000 }).catch(() => {});
      }
      equal(await page.locator("#crash").isVisible(), false, "crash message");
    });
  }, { limitSecs: 90 });

  runner.test("faults: a trap of the module is told with the names of the functions on its stack", async () => {
    const { front } = await env.demo();
    front.forget();
    await onPage(env.browser, { allow: [...EXPECTED, /unreachable/] }, async (page) => {
      await page.goto(`${front.url}d/operations`);
      await settled(page, { panels: 4 });
      await page.evaluate(() => {
        const module = performance.getEntriesByType("resource").find(({ name }) => name.endsWith("_bg.wasm")).name;
        const error = new WebAssembly.RuntimeError("unreachable");
        error.stack = `RuntimeError: unreachable\n    at ${module}:wasm-function[700]:0x1a2b\n    at ${module}:wasm-function[999999]:0x1`;
        dispatchEvent(new ErrorEvent("error", { error, message: error.message }));
      });
      await page.locator("#crash").waitFor({ timeout: 8_000 });
      const detail = await until("the names", async () => {
        const text = await page.locator("#crash-detail").textContent();
        return text.includes("\n") ? text.split("\n") : null;
      });
      equal(detail[0], "unreachable", "what happened");
      check(/^at .*[a-z_]{3,}::[a-z_<]/i.test(detail[1]), `the first function has no name: ${detail[1]}`);
      equal(detail[2], "at function 999999", "a function that the file does not know");
      await page.getByRole("button", { name: "Reload" }).click();
      await settled(page, { panels: 4 });
    });
  });

  runner.test("faults: where the styles come late, each query is asked once all the same", async () => {
    const { front } = await env.demo();
    await onPage(env.browser, {}, async (page) => {
      front.forget();
      await page.route(/\.css$/, async (route) => {
        await new Promise((resolve) => setTimeout(resolve, 600));
        await route.continue();
      });
      await page.goto(`${front.url}d/operations?refresh=off`);
      await settled(page, { panels: 4 });
      const asked = front.ranges().map(({ params }) => params.query);
      check(asked.length >= 4, `only ${asked.length} queries were asked`);
      equal(asked.length, new Set(asked).size, "queries that were asked more than once");
    });
  });

  runner.test("faults: without its program the page says that it cannot start", async () => {
    const { front } = await env.demo();
    front.forget();
    for (const pattern of [/\.wasm$/, /\.js$/]) {
      front.fault = ({ path }) => (pattern.test(path) ? { status: 404, type: "text/plain", body: "no\n" } : undefined);
      await onPage(env.browser, { allow: [...EXPECTED, /./] }, async (page) => {
        await page.goto(`${front.url}d/operations`);
        await page.locator("#crash").waitFor({ timeout: 8_000 });
        check((await page.locator("#crash-detail").textContent()).length > 5, "the message has no detail");
        front.fault = () => undefined;
        await page.getByRole("button", { name: "Reload" }).click();
        await settled(page, { panels: 4 });
      });
    }
  });
}

function withTimeout(config, secs) {
  return { ...config, sources: config.sources.map((source) => ({ ...source, timeout_secs: secs })) };
}
