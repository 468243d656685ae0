// What opens on demand: panel menus, inspecting, pictures of panels, the palette, the keys, imports, paper.

import { readFile } from "node:fs/promises";
import { join } from "node:path";

import {
  PHONE, axeFindings, chooseFromMenu, colourCount, misfits, onPage, openDashboard, openMenu, openSheet, panel, settled,
} from "../lib/page.mjs";
import { check, equal, sleep, until } from "../lib/runner.mjs";

const CHART = "Request Rate";
const STORAGE = ["clipboard-read", "clipboard-write"];

export function toolsSuite(runner, env) {
  const onOperations = (name, query, work, options = {}) => {
    runner.test(`tools: ${name}`, async () => {
      const { front } = await env.demo();
      front.forget();
      return onPage(env.browser, options, async (page) => {
        await openDashboard(page, front.url, env.dist, "operations", query);
        return work(page, front);
      });
    }, { limitSecs: 90 });
  };
  const fixture = (name) => readFile(join(env.root, "tests/fixtures/grafana", name), "utf8");
  const isClosed = async (page) => equal(await page.getByRole("dialog").count(), 0, "dialogs left open");
  const pathOf = (page) => new URL(page.url()).pathname.slice(env.prefix.length - 1);
  const focused = (page) => page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.tagName);

  // ---- the panel's menu ----

  onOperations("the inspector shows what was sent and what was answered", "?refresh=off", async (page, front) => {
    await chooseFromMenu(page, CHART, "Inspect");
    const dialog = page.getByRole("dialog", { name: `${CHART}: queries` });
    const tab = (name) => dialog.getByRole("tab", { name, exact: true });
    await tab("Query").waitFor();
    const expr = await dialog.locator(".snippet__code").first().textContent();
    const sent = front.ranges().find(({ params }) => params.query === expr);
    check(sent, `no query was sent as shown: ${expr}`);
    check(!expr.includes("$__"), `variables are not filled: ${expr}`);
    check((await dialog.locator(".snippet__code").nth(1).textContent()).startsWith("curl "), "no curl line");
    front.forget();
    await tab("Response").click();
    await dialog.getByTestId("response-note").first().waitFor();
    const again = await until("the question again", () => front.ranges().find(({ params, status }) => params.query === expr && status === 200));
    equal(again.params, sent.params, "what was asked again");
    const shown = await dialog.locator(".snippet__code").first().textContent();
    check((await dialog.getByTestId("response-note").first().textContent()).includes("HTTP 200"), "no status");
    check(shown.includes("\n"), "the answer is not indented");
    const squeezed = (text) => text.replace(/\s/g, "");
    check(squeezed(sent.text).startsWith(squeezed(shown).slice(0, 2_000)), "the answer shown is not the one received");
    await tab("Timing").click();
    check((await dialog.textContent()).includes("First byte"), "no timings");
    await tab("Data").click();
    check(await dialog.locator("tbody tr").count() > 10, "no data");
    // By keyboard, too.
    await tab("Data").press("ArrowRight");
    equal(await tab("JSON").getAttribute("aria-selected"), "true", "tab after an arrow");
    const json = JSON.parse(await dialog.locator(".snippet__code").textContent());
    equal(json.title, CHART, "title in the panel's JSON");
    equal(await axeFindings(page), [], "axe");
    equal(await misfits(page), [], "misfits");
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
  });

  for (const theme of ["dark", "light"]) {
    onOperations(`a panel is downloaded as a picture, ${theme}`, "?refresh=off", async (page) => {
      const box = await panel(page, CHART).boundingBox();
      const [download] = await Promise.all([page.waitForEvent("download"), chooseFromMenu(page, CHART, "Download PNG")]);
      equal(download.suggestedFilename(), "request-rate.png", "name of the file");
      const bytes = await readFile(await download.path());
      equal(bytes.subarray(1, 4).toString("latin1"), "PNG", "kind of the file");
      const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
      equal([width, height], [Math.round(box.width * 2), Math.round((box.height + 28) * 2)], "size of the picture");
      // Not blank: lines, text at the top (title) and at the bottom (range), on the theme's own surface.
      const found = await page.evaluate(async (base64) => {
        const raw = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
        const image = await createImageBitmap(new Blob([raw], { type: "image/png" }));
        const canvas = document.createElement("canvas");
        [canvas.width, canvas.height] = [image.width, image.height];
        const context = canvas.getContext("2d");
        context.drawImage(image, 0, 0);
        const colours = (top, bottom) => {
          const { data } = context.getImageData(0, top, canvas.width, bottom - top);
          const seen = new Set();
          for (let at = 0; at < data.length; at += 4) seen.add((data[at] << 16) | (data[at + 1] << 8) | data[at + 2]);
          return seen.size;
        };
        const [r, g, b] = context.getImageData(2, Math.round(canvas.height / 2), 1, 1).data;
        return { top: colours(0, 60), middle: colours(60, canvas.height - 60), bottom: colours(canvas.height - 50, canvas.height), surface: [r, g, b] };
      }, bytes.toString("base64"));
      check(found.top > 5 && found.middle > 20 && found.bottom > 5, `the picture is empty somewhere: ${JSON.stringify(found)}`);
      check(theme === "dark" ? found.surface[0] < 60 : found.surface[0] > 200, `not on the theme's surface: ${found.surface}`);
    }, { acceptDownloads: true, theme, deviceScaleFactor: 2 });
  }

  onOperations("a panel is refreshed in its own time, and the address says so", "?refresh=off", async (page, front) => {
    const menu = await openMenu(page, CHART);
    await menu.getByRole("menuitem", { name: /^Refresh every/ }).click();
    await menu.getByRole("menuitemradio", { name: "5s", exact: true }).click();
    await until("the address", () => /[?&]pr=\d+:5s/.test(page.url()));
    const expr = (await ranges(front))[0];
    check(expr, "nothing was asked");
    front.forget();
    await until("the panel alone to be asked", () => front.ranges().length > 0, { limitMs: 12_000 });
    await sleep(500);
    const asked = new Set(front.ranges().map(({ params }) => params.query));
    check(asked.size <= 2, `other panels were asked, too: ${[...asked]}`);
    const again = await openMenu(page, CHART);
    await again.getByRole("menuitem", { name: /^Refresh every/ }).click();
    await again.getByRole("menuitemradio", { name: "With the page", exact: true }).click();
    await until("the address without it", () => !page.url().includes("pr="));
  }, { allow: [/ERR_ABORTED/] });

  // ---- palette and keys ----

  onOperations("the palette finds pages, panels, ranges and actions by keyboard", "?refresh=off", async (page, front) => {
    const open = async () => {
      await page.keyboard.press("Control+k");
      await page.getByRole("combobox", { name: "Go to anything" }).waitFor();
    };
    // Of all that was typed, and not of its beginning.
    const bestIs = (text) => until(`${text} to be the best`, async () => (
      (await page.locator('[role="option"][aria-selected="true"]').textContent()).startsWith(text)));
    await open();
    equal(await focused(page), "Go to anything", "focus");
    equal(await axeFindings(page), [], "axe");
    equal(await misfits(page), [], "misfits");
    await page.keyboard.type("exec");
    await bestIs("Executive");
    await page.keyboard.press("Enter");
    await until("the dashboard", () => pathOf(page) === "/d/executive");
    await isClosed(page);
    await settled(page, { panels: 4 });
    await page.goBack();
    await panel(page, CHART).waitFor();
    await settled(page, { panels: 4 });
    await open();
    check((await page.getByRole("option").first().textContent()).startsWith("Executive"), "what was used last does not stand first");
    await page.keyboard.type("request ra");
    await bestIs(CHART);
    await page.keyboard.press("Enter");
    await until("the panel to have the focus", async () => (await focused(page)) === `Menu of ${CHART}`);
    await open();
    await page.keyboard.type("last 1 hour");
    await page.keyboard.press("Enter");
    await until("the range", () => page.url().includes("from=now-1h"));
    await settled(page, { panels: 4 });
    await open();
    await page.keyboard.type("qqqq");
    check(await page.getByText("Nothing has a name like this.").isVisible(), "it does not say that nothing was found");
    await page.keyboard.press("Escape");
    await isClosed(page);
    await open();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("ArrowUp");
    check(await page.locator('[role="option"][aria-selected="true"]').isVisible(), "the chosen one is not in view");
    await page.keyboard.press("Escape");
  }, { allow: [/ERR_ABORTED/] });

  onOperations("the palette is usable on a phone", "?refresh=off", async (page) => {
    const button = page.getByRole("button", { name: "Go to anything" });
    await button.click();
    await page.getByRole("option").first().waitFor();
    equal(await misfits(page), [], "misfits");
    equal(await axeFindings(page), [], "axe");
    await page.keyboard.press("Escape");
    equal(await focused(page), "Go to anything", "focus after closing");
    await button.click();
    await page.getByRole("option").filter({ hasText: "Alerts" }).first().click();
    await until("the alerts", () => pathOf(page) === "/alerts");
  }, { viewport: PHONE, allow: [/ERR_ABORTED/] });

  onOperations("every key of the help sheet does what the sheet says", "?refresh=off&from=now-3h&to=now", async (page, front) => {
    const press = async (keys) => {
      for (const key of keys.split(" ")) await page.keyboard.press(key.replace("Ctrl+K", "Control+k"));
    };
    await press("?");
    const help = page.getByRole("dialog", { name: "Keys" });
    await help.waitFor();
    equal(await misfits(page), [], "misfits");
    const listed = await help.locator("dt[data-keys]").evaluateAll((all) => all.map((dt) => [dt.dataset.keys, dt.nextElementSibling.textContent]));
    check(listed.length >= 18, `only ${listed.length} keys are listed`);
    await page.keyboard.press("Escape");
    await help.waitFor({ state: "detached" });
    const param = (name) => new URL(page.url()).searchParams.get(name);
    const expectations = {
      "Show the keys": async () => (await help.isVisible()) && (await page.keyboard.press("Escape"), true),
      "Go to anything": async () => (await page.getByRole("combobox", { name: "Go to anything" }).isVisible()) && (await page.keyboard.press("Escape"), true),
      "Refresh now": async () => front.ranges().length > 0,
      "Dark or light": async () => (await page.evaluate(() => document.documentElement.dataset.theme)) === "light",
      "Earlier by half the range": async () => param("from") !== "now-3h",
      "Make the range absolute": async () => /^\d|T/.test(param("from")),
      "Copy the range": async () => (await page.evaluate(() => navigator.clipboard.readText())).length > 5,
      "Paste a range": async () => param("from") === "now-45m",
    };
    for (const [keys, label] of listed) {
      if (label.startsWith("Go to ") && keys.startsWith("g ")) {
        await press(keys);
        const name = label.slice(6).toLowerCase();
        await until(`${keys}: ${label}`, () => pathOf(page).endsWith(`/${name}`));
        await page.goto(`${front.url}d/operations?refresh=off&from=now-3h&to=now`);
        await settled(page, { panels: 4 });
      } else if (expectations[label]) {
        if (label === "Paste a range") await page.evaluate(() => navigator.clipboard.writeText("now-45m to now"));
        front.forget();
        await press(keys);
        await until(`${keys}: ${label}`, expectations[label]);
      } else if (keys === "t z" || keys === "t ArrowRight") {
        const before = page.url();
        await press(keys);
        await until(`${keys}: ${label}`, () => page.url() !== before);
      }
    }
    // In lists.
    await openSheet(page, front.url, "dashboards");
    await press("j");
    const first = await page.evaluate(() => document.activeElement?.textContent);
    await press("j");
    const second = await page.evaluate(() => document.activeElement?.textContent);
    check(first && second && first !== second, `j went from “${first}” to “${second}”`);
    await press("k");
    equal(await page.evaluate(() => document.activeElement?.textContent), first, "row after k");
    await press("/");
    equal(await focused(page), "Filter dashboards by name", "focus after /");
    // Typing is not pressing keys.
    await page.keyboard.type("gar?d");
    await isClosed(page);
    equal(pathOf(page), "/dashboards", "page after typing");
    equal(await page.locator(".dashboards .dashboards__item").count(), 0, "dashboards with such a name");
  }, { permissions: STORAGE, allow: [/ERR_ABORTED/] });

  onOperations("the focus comes back after every dialog", "?refresh=off", async (page) => {
    const button = page.getByRole("button", { name: "Go to anything" });
    await button.focus();
    for (const keys of ["?", "Control+k"]) {
      await page.keyboard.press(keys);
      await page.getByRole("dialog").waitFor();
      for (let count = 0; count < 12; count += 1) await page.keyboard.press("Tab");
      check(await page.evaluate(() => document.activeElement?.closest('[role="dialog"]') !== null), `${keys}: the focus left the dialog`);
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });
      equal(await focused(page), "Go to anything", `focus after ${keys}`);
    }
    await chooseFromMenu(page, CHART, "Inspect");
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    equal(await focused(page), `Menu of ${CHART}`, "focus after inspecting");
  });

  // ---- imports ----

  const drop = (page, name, text) => page.evaluate(([fileName, content]) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([content], fileName, { type: "application/json" }));
    for (const kind of ["dragover", "drop"]) document.body.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: transfer }));
  }, [name, text]);
  const paste = (page, text) => page.evaluate((content) => {
    const data = new DataTransfer();
    data.setData("text/plain", content);
    document.body.dispatchEvent(new ClipboardEvent("paste", { bubbles: true, cancelable: true, clipboardData: data }));
  }, text);
  const toolsAreThere = (page) => page.getByTestId("dashboard-files").waitFor({ state: "attached" });

  onOperations("a dashboard is imported by dropping, with a report, and a reload keeps it", "?refresh=off", async (page, front) => {
    await toolsAreThere(page);
    await drop(page, "old.json", await fixture("imported-old.json"));
    await until("its address", () => pathOf(page) === "/d/~platform-as-it-was");
    await settled(page, { panels: 5 });
    equal(await page.locator(".bar__title").textContent(), "Platform, as it was", "title");
    const report = page.getByTestId("import-report").first();
    const items = await report.locator(".report__what").allTextContents();
    check(items.length >= 2, `the report tells only ${JSON.stringify(items)}`);
    const links = report.locator(".report__item").filter({ hasText: "link without an address" }).filter({ hasText: "Requests by status" });
    check(await links.filter({ hasText: "Up" }).count() === 1, "alike gaps of two panels are not one");
    check(await colourCount(page, "Up") > 3, "the chart is blank");
    equal(await axeFindings(page), [], "axe");
    equal(await misfits(page), [], "misfits");
    await page.reload();
    await settled(page, { panels: 5 });
    equal(await page.locator(".report__list").count(), 0, "open reports after a reload");
    await page.getByRole("button", { name: "Show the report" }).click();
    await report.locator(".report__what").first().waitFor();
  }, { allow: [/ERR_ABORTED/] });

  onOperations("a pasted dashboard is listed, renamed, downloaded and removed", "?refresh=off", async (page, front) => {
    await toolsAreThere(page);
    const text = await fixture("imported-new.json");
    await paste(page, text);
    await until("its address", () => pathOf(page) === "/d/~targets-exported-for-sharing");
    await settled(page, { panels: 3 });
    // The same again is not another one.
    await paste(page, text);
    await sleep(500);
    await page.keyboard.press("g");
    await page.keyboard.press("d");
    const row = page.locator(".dashboards__row");
    await row.first().waitFor();
    equal(await row.count(), 1, "imported dashboards");
    equal(await axeFindings(page), [], "axe");
    equal(await misfits(page), [], "misfits");
    await row.getByRole("button", { name: /^Rename/ }).click();
    await page.getByRole("textbox", { name: "Title" }).fill("Mine <b>now</b>");
    await page.keyboard.press("Enter");
    await until("the new title", async () => (await row.locator(".dashboards__name").textContent()) === "Mine <b>now</b>");
    const [download] = await Promise.all([page.waitForEvent("download"), row.getByRole("button", { name: /^Download/ }).click()]);
    equal(await readFile(await download.path(), "utf8"), text, "the downloaded JSON");
    await row.getByRole("link").click();
    await until("the title of the page", async () => (await page.locator(".bar__title").textContent()) === "Mine <b>now</b>");
    await page.goBack();
    await row.getByRole("button", { name: /^Remove/ }).click();
    await page.getByRole("button", { name: "Remove for good" }).click();
    await row.waitFor({ state: "detached" });
    await page.goto(`${front.url}d/~targets-exported-for-sharing`);
    await page.getByText("This browser has no dashboard").waitFor();
  }, { acceptDownloads: true, allow: [/ERR_ABORTED/] });

  onOperations("what is no dashboard is refused in words, and nothing is lost", "?refresh=off&from=now-3h&to=now", async (page) => {
    await toolsAreThere(page);
    const before = page.url();
    for (const [name, text, words] of [
      ["broken.json", '{"title": "x", "panels": [', "not valid JSON"],
      ["other.json", '{"a": 1}', "no dashboard found"],
      ["list.json", "[1, 2]", "expected an object"],
    ]) {
      await drop(page, name, text);
      const dialog = page.getByRole("dialog", { name: `${name} is not opened` });
      await dialog.waitFor();
      check((await dialog.textContent()).includes(words), `${name}: it says ${await dialog.textContent()}`);
      await page.keyboard.press("Escape");
      await dialog.waitFor({ state: "detached" });
    }
    equal(page.url(), before, "address");
    equal(await page.locator('[data-testid="panel"]').count(), 4, "panels");
    // Text that is none is left alone.
    await paste(page, "now-1h to now");
    await sleep(200);
    await isClosed(page);
  });

  runner.test("tools: a link carries a dashboard, and a broken one says so", async () => {
    const { front } = await env.demo();
    front.forget();
    let link = "";
    await onPage(env.browser, { permissions: STORAGE, allow: [/ERR_ABORTED/] }, async (page) => {
      await openDashboard(page, front.url, env.dist, "operations", "?refresh=off");
      await toolsAreThere(page);
      await paste(page, await fixture("imported-new.json"));
      await until("its address", () => pathOf(page) === "/d/~targets-exported-for-sharing");
      await page.getByRole("button", { name: "Copy link that carries it" }).click();
      link = await until("the link", async () => {
        const text = await page.evaluate(() => navigator.clipboard.readText());
        return text.includes("#import=") ? text : null;
      });
      check(link.length < 16_500, `${link.length} characters`);
    });
    await onPage(env.browser, { allow: [/ERR_ABORTED/], timezoneId: "Asia/Tokyo" }, async (page) => {
      // The page on which it was copied did not refresh.
      await page.goto(link.replace("refresh=off", ""));
      await until("the dashboard of the link", () => pathOf(page) === "/d/~targets-exported-for-sharing");
      await settled(page, { panels: 3 });
      equal(new URL(page.url()).hash, "", "what is left of the link");
      // The dashboard's own refresh and zone, where the address has none.
      const bar = await page.locator(".bar").innerText();
      check(bar.includes("UTC") && bar.includes("30s"), `the page opens with ${bar.replaceAll(/\s+/g, " ")}`);
    });
    await onPage(env.browser, { allow: [/ERR_ABORTED/] }, async (page) => {
      await page.goto(link.slice(0, -40));
      await page.getByText("was cut on its way").waitFor();
      await page.keyboard.press("Escape");
      await page.getByText("Imported into this browser").waitFor();
    });
  }, { limitSecs: 90 });

  onOperations("a browser without room says so", "?refresh=off", async (page) => {
    await toolsAreThere(page);
    await page.evaluate(() => {
      for (const size of [1_000_000, 100_000, 10_000, 1_000, 100, 10]) {
        for (let at = 0; ; at += 1) {
          try {
            localStorage.setItem(`filler.${size}.${at}`, "x".repeat(size));
          } catch {
            break;
          }
        }
      }
    });
    await paste(page, await fixture("imported-new.json"));
    await page.getByText("The browser has no room").waitFor();
    await page.keyboard.press("Escape");
    equal(pathOf(page), "/d/operations", "page");
  });

  // ---- paper ----

  for (const [name, query] of [["operations", ""], ["executive", ""]]) {
    runner.test(`tools: ${name} is printed without chrome and in light colours`, async () => {
      const { front } = await env.demo();
      front.forget();
      await onPage(env.browser, { allow: [/ERR_ABORTED/] }, async (page) => {
        await openDashboard(page, front.url, env.dist, name, `?refresh=off${query}`);
        await toolsAreThere(page);
        await page.emulateMedia({ media: "print", colorScheme: "dark" });
        await until("the light theme", async () => (await page.evaluate(() => document.documentElement.dataset.theme)) === "light");
        for (const gone of [".rail", ".bar", ".panel__menu"]) equal(await page.locator(gone).first().isVisible(), false, gone);
        const head = await page.locator(".print-head").textContent();
        check(/Last (6|24) hours: /.test(head) && /Source: /.test(head), `the head says ${head}`);
        const cut = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        check(cut <= 0, `the page is ${cut} px too wide`);
        await page.screenshot({ path: join(env.out, `print-${name}.png`), fullPage: true });
        await page.emulateMedia({ media: "screen" });
        await until("the dark theme again", async () => (await page.evaluate(() => document.documentElement.dataset.theme)) === "dark");
        // Pretending is a change of the window for the charts; printing is none.
        await settled(page, { panels: 4 });
        const asked = front.ranges().length;
        const pdf = await page.pdf({ preferCSSPageSize: true });
        check(pdf.length > 10_000, "the PDF is empty");
        await sleep(300);
        equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark", "theme after printing");
        equal(front.ranges().length, asked, "questions asked for printing");
      });
    });
  }

  // ---- both themes, both widths ----

  for (const viewport of [undefined, PHONE]) {
    runner.test(`tools: dialogs and sheets fit and are accessible${viewport ? " on a phone" : ""}`, async () => {
      const { front } = await env.demo();
      for (const theme of ["dark", "light"]) {
        await onPage(env.browser, { theme, ...(viewport && { viewport }) }, async (page) => {
          await openDashboard(page, front.url, env.dist, "operations", "?refresh=off");
          const steps = {
            menu: async () => openMenu(page, CHART),
            inspect: async () => page.getByRole("menuitem", { name: "Inspect", exact: true }).click(),
            keys: async () => page.keyboard.press("?"),
            time: async () => page.getByRole("button", { name: /^Time range/ }).click(),
            share: async () => page.getByRole("button", { name: "Share this page" }).click(),
          };
          for (const [what, step] of Object.entries(steps)) {
            await step();
            await sleep(150);
            equal(await misfits(page), [], `${what}: misfits`);
            equal(await axeFindings(page), [], `${what}: axe`);
            if (what !== "menu") await page.keyboard.press("Escape");
          }
        });
      }
    }, { limitSecs: 120 });
  }
}

async function ranges(front) {
  return front.ranges().map(({ params }) => params.query);
}
