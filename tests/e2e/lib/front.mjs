// A proxy between the page and what serves it. It remembers every query with its answer, and can misbehave.
//
// The page sees nothing outside of `prefix`; below it, paths lead below the target's own path. Both begin and end with a
// slash, and need not be the same. Queries and faults are told paths below the prefix.

import http from "node:http";

const FORGET = new Set(["connection", "keep-alive", "transfer-encoding", "content-length", "content-encoding"]);

export class Front {
  // Every query that went through: { id, path, params, status, text, startedMs, endedMs, isAborted }.
  queries = [];
  // Called for each request; what it returns instead of undefined is done instead of passing on:
  // { refuse } | { hang } | { delayMs } | { status, type, body } | { truncateAt }.
  fault = () => undefined;
  #server;
  #target;
  #prefix;
  #sockets = new Set();
  #agent = new http.Agent({ keepAlive: true });

  constructor(target, { prefix = "/" } = {}) {
    this.#target = new URL(target);
    this.#prefix = prefix;
  }

  async start() {
    this.#server = http.createServer((request, response) => this.#answer(request, response));
    this.#server.on("connection", (socket) => {
      socket.setNoDelay(true);
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
    await new Promise((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    this.origin = `http://127.0.0.1:${this.#server.address().port}`;
    this.url = `${this.origin}${this.#prefix}`;
    return this;
  }

  async stop() {
    for (const socket of this.#sockets) socket.destroy();
    this.#agent.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  forget() {
    this.queries = [];
    this.fault = () => undefined;
  }

  // From now on, a file of the app is this one: JSON that stands in for what is installed.
  standIn(file, body) {
    this.forget();
    this.fault = ({ path }) => (path.endsWith(file) ? { status: 200, type: "application/json", body } : undefined);
  }

  async #answer(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    if (!request.url.startsWith(this.#prefix)) {
      response.writeHead(404, { "content-type": "text/plain" }).end("outside of the prefix\n");
      return;
    }
    const path = request.url.slice(this.#prefix.length);
    const url = new URL(`${this.#target.origin}/${path}`);
    const query = url.pathname.startsWith("/prometheus/api/v1/") ? this.#remember(request, url, body, response) : null;
    const fault = this.fault({ path: url.pathname, method: request.method, params: query?.params ?? {} }) ?? {};
    if (fault.refuse) {
      request.socket.destroy();
      return;
    }
    if (fault.hang) return;
    if (fault.delayMs) await new Promise((resolve) => setTimeout(resolve, fault.delayMs));
    if (fault.status) {
      if (query) Object.assign(query, { status: fault.status, text: fault.body, endedMs: performance.now() });
      response.writeHead(fault.status, { "content-type": fault.type ?? "text/plain" }).end(fault.body);
      return;
    }
    const headers = { ...request.headers, host: this.#target.host };
    // Texts are remembered as they are: no compression on this side.
    if (query) delete headers["accept-encoding"];
    // As it was written: reading it as an address would make it another one.
    const way = { host: this.#target.hostname, port: this.#target.port, path: `${this.#target.pathname}${path}` };
    const upstream = http.request({ ...way, method: request.method, headers, agent: this.#agent }, async (answer) => {
      const parts = [];
      try {
        for await (const part of answer) parts.push(part);
      } catch {
        response.destroy();
        return;
      }
      const answered = Buffer.concat(parts);
      const passed = Object.fromEntries(Object.entries(answer.headers).filter(([name]) => query ? !FORGET.has(name) : !["connection", "keep-alive", "transfer-encoding"].includes(name)));
      if (query) Object.assign(query, { status: answer.statusCode, text: answered.toString("utf8"), endedMs: performance.now() });
      if (fault.truncateAt !== undefined) {
        // Announced in full, ended early: as a connection that breaks.
        response.writeHead(answer.statusCode, { ...passed, "content-length": answered.length });
        response.write(answered.subarray(0, fault.truncateAt), () => request.socket.destroy());
        return;
      }
      response.writeHead(answer.statusCode, passed).end(answered);
    });
    upstream.on("error", () => response.destroy());
    upstream.end(body);
  }

  #remember(request, url, body, response) {
    const params = Object.fromEntries([...url.searchParams, ...new URLSearchParams(body.toString("utf8"))]);
    const query = {
      path: url.pathname.replace("/prometheus/api/v1/", ""), params, status: null, text: null,
      startedMs: performance.now(), endedMs: null, isAborted: false,
    };
    this.queries.push(query);
    response.once("close", () => {
      if (query.endedMs === null) {
        query.endedMs = performance.now();
        query.isAborted = true;
      }
    });
    return query;
  }

  // Those of panels: the alerts that charts point at are asked for once per dashboard, not by a panel.
  ranges() {
    return this.queries.filter(({ path, params }) => path === "query_range" && !params.query?.startsWith("ALERTS{"));
  }
}
