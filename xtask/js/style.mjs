// Joins style/**/*.css into target/style/app.css, because Trunk neither resolves @import nor joins files, and one
// request is quicker than thirty. Files in style/later/ are for parts of the app that come later, by their names
// (chunks.json: traces.css, traces_search.css); each part's are joined into one, which index.html links when it is wanted. The order of files is free: each puts its rules into a cascade layer, and the order
// of layers is said here, once. A file outside every layer would win over all of them, so it is refused.

import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const source = join(root, "style");
const target = join(root, "target", "style");
const chunks = Object.keys(JSON.parse(readFileSync(new URL("chunks.json", import.meta.url), "utf8")));
const layers = "@layer reset, tokens, base, layout, components, pages, utilities;\n";

// Comments and indentation, leaving strings alone.
const spare = /("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|\/\*[^]*?\*\/|^[ \t]+|\n(?=\s*\n)/gm;

const joined = new Map([["app", layers]]);
for (const name of readdirSync(source, { recursive: true }).filter((name) => name.endsWith(".css")).sort()) {
  const css = readFileSync(join(source, name), "utf8").replace(spare, (_, string) => string ?? "").trim();
  if (css && !css.startsWith("@layer")) {
    console.error(`style/${name}: its rules must be in an @layer block`);
    process.exitCode = 1;
  }
  const later = /^later[\\/](.*)/.exec(name);
  const part = later ? chunks.find((chunk) => later[1].startsWith(chunk)) : "app";
  if (!part) throw new Error(`style/${name}: no part of the app has this name`);
  joined.set(part, `${joined.get(part) ?? ""}${css}\n`);
}
mkdirSync(target, { recursive: true });
for (const [part, css] of joined) {
  const path = join(target, `${part}.css`);
  // Written only when it differs, or a watching Trunk would build for ever.
  if (!existsSync(path) || readFileSync(path, "utf8") !== css) writeFileSync(path, css);
}
