// Everything a person can operate: time, refresh, theme, charts, legends, menus, keys, links.

import { compareSheet, legendName, seriesOf, sheetOf } from "../lib/answers.mjs";
import {
  PHONE, chooseFromMenu, downloadCsv, onPage, openDashboard, overlayPixels, panel, panelsOf, settled,
} from "../lib/page.mjs";
import { check, equal, sleep, until } from "../lib/runner.mjs";
import { NOW_MS } from "../lib/servers.mjs";

const HOUR_MS = 3_600_000;
const CHART = "Request Rate";
const OTHER_CHART = "Database Performance";
// Operations has four panels with six queries.
const QUERIES = 6;

// Without `env.hasControls` only what the address takes part in.
export function controlsSuite(runner, env) {
  const onOperations = (name, query, work, { isRouted = false, ...options } = {}) => {
    if (!isRouted && !env.hasControls) return;
    runner.test(`controls: ${name}`, async () => {
      const { front } = await env.demo();
      front.forget();
      return onPage(env.browser, options, async (page) => {
        await openDashboard(page, front.url, env.dist, "operations", query);
        return work(page, front);
      });
    });
  };

  onOperations("a quick range is chosen", "?refresh=off", async (page, front) => {
    front.forget();
    await openPicker(page);
    await page.getByRole("menu", { name: "Quick ranges" }).getByRole("menuitemradio", { name: "Last 1 hour", exact: true }).click();
    await rangeInUrl(page, { from: "now-1h", to: "now" });
    await settled(page, { panels: 4 });
    equal(await page.getByTestId("time-range").textContent(), "Last 1 hour", "label");
    await everyQueryAsked(front, NOW_MS - HOUR_MS, NOW_MS);
  }, { isRouted: true });

  onOperations("a typed relative range is used", "?refresh=off", async (page, front) => {
    front.forget();
    await typeRange(page, "now-2h", "now-1h");
    await rangeInUrl(page, { from: "now-2h", to: "now-1h" });
    await settled(page, { panels: 4 });
    await everyQueryAsked(front, NOW_MS - 2 * HOUR_MS, NOW_MS - HOUR_MS);
  });

  onOperations("a typed absolute range is used, in the chosen zone", "?refresh=off&tz=Asia/Tokyo", async (page, front) => {
    front.forget();
    await typeRange(page, "2026-08-01 17:00", "2026-08-01 18:30");
    await until("the address to change", () => new URL(page.url()).searchParams.has("from"));
    await settled(page, { panels: 4 });
    await everyQueryAsked(front, Date.parse("2026-08-01T08:00:00Z"), Date.parse("2026-08-01T09:30:00Z"));
  });

  onOperations("a range that cannot be read is refused in words", "?refresh=off&from=now-3h&to=now", async (page, front) => {
    front.forget();
    const before = page.url();
    for (const [from, to] of [["now-1x", "now"], ["", "now"], ["now", "now-1h"], ["2026-13-45", "now"]]) {
      await openPicker(page);
      await page.locator('input[name="from"]').fill(from);
      await page.locator('input[name="to"]').fill(to);
      const error = await page.locator('.field__error[role="alert"]').textContent();
      check(error.length > 10, `“${from}” to “${to}”: the error says only “${error}”`);
      await page.getByRole("button", { name: "Apply" }).click();
      equal(page.url(), before, `address after “${from}” to “${to}”`);
      await page.keyboard.press("Escape");
      await page.locator('input[name="from"]').waitFor({ state: "detached" });
    }
    await sleep(200);
    equal(front.ranges().length, 0, "queries sent");
  });

  onOperations("a broken range in the address is said and not used", "?refresh=off&from=sometime&to=now", async (page) => {
    check(await page.getByText("not understood").isVisible(), "the bar does not say that the range was not understood");
    equal(await page.locator('[data-testid="panel"] .state').count(), 0, "panels without data");
  });

  onOperations("earlier, later and zoom out move the range", `?refresh=off&from=${NOW_MS - 4 * HOUR_MS}&to=${NOW_MS - 2 * HOUR_MS}`, async (page, front) => {
    const click = async (name, from, to) => {
      front.forget();
      await page.locator(".bar").getByRole("button", { name, exact: true }).click();
      await rangeInUrl(page, { from, to });
      await settled(page, { panels: 4 });
      await everyQueryAsked(front, from, to);
    };
    await click("Earlier", NOW_MS - 5 * HOUR_MS, NOW_MS - 3 * HOUR_MS);
    await click("Later", NOW_MS - 4 * HOUR_MS, NOW_MS - 2 * HOUR_MS);
    await click("Zoom out", NOW_MS - 5 * HOUR_MS, NOW_MS - HOUR_MS);
  });

  onOperations("dragging on a chart chooses its time, a double click zooms out", "?refresh=off", async (page, front) => {
    const box = await chartBox(page, CHART);
    const at = (share) => [box.x + box.width * share, box.y + box.height / 2];
    front.forget();
    await page.mouse.move(...at(0.3));
    await page.mouse.down();
    await page.mouse.move(...at(0.5), { steps: 4 });
    await page.mouse.move(...at(0.6), { steps: 4 });
    check(await overlayPixels(page, CHART) > box.height * 20, "the selection is not drawn");
    await page.mouse.up();
    const zoomed = await until("the address to change", () => absoluteRange(page));
    const share = (zoomed.to - zoomed.from) / (6 * HOUR_MS);
    check(zoomed.from > NOW_MS - 6 * HOUR_MS && zoomed.to < NOW_MS, "the chosen range is not inside of the old one");
    check(share > 0.25 && share < 0.37, `30 % of the chart became ${(share * 100).toFixed(1)} % of its range`);
    await settled(page, { panels: 4 });
    await everyQueryAsked(front, zoomed.from, zoomed.to);
    await page.mouse.dblclick(...at(0.5));
    await until("the range to grow", () => {
      const wide = absoluteRange(page);
      return wide && Math.abs((wide.to - wide.from) - 2 * (zoomed.to - zoomed.from)) < 1000;
    });
    await settled(page, { panels: 4 });
  });

  onOperations("the refresh button asks for the newest part of each query, once", "?refresh=off", async (page, front) => {
    front.forget();
    await page.getByRole("button", { name: "Refresh now" }).click();
    await until("the queries", () => front.ranges().filter((query) => query.status === 200).length >= QUERIES);
    await settled(page, { panels: 4 });
    equal(front.ranges().length, QUERIES, "queries sent");
    for (const { params } of front.ranges()) {
      check(Number(params.start) * 1000 >= NOW_MS - HOUR_MS / 2, `more than the newest part was asked: from ${params.start}`);
    }
  });

  if (env.hasControls) runner.test("controls: automatic refresh asks for the tail, never twice at once, and joins it well", async () => {
    const { front } = await env.running();
    front.forget();
    await onPage(env.browser, { allow: [/ERR_ABORTED/], acceptDownloads: true }, async (page) => {
      await openDashboard(page, front.url, env.dist, "operations", "?from=now-1h&to=now&refresh=1s");
      const first = new Map(front.ranges().map((query) => [query.params.query, Number(query.params.start)]));
      // Slower than the beat: answers must not pile up.
      front.fault = ({ path }) => (path.endsWith("query_range") ? { delayMs: 1_500 } : undefined);
      const before = front.ranges().length;
      await until("three refreshes", () => front.ranges().length >= before + 3 * QUERIES, { limitMs: 25_000 });
      front.fault = () => undefined;
      const later = front.ranges().slice(before).filter((query) => !query.isAborted);
      for (const { params } of later) {
        check(Number(params.start) > first.get(params.query) + 2_000, `asked again from ${params.start}, the first time from ${first.get(params.query)}`);
      }
      for (const query of first.keys()) {
        const sent = front.ranges().filter(({ params }) => params.query === query);
        for (const [at, one] of sent.entries()) {
          const next = sent[at + 1];
          check(!next || (one.endedMs !== null && one.endedMs <= next.startedMs), `two at once: ${query}`);
        }
      }
      // What was joined from tails is what one answer for everything says; the last minute may still change.
      const sheet = sheetOf((await downloadCsv(page, OTHER_CHART)).text);
      const { targets } = panelsOf(env.dist, "operations").find(({ title }) => title === OTHER_CHART);
      const step = sheet.times[1] - sheet.times[0];
      const end = sheet.times.findLast((ms) => ms <= sheet.times.at(-1) - 60_000);
      const wanted = [];
      for (const { expr, legendFormat } of targets) {
        const text = await rangeAnswer(front.url, { query: expr, start: sheet.times[0] / 1000, end: end / 1000, step: step / 1000 });
        wanted.push(...seriesOf(text).map(({ labels, points }) => ({ name: legendName(legendFormat, labels, expr), points })));
      }
      const rows = sheet.times.filter((ms) => ms <= end).length;
      const old = { times: sheet.times.slice(0, rows), columns: sheet.columns.map(({ name, values }) => ({ name, values: values.slice(0, rows) })) };
      check(compareSheet(old, wanted) > 100, "nothing was compared");
    });
  }, { limitSecs: 90 });

  if (env.hasControls) runner.test("controls: a hidden page does not ask, a shown one asks at once", async () => {
    const { front } = await env.running();
    front.forget();
    const init = () => {
      let isHidden = false;
      Object.defineProperty(document, "hidden", { get: () => isHidden });
      Object.defineProperty(document, "visibilityState", { get: () => (isHidden ? "hidden" : "visible") });
      window.setHidden = (hidden) => {
        isHidden = hidden;
        document.dispatchEvent(new Event("visibilitychange"));
      };
    };
    await onPage(env.browser, { init, allow: [/ERR_ABORTED/] }, async (page) => {
      await openDashboard(page, front.url, env.dist, "operations", "?from=now-1h&to=now&refresh=1s");
      const beaten = front.ranges().length;
      await until("a refresh", () => front.ranges().length >= beaten + QUERIES, { limitMs: 10_000 });
      await page.evaluate(() => window.setHidden(true));
      await sleep(1_500);
      const count = front.ranges().length;
      await sleep(2_500);
      equal(front.ranges().length, count, "queries while hidden");
      await page.evaluate(() => window.setHidden(false));
      await until("a refresh when shown again", () => front.ranges().length > count, { limitMs: 1_500 });
    });
  });

  onOperations("the theme is chosen, kept, and repaints the charts", "?refresh=off", async (page) => {
    const colour = () => panel(page, CHART).locator("canvas.chart__canvas").evaluate((canvas) => canvas.toDataURL());
    const before = await colour();
    await page.getByRole("button", { name: "Theme", exact: true }).click();
    await page.getByRole("menu", { name: "Theme" }).getByRole("menuitemradio", { name: "Light", exact: true }).click();
    const theme = () => page.evaluate(() => document.documentElement.dataset.theme);
    await until("the light theme", async () => (await theme()) === "light");
    await until("the charts to be repainted", async () => (await colour()) !== before);
    await page.reload();
    await settled(page, { panels: 4 });
    equal(await theme(), "light", "theme after a reload");
  });

  onOperations("the legend isolates and toggles series", "?refresh=off", async (page) => {
    const items = panel(page, CHART).locator(".legend__item");
    const pressed = () => items.evaluateAll((all) => all.map((item) => item.getAttribute("aria-pressed")));
    const picture = () => panel(page, CHART).locator("canvas.chart__canvas").evaluate((canvas) => canvas.toDataURL());
    const all = await picture();
    equal(await pressed(), ["true", "true", "true"], "at first");
    await items.nth(1).click();
    equal(await pressed(), ["false", "true", "false"], "after a click");
    await until("the chart to be redrawn", async () => (await picture()) !== all);
    await items.nth(1).click();
    equal(await pressed(), ["true", "true", "true"], "after a second click");
    await until("the chart to be as before", async () => (await picture()) === all);
    await items.nth(0).click({ modifiers: ["Control"] });
    equal(await pressed(), ["false", "true", "true"], "after Ctrl and click");
  });

  onOperations("the tooltip says what was answered, and other charts show the same instant", "?refresh=off", async (page, front) => {
    for (const title of [CHART, OTHER_CHART]) {
      const other = title === CHART ? OTHER_CHART : CHART;
      await page.mouse.move(5, 5);
      await until("no cursor", async () => (await overlayPixels(page, other)) === 0);
      const box = await chartBox(page, title);
      await page.mouse.move(box.x + box.width * 0.55, box.y + box.height * 0.5);
      const tooltip = panel(page, title).locator(".tooltip");
      await tooltip.waitFor();
      const { time, rows } = await tooltip.evaluate((sheet) => ({
        time: sheet.querySelector(".tooltip__time").textContent,
        rows: [...sheet.querySelectorAll(".tooltip__row")].map((row) => [row.querySelector(".tooltip__name").textContent, row.querySelector(".tooltip__value").textContent]),
      }));
      const ms = Date.parse(`${/\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?/.exec(time)?.[0].replace(" ", "T")}Z`);
      check(Number.isFinite(ms), `the tooltip's time cannot be read: ${time}`);
      const { targets } = panelsOf(env.dist, "operations").find((one) => one.title === title);
      const answered = new Map();
      for (const { expr, legendFormat } of targets) {
        const sent = front.ranges().findLast((query) => query.params.query === expr && query.status === 200);
        for (const { labels, points } of seriesOf(sent.text)) answered.set(legendName(legendFormat, labels, expr), points.get(ms));
      }
      equal(rows.map(([name]) => name).sort(), [...answered.keys()].sort(), "series in the tooltip");
      for (const [name, value] of rows) checkShown(value, answered.get(name), `${title}, ${name} at ${time}`);
      const sheet = await tooltip.boundingBox();
      const x = box.x + box.width * 0.55;
      check(sheet.x > x || sheet.x + sheet.width < x, "the tooltip covers the point");
      check(sheet.x >= 0 && sheet.y >= 0 && sheet.x + sheet.width <= 1440 && sheet.y + sheet.height <= 900, "the tooltip leaves the window");
      await until("the cursor on the other chart", async () => (await overlayPixels(page, other)) > 20);
    }
    await page.mouse.move(5, 5);
    await panel(page, OTHER_CHART).locator(".tooltip").waitFor({ state: "hidden" });
  });

  onOperations("the keyboard moves the cursor on a chart and reads it out", "?refresh=off", async (page) => {
    const chart = panel(page, CHART).getByRole("img").first();
    await chart.focus();
    await page.keyboard.press("End");
    const said = () => panel(page, CHART).locator(".chart__announcer").textContent();
    const last = await until("the cursor to be read out", said);
    check(last.includes("agentarea-api"), `it says only: ${last}`);
    await page.keyboard.press("ArrowLeft");
    await until("the row before", async () => (await said()) !== last && (await said()).includes("agentarea-api"));
    check(await overlayPixels(page, OTHER_CHART) > 20, "the other charts do not follow");
  });

  onOperations("the keys of the help sheet work", "?refresh=off", async (page, front) => {
    const press = async (...keys) => {
      for (const key of keys) await page.keyboard.press(key);
    };
    await press("?");
    const help = page.getByRole("dialog", { name: "Keys" });
    await help.waitFor();
    check((await help.locator("dt").count()) >= 15, "the sheet lists too few keys");
    await press("Escape");
    await help.waitFor({ state: "detached" });

    front.forget();
    await press("r");
    await until("a refresh", () => front.ranges().length === QUERIES);
    await settled(page, { panels: 4 });
    const theme = await page.evaluate(() => document.documentElement.dataset.theme);
    await press("d");
    await until("the other theme", async () => (await page.evaluate(() => document.documentElement.dataset.theme)) !== theme);

    await press("t", "a");
    await rangeInUrl(page, { from: NOW_MS - 6 * HOUR_MS, to: NOW_MS });
    await press("t", "ArrowLeft");
    await rangeInUrl(page, { from: NOW_MS - 9 * HOUR_MS, to: NOW_MS - 3 * HOUR_MS });
    await press("t", "ArrowRight");
    await rangeInUrl(page, { from: NOW_MS - 6 * HOUR_MS, to: NOW_MS });
    await press("t", "z");
    await until("a wider range", () => {
      const range = absoluteRange(page);
      return range && range.to - range.from === 12 * HOUR_MS;
    });
    await press("t", "c");
    await until("the range on the clipboard", async () => (await page.evaluate(() => navigator.clipboard.readText())).length > 5);
    await page.evaluate(() => navigator.clipboard.writeText("now-45m to now"));
    await press("t", "v");
    await rangeInUrl(page, { from: "now-45m", to: "now" });

    for (const [key, path] of [["e", "/d/executive"], ["n", "/d/agents"], ["i", "/d/infrastructure"], ["a", "/alerts"], ["s", "/status"], ["o", "/d/operations"]]) {
      await press("g", key);
      await until(`g ${key}`, () => new URL(page.url()).pathname === `${env.prefix.slice(0, -1)}${path}`);
      equal(new URL(page.url()).searchParams.get("from"), "now-45m", `range on ${path}`);
    }
    await settled(page, { panels: 4 });
    // Typing is not pressing keys.
    await openPicker(page);
    await page.locator('input[name="from"]').fill("");
    await page.locator('input[name="from"]').pressSequentially("rd?");
    equal(await page.getByRole("dialog").count(), 0, "dialogs opened by typing");
  }, { isRouted: true, permissions: ["clipboard-read", "clipboard-write"], allow: [/ERR_ABORTED/] });

  onOperations("a panel is shown alone, and the way back works", "?refresh=off", async (page) => {
    await chooseFromMenu(page, CHART, "View alone");
    await until("one panel", async () => (await page.locator('[data-testid="panel"]').count()) === 1);
    check(new URL(page.url()).searchParams.has("view"), "the address does not say it");
    await settled(page);
    const alone = page.url();
    await page.reload();
    await settled(page);
    equal(await page.locator('[data-testid="panel"]').count(), 1, "panels after a reload");
    await chooseFromMenu(page, CHART, "Back to the dashboard");
    await until("all panels", async () => (await page.locator('[data-testid="panel"]').count()) === 4);
    await settled(page, { panels: 4 });
    await page.goBack();
    equal(page.url(), alone, "address after going back");
    await until("one panel", async () => (await page.locator('[data-testid="panel"]').count()) === 1);
  }, { isRouted: true, allow: [/ERR_ABORTED/] });

  onOperations("the table has the same numbers as the CSV, newest first", "?refresh=off", async (page) => {
    const sheet = sheetOf((await downloadCsv(page, CHART)).text);
    await chooseFromMenu(page, CHART, "Show table");
    const table = panel(page, CHART).locator("table");
    const cells = await table.evaluate((element) => ({
      head: [...element.tHead.rows[0].cells].map((cell) => cell.textContent),
      rows: [...element.tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.textContent)),
    }));
    equal(cells.head.slice(1), sheet.columns.map(({ name }) => name), "columns");
    equal(cells.rows.length, sheet.times.length, "rows");
    for (const [at, row] of cells.rows.entries()) {
      const source = sheet.times.length - 1 - at;
      for (const [column, { values }] of sheet.columns.entries()) {
        equal(row[column + 1] === "" ? null : Number(row[column + 1]), values[source], `row ${at}, column ${column}`);
      }
    }
    await chooseFromMenu(page, CHART, "Show chart");
    await table.waitFor({ state: "detached" });
  }, { acceptDownloads: true });

  onOperations("links to a panel and to the page are copied, live and frozen", "?refresh=off", async (page, front) => {
    const copied = () => page.evaluate(() => navigator.clipboard.readText());
    const expectLink = async (what, wanted) => {
      const link = new URL(await until(what, async () => {
        const text = await copied();
        return text.startsWith("http") ? text : null;
      }));
      equal(link.origin, front.origin, `${what}: origin`);
      equal(link.pathname, `${env.prefix}d/operations`, `${what}: path`);
      for (const [name, value] of Object.entries(wanted)) equal(link.searchParams.get(name), value, `${what}: ${name}`);
      await page.evaluate(() => navigator.clipboard.writeText(""));
      return link;
    };
    const live = { from: "now-6h", to: "now" };
    const frozen = { from: String(NOW_MS - 6 * HOUR_MS), to: String(NOW_MS) };
    await chooseFromMenu(page, CHART, "Copy live link");
    const link = await expectLink("live link of a panel", live);
    check(link.searchParams.has("view"), "the link does not name the panel");
    await chooseFromMenu(page, CHART, "Copy frozen link");
    await expectLink("frozen link of a panel", frozen);
    for (const [item, wanted] of [["Copy live link", live], ["Copy frozen link", frozen]]) {
      await page.getByRole("button", { name: "Share this page" }).click();
      await page.getByRole("menu", { name: "Share" }).getByRole("menuitem", { name: item }).click();
      await expectLink(item, wanted);
    }
    await page.goto(link.href);
    await settled(page);
    equal(await panel(page, CHART).count(), 1, "the panel of the link");
  }, { isRouted: true, permissions: ["clipboard-read", "clipboard-write"] });

  onOperations("back and forward restore range and page", "?refresh=off&from=now-3h&to=now", async (page, front) => {
    await typeRange(page, "now-1h", "now");
    await rangeInUrl(page, { from: "now-1h", to: "now" });
    await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Executive" }).click();
    await until("the other dashboard", () => new URL(page.url()).pathname.endsWith("/d/executive"));
    await panel(page, "Active Users").waitFor();
    await settled(page, { panels: 4 });
    await page.goBack();
    await panel(page, CHART).waitFor();
    await rangeInUrl(page, { from: "now-1h", to: "now" });
    await settled(page, { panels: 4 });
    front.forget();
    await page.goBack();
    await rangeInUrl(page, { from: "now-3h", to: "now" });
    await settled(page, { panels: 4 });
    await everyQueryAsked(front, NOW_MS - 3 * HOUR_MS, NOW_MS);
    equal(await page.getByTestId("time-range").textContent(), "Last 3 hours", "label");
    await page.goForward();
    await rangeInUrl(page, { from: "now-1h", to: "now" });
  }, { isRouted: true, allow: [/ERR_ABORTED/] });

  runner.test("controls: links deep into the app work, and all pages stay below the prefix", async () => {
    const { front } = await env.demo();
    front.forget();
    await onPage(env.browser, {}, async (page) => {
      await openDashboard(page, front.url, env.dist, "operations", "?refresh=off");
      equal(new URL(page.url()).pathname, `${env.prefix}d/operations`, "address");
      equal(await page.locator('[data-testid="panel"] .state').count(), 0, "panels without data");
      check(front.ranges().length >= QUERIES, "the queries did not come below the prefix");
      await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Alerts" }).click();
      await page.locator('[data-testid="rule"]').first().waitFor();
      equal(new URL(page.url()).pathname, `${env.prefix}alerts`, "address of the alerts");
      await page.reload();
      await page.locator('[data-testid="rule"]').first().waitFor();
      await page.goto(front.url);
      await until("the first dashboard", () => new URL(page.url()).pathname === `${env.prefix}d/executive`);
      await settled(page, { panels: 4 });
    });
  });

  onOperations("on a phone the rail is a bar at the bottom", "?refresh=off", async (page) => {
    const rail = await page.getByRole("navigation", { name: "Pages" }).boundingBox();
    equal([Math.round(rail.x), Math.round(rail.y + rail.height), Math.round(rail.width)], [0, PHONE.height, PHONE.width], "left, bottom, width");
    const links = await page.locator(".rail__link").evaluateAll((all) => all.filter((link) => link.offsetWidth > 0).map((link) => [link.textContent, Math.round(link.getBoundingClientRect().height)]));
    check(links.length >= 5 && links.every(([, height]) => height >= 44), `too small to be touched: ${JSON.stringify(links)}`);
    // The last panel can be scrolled out from under it.
    await page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight));
    const last = await page.locator('[data-testid="panel"]').last().boundingBox();
    check(last.y + last.height <= rail.y + 1, `the bar covers the end of the page by ${last.y + last.height - rail.y} px`);
  }, { viewport: PHONE });

  onOperations("the next page asks anew and the old one asks no more", "?refresh=off", async (page, front) => {
    front.fault = ({ path }) => (path.endsWith("query_range") ? { delayMs: 1_500 } : undefined);
    await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Agents" }).click();
    await until("queries of the next page", () => front.ranges().some((query) => query.params.query.includes("agentarea_mcp")));
    front.forget();
    await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Executive" }).click();
    await panel(page, "Active Users").waitFor();
    await settled(page, { panels: 4 });
    const stray = front.ranges().filter((query) => query.params.query.includes("agentarea_mcp"));
    equal(stray.length, 0, "queries of the page that was left");
  }, { isRouted: true, allow: [/ERR_ABORTED/] });
}

