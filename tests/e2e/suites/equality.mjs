// What is drawn is what was answered: each panel's numbers against the answers that the page got, at every point.

import { compareSheet, deaccumulate, lastValue, legendName, seriesOf, sheetOf } from "../lib/answers.mjs";
import { DASHBOARDS, DESKTOP, PHONE, downloadCsv, inkedShare, inspect, onPage, openDashboard, panel, panelsOf } from "../lib/page.mjs";
import { check, equal, mustFail } from "../lib/runner.mjs";

export function comparisonTest(runner) {
  runner.test("equality: the comparison itself can fail", async () => {
    const wanted = () => [{ name: "a", points: new Map([[0, 0.1], [1000, NaN], [3000, 2]]) }];
    const csv = (cell) => `time,unix_ms,a\r\n1970-01-01T00:00:00Z,0,0.1\r\n1970-01-01T00:00:01Z,1000,NaN\r\n1970-01-01T00:00:02Z,2000,${cell}\r\n1970-01-01T00:00:03Z,3000,2\r\n`;
    equal(compareSheet(sheetOf(csv("")), wanted()), 3, "points");
    await mustFail(() => compareSheet(sheetOf(csv("0")), wanted()), "a value where there is a gap");
    await mustFail(() => compareSheet(sheetOf(csv("").replace("0.1", "0.10000000000000002")), wanted()), "another last digit");
    await mustFail(() => compareSheet(sheetOf(csv("").replace("NaN", "")), wanted()), "a gap where there is a NaN");
    await mustFail(() => compareSheet(sheetOf(csv("").replace("unix_ms,a", "unix_ms,b")), wanted()), "another name");
    await mustFail(() => compareSheet(sheetOf(csv("").replace(/1970-01-01T00:00:03Z.*\r\n/, "")), wanted()), "a missing row");
    const buckets = [["0.5", 2], ["+Inf", 7], ["1", 5]].map(([le, total]) => ({ labels: { le }, points: new Map([[0, total]]) }));
    equal(deaccumulate(buckets).map(({ name, points }) => [name, points.get(0)]), [["0.5", 2], ["1", 3], ["+Inf", 2]], "buckets");
  });
}

export function equalitySuite(runner, env) {
  zeroTest(runner, env);

  runner.test("equality: a stat says the same number at every width", async () => {
    const { front } = await env.demo();
    front.forget();
    const valuesAt = (viewport) => onPage(env.browser, { viewport }, async (page) => {
      await openDashboard(page, front.url, env.dist, "agents", "?refresh=off");
      return page.getByTestId("stat-value").evaluateAll((all) => all.map((element) => [element.closest("section").querySelector("h2").textContent, element.dataset.value]));
    });
    equal(await valuesAt(PHONE), await valuesAt(DESKTOP), "stats on a phone and on a desk");
  });

  for (const name of DASHBOARDS) {
    runner.test(`equality: ${name}`, async () => {
      const { front } = await env.demo();
      const { panels, points } = await compareDashboard(env, front, name, "");
      return `${panels} panels, ${points} points`;
    }, { limitSecs: 150 });
  }
}

// A rate of zero is a value: it must not look like a gap.
function zeroTest(runner, env) {
  runner.test("equality: a line that lies on zero is drawn without gaps", async () => {
    const { front } = await env.demo();
    front.forget();
    await onPage(env.browser, { acceptDownloads: true }, async (page) => {
      await openDashboard(page, front.url, env.dist, "executive", "?refresh=off");
      const [{ values }] = sheetOf((await downloadCsv(page, "Error Rate")).text).columns;
      check(values.every((value) => value !== null) && values.filter((value) => value === 0).length > 20, "the data do not lie on zero");
      equal(await inkedShare(page, "Active Users"), 1, "share of a line above zero");
      equal(await inkedShare(page, "Error Rate"), 1, "share of a line on zero");
    });
  });
}

// Compares all panels of a dashboard as drawn with what went through `front`.
export async function compareDashboard(env, front, name, query) {
  return onPage(env.browser, { acceptDownloads: true }, async (page) => {
    front.forget();
    await openDashboard(page, front.url, env.dist, name, query);
    const panels = panelsOf(env.dist, name);
    let points = 0;
    const problems = [];
    for (const { title, kind, targets } of panels) {
      try {
        points += await comparePanel(page, front, title, kind, targets);
      } catch (error) {
        problems.push(`${title}: ${error.message}`);
        await page.keyboard.press("Escape");
      }
    }
    check(problems.length === 0, problems.join("\n"));
    check(points > panels.length, `only ${points} points were compared`);
    return { panels: panels.length, points };
  });
}

async function comparePanel(page, front, title, kind, targets) {
  const asked = await inspect(page, title);
  equal(asked.length, targets.length, "queries shown");
  const answers = asked.map(({ expr, params }) => {
    equal(params.query, expr, "query in the curl line");
    const sent = front.ranges().filter((query) => query.status === 200 && ["query", "start", "end", "step"].every((key) => query.params[key] === params[key]));
    check(sent.length > 0, `Inspect shows a request that was not sent: ${JSON.stringify(params)}`);
    return seriesOf(sent.at(-1).text);
  });
  const sheet = sheetOf((await downloadCsv(page, title)).text);
  const { start, step } = asked[0].params;
  const offGrid = sheet.times.filter((ms) => Math.abs(((ms / 1000 - Number(start)) / Number(step)) % 1) > 1e-9);
  equal(offGrid, [], "rows that are not on the grid that was asked for");
  const wanted = kind === "heatmap"
    ? deaccumulate(answers.flat())
    : answers.flatMap((series, at) => series.map(({ labels, points }) => ({ name: legendName(targets[at].legendFormat, labels, asked[at].expr), points })));
  const compared = compareSheet(sheet, wanted);
  if (kind === "stat") {
    const shown = await panel(page, title).getByTestId("stat-value").evaluateAll((all) => all.map((e) => Number(e.dataset.value)));
    equal(shown, wanted.map(({ points }) => lastValue(points)), "value shown, and last value answered");
  }
  return compared;
}
