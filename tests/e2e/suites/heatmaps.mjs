// Heatmaps beyond the installed one: raw values that are counted here, series as rows, and what a file says of cells and axes.

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { seriesOf, sheetOf } from "../lib/answers.mjs";
import { DESKTOP, PHONE, THEMES, axeFindings, downloadCsv, misfits, onPage, panel, settled, states } from "../lib/page.mjs";
import { check, equal, until } from "../lib/runner.mjs";

const COUNTED = "CPU of all components, counted";
const OLD = "Memory by its power of two, as Grafana 7 wrote it";
const ROWS = "Requests of each status, a row each";
const REVERSED = "Durations, upside down";
const CUT = "Durations below a second, colours reversed";
const EMPTY = "Nothing to count";
const range = "?refresh=off&from=now-1h&to=now";

export function heatmapsSuite(runner, env) {
  const file = readFileSync(join(env.root, "tests/fixtures/grafana/heatmaps.json"), "utf8");
  const count = JSON.parse(file).panels.length;

  const onHeatmaps = (name, work, options = {}) => runner.test(`heatmaps: ${name}`, async () => {
    const { front } = await env.demo();
    front.standIn("dashboards/operations.json", file);
    return onPage(env.browser, options, async (page) => {
      await page.goto(`${front.url}d/operations${range}`);
      await settled(page, { panels: count });
      return work(page, front);
    });
  }, { limitSecs: 90 });

  const answerTo = (front, expr) => seriesOf(front.queries.findLast(({ params, status }) => status === 200 && params.query === expr).text);
  const tooltip = async (page, title, place) => {
    const chart = panel(page, title).locator(".chart");
    await chart.scrollIntoViewIfNeeded();
    const { width, height } = await chart.boundingBox();
    await chart.hover({ position: { x: width * place.x, y: height * place.y } });
    const found = panel(page, title).locator(".tooltip:not([hidden])");
    await found.waitFor();
    return found.innerText();
  };
  // What a canvas shows at a place, as [r, g, b].
  const colourAt = (page, title, place) => panel(page, title).locator("canvas").first().evaluate((canvas, { x, y }) => {
    const at = (ratio, size) => Math.min(size - 1, Math.round(ratio * size));
    return [...canvas.getContext("2d").getImageData(at(x, canvas.width), at(y, canvas.height), 1, 1).data].slice(0, 3);
  }, place);
  const remarksOf = async (page, title) => {
    await panel(page, title).locator(".panel__note").first().click();
    const said = await page.locator(".panel__notices").textContent();
    await page.keyboard.press("Escape");
    return said;
  };

  onHeatmaps("raw values are counted as they were answered", async (page, front) => {
    const { times, columns } = sheetOf((await downloadCsv(page, COUNTED)).text);
    const values = answerTo(front, "agentarea_cpu_usage_percent").flatMap(({ points }) => [...points]);
    check(values.length > 100, `only ${values.length} values were answered`);
    const spanMs = 300_000;
    const expected = new Map();
    for (const [ms, value] of values) {
      const cell = `${Math.floor(ms / spanMs) * spanMs} ${Math.floor(value / 5 + 1e-9) * 5 + 5}`;
      expected.set(cell, (expected.get(cell) ?? 0) + 1);
    }
    const found = new Map();
    for (const { name, values: counts } of columns) {
      counts.forEach((counted, at) => counted > 0 && found.set(`${times[at] - spanMs / 2} ${name}`, counted));
    }
    const sorted = (cells) => [...cells].sort(([a], [b]) => (a < b ? -1 : 1));
    equal(sorted(found), sorted(expected), "cells and their counts");
    const told = await tooltip(page, COUNTED, { x: 0.5, y: 0.8 });
    check(/all of 5 min/.test(told) && /5% – 10%|10% – 15%|0% – 5%/.test(told), `the tooltip says “${told}”`);
    return `${values.length} values, ${found.size} cells`;
  });

  onHeatmaps("an old file's powers are rows", async (page, front) => {
    const { columns } = sheetOf((await downloadCsv(page, OLD)).text);
    const exponents = columns.map(({ name }) => Math.log2(Number(name)) * 2);
    for (const exponent of exponents) check(Math.abs(exponent - Math.round(exponent)) < 1e-6, `${exponent / 2} is no half power`);
    const values = answerTo(front, "agentarea_memory_usage_bytes").flatMap(({ points }) => [...points.values()]);
    const counted = columns.flatMap(({ values: counts }) => counts).reduce((sum, value) => sum + (value ?? 0), 0);
    equal(counted, values.length, "values counted");
  });

  onHeatmaps("series without buckets are rows of their own", async (page, front) => {
    const { columns } = sheetOf((await downloadCsv(page, ROWS)).text);
    const answered = answerTo(front, "sum(rate(agentarea_http_requests_total[5m])) by (status)");
    equal(columns.map(({ name }) => name).sort(), answered.map(({ labels }) => `status ${labels.status}`).sort(), "rows");
    const told = await tooltip(page, ROWS, { x: 0.5, y: 0.3 });
    check(told.includes("status 200") && /req\/s|\/s/.test(told), `the tooltip says “${told}”`);
  });

  onHeatmaps("an axis can be turned round and cut, its colours reversed", async (page) => {
    const top = await tooltip(page, REVERSED, { x: 0.5, y: 0.08 });
    const bottom = await tooltip(page, REVERSED, { x: 0.5, y: 0.88 });
    // The pointer's own row is told even where it counts nothing.
    check(/^.*over/m.test(bottom), `the lowest row of an axis turned round is “${bottom}”`);
    check(!/^.*over/m.test(top) || top.indexOf("over") > 0, `the highest row is “${top}”`);
    check(/\d\.\d\d\s*(req\/s|\/s)/.test(bottom), `cells have two decimals and their unit: “${bottom}”`);
    const names = sheetOf((await downloadCsv(page, CUT)).text).columns.map(({ name }) => Number(name));
    check(Math.max(...names) <= 1 && Math.min(...names) > 0.02, `rows up to ${names}`);
    equal(await panel(page, CUT).locator(".heat-scale__ramp").getAttribute("data-reversed"), "true", "the legend of reversed colours");
  });

  onHeatmaps("what is not drawn as asked is said, and nothing is no failure", async (page) => {
    const said = await remarksOf(page, "Symmetric logarithm asked for");
    check(said.includes("linear scale") && said.includes("told by the tooltip"), `the panel says “${said}”`);
    const blank = Object.entries(await states(page));
    check(blank.length === 1 && blank[0][0] === EMPTY && blank[0][1].startsWith("No data in this range"), `without data: ${JSON.stringify(blank)}`);
    check(!(await panel(page, COUNTED).locator(".panel__note").count()), "a heatmap that counts has nothing to say");
  });

  for (const theme of THEMES) {
    for (const [device, viewport] of [["desktop", DESKTOP], ["phone", PHONE]]) {
      onHeatmaps(`looks right, ${theme}, ${device}`, async (page) => {
        equal(await misfits(page), [], "texts that do not fit");
        equal(await axeFindings(page), [], "accessibility");
        // A cell of the counted heatmap is not the surface's colour.
        const surface = await colourAt(page, EMPTY, { x: 0.9, y: 0.5 }).catch(() => null);
        await until("cells", async () => {
          const cells = await Promise.all([0.5, 0.6, 0.7, 0.8, 0.88].map((y) => colourAt(page, COUNTED, { x: 0.6, y })));
          return cells.some((cell) => JSON.stringify(cell) !== JSON.stringify(surface));
        });
        await page.screenshot({ path: join(env.out, `heatmaps-${theme}-${device}.png`), fullPage: true });
      }, { theme, viewport });
    }
  }
}
