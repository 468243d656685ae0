// Pictures of every page in both themes, on a desk and on a phone, at a fixed time; and of a live stack, for its guide.

import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";

import { DASHBOARDS, DESKTOP, PHONE, THEMES, onPage, openDashboard, openSheet } from "../lib/page.mjs";
import { check } from "../lib/runner.mjs";

const MAX_BYTES = 300_000;

export function picturesSuite(runner, env) {
  const folder = env.pictures || join(env.out, "pictures");
  for (const theme of THEMES) {
    for (const [size, viewport] of [["", DESKTOP], ["-phone", PHONE]]) {
      for (const name of [...DASHBOARDS, "alerts", "status"]) {
        const file = `${name}${size}-${theme}.png`;
        runner.test(`pictures: ${file}`, async () => {
          const { front } = await env.demo();
          front.forget();
          await onPage(env.browser, { viewport, theme }, async (page) => {
            if (DASHBOARDS.includes(name)) await openDashboard(page, front.url, env.dist, name, "?refresh=off");
            else await openSheet(page, front.url, name);
            await page.mouse.move(0, 0);
            // The rules are asked after the page's own questions.
            await page.getByTestId("firing-count").waitFor();
            await take(page, folder, file);
          });
        });
      }
    }
  }
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
