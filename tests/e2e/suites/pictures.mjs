// Pictures of every page in both themes, on a desk and on a phone, at a fixed time, which must look like those of docs/images
// (`cargo xtask pictures` takes them anew); and of a live stack, for its guide.

import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";

import { DASHBOARDS, DESKTOP, PHONE, THEMES, onPage, openDashboard, openSheet } from "../lib/page.mjs";
import { complaint, difference } from "../lib/pictures.mjs";
import { check } from "../lib/runner.mjs";
import { NOW_MS } from "../lib/servers.mjs";
import { openSearch, openTrace, searched } from "./traces.mjs";

const MAX_BYTES = 300_000;
const HOUR_MS = 3_600_000;

// One in which a new agent had to wait: what the guide's search finds.
async function slowTrace(base) {
  const traces = await searched(base, { service: "agentarea-api", operation: "create_agent", minDuration: "500ms", limit: "200" }, NOW_MS, 24);
  check(traces.length > 0, "no slow creation of an agent within a day");
  return traces.reduce((a, b) => (b.spans.length > a.spans.length ? b : a)).traceID;
}

export function picturesSuite(runner, env) {
  const folder = env.pictures || join(env.out, "pictures");
  for (const theme of THEMES) {
    for (const [size, viewport] of [["", DESKTOP], ["-phone", PHONE]]) {
      for (const name of [...DASHBOARDS, "dashboards", "alerts", "status", "traces", "trace"]) {
        const file = `${name}${size}-${theme}.png`;
        runner.test(`pictures: ${file}`, async () => {
          const { front } = await env.demo();
          front.forget();
          await onPage(env.browser, { viewport, theme }, async (page) => {
            if (DASHBOARDS.includes(name)) await openDashboard(page, front.url, env.dist, name, "?refresh=off");
            else if (name === "traces") await openSearch(page, front.url, `?service=agentarea-api&refresh=off&from=${NOW_MS - HOUR_MS}&to=${NOW_MS}`);
            else if (name === "trace") await openTrace(page, front.url, await slowTrace(front.url));
            else await openSheet(page, front.url, name);
            await page.mouse.move(0, 0);
            // The rules are asked after the page's own questions.
            await page.getByTestId("firing-count").waitFor();
            await take(page, folder, file);
            if (env.pictures) return;
            const wrong = complaint(await difference(page, join(folder, file), join(env.root, "docs/images", file)));
            check(!wrong, `${join(folder, file)} does not look like docs/images/${file}: ${wrong}; if it should, \`cargo xtask pictures\` takes it anew`);
          });
        });
      }
    }
  }
}

// The comparison itself: a picture is like itself, and not like one of another page or theme.
export function comparedPicturesTest(runner, env) {
  runner.test("pictures: those that differ are told apart", () => onPage(env.browser, {}, async (page) => {
    const image = (name) => join(env.root, "docs/images", name);
    const wrong = async (one, other) => complaint(await difference(page, image(one), image(other)));
    check(await wrong("executive-dark.png", "executive-dark.png") === null, "a picture differs from itself");
    for (const other of ["operations-dark.png", "executive-light.png", "executive-phone-dark.png"]) {
      check(await wrong("executive-dark.png", other) !== null, `the executive page looks like ${other}`);
    }
  }));
}

export function stackPicturesSuite(runner, env) {
  const pages = [
    ["stack-executive.png", async (page) => openDashboard(page, env.stack.app, env.dist, "executive", "?refresh=off")],
    ["stack-status.png", async (page) => openSheet(page, env.stack.app, "status", "?refresh=off")],
    ["stack-notifications.png", async (page) => {
      await page.goto(env.stack.sink);
      await page.locator("tbody td:nth-child(6)").first().waitFor();
    }],
  ];
  for (const [file, open] of pages) {
    runner.test(`pictures: ${file}`, () => onPage(env.browser, { viewport: DESKTOP }, async (page) => {
      await open(page);
      await page.mouse.move(0, 0);
      await take(page, env.pictures, file);
    }));
  }
}

// The window as one sees it: a picture of the whole page would show the phone's bar in its middle.
async function take(page, folder, file) {
  await mkdir(folder, { recursive: true });
  const path = join(folder, file);
  await page.screenshot({ path, animations: "disabled", caret: "hide" });
  const { size: bytes } = await stat(path);
  check(bytes > 10_000 && bytes < MAX_BYTES, `${file} has ${bytes} bytes`);
}
