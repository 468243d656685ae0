// Tables, transformations, timelines and texts: cells against what was answered, sorting, filtering, many rows, links,
// hostile Markdown, and how it all looks.

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { DESKTOP, PHONE, axeFindings, chooseFromMenu, colourCount, downloadCsv, misfits, onPage, openMenu, overlayPixels, panel, settled } from "../lib/page.mjs";
import { check, equal, until } from "../lib/runner.mjs";

const BOARDS = ["tables", "timelines", "transformations", "reshaped"];

export function tablesSuite(runner, env) {
  const files = Object.fromEntries(BOARDS.map((name) => [name, readFileSync(join(env.root, `tests/fixtures/grafana/${name}.json`), "utf8")]));
  // The fixtures in place of the installation's own dashboards.
  const servedWith = (config) => ({ path }) => {
    const name = /\/dashboards\/fixture-(\w+)\.json$/.exec(path)?.[1];
    const body = path.endsWith("/config.json") ? config : files[name];
    return body ? { status: 200, type: "application/json", body } : undefined;
  };
  const onBoard = (name, board, work, { query = "?refresh=off", ...options } = {}) => runner.test(`tables: ${name}`, async () => {
    const { front } = await env.demo();
    front.forget();
    const dashboards = BOARDS.map((name) => ({ name, title: name, file: `dashboards/fixture-${name}.json` }));
    const config = await (await fetch(`${front.url}config.json`)).json();
    front.fault = servedWith(JSON.stringify({ ...config, dashboards }));
    try {
      return await onPage(env.browser, options, async (page) => {
        await page.goto(`${front.url}d/${board}${query}`);
        await settled(page, { panels: JSON.parse(files[board]).panels.length });
        return work(page, front);
      });
    } finally {
      front.forget();
    }
  });

  const heads = (page, title) => panel(page, title).locator(".grid-table__title").allTextContents();
  // Rows as [{ head: { text, value } }]: the number with every digit where there is one.
  const rows = async (page, title) => {
    const names = await heads(page, title);
    const cells = await panel(page, title).getByTestId("table-row").evaluateAll((all) => all.map((row) => [...row.cells].map((cell) => ({
      text: cell.textContent.trim(), value: cell.dataset.value === undefined ? null : Number(cell.dataset.value), href: cell.querySelector("a")?.getAttribute("href"),
    }))));
    return cells.map((row) => Object.fromEntries(row.map((cell, at) => [names[at], cell])));
  };
  // What the latest answer to a query says: [{ metric, value }].
  const answered = (front, part) => {
    const found = front.queries.filter((query) => query.path === "query" && query.params.query.includes(part) && query.text);
    check(found.length > 0, `no query has “${part}”`);
    return JSON.parse(found.at(-1).text).data.result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
  };
  const isSorted = (values, isDescending) => values.every((value, at) => at === 0 || (isDescending ? value <= values[at - 1] : value >= values[at - 1]));
  const isNear = (a, b) => Math.abs(a - b) <= Math.abs(b) * 1e-9 + 1e-12;

  for (const theme of env.themes) {
    for (const [name, viewport] of [["desktop", DESKTOP], ["phone", PHONE]]) {
      for (const board of BOARDS) {
        onBoard(`${board} look right, ${theme}, ${name}`, board, async (page) => {
          const problems = [...await misfits(page), ...await axeFindings(page)];
          check(problems.length === 0, problems.join("\n"));
        }, { theme, viewport });
      }
    }
  }
  if (!env.hasControls) return;

  onBoard("cells are what was answered, as the options say", "tables", async (page, front) => {
    equal((await heads(page, "Services")).join(), "Endpoint,Service,Requests,p95", "heads");
    const requests = answered(front, "sum by (service, endpoint) (rate");
    const shown = await rows(page, "Services");
    equal(shown.length, requests.length, "rows");
    for (const { metric, value } of requests) {
      const row = shown.find((row) => row.Endpoint.text === metric.endpoint && row.Requests.value === value);
      check(row !== undefined, `no row for ${metric.endpoint} with ${value}`);
      equal(row.Service.text, metric.service.replace("agentarea-", ""), "the mapped service");
      equal(row.Endpoint.href, `traces?service=${encodeURIComponent(metric.service)}&operation=${encodeURIComponent(metric.endpoint)}`, "the link");
    }
    check(isSorted(shown.map((row) => row.p95.value).filter((value) => !Number.isNaN(value)), true), "sorted by p95 as the file says");
    const sum = panel(page, "Services").locator("tfoot tr").first();
    check((await sum.textContent()).startsWith("Sum"), "the footer's first line is the sum");
    const states = await rows(page, "Targets");
    const up = answered(front, "up");
    equal(states.filter((row) => row.State.text === "up").length, up.filter(({ value }) => value === 1).length, "targets up");
    check(!(await heads(page, "Targets")).some((head) => ["Time", "__name__"].includes(head)), "hidden columns are shown");
  });

  onBoard("a head sorts by number, and the order is kept", "tables", async (page) => {
    const head = (name) => panel(page, "Services").getByRole("columnheader", { name });
    const values = async () => (await rows(page, "Services")).map((row) => row.Requests.value);
    await head("Requests").getByRole("button").click();
    equal(await head("Requests").getAttribute("aria-sort"), "ascending", "aria-sort");
    check(isSorted(await values(), false), `ascending: ${await values()}`);
    await head("Requests").getByRole("button").focus();
    await page.keyboard.press("Enter");
    equal(await head("Requests").getAttribute("aria-sort"), "descending", "aria-sort");
    check(isSorted(await values(), true), `descending: ${await values()}`);
    await chooseFromMenu(page, "Services", "View alone");
    await settled(page);
    check(isSorted(await values(), true), "alone, it is sorted as before");
    await page.goBack();
    await settled(page, { panels: 12 });
    check(isSorted(await values(), true), "back, it is sorted as before");
    await head("Requests").getByRole("button").click();
    equal(await head("Requests").getAttribute("aria-sort"), null, "pressed three times");
  });

  onBoard("columns are filtered by text, number and pattern", "tables", async (page) => {
    const all = await rows(page, "Services");
    const field = (name) => panel(page, "Services").getByRole("searchbox", { name: `Filter ${name}` });
    const middle = all.map((row) => row.Requests.value).sort((a, b) => a - b)[Math.floor(all.length / 2)];
    await field("Requests").fill(`>${middle}`);
    const more = await rows(page, "Services");
    equal(more.length, all.filter((row) => row.Requests.value > middle).length, "rows above the middle");
    check(await field("Requests").evaluate((input) => input === document.activeElement), "typing lost the focus");
    await panel(page, "Services").getByRole("button", { name: /show all/ }).click();
    equal((await rows(page, "Services")).length, all.length, "all rows again");
    equal(await field("Requests").inputValue(), "", "the field is empty again");
    const part = all[0].Endpoint.text.slice(0, 5);
    await field("Endpoint").fill(part.toUpperCase());
    check((await rows(page, "Services")).every((row) => row.Endpoint.text.includes(part)), "rows without the part");
    await field("Endpoint").fill("/^nothing$/");
    equal((await rows(page, "Services")).length, 0, "rows of a pattern that nothing meets");
  });

  onBoard("thousands of rows are there, and only those in view are drawn", "tables", async (page, front) => {
    const answer = answered(front, "agentarea_http_requests_total");
    const table = panel(page, "Many").getByRole("table");
    equal(await table.getAttribute("aria-rowcount"), String(answer.length + 1), "rows");
    const drawn = await panel(page, "Many").getByTestId("table-row").count();
    check(drawn < 80, `${drawn} rows are drawn`);
    await panel(page, "Many").locator(".grid-table__scroll").evaluate((scroll) => scroll.scrollTo(0, scroll.scrollHeight));
    await until("the last row", async () => (await panel(page, "Many").getByTestId("table-row").last().getAttribute("aria-rowindex")) === String(answer.length + 1));
    const sum = answer.reduce((sum, { value }) => sum + value, 0);
    const { text } = await downloadCsv(page, "Many");
    const lines = text.trim().split("\r\n");
    equal(lines.length, answer.length + 1, "lines of the CSV");
    const total = lines.slice(1).reduce((sum, line) => sum + Number(line.split(",").at(-1)), 0);
    check(isNear(total, sum), `the CSV's values add up to ${total}, the answer's to ${sum}`);
  });

  onBoard("pages, several tables, bars and lines in cells, an old table, nothing", "tables", async (page) => {
    const pages = panel(page, "Samples").getByRole("group", { name: "Pages of rows" });
    const first = await pages.getByRole("status").textContent();
    await pages.getByRole("button", { name: "Next" }).click();
    check((await pages.getByRole("status").textContent()) !== first, "the page did not turn");
    check(/^\d+ rows$/.test((await panel(page, "Samples").locator("tfoot td").first().textContent()).trim()), "the footer counts rows");
    const picker = panel(page, "Memory").getByRole("combobox", { name: "Series" });
    const head = (await heads(page, "Memory"))[1];
    await picker.selectOption({ index: 1 });
    await until("the other series", async () => (await heads(page, "Memory"))[1] !== head);
    check(await panel(page, "Status codes").locator(".bar-cell__trend").count() > 0, "there are no lines in cells");
    const old = await rows(page, "Old table");
    equal((await heads(page, "Old table")).join(), "Service,Avg,Current", "heads of the old table");
    check(isSorted(old.map((row) => row.Avg.value), true), "the old table's own order");
    check(old.every((row) => row.Service.href === `d/operations?var-service=${encodeURIComponent(row.Service.text)}`), "links of the old table");
    check((await panel(page, "Nothing").locator(".state").textContent()).includes("No incidents"), "the empty table says its own word");
  });

  onBoard("transformations do what they say", "transformations", async (page, front) => {
    equal((await heads(page, "Organize")).join(), "Code,service,Rate", "Organize");
    const rates = answered(front, "sum by (service, status) (rate");
    const memory = answered(front, "sum by (component) (agentarea_memory_usage_bytes)");
    const cpu = answered(front, "avg by (component) (agentarea_cpu_usage_percent)");
    const of = (list, component) => list.find(({ metric }) => metric.component === component)?.value;
    for (const [title, a, b] of [["Merge", "Memory", "CPU"], ["Join", "Query A", "Query B"]]) {
      const shown = await rows(page, title);
      equal(shown.length, new Set([...memory, ...cpu].map(({ metric }) => metric.component)).size, `rows of ${title}`);
      for (const row of shown) {
        const component = row.component.text;
        equal(row[a].value, of(memory, component) ?? null, `${title}: memory of ${component}`);
        equal(row[b].value, of(cpu, component) ?? null, `${title}: CPU of ${component}`);
      }
    }
    const filtered = await rows(page, "Filter");
    equal(filtered.length, rates.filter(({ metric, value }) => /^[45]/.test(metric.status) && value > 0).length, "Filter");
    const groups = await rows(page, "Group");
    for (const row of groups) {
      const own = rates.filter(({ metric }) => metric.service === row.service.text);
      check(isNear(row["Value (sum)"].value, own.reduce((sum, { value }) => sum + value, 0)), `the sum of ${row.service.text}`);
      equal(row["Value (count)"].value, own.length, `the count of ${row.service.text}`);
    }
    check(isSorted(groups.map((row) => row["Value (sum)"].value), true), "groups in order");
    const reduced = await rows(page, "Reduce");
    equal((await heads(page, "Reduce")).join(), "Field,service,Max,Last *,95th %", "Reduce");
    check(reduced.length > 0 && reduced.every((row) => row.Max.value >= row["95th %"].value && row.Max.value >= row["Last *"].value), "the maximum is the largest");
    const calculated = await rows(page, "Calculate");
    equal(calculated.length, 5, "Limit");
    for (const row of calculated) {
      check(isNear(row.share.value, row.errors.value / row.all.value) && isNear(row.percent.value, row.share.value * 100), `share ${row.share.value}`);
    }
    equal((await heads(page, "Rows of series")).join(), "Time,Metric,Value", "Rows of series");
    const services = new Set(answered(front, "sum by (service) (up)").map(({ metric }) => metric.service ?? "sum by (service) (up)"));
    equal((await heads(page, "Labels")).slice(1).sort().join(), [...services].sort().join(), "Labels");
    equal((await rows(page, "Not understood")).length, 3, "steps that are understood apply");
    await panel(page, "Not understood").getByRole("button", { name: /remark/ }).click();
    check((await panel(page, "Not understood").locator(".panel__notices").textContent()).includes("“heatmap” is not supported"), "what is not understood is said");
  });

  onBoard("charts, numbers, bars and pies show what their transformations make", "reshaped", async (page, front) => {
    const figures = (title) => panel(page, title).locator('[data-testid="stat-value"], [data-testid="meter"]').evaluateAll((all) => all.map((mark) => ({
      value: Number(mark.dataset.value), name: mark.ariaLabel?.split(":")[0] ?? mark.parentElement.querySelector(".stat__name")?.textContent,
    })));
    const range = (part) => {
      const found = front.queries.filter((query) => query.path === "query_range" && query.params.query.includes(part) && query.text);
      return JSON.parse(found.at(-1).text).data.result.map(({ metric, values }) => ({ metric, values: values.map(([at, value]) => [at, Number(value)]) }));
    };
    const csv = async (title) => (await downloadCsv(page, title)).text.trim().split("\r\n").map((line) => line.split(","));

    const share = await csv("Share of errors");
    equal(share[0].join(), "time,unix_ms,share", "what is left of the first chart");
    const [all] = range("sum(rate(agentarea_http_requests_total[5m]))");
    const [bad] = range('sum(rate(agentarea_http_requests_total{status=~"5.."}[5m]))');
    const errorsAt = new Map(bad.values);
    for (const [at, value] of all.values) {
      const row = share.find((line) => Number(line[1]) === at * 1_000);
      if (errorsAt.has(at)) check(isNear(Number(row[2]), errorsAt.get(at) / value), `the share at ${at} is ${row[2]}`);
    }
    check(await colourCount(page, "Share of errors") > 3, "the chart is blank");

    const menu = await openMenu(page, "Share of errors");
    await menu.getByRole("menuitem", { name: "Runbook" }).waitFor();
    const links = await menu.locator("a").evaluateAll((all) => all.map((link) => `${link.textContent} ${link.getAttribute("href")} ${link.target}`));
    equal(links[0], "Runbook https://example.test/errors _blank", "a link elsewhere");
    check(/^Agents then d\/agents\?from=\d{13}&to=\d{13} $/.test(links[1]), `a link within the app: ${links[1]}`);
    equal(links.length, 2, "links that may be followed");
    await page.keyboard.press("Escape");

    const codes = (await csv("Renamed and chosen"))[0].slice(2);
    const statuses = range("sum by (status) (rate(agentarea_http_requests_total[5m]))").map(({ metric }) => metric.status);
    const expected = statuses.filter((status) => /^[45]/.test(status)).map((status) => `code ${status[0]}-${status.slice(1)}`);
    equal(codes.toSorted().join(), expected.toSorted().join(), "renamed series");

    const cpu = range("avg(agentarea_cpu_usage_percent) by (component)");
    const highest = cpu.map(({ metric, values }) => ({ name: metric.component, value: Math.max(...values.map(([, value]) => value)) }));
    highest.sort((a, b) => b.value - a.value);
    equal(JSON.stringify((await figures("Highest of each component")).map(({ name, value }) => ({ name, value }))), JSON.stringify(highest), "numbers of rows");
    equal((await figures("One of them")).map(({ value }) => value).join(), String(cpu.find(({ metric }) => metric.component === "api").values.at(-1)[1]), "the gauge");

    const rates = answered(front, "sum by (service, status) (rate");
    const bars = await figures("Requests by service");
    check(bars.length > 1 && isSorted(bars.map(({ value }) => value), true), "bars in order");
    for (const { name, value } of bars) {
      const own = rates.filter(({ metric }) => metric.service === name);
      check(isNear(value, own.reduce((sum, { value }) => sum + value, 0)), `the bar of ${name}`);
    }

    const memory = answered(front, "sum by (component) (agentarea_memory_usage_bytes)");
    const [heads, ...lines] = await csv("Memory and CPU");
    equal(heads.join(), "row,CPU,MiB", "members of the bar chart");
    for (const [component, , mebibytes] of lines) {
      const bytes = memory.find(({ metric }) => metric.component === component)?.value;
      check(bytes === undefined ? mebibytes === "" : isNear(Number(mebibytes), bytes / 1_048_576), `memory of ${component}`);
    }

    const busiest = answered(front, "topk(10, sum by (endpoint)").sort((a, b) => b.value - a.value).slice(0, 3);
    const slices = (await csv("The three busiest")).slice(1);
    equal(slices.map(([name]) => name).join(), busiest.map(({ metric }) => metric.endpoint).join(), "slices");

    check((await panel(page, "Without a time").locator(".state").textContent()).includes("No data"), "a chart without a time");
    for (const [title, remark] of [["Without a time", "a chart over time shows nothing else"], ["Not understood", "“partitionByValues” is not supported"]]) {
      await panel(page, title).getByRole("button", { name: /remark/ }).click();
      check((await panel(page, title).locator(".panel__notices").textContent()).includes(remark), `the remark of ${title}`);
      await page.keyboard.press("Escape");
    }
  });

  onBoard("the CSV has every digit, the table of the menu the same rows", "tables", async (page) => {
    const { name, text } = await downloadCsv(page, "Services");
    equal(name, "services.csv", "the file's name");
    const [head, ...lines] = text.trim().split("\r\n").map((line) => line.split(","));
    equal(head.join(), "Endpoint,Service,Requests,p95", "heads");
    const shown = await rows(page, "Services");
    equal(lines.map((line) => Number(line[2])).join(), shown.map((row) => row.Requests.value).join(), "numbers in the table's order");
    check(lines.some((line) => line[1].startsWith("agentarea-")), "texts are as they were answered, before mappings");
    const menu = await openMenu(page, "Services");
    await menu.getByRole("menuitem", { name: "Show table" }).click();
    equal(await panel(page, "Services").locator(".data-table tbody tr").count(), lines.length, "rows of the menu's table");
  });

  onBoard("Markdown is drawn, and nothing in it runs", "tables", async (page) => {
    const text = panel(page, "Runbook").locator(".prose");
    await text.getByRole("heading", { name: "Runbook" }).waitFor();
    equal(await text.locator("table tbody tr").count(), 2, "rows of the table");
    equal(await text.getByRole("link", { name: "Operations" }).getAttribute("href"), "d/operations", "a link into the app");
    const foreign = text.getByRole("link", { name: "https://example.test/docs" });
    equal(`${await foreign.getAttribute("rel")} ${await foreign.getAttribute("target")}`, "noopener noreferrer _blank", "a link elsewhere");
    check((await text.textContent()).includes("<script>window.hacked = 1</script>"), "HTML is not shown as text");
    equal(await page.locator(".prose script, .prose img, .prose [onclick], .prose [onerror], .prose a[href^='javascript' i]").count(), 0, "what could run");
    check((await panel(page, "Raw").locator(".prose").textContent()).startsWith("<h1 onclick"), "the HTML panel shows its text");
    await panel(page, "Raw").getByRole("button", { name: /remark/ }).click();
    check((await panel(page, "Raw").locator(".panel__notices").textContent()).includes("HTML is not interpreted"), "the HTML panel says so");
    check((await panel(page, "Code").locator("pre").textContent()).includes('"a": 1'), "code");
    equal(await page.evaluate(() => window.hacked), undefined, "something ran");
  });

  onBoard("timelines tell since when and for how long, and share the cursor", "timelines", async (page) => {
    check(await colourCount(page, "Targets up") > 3, "the timeline is blank");
    check(await colourCount(page, "Connections") > 3, "the history is blank");
    check((await panel(page, "Targets up").getByRole("list", { name: "States" }).textContent()).includes("up"), "the legend");
    check((await panel(page, "No series").locator(".state").textContent()).includes("No data"), "a timeline without data");
    const box = await panel(page, "Targets up").locator("canvas.chart__overlay").boundingBox();
    await page.mouse.move(box.x + box.width * 0.6, box.y + 20);
    const tooltip = panel(page, "Targets up").locator(".tooltip");
    await tooltip.waitFor();
    const said = await tooltip.textContent();
    check(/From.*To.*Duration/.test(said), `the tooltip says ${said}`);
    await until("the cursor of another panel", async () => await overlayPixels(page, "Agents") > 0);
    await until("the cursor of the history", async () => await overlayPixels(page, "Error share") > 0);
    const chart = panel(page, "CPU by component").locator(".chart");
    await chart.focus();
    await page.keyboard.press("End");
    await page.keyboard.press("ArrowLeft");
    const spoken = await panel(page, "CPU by component").locator(".chart__announcer").textContent();
    check(/\d{4}-\d\d-\d\d .*: /.test(spoken), `announced: ${spoken}`);
    const { text } = await downloadCsv(page, "Targets up");
    equal(text.split("\r\n")[0], "lane,state,from,to,duration_ms", "the CSV's head");
  });
}
