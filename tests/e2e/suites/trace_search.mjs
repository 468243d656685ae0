// Searching traces: the form and the address, the table, dots and what is different, files, the map, and how they look.

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { DESKTOP, PHONE, axeFindings, misfits, onPage, settled } from "../lib/page.mjs";
import { check, equal, until } from "../lib/runner.mjs";
import { GIVEN_UP } from "./traces.mjs";

const ROWS = '[data-testid="trace-row"]';

export function traceSearchSuite(runner, env) {
  const onSearch = (name, query, work, options = {}) => runner.test(`traces: ${name}`, async () => {
    const { front } = await env.demo();
    front.forget();
    return onPage(env.browser, { ...options, allow: [GIVEN_UP, ...(options.allow ?? [])] }, async (page) => {
      await page.goto(`${front.url}traces${query}`);
      await settled(page, { panels: 0 });
      return work(page, front);
    });
  });
  const param = (page, name) => new URL(page.url()).searchParams.get(name);
  const found = (page) => page.locator(ROWS).first().waitFor();
  const column = (page, name) => page.locator(`${ROWS} [data-column="${name}"]`).allTextContents();

  onSearch("the form becomes the address and the address is asked", "?refresh=off", async (page) => {
    await found(page);
    await page.getByRole("combobox", { name: "Service" }).fill("agentarea-a");
    await page.getByRole("option", { name: "agentarea-api" }).waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.getByRole("textbox", { name: "Shortest" }).fill("1s");
    await page.keyboard.press("Enter");
    await until("the address to change", () => param(page, "min") === "1s");
    equal(param(page, "service"), "agentarea-api", "service in the address");
    await until("only slow traces", async () => (await column(page, "duration")).every((text) => / (s|min)$/.test(text.trim())));
    await page.goBack();
    await until("the form to go back", async () => (await page.getByRole("textbox", { name: "Shortest" }).inputValue()) === "");
  });

  onSearch("the guide's search is one press", "?refresh=off", async (page) => {
    await page.getByRole("button", { name: "Slow requests" }).click();
    await until("the address to change", () => param(page, "operation") === "create_agent");
    equal(`${param(page, "service")} ${param(page, "min")}`, "agentarea-api 1s", "the search");
  });

  onSearch("what is not understood is said at its field", "?refresh=off&min=fast", async (page) => {
    const field = page.getByRole("textbox", { name: "Shortest" });
    equal(await field.getAttribute("aria-invalid"), "true", "the field is marked");
    check(await page.locator("#trace-min-error").isVisible(), "the field says nothing");
    equal(await page.locator(ROWS).count(), 0, "rows");
  });

  onSearch("rows are sorted, walked and opened with the keyboard", "?refresh=off&service=agentarea-api", async (page) => {
    await found(page);
    await page.getByRole("columnheader", { name: "Spans" }).getByRole("button").click();
    await until("the order", () => param(page, "sort") === "-spans");
    const spans = (await column(page, "spans")).map(Number);
    check(spans.every((count, at) => at === 0 || count <= spans[at - 1]), `spans in order: ${spans}`);
    await page.getByTestId("trace-count").click();
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    const href = await page.locator(`${ROWS} a`).nth(1).getAttribute("href");
    await page.keyboard.press("Enter");
    await until("the trace's page", () => new URL(page.url()).pathname === new URL(href, page.url()).pathname);
    check(param(page, "from") !== null, "the link carries the range");
  });

  onSearch("selected traces are listed and told apart", "?refresh=off&service=agentarea-api", async (page) => {
    await found(page);
    const all = await page.locator(ROWS).count();
    await page.getByRole("button", { name: "With errors" }).click();
    await page.getByRole("heading", { name: "What is different about these" }).waitFor();
    const some = await page.locator(ROWS).count();
    check(some > 0 && some < all, `${some} of ${all} rows`);
    await page.getByRole("img", { name: /by start and duration/ }).focus();
    await page.keyboard.press("Escape");
    await until("none selected", () => param(page, "select") === null);
    const plot = await page.locator(".chart__overlay").boundingBox();
    await page.mouse.move(plot.x + plot.width * 0.3, plot.y + 10);
    await page.mouse.down();
    await page.mouse.move(plot.x + plot.width * 0.6, plot.y + plot.height * 0.5, { steps: 4 });
    await page.mouse.up();
    await until("a region in the address", () => /^\d+~\d+,\d+~\d+$/.test(param(page, "select") ?? ""));
  });

  onSearch("files are opened, and refused in words", "?refresh=off", async (page) => {
    // The answer of a Jaeger behind its head.
    const answer = readFileSync(join(env.root, "tests/fixtures/jaeger/1.76/trace.http"), "utf8");
    const body = answer.slice(answer.search(/^[{[]/m));
    const file = (name, text) => ({ name, mimeType: "application/json", buffer: Buffer.from(text) });
    await page.getByTestId("trace-files").setInputFiles([file("wrong.json", '{"a": 1'), file("right.json", body)]);
    await until("the files' view", () => param(page, "view") === "files");
    await found(page);
    check((await page.getByTestId("upload-problems").textContent()).includes("wrong.json"), "the wrong file is not named");
    await page.locator(`${ROWS} a`).first().click();
    await until("the trace's page", () => /\/trace\/[0-9a-f]+$/.test(new URL(page.url()).pathname));
  });

  onSearch("a failing backend explains itself and the rest stays", "?refresh=off&service=agentarea-api", async (page, front) => {
    await found(page);
    front.fault = (request) => (request.path.includes("jaeger/api/traces") ? { status: 502, type: "text/plain", body: "bad gateway" } : undefined);
    await page.getByRole("button", { name: "Find traces" }).click();
    await page.getByRole("button", { name: /^from .* ago$/ }).waitFor();
    check(await page.locator(ROWS).count() > 0, "the rows are gone");
  }, { allow: [/502/] });

  for (const [name, viewport] of [["desktop", DESKTOP], ["phone", PHONE]]) {
    runner.test(`traces: without a Jaeger the pages say what to write, ${name}`, async () => {
      const { front } = await env.demo();
      front.forget();
      const config = await (await fetch(`${front.url}config.json`)).json();
      config.sources = config.sources.filter(({ kind }) => kind !== "jaeger");
      front.fault = ({ path }) => (path.endsWith("config.json") ? { status: 200, type: "application/json", body: JSON.stringify(config) } : undefined);
      await onPage(env.browser, { viewport, theme: env.themes[0], allow: [GIVEN_UP] }, async (page) => {
        for (const path of ["traces", "trace/00000000000000000000000000abcdef"]) {
          await page.goto(`${front.url}${path}`);
          await page.getByText("No traces are configured").waitFor();
          const problems = [...await misfits(page), ...await axeFindings(page)];
          check(problems.length === 0, `${path}: ${problems.join("\n")}`);
        }
      }).finally(() => front.forget());
    });
  }

  for (const theme of env.themes) {
    for (const [name, viewport] of [["desktop", DESKTOP], ["phone", PHONE]]) {
      for (const query of ["?refresh=off&service=agentarea-api", "?refresh=off&select=errors", "?refresh=off&view=map", "?refresh=off&service=nobody"]) {
        onSearch(`${query} looks right, ${theme}, ${name}`, query, async (page) => {
          const problems = [...await misfits(page), ...await axeFindings(page)];
          check(problems.length === 0, problems.join("\n"));
        }, { theme, viewport });
      }
    }
  }
}
