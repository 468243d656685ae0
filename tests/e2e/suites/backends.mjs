// The same on a real Prometheus that holds the same samples: the app shows them equally well, and both answer alike.

import { readFileSync } from "node:fs";

import { answersDiffer, relativeDifference, seriesOf } from "../lib/answers.mjs";
import { DASHBOARDS, onPage, openDashboard, openSheet, panelsOf, states } from "../lib/page.mjs";
import { check, equal } from "../lib/runner.mjs";
import { checkPanels } from "./demo.mjs";
import { compareDashboard } from "./equality.mjs";

// Sums are taken in another order, rates from other intermediate steps: the last digits differ.
const TOLERANCE = 1e-9;

// Within what was loaded, with room for the ranges that look back.
const RANGE = "?refresh=off&from=now-90m&to=now";

export function backendsComparison(runner) {
  runner.test("backends: the comparison itself can fail", async () => {
    const answer = (value, labels = '{"a":"b"}', more = "") => seriesOf(`{"status":"success","data":{"resultType":"matrix","result":[{"metric":${labels},"values":[[10,"${value}"]${more}]}]}}`);
    const kinds = (ours, theirs) => answersDiffer(ours, theirs, TOLERANCE).map(({ kind }) => kind);
    equal(kinds(answer("1.0000000001"), answer("1")), [], "rounding");
    equal(kinds(answer("NaN"), answer("NaN")), [], "NaN");
    equal(kinds(answer("1.00000001"), answer("1")), ["value"], "another value");
    equal(kinds(answer("NaN"), answer("1")), ["value"], "NaN and a value");
    equal(kinds(answer("1", '{"a":"b"}', ',[20,"1"]'), answer("1")), ["point only in the demonstration"], "a point more");
    equal(kinds(answer("1"), answer("1", '{"a":"b"}', ',[20,"1"]')), ["point only in Prometheus"], "a point less");
    equal(kinds(answer("1"), answer("1", '{"a":"c"}')), ["series only in the demonstration", "series only in Prometheus"], "other labels");
    equal([relativeDifference(0, 0), relativeDifference(Infinity, Infinity), relativeDifference(0, 1)], [0, 0, 1], "relative differences");
  });
}

export function backendsSuite(runner, env) {
  for (const name of DASHBOARDS) {
    runner.test(`backends: ${name} on Prometheus`, async () => {
      const { front } = await env.upstream();
      front.forget();
      await onPage(env.browser, {}, async (page) => {
        await openDashboard(page, front.url, env.dist, name, RANGE);
        equal(await states(page), {}, "panels without data");
        await checkPanels(page, panelsOf(env.dist, name));
      });
    }, { limitSecs: 240 });
  }

  for (const name of DASHBOARDS) {
    runner.test(`backends: ${name} on Prometheus draws what was answered`, async () => {
      const { front } = await env.upstream();
      const { panels, points } = await compareDashboard(env, front, name, RANGE);
      return `${panels} panels, ${points} points`;
    }, { limitSecs: 120 });
  }

  runner.test("backends: alerts and status on Prometheus", async () => {
    const { front } = await env.upstream();
    // A demonstration with somebody else's Prometheus has no traces.
    await onPage(env.browser, { allow: [/jaeger/, /404 \(Not Found\)/] }, async (page) => {
      await openSheet(page, front.url, "alerts");
      const answer = await (await fetch(`${front.url}prometheus/api/v1/rules`)).json();
      const rules = answer.data.groups.flatMap((group) => group.rules);
      check(rules.length > 5, "Prometheus did not load the guide's rules");
      equal((await page.locator('[data-testid="rule"]').evaluateAll((rows) => rows.map((row) => row.dataset.rule))).sort(), rules.map((rule) => rule.name).sort(), "rules");
      await openSheet(page, front.url, "status");
      const version = (await (await fetch(`${front.url}prometheus/api/v1/status/buildinfo`)).json()).data.version;
      await page.getByText(version, { exact: true }).waitFor();
    });
  });

  runner.test("backends: the demonstration answers each panel's query as Prometheus does", async () => {
    const known = JSON.parse(readFileSync(new URL("../differences.json", import.meta.url), "utf8"));
    const used = new Set();
    const { front } = await env.upstream();
    const { url } = await env.short();
    const problems = [];
    let [queries, points] = [0, 0];
    for (const name of DASHBOARDS) {
      front.forget();
      await onPage(env.browser, {}, (page) => openDashboard(page, front.url, env.dist, name, RANGE));
      const expressions = new Set(front.ranges().map(({ params }) => params.query));
      const panels = panelsOf(env.dist, name);
      check(expressions.size >= panels.length * 0.9, `${name}: only ${expressions.size} queries for ${panels.length} panels`);
      for (const { params, text, status } of front.ranges()) {
        equal(status, 200, `status of ${params.query}`);
        const answer = await fetch(`${url}prometheus/api/v1/query_range`, { method: "POST", body: new URLSearchParams(params) });
        const theirs = seriesOf(text);
        queries += 1;
        points += theirs.reduce((sum, series) => sum + series.points.size, 0);
        for (const difference of answersDiffer(seriesOf(await answer.text()), theirs, TOLERANCE)) {
          const entry = known.find(({ query, kind, series }) => params.query.includes(query) && kind === difference.kind && difference.series.includes(series));
          if (entry && difference.count <= entry.at_most) used.add(entry);
          else problems.push(`${name}: ${params.query}: ${difference.kind} ×${difference.count} in ${difference.series} ${difference.example ?? ""}`);
        }
      }
    }
    for (const entry of known) {
      check(entry.why?.length > 20, `differences.json explains nothing: ${JSON.stringify(entry)}`);
      if (!used.has(entry)) problems.push(`differences.json lists what does not differ: ${JSON.stringify(entry)}`);
    }
    check(problems.length === 0, `${problems.length} differences:\n${problems.slice(0, 12).join("\n")}`);
    return `${queries} queries, ${points} points, ${known.length} known differences`;
  }, { limitSecs: 180 });
}
