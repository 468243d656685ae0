// After Trunk: .br and .gz siblings of what compresses, and dist/csp.txt with the Content-Security-Policy that a server
// should send, which names each inline script of index.html by its hash. Prints one line per file,
// `path TAB raw TAB gzip TAB brotli`, in bytes.

import { createHash } from "node:crypto";
import { readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

const dist = process.argv[2];
const texts = /\.(?:html|js|css|json|svg|txt|webmanifest)$/;
const compressible = /\.(?:html|js|css|json|svg|symbols|wasm|webmanifest)$/;

const html = readFileSync(join(dist, "index.html"), "utf8");
const hashes = [...html.matchAll(/<script(?![^>]*\ssrc=)[^>]*>([^]*?)<\/script>/g)].map(
  ([, script]) => `'sha256-${createHash("sha256").update(script).digest("base64")}'`,
);
const policy = [
  "default-src 'self'",
  `script-src 'self' 'wasm-unsafe-eval' ${hashes.join(" ")}`,
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "connect-src 'self' http: https:",
  "object-src 'none'",
  "base-uri 'self'",
  "frame-ancestors 'self'",
].join("; ");
writeFileSync(join(dist, "csp.txt"), policy + "\n");

const files = readdirSync(dist, { recursive: true })
  .map((name) => name.replaceAll("\\", "/"))
  .filter((name) => compressible.test(name) && statSync(join(dist, name)).isFile());
const lines = await Promise.all(
  files.map(async (name) => {
    const raw = readFileSync(join(dist, name));
    const [gz, br] = await Promise.all([
      promisify(gzip)(raw, { level: 9 }),
      promisify(brotliCompress)(raw, {
        params: {
          [constants.BROTLI_PARAM_QUALITY]: 11,
          [constants.BROTLI_PARAM_LGWIN]: 24,
          [constants.BROTLI_PARAM_SIZE_HINT]: raw.length,
          [constants.BROTLI_PARAM_MODE]: texts.test(name) ? constants.BROTLI_MODE_TEXT : constants.BROTLI_MODE_GENERIC,
        },
      }),
    ]);
    // The configuration is edited after the build: a packed sibling would go on saying what was there before.
    if (name !== "config.json") {
      writeFileSync(join(dist, `${name}.gz`), gz);
      writeFileSync(join(dist, `${name}.br`), br);
    }
    return [name, raw.length, gz.length, br.length].join("\t");
  }),
);
console.log(lines.sort().join("\n"));
