// Variables, repeated panels and rows: what is chosen, what is asked for it, and what the address keeps.

import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { DESKTOP, PHONE, THEMES, axeFindings, misfits, onPage, panel, settled } from "../lib/page.mjs";
import { check, equal, until } from "../lib/runner.mjs";
import { NOW_MS } from "../lib/servers.mjs";
import { GIVEN_UP } from "./traces.mjs";

const JSON_TYPE = "application/json";

export function variablesSuite(runner, env) {
  // The dashboards of the tests instead of those that come along, and what else a test does to the answers.
  const onDashboard = (name, dashboard, query, work, { fault, ready = true, ...options } = {}) => {
    runner.test(`variables: ${name}`, async () => {
      const { front } = await env.demo();
      const text = typeof dashboard === "string"
        ? await readFile(join(env.root, "tests/fixtures/grafana", `${dashboard}.json`), "utf8")
        : JSON.stringify(dashboard);
      front.forget();
      const config = await (await fetch(`${front.url}config.json`)).json();
      config.dashboards = [{ name: "fixture", title: "Fixture", file: "dashboards/fixture.json" }];
      const serve = (more) => {
        front.fault = (request) => {
          if (request.path === "/config.json") return { status: 200, type: JSON_TYPE, body: JSON.stringify(config) };
          if (request.path === "/dashboards/fixture.json") return { status: 200, type: JSON_TYPE, body: text };
          return more?.(request);
        };
      };
      front.forget();
      serve(fault);
      try {
        return await onPage(env.browser, { ...options, allow: [GIVEN_UP, ...(options.allow ?? [])] }, async (page) => {
          await page.goto(`${front.url}d/fixture?refresh=off${query}`);
          if (ready) await settled(page);
          return work(page, front, serve);
        });
      } finally {
        front.forget();
      }
    });
  };

  onDashboard("panels wait for the values and ask once", "variables", "", async (page, front) => {
    // The first values are a while away: what needs them has not asked, what does not has.
    await until("the independent panel", () => asked(front, "agentarea_http_requests_total").length > 0);
    equal(asked(front, "avg by (job, instance)").length, 0, "queries before the values");
    await settled(page);
    const [job, instance] = [await chosen(page, "job"), await chosen(page, "instance")];
    equal([job, instance], ["Job: All", "instance: All"], "the values");
    const exprs = asked(front, "avg by (job, instance)");
    equal(exprs.length, 1, "queries of the panel");
    check(/up\{job=~"\([^"]+\|[^"]+\)", instance=~"\.\+"\}/.test(exprs[0]), `all jobs and the word for all instances: ${exprs[0]}`);
    equal(front.queries.filter((query) => query.path === "label/instance/values").length, 1, "asked for instances");
    for (const marker of ["agentarea_agent_requests_total{", "agentarea_mcp_response_seconds_bucket{"]) {
      const found = asked(front, marker);
      equal(found.length, 1, `queries with ${marker}`);
      check(!found[0].includes("$"), `filled: ${found[0]}`);
    }
    check(await panel(page, "Targets of All").count() === 1, "the title is filled");
    const text = await panel(page, "Chosen").textContent();
    check(/Jobs: [a-z-]+,.*Quantile: p95\. Prefix: agentarea\. From 2026\./.test(text), text);
  }, { ready: false, fault: ({ path }) => (path.endsWith("/label/job/values") ? { delayMs: 1_500 } : undefined) });

  onDashboard("choosing asks what depends on it, and nothing else", "variables", "", async (page, front) => {
    front.queries = [];
    await open(page, "job");
    const jobs = await options(page, "job");
    check(jobs.length > 3 && jobs[0] === "All", `the list: ${jobs}`);
    await option(page, "job", jobs[1]).click();
    await option(page, "job", jobs[2]).click();
    equal(asked(front, "").length, 0, "queries while the list is open");
    await page.keyboard.press("Enter");
    await addressHas(page, "job", [jobs[1], jobs[2]]);
    await settled(page);
    equal(asked(front, "avg by (job, instance)").map((expr) => /job=~"([^"]*)"/.exec(expr)[1]), [`(${jobs[1]}|${jobs[2]})`], "what the panel asked");
    equal(asked(front, "agentarea_").length, 0, "queries of panels without the variable");
    check(await panel(page, `Targets of ${jobs[1]} + ${jobs[2]}`).count() === 1, "the title");
    // The variable that asks by it was asked again, with its new value.
    const chained = front.queries.filter((query) => query.path === "label/instance/values").map((query) => query.params["match[]"]);
    equal(chained, [`up{job=~"(${jobs[1]}|${jobs[2]})"}`], "asked for instances");

    // Back, and forward again.
    await page.goBack();
    await addressHas(page, "job", []);
    await settled(page);
    equal(await chosen(page, "job"), "Job: All", "after going back");
    await page.goForward();
    await settled(page);
    equal(await chosen(page, "job"), `Job: ${jobs[1]} + ${jobs[2]}`, "after going forward");
  });

  onDashboard("an address with values shows them, and what is gone is kept and marked", "variables", "&var-model=nope&var-quantile=0.5&var-window=5m&var-above=7&var-job=prometheus&var-instance=$__all", async (page, front) => {
    const [expr] = asked(front, "agentarea_agent_requests_total{");
    equal(expr, 'sum(rate(agentarea_agent_requests_total{model="nope"}[5m])) > 7', "the query");
    check(asked(front, "histogram_quantile(0.5,").length === 1, "the quantile");
    equal(await chosen(page, "quantile"), "Quantile: p50", "a value's text");
    check(await variable(page, "model").getByText("not there any more").isVisible(), "the gone value is not marked");
    await page.reload();
    await settled(page);
    equal(await chosen(page, "model"), "Model: nope", "after loading again");
    await open(page, "model");
    check((await options(page, "model")).length > 1, "the others can be chosen");
    const names = await options(page, "model");
    await option(page, "model", names.at(-1)).click();
    await addressHas(page, "model", [names.at(-1)]);
    check(await variable(page, "model").getByText("not there any more").count() === 0, "a value that is there is marked");
  });

  onDashboard("a variable that cannot be had says why and is asked again", "variables", "", async (page, front, serve) => {
    const alert = page.getByRole("alert").filter({ hasText: "Model" });
    check(/bad_data|no such luck/.test(await alert.textContent()), await alert.textContent());
    // The file's value stays, so that the panel can be asked.
    equal(asked(front, "agentarea_agent_requests_total{").length, 1, "queries of its panel");
    check(asked(front, "avg by (job, instance)").length === 1, "other panels are there");
    serve();
    await alert.getByRole("button", { name: "Retry" }).click();
    await alert.waitFor({ state: "detached" });
    await settled(page);
    check(!(await chosen(page, "model")).includes("gone-model"), "the value of the file gives way to one that is there");
  }, {
    fault: ({ path }) => (path.endsWith("/label/model/values") ? { status: 400, type: JSON_TYPE, body: '{"status":"error","errorType":"bad_data","error":"no such luck"}' } : undefined),
    allow: [/status of 400/, /status 400/],
  });

  onDashboard("links of the dashboard take the range and the variables along", "links", "&from=now-2h&to=now", async (page) => {
    const links = () => page.getByTestId("dashboard-links").getByRole("link").evaluateAll((all) => all.map((link) => [link.firstChild.textContent.trim(), link.getAttribute("href"), link.target]));
    const variables = (service) => `var-service=${service}&var-window=5m&var-window=1h%2030m`;
    equal(await links(), [
      ["Operations of The API", `d/operations?theme=dark&from=now-2h&to=now&${variables("agentarea-api")}`, ""],
      ["Runbook", "https://runbooks.test/agentarea-api?w=5m%2C1h%2030m", "_blank"],
      ["Of agents", "dashboards?from=now-2h&to=now", ""],
    ], "the links");
    await open(page, "service");
    await option(page, "service", "The front & centre").click();
    await until("the link to follow", async () => (await links())[0][1].endsWith(variables("agentarea-frontend")));
    equal((await links())[0][0], "Operations of The front & centre", "its title");
    await page.getByRole("link", { name: /^Operations of/ }).click();
    await until("the other dashboard", () => new URL(page.url()).pathname.endsWith("/d/operations"));
    equal(new URL(page.url()).searchParams.get("from"), "now-2h", "the range there");
  });

  onDashboard("annotations ask with the variables' values, and say which has none", "links", "", async (page, front) => {
    const found = () => asked(front, "status=~");
    await until("the annotation's question", () => found().length > 0);
    check(/\{service="agentarea-api",status=~"5\.\."\}\[5m\]/.test(found()[0]), found()[0]);
    const annotations = page.getByTestId("annotations");
    await annotations.getByRole("button", { name: "partial: 1 remark" }).click();
    await page.getByText("The annotation “Of nothing” could not be asked: the variable $nothing has no value").waitFor();
    await page.keyboard.press("Escape");
    await open(page, "service");
    await option(page, "service", "The front & centre").click();
    await until("another question", () => found().some((expr) => expr.includes('{service="agentarea-frontend"')));
    equal(found().length, 2, "questions");
    // One that no annotation has asks nothing anew.
    await open(page, "window");
    await option(page, "window", "10m").click();
    await page.keyboard.press("Enter");
    await until("the other variable", () => new URL(page.url()).searchParams.getAll("var-window").includes("10m"));
    await settled(page);
    equal(found().length, 2, "questions after another variable changed");
    equal(asked(front, "$nothing").length, 0, "questions with a variable in them");
  });

  onDashboard("values lead where their links say", "links", "", async (page, front) => {
    const range = /from=(\d+)&to=(\d+)/;
    const href = (link) => link.getAttribute("href");
    const links = (title) => panel(page, title).getByTestId("value-link");
    // A chart's are in the tooltip that stays, for the chosen series.
    const chart = panel(page, "Requests").locator(".chart").first();
    const box = await chart.boundingBox();
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    const pinned = page.getByTestId("pinned");
    const row = (text) => pinned.locator(".pinned__row").filter({ hasText: text }).first();
    await row("agentarea-api 200").click();
    const [traces, search] = await pinned.getByTestId("value-link").all();
    equal(await traces.innerText(), "Traces of agentarea-api", "a title");
    check(/^traces\?service=agentarea-api&from=\d{13}&chosen=agentarea-api$/.test(await href(traces)), await href(traces));
    check(/^https:\/\/search\.test\/\?q=agentarea-api%20200&v=[\d.]+$/.test(await href(search)), await href(search));
    equal([await traces.getAttribute("target"), await search.getAttribute("target")], [null, "_blank"], "where they open");
    if (await row("agentarea-api 500").count()) {
      await row("agentarea-api 500").click();
      await until("the links of an override", async () => (await pinned.getByTestId("value-link").allInnerTexts()).join() === "Errors");
    }
    await page.keyboard.press("Escape");

    const active = await panel(page, "Active agents").getByTestId("stat-value").getAttribute("data-value");
    equal(await href(links("Active agents")), `d/agents?n=${active}&w=5m%2C1h%2030m`, "a stat");
    equal(await links("Active agents").getAttribute("title"), "The agents of The API", "what it says");
    const several = panel(page, "By service").getByRole("button", { name: /^Links of/ }).first();
    await several.focus();
    await page.keyboard.press("Enter");
    const [first, second] = await links("By service").all();
    const service = /service=(.*)/.exec(await href(first))[1];
    check(await first.isVisible() && (await href(second)) === `https://x.test/${service}`, `several: ${await href(second)}`);
    check(/^Text [\d.]+ ?(m|k)?\/s$/.test(await second.innerText()), await second.innerText());
    await page.keyboard.press("ArrowDown");
    await until("the second link to have the focus", () => second.evaluate((link) => link === document.activeElement));
    await page.keyboard.press("Escape");
    equal(await links("By service").count(), 0, "closed");
    equal(await href(links("Share")), "alerts?of=agentarea-api", "a gauge");
    check((await links("Bars").count()) >= 3 && /^traces\?service=agentarea-/.test(await href(links("Bars").first())), "bars");
    const cell = panel(page, "Table").locator(".grid-table__link").first();
    equal(await href(cell), `traces?service=${await cell.innerText()}&beside=agentarea-api&w=5m,1h 30m`, "a cell");
    equal(await cell.getAttribute("title"), "Traces beside The API", "its title");
    equal(await links("Pie").count(), 0, "a kind without links");

    await panel(page, "Requests").hover();
    await page.getByRole("button", { name: "Menu of Requests" }).click();
    const item = page.getByRole("menuitem", { name: "All of The API" });
    const [, from, to] = range.exec(await href(item));
    equal(await href(item), `d/operations?var-service=agentarea-api&from=${from}&to=${to}&var-service=agentarea-api&var-window=5m&var-window=1h%2030m`, "the panel's own");
    await page.keyboard.press("Escape");
    // Another value, and nothing is asked for it.
    front.queries = [];
    await open(page, "service");
    await option(page, "service", "The front & centre").click();
    await until("links with it", async () => (await href(links("Share"))) === "alerts?of=agentarea-frontend");
    await until("a cell with it", async () => (await href(cell)).includes("beside=agentarea-frontend"));
    equal(asked(front, "").filter((expr) => !/status=~|ALERTS/.test(expr)), [], "queries of panels");
    await links("Share").click();
    await until("the alerts", () => page.url().includes("/alerts?"));
  });

  for (const theme of THEMES) {
    for (const [size, viewport] of [["desktop", DESKTOP], ["phone", PHONE]]) {
      onDashboard(`links fit and are accessible, ${size}, ${theme}`, "links", "", async (page) => {
        await page.screenshot({ path: join(env.out, `links-${size}-${theme}.png`), fullPage: true });
        equal(await misfits(page), [], "what does not fit");
        equal(await axeFindings(page), [], "accessibility");
      }, { viewport, theme });
    }
  }

  onDashboard("keys alone choose", "variables", "", async (page, front) => {
    const button = variable(page, "job").getByRole("button");
    await button.focus();
    // A letter narrows at once, and is no shortcut of the page.
    await page.keyboard.press("p");
    const field = page.getByRole("combobox", { name: "Find in Job" });
    equal(await field.inputValue(), "p", "what was typed");
    const found = await options(page, "job");
    check(found.length > 0 && found.every((text) => text.includes("p")), `found: ${found}`);
    await page.keyboard.press("ArrowDown");
    check((await field.getAttribute("aria-activedescendant")) === "variable-job-option-0", "the active line");
    await page.keyboard.press("Space");
    equal(await page.locator('#variable-job-list [aria-selected="true"]').count(), 1, "marked lines");
    await page.keyboard.press("Escape");
    check(await button.evaluate((node) => node === document.activeElement), "the focus is back");
    equal(new URL(page.url()).searchParams.getAll("var-job"), [], "after Escape");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    const all = (await addressHas(page, "job", null)).getAll("var-job");
    equal(all.length, 1, "Enter on a line takes it alone");
    await settled(page);
    equal(asked(front, `job=~"${all[0]}"`).length, 1, "queries");
    await button.focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    check(await page.getByRole("button", { name: "Apply" }).evaluate((node) => node === document.activeElement), "the focus is on Apply");
    await page.keyboard.press("Enter");
    await addressHas(page, "job", ["$__all"]);
  });

  onDashboard("a typed value, an interval and a source", "variables", "", async (page, front) => {
    front.queries = [];
    await page.getByLabel("Above").fill("3");
    await page.keyboard.press("Enter");
    await addressHas(page, "above", ["3"]);
    await settled(page);
    check(asked(front, ") > 3").length === 1, "the typed value");
    equal(await chosen(page, "window"), "Window: auto", "the interval");
    await open(page, "window");
    await option(page, "window", "10m").click();
    await settled(page);
    check(asked(front, "[10m])) > 3").length === 1, "the interval's step");
    await open(page, "source");
    equal(await options(page, "source"), ["prometheus"], "sources of config.json");
  });

  onDashboard("a panel's own range is asked and said", "variables", "", async (page, front) => {
    const { params } = front.ranges().find((query) => query.params.query === "sum(agentarea_active_agents)");
    const [startMs, endMs] = [Number(params.start) * 1000, Number(params.end) * 1000];
    const hourMs = 3_600_000;
    check(Math.abs(endMs - (NOW_MS - hourMs)) <= 60_000 && Math.abs(endMs - startMs - hourMs / 2) <= 60_000, `asked from ${startMs} to ${endMs}`);
    await panel(page, "An hour ago").getByRole("button", { name: /remark/ }).click();
    check(await page.getByText("a range of its own").isVisible(), "the panel does not say so");
  });

  onDashboard("filters reach every selector of every query", "variables", "", async (page, front) => {
    front.queries = [];
    await page.getByRole("button", { name: "Add filter to Filters" }).click();
    await page.getByLabel("Label", { exact: true }).fill("job");
    await page.getByLabel("Operator").selectOption("!=");
    await page.getByLabel("Value").fill("nobody");
    await page.getByRole("button", { name: "Add", exact: true }).click();
    await addressHas(page, "Filters", ["job|!=|nobody"]);
    await settled(page);
    const exprs = asked(front, "");
    check(exprs.length >= 5 && exprs.every((expr) => expr.includes('job!="nobody"')), `queries: ${exprs.join("\n")}`);
    await page.reload();
    await settled(page);
    front.queries = [];
    await page.getByRole("button", { name: "Remove the filter job != nobody" }).click();
    await settled(page);
    check(asked(front, "").length >= 5 && !asked(front, "nobody").some((expr) => expr.includes("!=")), "without the filter");
  });

  onDashboard("thousands of values stay quick", "variables", "", async (page, front) => {
    // Too many for an address: what asks by them sends them in a body.
    equal(front.queries.filter((query) => query.path === "series" && query.status === 200).length, 1, "asked for instances");
    await open(page, "job");
    equal(await page.locator("#variable-job-list [role=option]").count(), 100, "lines");
    check(await page.getByText("4901 more").isVisible(), "the rest is counted");
    const tookMs = await page.evaluate(async () => {
      const field = document.querySelector(".variable__sheet input");
      const begun = performance.now();
      field.value = "pod-4321";
      field.dispatchEvent(new Event("input", { bubbles: true }));
      await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
      return performance.now() - begun;
    });
    equal(await options(page, "job"), ["pod-4321"], "found");
    check(tookMs < 300, `narrowing took ${tookMs.toFixed(0)} ms`);
    return `narrowed in ${tookMs.toFixed(0)} ms`;
  }, {
    fault: ({ path }) => (path.endsWith("/label/job/values")
      ? { status: 200, type: JSON_TYPE, body: JSON.stringify({ status: "success", data: Array.from({ length: 5_000 }, (_, at) => `pod-${at}`) }) }
      : undefined),
  });

  onDashboard("no values, a query that is none, and a circle are said", {
    title: "Odd",
    templating: {
      list: [
        { name: "none", type: "query", query: "label_values(nothing_of_this_name, job)" },
        { name: "bad", type: "query", query: "label_values(up, job)", regex: "/(/" },
        { name: "a", type: "query", query: "label_values(up{job=\"$b\"}, job)" },
        { name: "b", type: "query", query: "label_values(up{job=\"$a\"}, job)" },
      ],
    },
    panels: [{ id: 1, type: "stat", title: "Stat", gridPos: { x: 0, y: 0, w: 12, h: 6 }, targets: [{ refId: "A", expr: "count(up{job=~\"$a|$none.*\"})" }] }],
  }, "", async (page) => {
    equal(await chosen(page, "none"), "none: None", "without values");
    await open(page, "none");
    check(await page.getByText("There are no values.").isVisible(), "the list says nothing");
    const said = (await page.getByRole("alert").allTextContents()).join("\n");
    check(said.includes("It asks by itself: $a → $b → $a"), said);
    check(said.includes("is no regular expression"), said);
    check(/variable \$a/.test(await panel(page, "Stat").textContent()), "the panel says which variable it lacks");
  });

  onDashboard("a panel is there for each value, and stays while others come and go", "repeats", "", async (page, front) => {
    const all = await page.evaluate(() => [...document.querySelectorAll("h2.panel__title")].map((title) => title.textContent).filter((title) => title.startsWith("Up: ")));
    const jobs = new Set(all.map((title) => title.slice(4)));
    check(all.length > 3 && jobs.size === all.length && !jobs.has("old repeat"), `repeats: ${all}`);
    equal(asked(front, "avg(up{job=").length, all.length, "queries of the repeats");
    // Three in a row, the last one at its left edge again.
    const tops = await page.evaluate(() => [...document.querySelectorAll(".dashboard__cell")].filter((cell) => cell.textContent.startsWith("Up: ")).map((cell) => Math.round(cell.getBoundingClientRect().top)));
    equal([new Set(tops.slice(0, 3)).size, tops[3] > tops[0]], [1, true], "three in a row");
    front.queries = [];
    const [first, second] = [...jobs];
    await open(page, "job");
    await option(page, "job", first).click();
    await option(page, "job", second).click();
    await page.keyboard.press("Enter");
    await addressHas(page, "job", [first, second]);
    await until("the others to go", async () => await page.locator("h2.panel__title", { hasText: /^Up: / }).count() === 2);
    await settled(page);
    equal(asked(front, "avg(up{job=").length, 0, "queries of those that stay");
    // A row for each value, each with its own panels.
    for (const title of ["By model, good", "By model, bad", "Share, good", "Share, bad"]) check(await panel(page, title).count() === 1, title);
    check(await page.getByRole("button", { name: "Requests: good" }).isVisible(), "the row's title");
    // One of them alone, by a link that leads back to it.
    const id = await panel(page, "By model, bad").getAttribute("data-panel-id");
    await page.goto(`${front.url}d/fixture?refresh=off&view=${id}`);
    await settled(page);
    equal(await page.locator("h2.panel__title").allTextContents(), ["By model, bad"], "alone");
    await page.goto(`${front.url}d/fixture?refresh=off&view=21`);
    await settled(page);
    equal(await page.locator("h2.panel__title").allTextContents(), ["By model, good"], "a link to the panel that is repeated");
  });

  onDashboard("a closed row asks nothing until it is opened", "repeats", "", async (page, front) => {
    equal(asked(front, "agentarea_memory_usage_bytes").length + asked(front, "count(agentarea_agent_requests_total").length, 0, "queries of the closed row");
    const row = page.getByRole("button", { name: /^Closed/ });
    equal([await row.getAttribute("aria-expanded"), (await row.textContent()).trim()], ["false", "Closed3 panels"], "the row");
    await row.focus();
    front.queries = [];
    await page.keyboard.press("Enter");
    await until("the row to open", async () => (await row.getAttribute("aria-expanded")) === "true");
    await settled(page);
    equal(new URL(page.url()).searchParams.get("rows"), "30", "the address");
    equal([asked(front, "agentarea_memory_usage_bytes").length, asked(front, "count(agentarea_agent_requests_total").length], [1, 2], "queries of the opened row");
    equal(asked(front, "").length, 3, "queries of others");
    await page.reload();
    await settled(page);
    check(await panel(page, "Hidden memory").count() === 1, "open after loading again");
    await page.getByRole("button", { name: "Jobs", exact: true }).click();
    await until("the other row to close", async () => await page.locator("h2.panel__title", { hasText: /^Up: / }).count() === 0);
    equal(new URL(page.url()).searchParams.get("rows"), "30,10", "the address");
  });

  for (const theme of THEMES) {
    for (const [device, viewport] of [["desktop", DESKTOP], ["phone", PHONE]]) {
      for (const [dashboard, variableName] of [["variables", "job"], ["repeats", "status"]]) {
        onDashboard(`${dashboard} fit and are accessible, ${theme}, ${device}`, dashboard, "&var-model=nope&rows=30", async (page) => {
          equal(await misfits(page), [], "misfits");
          equal(await axeFindings(page), [], "axe");
          // In reading order, on a phone too: each row stands above its panels.
          const tops = await page.evaluate(() => [...document.querySelectorAll(".dashboard > *")].map((place) => Math.round(place.getBoundingClientRect().top)));
          check(tops.every((top, at) => at === 0 || top >= tops[at - 1]), `from top to bottom: ${tops}`);
          await open(page, variableName);
          await page.keyboard.press("ArrowDown");
          equal(await misfits(page), [], "misfits of the list");
          const box = await page.locator(".variable__sheet").boundingBox();
          check(box.x >= 0 && box.x + box.width <= viewport.width, `the list is at ${box.x} to ${box.x + box.width}`);
          equal(await axeFindings(page), [], "axe of the list");
        }, { viewport, theme });
      }
    }
  }
}

