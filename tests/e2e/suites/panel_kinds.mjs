// Gauges, bar gauges, bar charts, histograms and pies: what is drawn is what was answered, it fits, and everybody can read it.

import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { identity, lastValue, sample, seriesOf } from "../lib/answers.mjs";
import { DESKTOP, PHONE, THEMES, axeFindings, downloadCsv, misfits, onPage, panel, settled, states } from "../lib/page.mjs";
import { check, equal, until } from "../lib/runner.mjs";

const FIXTURES = { kinds: "gauges.json", "kinds-old": "gauges_old.json" };
const PANELS = { kinds: 18, "kinds-old": 5 };

// Serves our dashboards beside the installed ones.
async function serveFixtures(env, { front, base }, more = () => undefined) {
  front.forget();
  const config = await (await fetch(`${base}config.json`)).json();
  const files = {};
  for (const [name, file] of Object.entries(FIXTURES)) {
    files[`dashboards/${name}.json`] = await readFile(join(env.root, "tests/fixtures/grafana", file), "utf8");
    config.dashboards.push({ name, title: name, file: `dashboards/${name}.json` });
  }
  files["config.json"] = JSON.stringify(config);
  front.fault = (request) => {
    const known = Object.entries(files).find(([name]) => request.path.endsWith(`/${name}`));
    if (known) return { status: 200, type: "application/json", body: known[1] };
    return more(request);
  };
}

async function openKinds(page, front, name = "kinds", query = "?refresh=off") {
  await page.goto(`${front.url}d/${name}${query}`);
  await settled(page, { panels: PANELS[name] });
}

// The latest answer to a query that contains `text`, as [{ labels, points }] for ranges and [{ labels, value }] for instants.
function answerTo(front, text) {
  const query = front.queries.findLast(({ params, status }) => status === 200 && params.query?.includes(text));
  if (!query) throw new Error(`nothing asked for ${text}`);
  const { data } = JSON.parse(query.text);
  if (data.resultType === "matrix") return seriesOf(query.text);
  return data.result.map(({ metric, value }) => ({ labels: metric, value: sample(value[1]) }));
}

const near = (found, expected, what) => check(Math.abs(found - expected) <= Math.abs(expected) * 1e-9 + 1e-9, `${what}: ${found}, not ${expected}`);

// What a panel draws: [{ member, category, value, ratio }] of its marks.
function marksOf(page, title, selector) {
  return panel(page, title).locator(selector).evaluateAll((all) => all.map(({ dataset, title, ariaLabel }) => ({ ...dataset, title, label: ariaLabel })));
}

async function hasRemark(page, title, text) {
  const notes = panel(page, title).locator(".panel__note");
  if (await notes.count() === 0) return false;
  await notes.first().click();
  const said = await page.locator(".panel__notices").textContent();
  await page.keyboard.press("Escape");
  return said.includes(text);
}

