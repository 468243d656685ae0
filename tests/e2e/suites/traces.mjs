// Traces: what the pages show is what Jaeger answered; every view of a trace, keys, links, files, faults.
//
// On the demonstration's Jaeger, in both of its dialects, and, from the stack's suite, on a real one.

import { readFile } from "node:fs/promises";

import { DESKTOP, PHONE, axeFindings, misfits, onPage } from "../lib/page.mjs";
import { check, equal, until } from "../lib/runner.mjs";

const HOUR_US = 3_600_000_000;
const VIEWS = ["timeline", "flame", "statistics", "spans", "events", "graph", "agent", "compare", "json"];

// A question that a newer one takes the place of, or that is still open when the page is left, is given up.
export const GIVEN_UP = /ERR_ABORTED/;

const rowsOf = (page) => page.locator('[data-testid="trace-row"]');
const spansOf = (page) => page.locator(".span-row");

export async function openSearch(page, base, query) {
  await page.goto(`${base}traces${query}`);
  await page.locator('[data-testid="trace-count"]').waitFor();
  await until("the search to end", async () => (await page.locator(".skeleton").count()) === 0);
}

export async function openTrace(page, base, id, query = "") {
  await page.goto(`${base}trace/${id}${query}`);
  await page.locator(".tabs__tab").first().waitFor();
}

// What the backend says, asked by the old API, from `endMs` back.
export async function searched(base, params, endMs, hours = 1) {
  const end = Math.round(endMs * 1000);
  const query = new URLSearchParams({ ...params, start: end - hours * HOUR_US, end });
  const answer = await fetch(`${base}jaeger/api/traces?${query}`);
  check(answer.ok, `jaeger/api/traces: status ${answer.status}`);
  return (await answer.json()).data;
}

const largest = (traces) => traces.reduce((a, b) => (b.spans.length > a.spans.length ? b : a));
const isError = (span) => span.tags.some(({ key, value }) => key === "error" && value === true);

// Chooses a kind of file in the menu "Download" of `part`: { name, text }.
async function downloaded(page, part, kind) {
  await part.getByRole("button", { name: "Download" }).click();
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("menuitem", { name: kind }).click()]);
  return { name: download.suggestedFilename(), text: await readFile(await download.path(), "utf8") };
}