function asked(front, part) {
  return front.queries.filter((query) => ["query_range", "query"].includes(query.path)).map((query) => query.params.query).filter((expr) => expr.includes(part) && !expr.startsWith("topk("));
}

function variable(page, name) {
  return page.locator(`.variable[data-variable="${name}"]`);
}

async function chosen(page, name) {
  const of = variable(page, name);
  return `${await of.locator(".variable__name").textContent()}: ${await of.locator(".variable__summary").textContent()}`;
}

async function open(page, name) {
  await variable(page, name).locator(".variable__value").click();
  await page.locator(`#variable-${name}-list`).waitFor();
}

function option(page, name, text) {
  return page.locator(`#variable-${name}-list .variable__option`).filter({ has: page.locator(".variable__text", { hasText: new RegExp(`^${text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`) }) });
}

function options(page, name) {
  return page.locator(`#variable-${name}-list .variable__text`).allTextContents();
}

// Waits until the address has these values, or any with null.
async function addressHas(page, name, values) {
  return until(`the address to have ${name}`, () => {
    const params = new URL(page.url()).searchParams;
    const found = params.getAll(`var-${name}`);
    const isThere = values === null ? found.length > 0 : JSON.stringify(found) === JSON.stringify(values);
    return isThere && params;
  });
}
