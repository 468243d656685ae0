// Children of a test run: the demonstration, behind nginx or not, and a real Prometheus that holds the same samples. All
// of them end with us.

import { execFile, spawn } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { until } from "./runner.mjs";

// Where the demonstration's clock stands. Any instant would do; pictures depend on it.
export const NOW = "2026-08-01T12:00:00Z";
export const NOW_MS = Date.parse(NOW);

const children = new Set();
const folders = new Set();

// However we end, nothing is left behind.
process.once("exit", () => {
  for (const child of children) child.kill("SIGKILL");
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
process.once("SIGTERM", () => process.exit(143));
process.once("SIGINT", () => process.exit(130));

function start(program, args, options = {}) {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
  children.add(child);
  child.once("exit", () => children.delete(child));
  child.log = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (text) => {
      child.log = (child.log + text).slice(-20_000);
    });
  }
  child.once("error", (error) => {
    child.log += String(error);
  });
  return child;
}

export async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), 5_000);
  await ended;
  clearTimeout(timer);
}

export async function stopAll() {
  await Promise.all([...children].map(stop));
  await Promise.all([...folders].map((folder) => rm(folder, { recursive: true, force: true })));
}

export async function temporaryFolder() {
  const folder = await mkdtemp(join(tmpdir(), "agentarea-e2e-"));
  folders.add(folder);
  return folder;
}

export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

// The demonstration, behind nginx if that is named; its clock stands still at NOW unless `runs`.
export async function startDemo({ demo, dist, nginx = "", deploy = "" }, { hours = 30, upstream = null, runs = false } = {}) {
  const args = ["serve", "--listen", "127.0.0.1:0", "--dist", dist, "--seed", "1", "--hours", String(hours), "--now", NOW];
  if (!runs) args.push("--freeze");
  if (upstream) args.push("--upstream", upstream);
  if (nginx) args.push("--nginx", nginx, "--deploy", deploy);
  // nginx's folder is made there: killed, the demonstration would leave it behind.
  const env = { ...process.env, TMPDIR: await temporaryFolder() };
  const child = start(demo, args, { env });
  const url = await until("the demonstration to be ready", () => {
    if (child.exitCode !== null) throw new Error(`the demonstration ended:\n${child.log}`);
    return /agentarea-demo ready (\S+)/.exec(child.log)?.[1];
  }, { limitMs: 90_000 });
  return { url, origin: url.replace(/\/$/, ""), child };
}

// A Prometheus that holds what the demonstration of the same hours holds. One without compiled-in pages looks for them in
// its working folder.
export async function startPrometheus({ demo, prometheus, promtool }, { hours, rules = null, workingFolder = null }) {
  for (const program of [prometheus, promtool]) {
    if (program.includes("/") && !existsSync(program)) throw new Error(`there is no ${program}`);
  }
  const folder = await temporaryFolder();
  const samples = join(folder, "samples.om");
  const run = promisify(execFile);
  await run(demo, ["export", "--seed", "1", "--hours", String(hours), "--now", NOW, "--out", samples], { timeout: 120_000 });
  await run(promtool, ["tsdb", "create-blocks-from", "openmetrics", "--quiet", samples, join(folder, "data")], { timeout: 300_000 });
  await rm(samples);
  const config = join(folder, "prometheus.yml");
  const ruleFiles = rules ? `rule_files: [${JSON.stringify(rules)}]\n` : "";
  await writeFile(config, `global: { scrape_interval: 15s, evaluation_interval: 15s }\n${ruleFiles}`);
  const port = await freePort();
  const child = start(prometheus, [
    `--config.file=${config}`, `--storage.tsdb.path=${join(folder, "data")}`, `--web.listen-address=127.0.0.1:${port}`,
    "--storage.tsdb.retention.time=100y", "--log.level=warn",
  ], workingFolder ? { cwd: workingFolder } : {});
  const url = `http://127.0.0.1:${port}`;
  await until("Prometheus to be ready", async () => {
    if (child.exitCode !== null) throw new Error(`Prometheus ended:\n${child.log}`);
    try {
      return (await fetch(`${url}/-/ready`)).ok;
    } catch {
      return false;
    }
  }, { limitMs: 60_000, everyMs: 200 });
  return { url, child };
}