async function openPicker(page) {
  await page.getByRole("button", { name: /^Time range/ }).click();
  await page.locator('input[name="from"]').waitFor();
}

async function typeRange(page, from, to) {
  await openPicker(page);
  await page.locator('input[name="from"]').fill(from);
  await page.locator('input[name="to"]').fill(to);
  await page.getByRole("button", { name: "Apply" }).click();
}

async function rangeInUrl(page, wanted) {
  await until(`the address to say ${wanted.from} to ${wanted.to}, not ${page.url()}`, () => {
    const params = new URL(page.url()).searchParams;
    return instant(params.get("from")) === wanted.from && instant(params.get("to")) === wanted.to;
  }, { limitMs: 4_000 });
}

function absoluteRange(page) {
  const params = new URL(page.url()).searchParams;
  const [from, to] = [instant(params.get("from")), instant(params.get("to"))];
  return Number.isFinite(from) && Number.isFinite(to) ? { from, to } : null;
}

// An end of a range as the address says it: an absolute one, written either way, as Unix milliseconds.
function instant(text) {
  if (/^\d{13}$/.test(text)) return Number(text);
  return /^\d{4}-/.test(text) ? Date.parse(text) : text;
}

// Each of the page's queries was asked for this range, with both ends on the step.
async function everyQueryAsked(front, fromMs, toMs) {
  const fits = ({ params, status }) => {
    const step = Number(params.step) * 1000;
    return status === 200 && Number(params.start) * 1000 === Math.floor(fromMs / step) * step && Number(params.end) * 1000 === Math.floor(toMs / step) * step;
  };
  const fitting = new Set(front.ranges().filter(fits).map((query) => query.params.query));
  check(fitting.size >= QUERIES, `${fitting.size} of ${QUERIES} queries were asked for ${fromMs} to ${toMs}: ${JSON.stringify(front.ranges().map(({ params }) => [params.start, params.end, params.step]))}`);
}

function chartBox(page, title) {
  return panel(page, title).locator("canvas.chart__overlay").boundingBox();
}

async function rangeAnswer(base, params) {
  const answer = await fetch(`${base}prometheus/api/v1/query_range`, { method: "POST", body: new URLSearchParams(params) });
  return answer.text();
}

const SCALES = { "": 1, "/s": 1, s: 1, ms: 1e-3, "µs": 1e-6, "%": 1e-2, "k/s": 1e3, k: 1e3 };

// A value as shown (three digits, with its unit) is the answered one, rounded.
function checkShown(text, value, what) {
  const match = /^([−-]?[\d.,]+)\s*(.*)$/.exec(text);
  check(match && match[2] in SCALES, `${what}: “${text}” cannot be read`);
  const digits = match[1].replace("−", "-").replaceAll(",", "");
  const decimals = digits.split(".")[1]?.length ?? 0;
  const scale = SCALES[match[2]];
  const distance = Math.abs(Number(digits) * scale - value);
  check(distance <= 0.5000001 * 10 ** -decimals * scale, `${what}: “${text}” shown, ${value} answered`);
}
