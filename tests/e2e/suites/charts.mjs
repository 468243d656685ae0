// Charts over time beyond their lines: exemplars that lead to traces, the tooltip that stays, series put aside in the address,
// legends as tables, events, panning, and all of it with the keyboard alone.

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { DESKTOP, PHONE, axeFindings, misfits, onPage, panel, settled } from "../lib/page.mjs";
import { check, equal, until } from "../lib/runner.mjs";
import { GIVEN_UP } from "./traces.mjs";

const LATENCY = "Latency, with exemplars";
const SIDE = "Requests, legend at the side";
const BANDED = "A band from p50 to p95";

export function chartsSuite(runner, env) {
  const file = readFileSync(join(env.root, "tests/fixtures/grafana/timeseries.json"), "utf8");
  const count = JSON.parse(file).panels.length;

  const onCharts = (name, query, work, options = {}) => runner.test(`charts: ${name}`, async () => {
    const { front } = await env.demo();
    front.standIn("dashboards/operations.json", file);
    return onPage(env.browser, { ...options, allow: [GIVEN_UP, ...(options.allow ?? [])] }, async (page) => {
      await page.goto(`${front.url}d/operations${query}`);
      await settled(page, { panels: count });
      await page.getByTestId("annotations").waitFor();
      return work(page, front);
    });
  }, { limitSecs: 90 });
  // The ends of an absolute range, in milliseconds; null for one that moves with the clock.
  const absolute = (page) => {
    const [from, to] = ["from", "to"].map((name) => param(page, name) ?? "").map((text) => (/^\d+$/.test(text) ? Number(text) : Date.parse(text)));
    return Number.isNaN(from) || Number.isNaN(to) ? null : { from, to };
  };
  const param = (page, name) => new URL(page.url()).searchParams.get(name);
  const chart = (page, title) => panel(page, title).locator(".chart");
  const range = "?refresh=off&from=now-1h&to=now";
  // Keys go to the chart's own cursor.
  const toChart = async (page, title) => {
    await chart(page, title).scrollIntoViewIfNeeded();
    await chart(page, title).focus();
  };

  onCharts("an exemplar tells its labels and leads to its trace", range, async (page, front) => {
    const dots = panel(page, LATENCY).getByTestId("exemplar");
    await dots.first().waitFor();
    const asked = front.queries.filter(({ path }) => path === "query_exemplars");
    equal(asked.length, 1, "queries for exemplars");
    const shown = await dots.count();
    check(shown <= 90, `${shown} are too many to point at`);
    const last = dots.last();
    await last.hover();
    const tooltip = panel(page, LATENCY).locator(".tooltip:not([hidden])");
    await tooltip.waitFor();
    const text = await tooltip.innerText();
    check(/trace_?id/i.test(text), `the tooltip names no trace: ${text}`);
    const href = await last.getAttribute("href");
    const id = /\/trace\/([0-9a-f]+)/.exec(href)?.[1];
    check(id && asked[0].text.includes(id), `${href} is no trace of the answer`);
    equal(new URL(href, page.url()).searchParams.get("from"), "now-1h", "the range comes along");
    await last.click();
    await page.waitForURL(`**/trace/${id}**`);
    await page.locator(".trace-head").waitFor();
  });

  onCharts("exemplars are walked with the arrows and followed by Enter", range, async (page) => {
    const dots = panel(page, LATENCY).getByTestId("exemplar");
    await dots.first().waitFor();
    equal(await panel(page, LATENCY).locator('.exemplar[tabindex="0"]').count(), 1, "stops for the Tab key");
    await dots.last().focus();
    await page.keyboard.press("ArrowLeft");
    const label = await page.evaluate(() => document.activeElement.getAttribute("aria-label"));
    check(/^Exemplar .*trace/.test(label), `the focus is on ${label}`);
    await page.keyboard.press("Enter");
    await page.waitForURL("**/trace/**");
  });

  onCharts("a failure to load exemplars is a remark", range, async (page, front) => {
    const own = front.fault;
    front.fault = (request) => (request.path.endsWith("query_exemplars") ? { status: 400, type: "application/json", body: '{"status":"error","errorType":"bad_data","error":"no exemplars here"}' } : own(request));
    await page.reload();
    await settled(page, { panels: count });
    const remarks = panel(page, LATENCY).locator(".panel__notes button").first();
    await remarks.click();
    await until("the remark", async () => (await panel(page, LATENCY).innerText()).includes("Exemplars could not be loaded"));
    check(await panel(page, LATENCY).getByTestId("legend-table").isVisible(), "the chart is gone");
  }, { allow: [/status of 400/, /^status 400/] });

  onCharts("a click pins the tooltip, and a press elsewhere or Escape takes it away", range, async (page) => {
    await chart(page, LATENCY).click({ position: { x: 300, y: 20 } });
    const pinned = page.getByTestId("pinned");
    await pinned.waitFor();
    await page.mouse.move(10, 10);
    check(await pinned.isVisible(), "it went when the pointer left");
    const rows = pinned.locator(".pinned__row");
    check((await rows.count()) >= 3, "too few series");
    const href = await pinned.getByTestId("pinned-traces").getAttribute("href");
    const link = new URL(href, page.url());
    check(link.pathname.endsWith("/traces") && Number(link.searchParams.get("to")) > Number(link.searchParams.get("from")), href);
    const service = await rows.and(pinned.locator('[aria-pressed="true"]')).locator(".tooltip__name").innerText();
    equal(link.searchParams.get("service"), service, "the service of the row");
    await page.locator(".bar__title").click();
    await pinned.waitFor({ state: "detached" });
    await chart(page, LATENCY).click({ position: { x: 200, y: 20 } });
    await pinned.waitFor();
    await page.keyboard.press("Escape");
    await pinned.waitFor({ state: "detached" });
  });

  onCharts("with the keyboard: the cursor, Enter, rows, zoom, and back", range, async (page) => {
    await toChart(page, SIDE);
    await page.keyboard.press("End");
    for (let step = 0; step < 12; step += 1) await page.keyboard.press("ArrowLeft");
    const said = await panel(page, SIDE).locator(".chart__announcer").innerText();
    await page.keyboard.press("Enter");
    const pinned = page.getByTestId("pinned");
    await pinned.waitFor();
    const instant = await pinned.locator(".tooltip__time").innerText();
    check(said.startsWith(instant), `${said} is not at ${instant}`);
    await until("the focus on a row", () => page.evaluate(() => document.activeElement.classList.contains("pinned__row")));
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Escape");
    await pinned.waitFor({ state: "detached" });
    await until("the focus back on the chart", () => page.evaluate(() => document.activeElement.classList.contains("chart")));
    await page.keyboard.press("End");
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("Enter");
    await pinned.getByRole("button", { name: "Zoom in here" }).press("Enter");
    await until("a shorter range", () => { const range = absolute(page); return range && range.to - range.from === 900_000; });
  });

  onCharts("what is put aside is in the address, and stays aside after a reload", range, async (page) => {
    const rows = panel(page, SIDE).getByTestId("legend-table").locator(".legend__item");
    await rows.first().waitFor();
    const pressed = () => rows.evaluateAll((all) => all.filter((item) => item.getAttribute("aria-pressed") === "true").map((item) => item.textContent));
    const names = await pressed();
    check(names.length > 2, `only ${names}`);
    await rows.nth(1).click();
    await until("one alone", async () => (await pressed()).join() === names[1]);
    equal(param(page, "show.2"), names[1], "the address");
    await page.reload();
    await settled(page, { panels: count });
    await rows.first().waitFor();
    equal((await pressed()).join(), names[1], "after a reload");
    await rows.nth(1).click();
    await until("all again", async () => (await pressed()).length === names.length);
    equal(param(page, "show.2"), null, "the address is clean");
    await rows.nth(0).click({ modifiers: ["Control"] });
    await until("all but one", async () => (await pressed()).length === names.length - 1);
    equal(param(page, "hide.2"), names[0], "the address");
    const focused = await page.evaluate(() => document.activeElement.textContent);
    equal(focused, names[0], "the focus stays where it was");
  });

  onCharts("the legend's heads sort", range, async (page) => {
    const table = panel(page, LATENCY).getByTestId("legend-table");
    await table.waitFor();
    const heads = await table.locator("thead th").allInnerTexts();
    equal(heads.map((text) => text.replace(/[↑↓\s]+$/u, "")).join(" "), "Name Min Max Mean Last", "columns");
    equal(await table.getByRole("columnheader", { name: "Max" }).getAttribute("aria-sort"), "descending", "as the file says");
    const names = () => table.locator("tbody .legend__name").allInnerTexts();
    const byMax = await names();
    await table.getByRole("button", { name: "Name" }).click();
    await until("the names in order", async () => (await names()).join() === [...byMax].sort().join());
    await table.getByRole("button", { name: "Max" }).click();
    await until("the largest first", async () => (await names()).join() === byMax.join());
    await table.getByRole("button", { name: "Max" }).click();
    await until("the smallest first", async () => (await names()).join() === [...byMax].reverse().join());
  });

  onCharts("a drag with Shift moves the range", "?refresh=off&from=now-2h&to=now-1h", async (page) => {
    const box = await chart(page, BANDED).boundingBox() ?? {};
    await chart(page, BANDED).scrollIntoViewIfNeeded();
    const { x, y, width, height } = await chart(page, BANDED).boundingBox() ?? box;
    await page.keyboard.down("Shift");
    await page.mouse.move(x + width * 0.3, y + height * 0.4);
    await page.mouse.down();
    await page.mouse.move(x + width * 0.5, y + height * 0.4, { steps: 4 });
    await page.mouse.move(x + width * 0.7, y + height * 0.4, { steps: 4 });
    await page.mouse.up();
    await page.keyboard.up("Shift");
    const { from, to } = await until("an absolute range", () => absolute(page));
    equal(to - from, 3_600_000, "as long as before");
    const moved = env.nowMs - 2 * 3_600_000 - from;
    check(moved > 1_200_000 && moved < 1_900_000, `moved by ${moved} ms`);
  });

  onCharts("alerts that fired are on the charts as ALERTS has them", "?refresh=off&from=now-24h&to=now", async (page, front) => {
    await until("the answer", () => front.queries.some(({ params, status }) => status === 200 && params.query?.startsWith("ALERTS{")));
    const asked = front.queries.filter(({ params }) => params.query?.startsWith("ALERTS{"));
    equal(asked.length, 1, "asked once for all charts");
    const { data: { result } } = JSON.parse(asked[0].text);
    const names = new Set(result.map(({ metric }) => metric.alertname));
    check(names.size > 0, "nothing fired in a day of the demonstration");
    const events = panel(page, SIDE).getByTestId("event");
    await events.first().waitFor({ state: "attached" });
    const own = (await events.evaluateAll((all) => all.map((event) => event.dataset.title))).filter((title) => !title.startsWith("Errors of"));
    equal([...new Set(own)].sort().join(), [...names].sort().join(), "alerts on the chart");
    const mark = panel(page, SIDE).getByTestId("event-mark").first();
    await mark.focus();
    const tooltip = panel(page, SIDE).locator(".tooltip:not([hidden])");
    await tooltip.waitFor();
    await page.getByTestId("annotations").getByRole("button", { name: /Firing alerts/ }).click();
    await until("no alerts", async () => (await events.evaluateAll((all) => all.map((event) => event.dataset.title))).every((title) => title.startsWith("Errors of")));
    equal(param(page, "events"), "Firing alerts", "the address");
  });

  onCharts("a dashboard's own annotations, and those that are off", "?refresh=off&from=now-24h&to=now", async (page, front) => {
    const switches = page.getByTestId("annotations").getByRole("button");
    const states = await switches.evaluateAll((all) => all.map((one) => [one.textContent.replace(/\d+$/, ""), one.getAttribute("aria-pressed")]));
    equal(JSON.stringify(states), JSON.stringify([["Firing alerts", "true"], ["Error bursts", "true"], ["Restarts", "false"]]), "switches");
    check(!front.ranges().some(({ params }) => params.query.includes("process_start")), "what is off was asked");
    await switches.nth(2).click();
    await until("what is on now to be asked", () => front.ranges().some(({ params }) => params.query.includes("process_start")));
  });

  for (const [size, viewport] of [["desktop", DESKTOP], ["phone", PHONE]]) {
    for (const theme of ["dark", "light"]) {
      onCharts(`fits, and axe finds nothing, ${size}, ${theme}`, range, async (page) => {
        await panel(page, LATENCY).getByTestId("exemplar").first().waitFor();
        await page.screenshot({ path: join(env.out, `charts-${size}-${theme}.png`), fullPage: true });
        equal((await misfits(page)).join("\n"), "", "misfits");
        await toChart(page, LATENCY);
        await page.keyboard.press("End");
        await page.keyboard.press("Enter");
        await page.getByTestId("pinned").waitFor();
        await page.screenshot({ path: join(env.out, `charts-pinned-${size}-${theme}.png`) });
        equal((await misfits(page)).join("\n"), "", "misfits with a pinned tooltip");
        equal((await axeFindings(page)).join("\n"), "", "axe");
      }, { viewport, theme });
    }
  }
}