export function panelKindsSuite(runner, env) {
  runner.test("kinds: gauges and bar gauges show the numbers that were answered", async () => {
    const server = await env.demo();
    await serveFixtures(env, server);
    await onPage(env.browser, {}, async (page) => {
      await openKinds(page, server.front);
      equal(await states(page), {}, "panels without data");
      const cpu = answerTo(server.front, "avg(agentarea_cpu_usage_percent) by (component)");
      const gauges = await marksOf(page, "CPU by component", '[data-testid="meter"]');
      equal(gauges.length, cpu.length, "gauges");
      for (const [at, { points }] of cpu.entries()) near(Number(gauges[at].value), lastValue(points), "a gauge");
      check(/^agent_runtime: [\d.]+%, below 5%, between 0% and 100%$/.test(gauges[0].label), `a screen reader is told “${gauges[0].label}”`);

      const statuses = answerTo(server.front, "sum(rate(agentarea_http_requests_total[5m])) by (status)");
      const bars = await marksOf(page, "Requests by status", '[data-testid="meter"]');
      const values = statuses.map(({ value }) => value);
      equal(bars.map(({ label }) => label.split(":")[0]), statuses.map(({ labels }) => labels.status), "names of the bars");
      const longest = Math.max(...bars.map(({ ratio }) => Number(ratio)));
      for (const [at, value] of values.entries()) {
        near(Number(bars[at].value), value, "a bar");
        check(Math.abs(Number(bars[at].ratio) / longest - value / Math.max(...values)) < 1e-3, `the bar of ${value} is ${bars[at].ratio} long`);
      }
      // Cells are lit in proportion, and each bar is as long as it says.
      const widths = await panel(page, "Requests by status").locator(".bar-gauge__track").evaluateAll((all) => all.map((track) => track.firstElementChild.offsetWidth / track.offsetWidth));
      for (const [at, width] of widths.entries()) check(Math.abs(width - Number(bars[at].ratio)) < 0.02, `bar ${at} is ${width} long`);
      const lit = await panel(page, "Memory, retro").locator('[data-testid="meter"]').evaluateAll((all) => all.map((bar) => [Number(bar.dataset.ratio), bar.querySelectorAll('.bar-gauge__cell[data-state="lit"]').length / bar.querySelectorAll(".bar-gauge__cell").length]));
      for (const [ratio, share] of lit) check(Math.abs(ratio - share) < 0.05, `${share} of the cells are lit for ${ratio}`);
    });
  });

  runner.test("kinds: numbers have the colours that their fields say, on them or behind them", async () => {
    const server = await env.demo();
    await serveFixtures(env, server);
    await onPage(env.browser, {}, async (page) => {
      await openKinds(page, server.front);
      const styles = (title, selector, property) => panel(page, title).locator(selector).evaluateAll((all, property) => all.map((one) => getComputedStyle(one)[property]), property);
      const token = (name) => page.evaluate((name) => {
        const probe = document.body.appendChild(document.createElement("i"));
        probe.style.color = `var(--${name})`;
        const { color } = getComputedStyle(probe);
        probe.remove();
        return color;
      }, name);
      equal(await styles("Error share, filled", ".stat__fill", "backgroundColor"), [await token("crit")], "what is behind a value above its limit");
      equal(await styles("Error share, filled", ".stat__value", "color"), [await token("text-1")], "a filled number");
      // A gradient over all values: the smallest and the largest have its ends.
      const cpu = answerTo(server.front, "avg(agentarea_cpu_usage_percent) by (component)").map(({ points }) => Math.max(...points.values()));
      const fills = await styles("CPU on a gradient", ".stat__fill", "backgroundColor");
      equal(fills.length, cpu.length, "filled numbers");
      equal(fills[cpu.indexOf(Math.max(...cpu))], await token("crit"), "the largest");
      equal(new Set(fills).size, fills.length, "different colours");
      const series = await styles("Agents in the series' colours", ".stat__item-value", "color");
      equal(new Set(series).size, series.length, "colours of series");
      const places = await panel(page, "Agents in the series' colours").locator(".stat__item").evaluateAll((all) => all.map((one) => one.offsetLeft));
      equal(new Set(places).size, 1, "columns of numbers that lie across the card");
      equal([...new Set(await styles("Agents in the series' colours", ".stat__item", "textAlign"))], ["center"], "where they stand");
      equal(await styles("One colour", ".stat__value", "color"), ["rgb(157, 123, 216)"], "a colour of one's own");
    });
  });

  runner.test("kinds: bars, histograms and pies are drawn from the answers", async () => {
    const server = await env.demo();
    await serveFixtures(env, server);
    await onPage(env.browser, {}, async (page) => {
      await openKinds(page, server.front);
      const requests = answerTo(server.front, "by (service, status)");
      const bars = await marksOf(page, "Requests by service", ".plot__bar");
      equal(bars.length, requests.length, "bars");
      for (const { labels, value } of requests) {
        const bar = bars.find(({ category, member }) => category === labels.service && member === labels.status);
        check(bar, `${identity(labels)} has no bar`);
        near(Number(bar.value), value, identity(labels));
      }

      const readings = answerTo(server.front, "agentarea_cpu_usage_percent").flatMap(({ points }) => [...points.values()]);
      const counts = await marksOf(page, "CPU readings", ".plot__bar");
      equal(counts.reduce((sum, { value }) => sum + Number(value), 0), readings.length, "samples counted");
      const size = Number(counts[1].category) - Number(counts[0].category);
      for (const { category, value } of counts) {
        const from = Number(category);
        equal(readings.filter((v) => v >= from - 1e-9 && v < from + size - 1e-9).length, Number(value), `samples from ${from}`);
      }

      const calls = answerTo(server.front, "agentarea_mcp_tool_calls_total");
      const sums = new Map(calls.map(({ labels, points }) => [labels.tool_name, [...points.values()].reduce((a, b) => a + b, 0)]));
      const whole = [...sums.values()].reduce((a, b) => a + b, 0);
      const slices = await marksOf(page, "Tool calls", ".pie__slice");
      equal(slices.length, sums.size, "slices");
      for (const { member, value, ratio } of slices) {
        near(Number(value), sums.get(member), `slice ${member}`);
        check(Math.abs(Number(ratio) - sums.get(member) / whole) < 1e-5, `share of ${member}: ${ratio}`);
      }
      const descending = slices.map(({ value }) => Number(value));
      equal(descending, [...descending].sort((a, b) => b - a), "slices by size");
      const agents = answerTo(server.front, "by (agent_id, model, status)").filter(({ value }) => value > 0);
      const shown = await marksOf(page, "Requests by agent", ".pie__slice");
      equal(shown.length, Math.min(agents.length, 24), "slices of many");
      const all = shown.reduce((sum, { value }) => sum + Number(value), 0);
      near(all, agents.reduce((sum, { value }) => sum + value, 0), "all of them");
      if (agents.length > 24) check(await hasRemark(page, "Requests by agent", "are one slice"), "nothing says that slices were merged");
    });
  });

  runner.test("kinds: old exports are drawn, and unknown options are listed", async () => {
    const server = await env.demo();
    await serveFixtures(env, server);
    await onPage(env.browser, {}, async (page) => {
      await openKinds(page, server.front, "kinds-old");
      equal(await states(page), {}, "panels without data");
      const said = await panel(page, "Grafana 6.0").locator(".gauge").textContent();
      check(/~[\d.]+ users/.test(said), `the prefix and suffix of 6.0: ${said}`);
      equal(await panel(page, "Grafana 6.2").locator('[data-testid="meter"]').count(), 3, "the limit of values");
      check(await hasRemark(page, "On the graph", "strange"), "an unknown option is not reported");
      check(await panel(page, "The plug-in").locator(".pie__slice").count() > 1, "the plug-in's pie has no slices");
    });
  });

  runner.test("kinds: pointer and keys read every part; clicks on names show one alone", async () => {
    const server = await env.demo();
    await serveFixtures(env, server);
    await onPage(env.browser, {}, async (page) => {
      await openKinds(page, server.front);
      for (const title of ["Requests by service", "CPU readings", "Tool calls"]) {
        const plot = panel(page, title).locator(".plot");
        await plot.scrollIntoViewIfNeeded();
        const mark = await panel(page, title).locator(".plot__bar, .pie__slice").first().boundingBox();
        await page.mouse.move(mark.x + mark.width / 2, mark.y + mark.height / 2 - (title === "Tool calls" ? mark.height / 4 : 0));
        const tooltip = page.locator(".tooltip:not([hidden])");
        await tooltip.waitFor();
        const box = await tooltip.boundingBox();
        check(box.x >= 0 && box.y >= 0 && box.x + box.width <= DESKTOP.width && box.y + box.height <= DESKTOP.height, `${title}: the tooltip leaves the window`);
        await page.mouse.move(2, 2);
        await tooltip.waitFor({ state: "detached" }).catch(() => {});
        await plot.focus();
        await page.keyboard.press("ArrowRight");
        const announcer = plot.locator(".plot__announcer");
        const first = await announcer.textContent();
        check(/\d/.test(first), `${title} reads “${first}”`);
        await tooltip.waitFor();
        await page.keyboard.press("ArrowRight");
        await until("the next part", async () => (await announcer.textContent()) !== first);
        await page.keyboard.press("Escape");
        await until("silence", async () => (await announcer.textContent()) === "");
      }
      const slices = panel(page, "Tool calls").locator(".pie__slice");
      const count = await slices.count();
      const names = panel(page, "Tool calls").locator("button.series-names__row");
      equal(await names.count(), count, "names of slices");
      await names.first().click();
      await until("one slice alone", async () => (await slices.count()) === 1);
      equal(await slices.first().getAttribute("data-ratio"), "1.000000", "the share of the one that is left");
      await names.first().click();
      await until("all slices", async () => (await slices.count()) === count);
      await names.nth(1).click({ modifiers: ["Control"] });
      await until("one slice less", async () => (await slices.count()) === count - 1);
      const { text } = await downloadCsv(page, "Requests by service");
      check(text.split("\r\n")[0].split(",").length > 3, `the CSV's head: ${text.split("\r\n")[0]}`);
    });
  });

  runner.test("kinds: loading, empty and failed panels look like every other's; 0 is not empty", async () => {
    const server = await env.demo();
    const empty = JSON.stringify({ status: "success", data: { resultType: "matrix", result: [] } });
    const zero = (at) => JSON.stringify({ status: "success", data: { resultType: "matrix", result: [{ metric: { state: "idle" }, values: [[at, "0"]] }] } });
    await serveFixtures(env, server, ({ path, params }) => {
      if (!/api\/v1\/query(_range)?$/.test(path)) return undefined;
      const asked = params.query ?? "";
      if (asked.includes("agentarea_cpu_usage_percent")) return { status: 422, type: "application/json", body: JSON.stringify({ status: "error", errorType: "execution", error: "too many samples" }) };
      if (asked.includes("agentarea_db_connections") && params.end) return { status: 200, type: "application/json", body: zero(Number(params.end)) };
      if (asked.includes("agentarea_mcp_tool_calls_total")) return { status: 200, type: "application/json", body: empty };
      return undefined;
    });
    await onPage(env.browser, { allow: [/Failed to load resource/, /request failed/, /^status /] }, async (page) => {
      await openKinds(page, server.front);
      const said = await states(page);
      check(/too many samples/.test(said["CPU by component"]) && /too many samples/.test(said["CPU readings"]), `failed: ${JSON.stringify(said)}`);
      check(/No data/.test(said["Tool calls"]), `empty: ${said["Tool calls"]}`);
      check(!said.Connections, `0 is not the lack of data: ${said.Connections}`);
      equal((await marksOf(page, "Connections", '[data-testid="meter"]')).map(({ value }) => value), ["0"], "the zero");
    });
  });

  for (const theme of THEMES) {
    for (const [name, viewport] of [["desktop", DESKTOP], ["phone", PHONE]]) {
      runner.test(`kinds: everything fits, and axe finds nothing, ${theme}, ${name}`, async () => {
        const server = await env.demo();
        await serveFixtures(env, server);
        await onPage(env.browser, { viewport, theme }, async (page) => {
          for (const dashboard of Object.keys(FIXTURES)) {
            await openKinds(page, server.front, dashboard);
            equal([...await misfits(page), ...await textsOutside(page), ...await axeFindings(page)], [], dashboard);
          }
        });
      });
    }
  }
}

// Texts of drawings that leave their drawing, or their bar.
function textsOutside(page) {
  return page.evaluate(() => {
    const found = [];
    for (const text of document.querySelectorAll(".drawn-text")) {
      const [box, room] = [text.getBoundingClientRect(), text.closest("svg").getBoundingClientRect()];
      const out = Math.max(room.left - box.left, box.right - room.right, room.top - box.top, box.bottom - room.bottom);
      if (out > 2) found.push(`${text.closest("section").querySelector("h2").textContent}: “${text.textContent}” is ${out.toFixed(1)} px outside`);
    }
    for (const value of document.querySelectorAll(".bar-gauge__value")) {
      if (value.scrollWidth > value.clientWidth + 1) found.push(`the value ${value.textContent} is wider than its room`);
    }
    return found;
  });
}