// What must hold on any Jaeger. `endMs` is the end of the time that is searched; `range` the same for the page's address.
export function tracesAgree(runner, name, env, place, { endMs, range, hasLoki = false }) {
  runner.test(`${name}: a search lists the traces that Jaeger finds, with their spans and errors`, async () => {
    const { front } = await place();
    const params = { service: "agentarea-api", minDuration: "1s", limit: "50" };
    const traces = await searched(front.url, params, endMs);
    check(traces.length > 3, `only ${traces.length} traces`);
    await onPage(env.browser, { allow: [GIVEN_UP] }, async (page) => {
      await openSearch(page, front.url, `?service=agentarea-api&min=1s&limit=50&refresh=off&${range}`);
      const shown = await rowsOf(page).evaluateAll((rows) => rows.map((row) => row.querySelector("a").getAttribute("href").replace(/.*trace\/([0-9a-f]+).*/, "$1")));
      equal([...shown].sort(), traces.map((trace) => trace.traceID).sort(), "traces");
    });
    return `${traces.length} traces`;
  }, { limitSecs: 90 });

  runner.test(`${name}: a trace shows every span, its parent before it, and the one that is opened with its tags`, async () => {
    const { front } = await place();
    const trace = largest(await searched(front.url, { service: "agentarea-api", limit: "100" }, endMs));
    await onPage(env.browser, { viewport: { width: 1440, height: 2000 }, allow: [GIVEN_UP] }, async (page) => {
      await openTrace(page, front.url, trace.traceID);
      await until("all rows", async () => (await spansOf(page).count()) >= trace.spans.length);
      const shown = await spansOf(page).evaluateAll((rows) => rows
        .map((row) => ({ at: Number(row.getAttribute("aria-posinset")), level: Number(row.getAttribute("aria-level")), operation: row.querySelector(".span-row__operation").textContent, hasFailed: row.dataset.error === "true" }))
        .sort((a, b) => a.at - b.at));
      equal(shown.map(({ operation }) => operation).sort(), trace.spans.map((span) => span.operationName).sort(), "operations");
      equal(shown.filter(({ hasFailed }) => hasFailed).length, trace.spans.filter(isError).length, "failed spans");
      const byId = new Map(trace.spans.map((span) => [span.spanID, span]));
      const levelOf = (span) => {
        const parent = byId.get(span.references.find(({ traceID, spanID }) => traceID === trace.traceID && byId.has(spanID))?.spanID);
        return parent ? levelOf(parent) + 1 : 1;
      };
      equal(shown.map(({ level }) => level).sort(), trace.spans.map(levelOf).sort(), "levels");
      const span = trace.spans.find(({ tags }) => tags.length > 4 && tags.every(({ type }) => ["string", "int64", "bool"].includes(type)));
      check(span, "no span with several tags");
      await openTrace(page, front.url, trace.traceID, `?span=${span.spanID}`);
      const tags = await page.locator('.span-panel details:has(summary:has-text("Tags")) .tag-list').first().evaluate((list) => [...list.querySelectorAll("dt")].map((key) => [key.textContent, key.nextElementSibling.querySelector("span").textContent]));
      // Session ids are among the names that the guide hides; long values are cut.
      const hidden = new Set(tags.filter(([, value]) => value === "[REDACTED]").map(([key]) => key));
      check([...hidden].every((key) => /session/.test(key)), `hidden: ${[...hidden]}`);
      const isWhole = ([key, value]) => value.length < 400 && !hidden.has(key);
      equal(tags.filter(isWhole).sort(), span.tags.map(({ key, value }) => [key, String(value)]).filter(isWhole).sort(), "tags");
    });
    return `${trace.spans.length} spans`;
  }, { limitSecs: 90 });

  runner.test(`${name}: the five slowest spans and the share of errors are the guide's`, async () => {
    const { front } = await place();
    const trace = largest(await searched(front.url, { service: "agentarea-api", minDuration: "1s", limit: "20" }, endMs));
    await onPage(env.browser, { allow: [GIVEN_UP] }, async (page) => {
      await openTrace(page, front.url, trace.traceID);
      const shown = await page.locator(".report__list").last().locator(".report__name").allTextContents();
      // Of equally slow ones either may come first.
      const slowest = trace.spans.map((span) => span.duration).sort((a, b) => b - a).slice(0, 5);
      const durations = shown.map((operation, at) => trace.spans.some((span) => span.operationName === operation && span.duration === slowest[at]));
      equal(durations, Array(Math.min(5, trace.spans.length)).fill(true), "slowest spans");
      const failed = trace.spans.filter(isError).length;
      await page.getByText(`${failed} of ${trace.spans.length} spans failed`).waitFor();
    });
  });

  runner.test(`${name}: a span leads to the lines of its service that name its trace`, async () => {
    const { front } = await place();
    const trace = largest(await searched(front.url, { service: "agentarea-api", minDuration: "1s", limit: "20" }, endMs));
    const config = await (await fetch(`${front.url}config.json`)).json();
    config.sources.push({ name: "loki", kind: "loki", url: "loki" });
    front.fault = ({ path }) => (path.endsWith("config.json") ? { status: 200, type: "application/json", body: JSON.stringify(config) } : undefined);
    const href = await onPage(env.browser, { allow: [GIVEN_UP] }, async (page) => {
      await openTrace(page, front.url, trace.traceID);
      await spansOf(page).first().click();
      return new URL(await page.getByRole("link", { name: "Logs, from Loki" }).getAttribute("href"), page.url());
    }).finally(() => front.forget());
    equal(href.pathname, new URL(`${front.url}loki/loki/api/v1/query_range`).pathname, "path");
    const root = trace.spans.reduce((first, span) => (span.startTime < first.startTime ? span : first));
    equal(href.searchParams.get("query"), `{service_name="${trace.processes[root.processID].serviceName}"} | json | trace_id="${trace.traceID}"`, "query");
    const [start, end] = ["start", "end"].map((key) => Number(href.searchParams.get(key)) / 1000);
    check(start < root.startTime && end > root.startTime + root.duration, `${start} to ${end}`);
    if (!hasLoki) return "";
    const answer = await fetch(href);
    check(answer.ok, `Loki: status ${answer.status}: ${await answer.clone().text()}`);
    const { data } = await answer.json();
    const lineCount = data.result.reduce((sum, { values }) => sum + values.length, 0);
    check(lineCount > 0, "Loki has no line of the trace");
    return `${lineCount} lines`;
  });
}

