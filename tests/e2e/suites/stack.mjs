// The app on the whole stack of real servers, which `cargo xtask stack` started: each page says what the servers say, and
// the servers' signals of one request, one incident and one alert agree. Everything is asked through nginx.
//
// A stack may have been started with some of the servers only; then what needs the others is not tested, and is not named.
// The stack's clock is live: pages stand still by `refresh=off`, and are compared with the answers that they got.

import { DASHBOARDS, onPage, openSheet } from "../lib/page.mjs";
import { check, equal, until } from "../lib/runner.mjs";
import { compareDashboard } from "./equality.mjs";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

// The guide's channel for each severity.
const CHANNELS = { critical: "pagerduty", warning: "slack", info: "email" };

// So many exemplars are followed into their traces and the lines of the log.
const FOLLOWED = 16;
// A trace and its lines are sent once per scrape, and Loki shows them when it has taken them.
const ARRIVED_MS = 45_000;

export function stackSuite(runner, env) {
  const { stack, front } = env;
  const has = (name) => Boolean(stack.servers[name]);

  const ask = async (path, options) => {
    const answer = await fetch(`${front.url}${path}`, options);
    const text = await answer.text();
    check(answer.ok, `${path}: status ${answer.status}: ${text.slice(0, 200)}`);
    return text ? JSON.parse(text) : null;
  };
  const withParams = (path, params) => `${path}?${new URLSearchParams(params)}`;
  const prometheus = async (call, params = {}) => (await ask(withParams(`prometheus/api/v1/${call}`, params))).data;
  const loki = async (call, params = {}) => (await ask(withParams(`loki/loki/api/v1/${call}`, params))).data;
  const jaeger = async (call, params = {}) => (await ask(withParams(`jaeger/api/${call}`, params))).data;
  const alerts = () => ask("alertmanager/api/v2/alerts");
  const received = async () => (await fetch(`${stack.sink}received`)).json();

  // From the history alone, and live.
  const [from, to] = env.prefix === "/" ? [stack.now_ms - 7 * HOUR_MS, stack.now_ms - HOUR_MS] : [stack.now_ms - 40 * MINUTE_MS, stack.now_ms];
  const ranges = [`from=${from}&to=${to}`, "from=now-30m&to=now"];
  for (const name of DASHBOARDS) {
    runner.test(`stack: ${name} draws what Prometheus answered`, async () => {
      let [panels, points] = [0, 0];
      for (const range of ranges) {
        const compared = await compareDashboard(env, front, name, `?refresh=off&${range}`);
        panels += compared.panels;
        points += compared.points;
      }
      return `${panels} panels, ${points} points`;
    }, { limitSecs: 300 });
  }

  // What the page was answered last: a second question may get another answer.
  const answered = (call) => {
    const { text } = front.queries.findLast((query) => query.path === call && query.status === 200) ?? {};
    check(text, `the page did not ask for ${call}`);
    return JSON.parse(text).data;
  };

  runner.test("stack: the alerts page lists Prometheus's rules, each in its state", async () => {
    await onPage(env.browser, {}, async (page) => {
      front.forget();
      await openSheet(page, front.url, "alerts", "?refresh=off");
      const rules = answered("rules").groups.flatMap((group) => group.rules).filter((rule) => rule.type === "alerting");
      check(rules.length >= 10, `Prometheus has only ${rules.length} rules`);
      check(rules.every((rule) => rule.health === "ok"), `rules that are not evaluated: ${rules.filter((rule) => rule.health !== "ok").map((rule) => [rule.name, rule.health, rule.lastError])}`);
      const shown = await page.locator('[data-testid="rule"]').evaluateAll((rows) => rows.map((row) => [row.dataset.rule, row.querySelector(".badge").textContent]));
      equal(shown.map(([rule]) => rule).sort(), rules.map((rule) => rule.name).sort(), "rules");
      const ofState = (state) => rules.filter((rule) => rule.state === state).map((rule) => rule.name).sort();
      const shownAs = (state) => shown.filter(([, badge]) => badge.includes(state)).map(([rule]) => rule).sort();
      equal(shownAs("firing"), ofState("firing"), "firing rules");
      equal(shownAs("pending"), ofState("pending"), "pending rules");
      check(ofState("firing").length > 0, "nothing fires");
      const count = rules.flatMap((rule) => rule.alerts).filter((alert) => alert.state === "firing").length;
      equal(await page.getByTestId("firing-count").textContent(), String(count), "count in the rail");
    });
  });

  runner.test("stack: the status page lists each target with its health", async () => {
    await onPage(env.browser, {}, async (page) => {
      front.forget();
      await openSheet(page, front.url, "status", "?refresh=off");
      const targets = answered("targets").activeTargets;
      const rows = await page.locator(".data-table__table tbody tr").evaluateAll((all) => all.map((row) => [row.cells[2].textContent, row.cells[0].textContent.replace(/^\W+/, "")]));
      equal(rows.sort(), targets.map((target) => [target.labels.instance, target.health]).sort(), "targets");
      const down = targets.filter((target) => target.health !== "up").map((target) => target.labels.job);
      equal([...new Set(down)], ["agentarea-frontend"], "jobs with a target that is not up");
      await page.getByText(stack.servers.prometheus.version, { exact: true }).waitFor();
    });
  });

  if (has("alertmanager")) alertTests();
  if (has("loki")) tailTest();
  if (has("jaeger")) signalsTest();
  incidentTests();

  function alertTests() {
    const names = (all) => [...new Set(all.map(({ labels }) => `${labels.alertname} ${labels.severity} ${labels.instance ?? ""}`))].sort();
    runner.test("stack: what fires in Prometheus is active in Alertmanager", async () => {
      let seen = null;
      // Other tests send alerts of their own.
      const rules = new Set((await prometheus("rules")).groups.flatMap((group) => group.rules.map(({ name }) => name)));
      await until("both to agree", async () => {
        const firing = (await prometheus("alerts")).alerts.filter(({ state }) => state === "firing");
        const active = (await alerts()).filter(({ labels }) => rules.has(labels.alertname));
        seen = { firing: names(firing), active: names(active) };
        return firing.length > 0 && JSON.stringify(seen.firing) === JSON.stringify(seen.active);
      }, { limitMs: 90_000, everyMs: 1_000 }).catch(() => equal(seen.active, seen.firing, "alerts in Alertmanager"));
      for (const name of ["ServiceDown critical", "DiskSpaceLow critical", "MCPToolFailures warning"]) {
        check(seen.firing.some((one) => one.startsWith(name)), `${name} does not fire: ${seen.firing}`);
      }
      return `${seen.firing.length} alerts`;
    }, { limitSecs: 120 });

    runner.test("stack: each severity reaches the channel of the guide, and no other", async () => {
      // Nothing of severity `info` need fire just now.
      const labels = { alertname: "OfTheTest", severity: "info", service: "e2e", test: `at ${env.prefix}` };
      const alert = { labels, annotations: { summary: "sent by a test" }, startsAt: new Date().toISOString(), endsAt: new Date(Date.now() + 2 * MINUTE_MS).toISOString() };
      await ask("alertmanager/api/v2/alerts", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify([alert]) });
      let missing = null;
      await until("notifications of all active alerts", async () => {
        const notified = new Set((await received()).flatMap(({ channel, body }) => body.alerts.map((one) => `${channel}: ${JSON.stringify(Object.entries(one.labels).sort())}`)));
        const active = (await alerts()).filter(({ status }) => status.state === "active");
        missing = active.map((one) => `${CHANNELS[one.labels.severity]}: ${JSON.stringify(Object.entries(one.labels).sort())}`).filter((one) => !notified.has(one));
        return active.length > 0 && missing.length === 0;
      }, { limitMs: 90_000, everyMs: 1_000 }).catch(() => equal(missing, [], "alerts without a notification"));
      const all = await received();
      for (const { channel, body } of all) {
        for (const one of body.alerts) equal([one.labels.alertname, channel], [one.labels.alertname, CHANNELS[one.labels.severity]], "alert and its channel");
      }
      equal([...new Set(all.map(({ channel }) => channel))].sort(), Object.values(CHANNELS).sort(), "channels");
      for (const { labels: { severity }, receivers } of await alerts()) equal(receivers.map(({ name }) => name), [CHANNELS[severity]], "receivers in Alertmanager");
      return `${all.length} notifications`;
    }, { limitSecs: 120 });
  }

  function tailTest() {
    runner.test("stack: a page can follow Loki's live tail", () => onPage(env.browser, {}, async (page) => {
      // The front does not speak WebSocket; nginx does, and the page's policy allows it.
      const base = env.prefix === "/" ? stack.app : stack.app_prefixed;
      await page.goto(`${base}status?refresh=off`);
      const { streams } = await page.evaluate((query) => new Promise((resolve, reject) => {
        const address = new URL(`loki/loki/api/v1/tail?${new URLSearchParams({ query })}`, document.baseURI);
        const socket = new WebSocket(address.href.replace(/^http/, "ws"));
        socket.addEventListener("message", ({ data }) => {
          const told = JSON.parse(data);
          if (!(told.streams?.length > 0)) return;
          socket.close();
          resolve(told);
        });
        socket.addEventListener("close", ({ code, reason }) => reject(new Error(`the socket was closed: ${code} ${reason}`)));
      }), '{namespace="agentarea"}');
      equal(streams[0].stream.namespace, "agentarea", "namespace of the first line");
      return `${streams.flatMap(({ values }) => values).length} lines at once`;
    }));
  }

  function signalsTest() {
    const newest = async () => {
      const end = Date.now() - ARRIVED_MS;
      const start = Math.max(stack.now_ms - HOUR_MS, end - HOUR_MS);
      const series = await prometheus("query_exemplars", { query: "agentarea_http_request_duration_seconds_bucket", start: start / 1000, end: end / 1000 });
      const all = series.flatMap(({ seriesLabels, exemplars }) => exemplars.map(({ labels, value, timestamp }) => ({ service: seriesLabels.service, traceId: labels.trace_id, secs: Number(value), ms: timestamp * 1000 })));
      return all.filter(({ ms }) => ms < end).sort((a, b) => b.ms - a.ms);
    };

    runner.test(`stack: an exemplar's trace is in Jaeger${has("loki") ? ", and its lines are in Loki" : ""}`, async () => {
      const exemplars = await until("exemplars", async () => {
        const found = await newest();
        return found.length >= FOLLOWED ? found.slice(0, FOLLOWED) : null;
      }, { limitMs: 120_000, everyMs: 2_000 });
      let [spanCount, lineCount] = [0, 0];
      for (const { service, traceId, secs, ms } of exemplars) {
        check(/^[0-9a-f]{32}$/.test(traceId), `the exemplar's trace_id is ${traceId}`);
        const [trace] = await jaeger(`traces/${traceId}`);
        equal(trace.traceID, traceId, "the trace that was found");
        const services = trace.spans.map(({ processID }) => trace.processes[processID].serviceName);
        check(services.includes(service), `${traceId}: no span of ${service}, only of ${services}`);
        const nearest = Math.min(...trace.spans.map(({ duration }) => Math.abs(duration / 1e6 - secs)));
        check(nearest < 0.001 + secs * 0.01, `${traceId}: no span lasts ${secs} s as the exemplar says; ${nearest} s beside`);
        spanCount += trace.spans.length;
        if (!has("loki")) continue;
        const { result } = await loki("query_range", {
          query: `{namespace="agentarea"} | trace_id="${traceId}"`, start: Math.floor((ms - HOUR_MS) / 1000), end: Math.ceil((ms + 5 * MINUTE_MS) / 1000), limit: 500,
        });
        const lines = result.flatMap(({ stream, values }) => values.map(([, line]) => ({ stream, line })));
        check(lines.length > 0, `${traceId}: no line in Loki`);
        const spanIds = new Set(trace.spans.map(({ spanID }) => spanID));
        for (const { stream, line } of lines) {
          equal(stream.trace_id, traceId, "trace_id in structured metadata");
          check(spanIds.has(stream.span_id), `${traceId}: a line is of span ${stream.span_id}, which the trace has not`);
          check(!line.includes('"trace_id"') || line.includes(traceId), `a line names another trace: ${line}`);
        }
        lineCount += lines.length;
      }
      check(spanCount > exemplars.length * 2, `only ${spanCount} spans`);
      return `${exemplars.length} exemplars, ${spanCount} spans, ${lineCount} lines`;
    }, { limitSecs: 240 });
  }

  // An incident is seen by comparing a time in it with a time of the same length beside it.
  function incidentTests() {
    const at = (offsetMs) => stack.now_ms + offsetMs;
    const metric = async (expr, [, to]) => {
      const { result } = await prometheus("query", { query: expr, time: at(to) / 1000 });
      return result.reduce((sum, { value }) => sum + Number(value[1]), 0);
    };
    const lines = async (selector, [from, to]) => {
      const { result } = await loki("query", { query: `sum(count_over_time(${selector} [${Math.round((to - from) / 1000)}s]))`, time: String(BigInt(at(to)) * 1_000_000n) });
      return result.reduce((sum, { value }) => sum + Number(value[1]), 0);
    };
    const traces = async ({ service, tags = {}, includes }, [from, to]) => {
      const found = await jaeger("traces", { service, start: at(from) * 1000, end: at(to) * 1000, limit: 1500, ...(Object.keys(tags).length > 0 ? { tags: JSON.stringify(tags) } : {}) });
      return found.filter((trace) => includes(JSON.stringify(trace))).length;
    };
    const api = (words, tags = { error: "true" }) => ({ service: "agentarea-api", tags, includes: (text) => text.includes(words) });
    const tool = 'tool_name="web_search",status="error"';
    const everything = '{namespace="agentarea"}';

    // Each signal: what is counted, how many times more of it there is in the incident, or, with `LOST`, beside it. Times
    // are minutes relative to the end of the history.
    const LOST = true;
    const INCIDENTS = [
      {
        name: "the exhausted database pool of three hours ago", during: [-175, -160], beside: [-215, -200],
        metric: ['sum(increase(agentarea_http_requests_total{status=~"5.."}[15m]))', 4],
        logs: [`${everything} |= "QueuePool limit"`, 4], traces: [api("QueuePool limit"), 4],
      },
      {
        name: "the tool that fails now", during: [-16, -1], beside: [-50, -35],
        metric: [`sum(increase(agentarea_mcp_tool_calls_total{${tool}}[15m]))`, 4],
        logs: [`${everything} |= "Tool call failed" |= "web_search"`, 4], traces: [api("tools/call web_search", { "error.type": "tool_error" }), 2],
      },
      {
        name: "the frontend that is gone", during: [-30, -15], beside: [-60, -45],
        metric: ['sum(min_over_time(up{job="agentarea-frontend"}[15m]))', 1.5, LOST],
        logs: ['{pod="agentarea-frontend-1"}', 4, LOST],
        traces: [{ service: "agentarea-frontend", includes: (text) => text.includes('"agentarea-frontend-1"') }, 4, LOST],
      },
      {
        name: "the slow deployment of this morning", during: [-350, -335], beside: [-390, -375],
        metric: ['histogram_quantile(0.95, sum by (le) (rate(agentarea_http_request_duration_seconds_bucket{service="agentarea-api"}[15m])))', 1.2],
        logs: [`${everything} |= "Application startup complete"`, 1.5],
        traces: [{ service: "agentarea-api", includes: (text) => text.includes('"value":"1.9.0"') }, 4],
      },
      {
        name: "the disk that fills", during: [-5, 0], beside: [-20, -15],
        metric: ['sum(node_filesystem_avail_bytes{mountpoint="/"} / node_filesystem_size_bytes{mountpoint="/"} < bool 0.1)', 1],
        logs: [`${everything} |= "Disk space low"`, 1],
        traces: [{ service: "mcp-manager", includes: (text) => text.includes("workspace.disk_low") }, 1],
      },
      {
        name: "the process that was killed for its memory", during: [-541, -531], beside: [-561, -551],
        metric: ['sum(increase(container_oom_events_total{container="agentarea-mcp-manager"}[10m]))', 1],
        logs: [`${everything} |= "OOMKilled"`, 1],
      },
      {
        name: "the restart of Prometheus itself", during: [-859.7, -858.7], beside: [-870, -869],
        metric: ['count(count_over_time(up[1m]))', 1, LOST],
        logs: [`${everything} |= "Scheduler keeps the last known load"`, 1],
      },
    ];
    for (const { name, during, beside, ...all } of INCIDENTS) {
      const signals = Object.fromEntries(Object.entries(all).filter(([signal]) => ({ metric: true, logs: has("loki"), traces: has("jaeger") })[signal]));
      runner.test(`stack: ${name} is seen in ${Object.keys(signals).join(", ")}`, async () => {
        const minutes = ([from, to]) => [from * MINUTE_MS, to * MINUTE_MS];
        const counts = [];
        for (const [signal, [what, times, isLost = false]] of Object.entries(signals)) {
          const count = { metric, logs: lines, traces }[signal];
          const [inside, outside] = [await count(what, minutes(during)), await count(what, minutes(beside))];
          const [more, less] = isLost ? [outside, inside] : [inside, outside];
          check(more > less && more >= less * times, `${signal}: ${inside} in it, ${outside} beside it`);
          counts.push(`${signal} ${inside} / ${outside}`);
        }
        return counts.join(", ");
      }, { limitSecs: 120 });
    }
  }
}
