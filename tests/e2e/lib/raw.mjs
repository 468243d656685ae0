// HTTP as it goes over the wire: no path is tidied, no answer unpacked, no redirect followed.

import http from "node:http";
import net from "node:net";
import { brotliDecompressSync, gunzipSync } from "node:zlib";

// Asks for `path` below `base` and resolves to { status, headers, body }; each header is the list of its values.
export function ask(base, path = "", { method = "GET", headers = {}, body = null } = {}) {
  const { hostname, port, pathname } = new URL(base);
  return new Promise((resolve, reject) => {
    const request = http.request({ hostname, port, path: `${pathname}${path}`, method, headers, agent: false, timeout: 15_000 }, async (answer) => {
      try {
        const chunks = [];
        for await (const chunk of answer) chunks.push(chunk);
        resolve({ status: answer.statusCode, headers: answer.headersDistinct, body: Buffer.concat(chunks) });
      } catch (error) {
        reject(error);
      }
    });
    request.once("timeout", () => request.destroy(new Error(`${method} ${path}: no answer`)));
    request.once("error", reject);
    request.end(body);
  });
}

// Sends bytes that need not be a request, and resolves to all that is answered. A server that refuses before it has read all of
// them resets the connection, which may overtake its answer: then it is told again.
export async function say(base, bytes) {
  for (let turn = 0; turn < 5; turn++) {
    const answer = await saidOnce(base, bytes);
    if (answer) return answer;
  }
  throw new Error("the connection was reset before every answer");
}

function saidOnce(base, bytes) {
  const { hostname, port } = new URL(base);
  return new Promise((resolve, reject) => {
    const socket = net.connect(Number(port), hostname, () => socket.write(bytes));
    let text = "";
    socket.setEncoding("latin1").setTimeout(15_000, () => socket.destroy(new Error("no answer")));
    socket.on("data", (part) => {
      text += part;
    });
    socket.once("error", (error) => (["ECONNRESET", "EPIPE"].includes(error.code) ? resolve(text) : reject(error)));
    socket.once("close", () => resolve(text));
  });
}

// The body without its packing.
export function unpacked({ headers, body }) {
  const encoding = headers["content-encoding"]?.join() ?? "";
  const unpack = { "": (bytes) => bytes, gzip: gunzipSync, br: brotliDecompressSync }[encoding];
  if (!unpack) throw new Error(`unknown encoding ${encoding}`);
  return unpack(body);
}