export function tracesSuite(runner, env) {
  const NOW = env.nowMs;
  const range = `from=${NOW - 3_600_000}&to=${NOW}`;
  tracesAgree(runner, "traces", env, env.demo, { endMs: NOW, range });

  const onTrace = (name, options, work) => runner.test(`traces: ${name}`, async () => {
    const { front } = await env.demo();
    front.forget();
    const trace = largest(await searched(front.url, { service: "agentarea-api", minDuration: "1s", limit: "50" }, NOW));
    return onPage(env.browser, { ...options, allow: [GIVEN_UP, ...(options.allow ?? [])] }, (page) => work(page, front, trace));
  }, { limitSecs: 120 });

  for (const theme of env.themes) {
    for (const [size, viewport] of [["desktop", DESKTOP], ["phone", PHONE]]) {
      onTrace(`search and every view fit and are accessible, ${size}, ${theme}`, { viewport, theme }, async (page, front, trace) => {
        await openSearch(page, front.url, `?service=agentarea-api&refresh=off&${range}`);
        equal(await misfits(page), [], "search: what does not fit");
        equal(await axeFindings(page), [], "search: accessibility");
        for (const view of VIEWS) {
          await openTrace(page, front.url, trace.traceID, `?view=${view}`);
          await page.waitForTimeout(150);
          equal(await misfits(page), [], `${view}: what does not fit`);
          equal(await axeFindings(page), [], `${view}: accessibility`);
        }
      });
    }
  }
  if (!env.hasControls) return;

  onTrace("a row leads to its trace, and back to the same search", {}, async (page, front) => {
    await openSearch(page, front.url, `?service=agentarea-api&refresh=off&${range}`);
    await rowsOf(page).first().locator("a").first().click();
    await page.locator(".trace-head").waitFor();
    await page.locator(".trace-head").getByRole("link", { name: "Search" }).click();
    await rowsOf(page).first().waitFor();
    equal(new URL(page.url()).searchParams.get("service"), "agentarea-api", "service");
  });

  onTrace("keys move through rows, open, close, fold and find", {}, async (page, front, trace) => {
    await openTrace(page, front.url, trace.traceID);
    const tree = page.getByRole("tree");
    await tree.focus();
    const active = async () => page.locator(`#${await tree.getAttribute("aria-activedescendant")}`);
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await page.locator(".span-panel").waitFor();
    check(new URL(page.url()).searchParams.has("span"), "the address does not name the span");
    equal(await (await active()).getAttribute("aria-selected"), "true", "the row of the keyboard is the open one");
    await page.keyboard.press("Escape");
    await page.locator(".report").waitFor();
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowLeft");
    equal(await (await active()).getAttribute("aria-expanded"), "false", "folded");
    await page.keyboard.press("ArrowRight");
    equal(await (await active()).getAttribute("aria-expanded"), "true", "unfolded");
    const operation = trace.spans.at(-1).operationName;
    await page.locator("#trace-find").fill(`"${operation}"`);
    await until("matches", async () => (await page.locator(".span-row[data-match]").count()) > 0);
    await tree.focus();
    await page.keyboard.press("n");
    equal(await (await active()).getAttribute("data-match"), "true", "next match");
    check(new URL(page.url()).searchParams.has("find"), "the address does not say what is looked for");
  });

  onTrace("filters keep ancestors and are in the address", {}, async (page, front, trace) => {
    const failed = trace.spans.filter(isError);
    await openTrace(page, front.url, trace.traceID);
    await page.getByRole("button", { name: "Errors only" }).click();
    await until("the address to change", () => new URL(page.url()).searchParams.has("errors"));
    if (failed.length === 0) {
      await page.getByText("No span passes these filters").waitFor();
      return;
    }
    const shown = await spansOf(page).count();
    check(shown >= failed.length && shown <= trace.spans.length, `${shown} rows for ${failed.length} errors in ${trace.spans.length} spans`);
    await page.reload();
    await until("the same rows", async () => (await spansOf(page).count()) === shown);
    await page.getByRole("button", { name: "Show all" }).click();
    await until("all rows", async () => !new URL(page.url()).searchParams.has("errors"));
  });

  onTrace("the minimap chooses a part, and the address holds it", {}, async (page, front, trace) => {
    await openTrace(page, front.url, trace.traceID);
    const box = await page.locator(".minimap").boundingBox();
    await page.mouse.move(box.x + box.width * 0.25, box.y + 20);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.5, box.y + 20, { steps: 4 });
    await page.mouse.up();
    await until("the zoom in the address", () => new URL(page.url()).searchParams.has("zoom"));
    const [start, end] = new URL(page.url()).searchParams.get("zoom").split("-").map(Number);
    check(Math.abs(start - 0.25) < 0.02 && Math.abs(end - 0.5) < 0.02, `${start} to ${end}`);
    await page.getByRole("button", { name: "Whole trace" }).click();
    await until("the whole trace", () => !new URL(page.url()).searchParams.has("zoom"));
  });

  onTrace("a file of traces is opened without a backend", { allow: [/503/] }, async (page, front, trace) => {
    front.fault = ({ path }) => (path.includes("/jaeger/") ? { status: 503, body: "no\n" } : undefined);
    await page.goto(`${front.url}traces?refresh=off`);
    const file = { name: "trace.json", mimeType: "application/json", buffer: Buffer.from(JSON.stringify({ data: [trace] })) };
    await page.locator('[data-testid="trace-files"]').setInputFiles(file);
    await page.locator(`a[href*="${trace.traceID}"]`).first().click();
    await spansOf(page).first().waitFor();
    equal(Number(await spansOf(page).first().getAttribute("aria-setsize")), trace.spans.length, "spans");
  });

  onTrace("an id that is nowhere, one that is none, and a server that is down are told apart", { allow: [/404|502|503/, /Failed to load/] }, async (page, front) => {
    await page.goto(`${front.url}trace/00000000000000000000000000abcdef`);
    await page.getByText("The trace 0000000000abcdef is not there").waitFor();
    await page.goto(`${front.url}trace/nonsense`);
    await page.getByText("This is no trace id").waitFor();
    front.fault = ({ path }) => (path.includes("/jaeger/") ? { status: 502, body: "bad gateway\n" } : undefined);
    await page.goto(`${front.url}trace/00000000000000000000000000abcdef`);
    await page.getByRole("button", { name: "Retry" }).waitFor();
    await page.goto(`${front.url}traces?service=agentarea-api&refresh=off&${range}`);
    await page.getByRole("button", { name: "Retry" }).waitFor();
  });

  onTrace("a server with the new API alone is understood", { allow: [/404/] }, async (page, front, trace) => {
    // As after Jaeger 2.20: what the old API answered is gone.
    front.fault = ({ path }) => (/\/jaeger\/api\/(services|traces|operations)/.test(path) ? { status: 404, body: "404 page not found\n" } : undefined);
    await openTrace(page, front.url, trace.traceID);
    await spansOf(page).first().waitFor();
    equal(Number(await spansOf(page).first().getAttribute("aria-setsize")), trace.spans.length, "spans");
    await openSearch(page, front.url, `?service=agentarea-api&min=1s&refresh=off&${range}`);
    check((await rowsOf(page).count()) > 0, "nothing found by the new API");
  });

  onTrace("text of a trace is shown, never run, and secrets are not", {}, async (page, front) => {
    const tag = (key, value) => ({ key, type: "string", value });
    const hostile = {
      data: [{
        traceID: "feedfacefeedfacefeedfacefeedface",
        spans: [{
          traceID: "feedfacefeedfacefeedfacefeedface", spanID: "0000000000000001", operationName: "<img src=x onerror=alert(1)>", references: [],
          startTime: NOW * 1000, duration: 5000, logs: [], processID: "p1", warnings: ["<b>bold</b>"],
          tags: [tag("api_key", "sk-very-secret"), tag("note", "<script>document.title='broken'</script>"), tag("long", "x".repeat(4096))],
        }],
        processes: { p1: { serviceName: "\u05e9\u05dc\u05d5\u05dd \u{1f600}", tags: [tag("password", "hunter2")] } },
      }],
    };
    await page.goto(`${front.url}traces?refresh=off`);
    await page.locator('[data-testid="trace-files"]').setInputFiles({ name: "hostile.json", mimeType: "application/json", buffer: Buffer.from(JSON.stringify(hostile)) });
    await page.locator('a[href*="feedface"]').first().click();
    await spansOf(page).first().click();
    await page.locator(".span-panel").waitFor();
    for (const view of VIEWS) {
      await page.getByRole("tab").nth(VIEWS.indexOf(view)).click();
      await page.waitForTimeout(100);
      const text = await page.locator("body").textContent();
      check(!text.includes("sk-very-secret") && !text.includes("hunter2"), `${view} shows a secret`);
      equal(await page.locator(".page img, .page script, .page b:not(.trace-head__number)").count(), 0, `${view}: elements from the trace`);
    }
    check((await page.title()).includes("<img"), "the title does not name the trace");
    for (const kind of ["Jaeger JSON", "OpenTelemetry JSON"]) {
      const { text: saved } = await downloaded(page, page.locator(".trace-head"), kind);
      check(!saved.includes("sk-very-secret") && !saved.includes("hunter2"), `${kind}: the download has a secret`);
      check(saved.includes("[REDACTED]"), `${kind}: the download does not say that something is hidden`);
    }
  });

  onTrace("a download opens again, of a trace and of a search", {}, async (page, front, trace) => {
    const open = async (file) => {
      await page.goto(`${front.url}traces?refresh=off`);
      await page.locator('[data-testid="trace-files"]').setInputFiles({ name: file.name, mimeType: "application/json", buffer: Buffer.from(file.text) });
      await until("the files' view", () => new URL(page.url()).searchParams.get("view") === "files");
    };
    for (const kind of ["Jaeger JSON", "OpenTelemetry JSON"]) {
      await openTrace(page, front.url, trace.traceID);
      const file = await downloaded(page, page.locator(".trace-head"), kind);
      await open(file);
      await rowsOf(page).first().locator("a").first().click();
      await spansOf(page).first().waitFor();
      equal(Number(await spansOf(page).first().getAttribute("aria-setsize")), trace.spans.length, `${kind}: spans`);
    }
    await openSearch(page, front.url, `?service=agentarea-api&refresh=off&${range}`);
    const ids = async () => (await rowsOf(page).locator("a").evaluateAll((links) => links.map((link) => link.pathname.split("/").at(-1)))).sort();
    const found = await ids();
    const file = await downloaded(page, page.locator(".traces__head"), "OpenTelemetry JSON");
    await open(file);
    equal(await ids(), found, "traces of the search");
  });

  onTrace("details stand below their row where that is wanted, and names take the room they are given", {}, async (page, front, trace) => {
    await openTrace(page, front.url, trace.traceID);
    const second = () => page.locator('.span-row[aria-posinset="2"]').boundingBox();
    const before = await second();
    await spansOf(page).first().click();
    await page.locator(".span-panel").getByRole("button", { name: "Below" }).click();
    const panel = page.locator(".spans__detail");
    await panel.waitFor();
    await until("the rows to make room", async () => (await second())?.y - before.y > 100);
    const [box, next] = [await panel.boundingBox(), await second()];
    check(Math.abs(box.y + box.height - next.y) < 2, `the details end at ${box.y + box.height}, the next row begins at ${next.y}`);
    await page.locator(".report").waitFor();
    equal([...await misfits(page), ...await axeFindings(page)], [], "with details below");
    await page.reload();
    await panel.waitFor();
    await page.keyboard.press("Escape");
    await until("the rows to close up", async () => Math.abs((await second()).y - before.y) < 2);

    const edge = page.getByRole("separator", { name: "Width of the names" });
    const name = page.locator(".span-row__name").first();
    const width = async () => (await name.boundingBox()).width;
    const usual = await width();
    const place = await edge.boundingBox();
    await page.mouse.move(place.x + 4, place.y + 60);
    await page.mouse.down();
    await page.mouse.move(place.x + 104, place.y + 60, { steps: 4 });
    await page.mouse.up();
    await until("wider names", async () => Math.abs((await width()) - usual - 100) < 8);
    const dragged = await width();
    await edge.focus();
    await page.keyboard.press("ArrowLeft");
    await until("narrower names", async () => (await width()) < dragged - 8);
    const now = await width();
    await page.reload();
    await until("as wide as before", async () => Math.abs((await width()) - now) < 2);
    await edge.dblclick();
    await until("the usual width", async () => Math.abs((await width()) - usual) < 2);
  });
}
