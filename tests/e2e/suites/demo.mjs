// Every page on fixed data: it loads quietly, shows data, fits its window, and is accessible.

import http from "node:http";

import { DASHBOARDS, DESKTOP, PHONE, axeFindings, colourCount, misfits, onPage, openDashboard, openSheet, panelsOf, states } from "../lib/page.mjs";
import { check, equal } from "../lib/runner.mjs";
import { NOW_MS } from "../lib/servers.mjs";

const SHEETS = ["alerts", "status", "dashboards"];

// Of the layout while a page loads, in the browser's own measure; below 0.1 counts as good.
const MAX_SHIFT = 0.1;

// Panels that show no data on the simulated platform, with the reason.
const EXPECTED_STATES = {};

export function demoSuite(runner, env) {
  for (const theme of env.themes) {
    for (const [size, viewport] of [["desktop", DESKTOP], ["phone", PHONE]]) {
      for (const name of DASHBOARDS) {
        runner.test(`demo: ${name}, ${size}, ${theme}`, () => onPage(env.browser, { viewport, theme, init: watchShifts }, async (page) => {
          const { front } = await env.demo();
          front.forget();
          await openDashboard(page, front.url, env.dist, name);
          equal(await page.evaluate(() => document.documentElement.dataset.theme), theme, "theme");
          equal(await states(page), EXPECTED_STATES[name] ?? {}, "panels without data");
          await checkPanels(page, panelsOf(env.dist, name));
          const notAnswered = front.ranges().filter((query) => query.status !== 200 && !query.isAborted);
          equal(notAnswered.map((query) => query.params.query), [], "queries without an answer");
          const { sum, what } = await page.evaluate(() => window.layoutShifts);
          check(sum < MAX_SHIFT, `the layout shifted by ${sum.toFixed(3)} while loading: ${what.join(", ")}`);
          await checkLook(page);
        }), { limitSecs: 90 });
      }
      runner.test(`demo: alerts, status, dashboards, ${size}, ${theme}`, () => onPage(env.browser, { viewport, theme }, async (page) => {
        const { front } = await env.demo();
        front.forget();
        for (const name of SHEETS) {
          await openSheet(page, front.url, name);
          await checkLook(page);
        }
      }), { limitSecs: 90 });
    }
  }

  runner.test("demo: alerts show what fires, and the rail counts it", () => onPage(env.browser, {}, async (page) => {
    const { front } = await env.demo();
    await openSheet(page, front.url, "alerts");
    const answer = await (await fetch(`${front.url}prometheus/api/v1/rules`)).json();
    const rules = answer.data.groups.flatMap((group) => group.rules);
    const firing = rules.filter((rule) => rule.state === "firing");
    check(firing.length > 0, "nothing fires on the simulated platform");
    const shown = await page.locator('[data-testid="rule"]').evaluateAll((rows) => rows.map((row) => [row.dataset.rule, row.querySelector(".badge").textContent]));
    equal(shown.map(([rule]) => rule).sort(), rules.map((rule) => rule.name).sort(), "rules");
    equal(shown.filter(([, state]) => state.includes("firing")).map(([rule]) => rule).sort(), firing.map((rule) => rule.name).sort(), "firing rules");
    const alertCount = firing.flatMap((rule) => rule.alerts).filter((alert) => alert.state === "firing").length;
    equal(await page.getByTestId("firing-count").textContent({ timeout: 3_000 }), String(alertCount), "count in the rail");
    check((await page.title()).startsWith(`${alertCount} firing`), `the title does not say it: ${await page.title()}`);
  }));

  runner.test("demo: status shows each target", () => onPage(env.browser, {}, async (page) => {
    const { front } = await env.demo();
    await openSheet(page, front.url, "status");
    const answer = await (await fetch(`${front.url}prometheus/api/v1/targets`)).json();
    const rows = await page.locator(".data-table__table tbody tr").evaluateAll((all) => all.map((row) => [row.cells[2].textContent, row.cells[0].textContent.replace(/^\W+/, "")]));
    const wanted = answer.data.activeTargets.map((target) => [target.labels.instance, target.health]);
    equal(rows.sort(), wanted.sort(), "targets");
  }));
}

// Of the demonstration's own server, with nobody in between.
export function burstTest(runner, env) {
  runner.test("demo: the first burst of requests is answered", async () => {
    // Whether threads or connections come first is chance: three servers are tried.
    for (let attempt = 0; attempt < 3; attempt += 1) await burst(await env.fresh());
  });

  const burst = async ({ url }) => {
    // As several browser tabs do: connections opened at once and kept open.
    const agent = new http.Agent({ keepAlive: true });
    const ask = (at) => new Promise((resolve) => {
      const query = new URLSearchParams({ query: `up + ${at}`, start: NOW_MS / 1000 - 600, end: NOW_MS / 1000, step: 15 });
      const request = http.get(`${url}prometheus/api/v1/query_range?${query}`, { agent, timeout: 4_000 }, (answer) => {
        answer.resume().once("end", () => resolve(answer.statusCode));
      });
      request.once("timeout", () => request.destroy(new Error("no answer within 4 s")));
      request.once("error", (error) => resolve(error.message));
    });
    const answers = await Promise.all(Array.from({ length: 16 }, (_, at) => ask(at)));
    agent.destroy();
    equal(answers, Array(16).fill(200), "answers");
  };
}

export async function checkPanels(page, wanted) {
  const shown = await page.locator('[data-testid="panel"]').evaluateAll((panels) => panels.map((panel) => [panel.querySelector("h2").textContent, panel.dataset.kind]));
  equal(shown, wanted.map(({ title, kind }) => [title, kind]), "panels");
  for (const { title, kind } of wanted) {
    if (kind === "stat") {
      const values = await page.locator('[data-testid="panel"]').filter({ has: page.getByRole("heading", { name: title, exact: true }) })
        .getByTestId("stat-value").evaluateAll((all) => all.map((e) => e.dataset.value));
      check(values.length > 0 && values.every((value) => Number.isFinite(Number(value))), `${title} shows ${values}`);
    } else {
      const colours = await colourCount(page, title);
      check(colours > 4, `${title}: the chart has ${colours} colours`);
    }
  }
}

// Runs in the page before anything else.
function watchShifts() {
  window.layoutShifts = { sum: 0, what: [] };
  new PerformanceObserver((list) => {
    for (const { value, sources } of list.getEntries()) {
      window.layoutShifts.sum += value;
      window.layoutShifts.what.push(`${value.toFixed(3)} ${sources.slice(0, 2).map(({ node }) => node?.className ?? node?.nodeName)}`);
    }
  }).observe({ type: "layout-shift", buffered: true });
}

async function checkLook(page) {
  const problems = [...await misfits(page), ...await axeFindings(page)];
  check(problems.length === 0, `${page.url()}:\n${problems.join("\n")}`);
}
