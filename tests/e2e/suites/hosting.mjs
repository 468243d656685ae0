// What nginx answers, with the files of deploy/nginx: the app's files, the app's addresses, what it passes on, its errors.

import { readFileSync, readdirSync, statSync } from "node:fs";
import { extname, join } from "node:path";

import { DASHBOARDS, onPage, openDashboard, openSheet, panelsOf, settled, states } from "../lib/page.mjs";
import { ask, say, unpacked } from "../lib/raw.mjs";
import { check, equal } from "../lib/runner.mjs";
import { NOW_MS } from "../lib/servers.mjs";

const TYPES = {
  ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
  ".json": "application/json", ".wasm": "application/wasm", ".svg": "image/svg+xml", ".txt": "text/plain; charset=utf-8",
  ".symbols": "application/octet-stream",
};
const FOREVER = "public, max-age=31536000, immutable";

export function hostingSuite(runner, env) {
  const files = readdirSync(env.dist, { recursive: true })
    .filter((name) => statSync(join(env.dist, name)).isFile() && !/\.(?:br|gz)$/.test(name));
  const bytesOf = (name) => readFileSync(join(env.dist, name));
  const policy = bytesOf("csp.txt").toString("utf8").trim();

  // What every answer carries, once.
  const checkHeaders = ({ headers }, what) => {
    equal(headers["content-security-policy"], [policy], `${what}: Content-Security-Policy`);
    equal(headers["x-content-type-options"], ["nosniff"], `${what}: X-Content-Type-Options`);
    check(!/\d/.test((headers.server ?? []).join()), `${what}: it tells its version: ${headers.server}`);
  };
  const base = async () => (await env.demo()).base;
  const get = async (path, more) => {
    const answer = await ask(await base(), path, more);
    checkHeaders(answer, path);
    return answer;
  };

  runner.test("hosting: each file of the app has its type, its headers and its time to live", async () => {
    check(files.length > 8, `only ${files} are there`);
    let [hashed, other] = [0, 0];
    for (const name of files) {
      const answer = await get(name);
      equal([answer.status, answer.headers["content-type"]], [200, [TYPES[extname(name)]]], name);
      const isHashed = /-[0-9a-f]{8,}(?:_bg)?\.(?!html$|json$)\w+$/.test(name);
      if (isHashed) hashed += 1;
      else other += 1;
      equal(answer.headers["cache-control"], [isHashed ? FOREVER : "no-cache"], `${name}: Cache-Control`);
      // The demonstration's configuration names its clock.
      if (name === "config.json") equal(JSON.parse(answer.body).clock.frozen, true, "the clock in config.json");
      else check(answer.body.equals(bytesOf(name)), `${name} is not what was built`);
      const head = await get(name, { method: "HEAD" });
      equal([head.status, head.body.length], [200, 0], `HEAD of ${name}`);
      for (const header of ["content-type", "content-length", "cache-control", "etag"]) equal(head.headers[header], answer.headers[header], `HEAD of ${name}: ${header}`);
    }
    check(hashed >= 3 && other >= 6, `${hashed} files with a hash and ${other} without`);
    return `${files.length} files`;
  });

  runner.test("hosting: what the build compressed is sent to who can read it", async () => {
    const hasBrotli = (await get("", { headers: { "accept-encoding": "br" } })).headers["content-encoding"]?.join() === "br";
    let packed = 0;
    for (const name of files.filter((file) => file !== "config.json" && statSync(join(env.dist, `${file}.gz`), { throwIfNoEntry: false }))) {
      const brotli = hasBrotli ? "br" : "gzip";
      for (const [accepted, expected] of [["br", hasBrotli ? "br" : undefined], ["gzip", "gzip"], ["gzip, deflate, br", brotli], ["br;q=0, gzip", "gzip"], ["identity", undefined], ["gzip;q=0", undefined]]) {
        const answer = await get(name, { headers: { "accept-encoding": accepted } });
        equal(answer.headers["content-encoding"]?.join(), expected, `${name} for ${accepted}: Content-Encoding`);
        equal(answer.headers.vary, ["Accept-Encoding"], `${name} for ${accepted}: Vary`);
        equal(answer.headers["content-type"], [TYPES[extname(name)]], `${name} for ${accepted}: Content-Type`);
        check(unpacked(answer).equals(bytesOf(name)), `${name} for ${accepted}: other bytes`);
        if (expected) check(answer.body.equals(bytesOf(`${name}.${expected === "br" ? "br" : "gz"}`)), `${name} for ${accepted}: not as the build packed it`);
      }
      packed += 1;
    }
    check(packed >= 8, `only ${packed} files are compressed`);
    return `${packed} files, ${hasBrotli ? "brotli and gzip" : "gzip; this nginx has no module for brotli"}`;
  });

  runner.test("hosting: a copy is asked for again, and need not be sent again", async () => {
    for (const name of ["index.html", "dashboards/executive.json"]) {
      const { headers } = await get(name, { headers: { "accept-encoding": "gzip" } });
      const again = await get(name, { headers: { "accept-encoding": "gzip", "if-none-match": headers.etag.join() } });
      equal([again.status, again.body.length], [304, 0], name);
    }
  });

  runner.test("hosting: an address inside of the app is the page, a file that is not there is not", async () => {
    const page = bytesOf("index.html");
    for (const path of ["", "d/operations", "d/operations?from=now-6h&to=now", "alerts", "dashboards", "dashboards/", "trace/0af7651916cd43dd8448eb211c80319c", "d/a%20b", "d/%D0%B0", "a%0Ab", "no/such/page"]) {
      const answer = await get(path);
      equal([answer.status, answer.headers["content-type"], answer.headers["cache-control"]], [200, [TYPES[".html"]], ["no-cache"]], path);
      check(answer.body.equals(page), `${path}: another page`);
    }
    for (const path of ["nonesuch.js", "app-0123456789abcdef.js", "d/some.json", "dashboards/nonesuch.json", "x.y/", "_agentarea/index.html", "_agentarea/config.json"]) {
      const answer = await get(path);
      equal([answer.status, answer.headers["cache-control"]], [404, undefined], path);
      check(!answer.body.includes("<script"), `${path}: the page instead of an error`);
    }
    for (const path of ["", "index.html", "d/operations", "config.json"]) {
      if (path !== "config.json") equal((await get(path, { method: "POST", body: "a" })).status, 405, `POST to ${path}`);
      equal((await get(path, { method: "DELETE" })).status, 405, `DELETE of ${path}`);
    }
  });

  runner.test("hosting: it answers as the demonstration's own server does", async () => {
    const { url } = await env.short();
    for (const path of ["", "index.html", "d/operations", "dashboards/", "favicon.svg", "dashboards/agents.json", "x.js", "d/x.y/", "csp.txt", "config.json", ...files.filter((name) => name.includes("-"))]) {
      for (const accepted of ["identity", "gzip"]) {
        const own = await ask(url, path, { headers: { "accept-encoding": accepted } });
        const ours = await get(path, { headers: { "accept-encoding": accepted } });
        equal(ours.status, own.status, `${path}: status`);
        if (own.status !== 200) continue;
        for (const header of ["content-type", "content-encoding", "cache-control", "content-security-policy", "x-content-type-options"]) {
          equal(ours.headers[header], own.headers[header], `${path} for ${accepted}: ${header}`);
        }
        check(ours.body.equals(own.body), `${path} for ${accepted}: other bytes`);
      }
    }
  });

  runner.test("hosting: no path leads out of the folder", async () => {
    const ups = ["..", "%2e%2e", ".%2e", "%2E%2E"];
    for (const up of ups) {
      for (const depth of [1, 2, 6]) {
        for (const slash of ["/", "%2f", "//"]) {
          for (const start of ["", "d/", "dashboards/", "prometheus/"]) {
            const path = `${start}${`${up}${slash}`.repeat(depth)}etc/passwd`;
            const answer = await get(path);
            check(!answer.body.includes("root:"), `${path} shows a file of the machine`);
            check([200, 400, 404].includes(answer.status), `${path}: status ${answer.status}`);
            if (answer.status === 200) check(answer.body.equals(bytesOf("index.html")), `${path}: it is not the page`);
          }
        }
      }
    }
    for (const [path, status] of [["index.html%00.png", 400], ["\\..\\..\\etc\\passwd", 404], ["prometheus/x/..%2fapi/v1/query?query=1", 400], ["prometheus/x/../api/v1/query?query=1", 400]]) {
      equal((await ask(await base(), path)).status, status, path);
    }
  });

  runner.test("hosting: queries are passed on, and so are errors", async () => {
    const form = (fields) => ({ method: "POST", headers: { "content-type": "application/x-www-form-urlencoded" }, body: new URLSearchParams(fields).toString() });
    const api = "prometheus/api/v1/";
    const posted = await get(`${api}query`, form({ query: 'label_replace(vector(42), "a", "/ä+%", "", "")' }));
    equal([posted.status, JSON.parse(posted.body).data.result[0].metric.a], [200, "/ä+%"], "a form");
    const asked = await get(`${api}query?${new URLSearchParams({ query: 'label_replace(vector(42), "a", "/ä+%", "", "")' })}`);
    equal(JSON.parse(asked.body), JSON.parse(posted.body), "the same as an address");
    const long = await get(`${api}query`, form({ query: `vector(1) # ${"x".repeat(2_000_000)}` }));
    equal(long.status, 200, "a form of 2 MB");
    const longAddress = await get(`${api}query?query=vector(1)%20%23${"x".repeat(40_000)}`);
    equal(longAddress.status, 200, "an address of 40 kB");
    const refused = await get(`${api}query`, form({ query: "sum(" }));
    equal([refused.status, JSON.parse(refused.body).errorType], [400, "bad_data"], "a query that cannot be read");
    equal((await get(`${api}nonesuch`)).status, 404, "an unknown call");
    equal(refused.headers["cache-control"], undefined, "Cache-Control of an answer");
    const range = form({ query: "agentarea_http_requests_total", start: NOW_MS / 1000 - 20 * 3600, end: NOW_MS / 1000, step: 15 });
    const large = await get(`${api}query_range`, range);
    const packed = await get(`${api}query_range`, { ...range, headers: { ...range.headers, "accept-encoding": "gzip" } });
    check(large.body.length > 1_000_000, `only ${large.body.length} bytes`);
    equal(packed.headers["content-encoding"], ["gzip"], "a large answer");
    check(unpacked(packed).equals(large.body), "a large answer changes on its way when it is packed");
    equal((await get("loki/ready")).status, 404, "a server that is not there");
    return `${large.body.length} bytes`;
  });

  runner.test("hosting: what nginx itself refuses has the headers too", async () => {
    const refusals = [["nonsense\r\n\r\n", 400], ["GET / HTTP/1.1\r\n\r\n", 400], [`GET ${env.prefix} HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(70_000)}\r\n\r\n`, 400],
      [`GET ${env.prefix}${"x".repeat(70_000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 414], [`POST ${env.prefix}prometheus/api/v1/query HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5000000\r\n\r\n`, 413]];
    for (const [bytes, status] of refusals) {
      const [head] = (await say(await base(), bytes)).split("\r\n\r\n");
      const what = bytes.slice(0, 40);
      check(head.startsWith(`HTTP/1.1 ${status} `), `${what}: ${head.slice(0, 60)}`);
      check(head.includes(`\r\nContent-Security-Policy: ${policy}\r\n`) || head.endsWith(`\r\nContent-Security-Policy: ${policy}`), `${what}: no policy: ${head}`);
      check(/\r\nX-Content-Type-Options: nosniff(?:\r\n|$)/.test(head), `${what}: no nosniff`);
      check(!/\r\nServer: .*\d/.test(head), `${what}: it tells its version`);
    }
    if (env.prefix !== "/") {
      const moved = await ask((await env.demo()).url, `${env.prefix.slice(1, -1)}?a=b`);
      checkHeaders(moved, "the prefix without its slash");
      equal([moved.status, moved.headers.location], [301, [`${env.prefix}?a=b`]], "the prefix without its slash");
    }
  });

  runner.test("hosting: pages load, and load again, with nothing on the console", () => onPage(env.browser, {}, async (page) => {
    const url = await base();
    for (const name of DASHBOARDS) {
      await openDashboard(page, url, env.dist, name, "?refresh=off");
      equal(await states(page), {}, `panels without data on ${name}`);
      await page.reload();
      await settled(page, { panels: panelsOf(env.dist, name).length });
      equal(new URL(page.url()).pathname, `${env.prefix}d/${name}`, "address after a reload");
    }
    for (const name of ["alerts", "status", "dashboards"]) await openSheet(page, url, name);
    await page.goto(url);
    await settled(page, { panels: 4 });
    equal(new URL(page.url()).pathname, `${env.prefix}d/${DASHBOARDS[0]}`, "the first page");
    equal(await page.evaluate(() => document.querySelector("base").getAttribute("href")), url, "the page's base");
  }), { limitSecs: 90 });
}
