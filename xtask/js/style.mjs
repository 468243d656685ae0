// Joins style/**/*.css into target/style/app.css, because Trunk neither resolves @import nor joins files, and one
// request is quicker than thirty. The order of files is free: each puts its rules into a cascade layer, and the order
// of layers is said here, once. A file outside every layer would win over all of them, so it is refused.

import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const source = join(root, "style");
const target = join(root, "target", "style", "app.css");
const layers = "@layer reset, tokens, base, layout, components, pages, utilities;\n";

// Comments and indentation, leaving strings alone.
const spare = /("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|\/\*[^]*?\*\/|^[ \t]+|\n(?=\s*\n)/gm;

const files = readdirSync(source, { recursive: true }).filter((name) => name.endsWith(".css")).sort();
const parts = files.map((name) => {
  const css = readFileSync(join(source, name), "utf8").replace(spare, (_, string) => string ?? "").trim();
  if (css && !css.startsWith("@layer")) {
    console.error(`style/${name}: its rules must be in an @layer block`);
    process.exitCode = 1;
  }
  return css;
});
const joined = layers + parts.join("\n") + "\n";
// Written only when it differs, or a watching Trunk would build for ever.
if (!existsSync(target) || readFileSync(target, "utf8") !== joined) {
  mkdirSync(join(root, "target", "style"), { recursive: true });
  writeFileSync(target, joined);
}
