// Trunk's post_build hook: makes the module and its glue smaller, in ways that wasm-opt alone cannot know of.
//
// - What the glue never calls is no export, so that wasm-opt removes the code behind it. A dependency of Leptos
//   (server functions) exports classes for streams that this app never makes.
// - What the module does not import any more is no function of the glue.
// - Imports and exports get short names. wasm-bindgen's hold a hash each, in the module and in the glue, and hashes do
//   not compress.
// - The glue, the styles and the scripts of index.html are minified.
// - What a page needs only when it is opened becomes a module of its own (split.mjs, chunks.json).
// - The names of the modules' functions go into files of their own, which the page fetches when it has crashed.
//
// All files are read and written under the names that Trunk gave them. Anything that does not look as wasm-bindgen of
// the pinned version writes it ends the build: a module without its glue would be a blank page.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { split } from "./split.mjs";
import { Reader, bytesOfName, bytesOfNumber, sectionsOf } from "./wasm.mjs";

const FEATURES = [
  "bulk-memory", "bulk-memory-opt", "call-indirect-overlong", "multivalue", "mutable-globals", "nontrapping-float-to-int",
  "reference-types", "sign-ext", "simd",
].map((name) => `--enable-${name}`);

function fail(what) {
  console.error(`shrink: ${what}`);
  process.exit(1);
}

// ---- the module's sections ----

function assemble(wasm, parts) {
  return Buffer.concat([wasm.subarray(0, 8), ...parts.flatMap(({ id, body }) => [Buffer.from([id]), bytesOfNumber(body.length), body])]);
}

const IMPORTS = 2;
const EXPORTS = 7;

// [{ module, field, rest }]; rest is the kind and type as they stand in the file.
function importsOf(body) {
  const reader = new Reader(body);
  return Array.from({ length: reader.number() }, () => {
    const [module, field] = [reader.name(), reader.name()];
    const start = reader.at;
    const kind = body[reader.at++];
    if (kind === 0) reader.number();
    else if (kind === 1) { reader.at += 1; reader.limits(); }
    else if (kind === 2) reader.limits();
    else if (kind === 3) reader.at += 2;
    else fail(`an import of kind ${kind}`);
    return { module, field, rest: body.subarray(start, reader.at) };
  });
}

// [{ field, rest }]
function exportsOf(body) {
  const reader = new Reader(body);
  return Array.from({ length: reader.number() }, () => {
    const field = reader.name();
    const start = reader.at++;
    reader.number();
    return { field, rest: body.subarray(start, reader.at) };
  });
}

function changed(wasm, change) {
  return assemble(wasm, sectionsOf(wasm).map(({ id, body }) => {
    const change_of_section = change[id];
    if (!change_of_section) return { id, body };
    const entries = change_of_section(id === IMPORTS ? importsOf(body) : exportsOf(body));
    const written = entries.flatMap((e) => (id === IMPORTS ? [bytesOfName(e.module), bytesOfName(e.field), e.rest] : [bytesOfName(e.field), e.rest]));
    return { id, body: Buffer.concat([bytesOfNumber(entries.length), ...written]) };
  }));
}

// ---- the glue ----

// Classes that the app never makes: nobody imports anything but the default from the glue.
function withoutClasses(glue) {
  for (const [, found] of glue.matchAll(/^export class (\w+) \{$/gm)) {
    glue = glue
      .replace(new RegExp(`^export class ${found} \\{\\n[^]*?^\\}\\n`, "m"), "")
      .replace(new RegExp(`^if \\(Symbol\\.dispose\\) ${found}\\..*\\n`, "m"), "")
      .replace(new RegExp(`^const ${found}Finalization = [^]*?;\\n`, "m"), "");
    if (glue.includes(found)) fail(`the class ${found} is used after all`);
  }
  return glue;
}

const IMPORT_ENTRY = /^ {8}(\w+): (?:function\([^]*?^ {8}\}|[\w$.()]+\([^\n]*\)|[^\n{]+),?\n/gm;

function withOnlyImports(glue, wanted) {
  const found = new Set();
  const kept = glue.replace(IMPORT_ENTRY, (entry, field) => {
    found.add(field);
    return wanted.has(field) ? entry : "";
  });
  const missing = [...wanted].filter((field) => !found.has(field));
  if (missing.length > 0) fail(`the glue lacks ${missing.slice(0, 5).join(", ")}`);
  return kept;
}

function usedExports(glue) {
  return new Set([...glue.matchAll(/\bwasm\.(\w+)/g)].map(([, field]) => field));
}

// a, b, … z, A, … Z, aa, ab, …
function* shortNames() {
  const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  for (const one of letters) yield one;
  for (const one of letters) for (const two of letters) yield one + two;
}

function renaming(fields) {
  const names = shortNames();
  return new Map(fields.map((field) => [field, names.next().value]));
}

// ---- the whole ----

// With its functions' names, or, to be shipped, without. Those are then in `symbolsPath`, as `number TAB name`.
function wasmOpt(wasm, path, symbolsPath) {
  const [input, output] = [`${path}.in`, `${path}.out`];
  writeFileSync(input, wasm);
  // By default, what has one caller is always inlined; large functions with hundreds of locals compress worse.
  const tuning = ["-Oz", "--one-caller-inline-max-function-size", "80"];
  const names = symbolsPath ? [`--symbolmap=${symbolsPath}`, "--strip-debug", "--strip-producers", "--strip-target-features"] : ["--debuginfo"];
  execFileSync("wasm-opt", [...tuning, ...FEATURES, ...names, input, "-o", output], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  const optimised = readFileSync(output);
  rmSync(input);
  rmSync(output);
  if (symbolsPath) {
    // Without the crates' hashes, which say nothing to people.
    const lines = readFileSync(symbolsPath, "utf8").replace(/\[[0-9a-f]{8,}\]/g, "").split("\n");
    writeFileSync(symbolsPath, lines.map((line) => line.replace(":", "\t")).join("\n"));
  }
  return optimised;
}

function entriesOf(wasm, wanted) {
  const body = sectionsOf(wasm).find(({ id }) => id === wanted)?.body;
  return body ? (wanted === IMPORTS ? importsOf(body) : exportsOf(body)) : [];
}

// `index.html` finds a chunk by the same rule.
const chunkPath = (wasmPath, chunk) => wasmPath.replace(/_bg\.wasm$/, `_${chunk}.wasm`);
const symbolsPath = (path) => path.replace(/\.wasm$/, ".symbols");

// A function belongs to a chunk by the modules that its name mentions, as in `<app::pages::alerts::Row as Clone>::clone`.
function splitIntoChunks(wasm) {
  // Where cargo left it. Another way of building may not have it.
  const path = join(process.env.CARGO_TARGET_DIR ?? "target", "wasm32-unknown-unknown", "release", "agentarea-observability.wasm");
  const linked = existsSync(path) ? readFileSync(path) : null;
  const modules = JSON.parse(readFileSync(new URL("chunks.json", import.meta.url), "utf8"));
  const patterns = Object.entries(modules).map(([chunk, paths]) => [
    chunk,
    new RegExp(`\\bagentarea_observability(?:\\[[0-9a-f]+\\])?::(?:${paths.join("|")})(?![\\w])`),
  ]);
  const parts = split(wasm, linked, (name) => {
    const found = patterns.filter(([, pattern]) => pattern.test(name));
    // Of two chunks: of the main module.
    return found.length === 1 ? found[0][0] : null;
  });
  const strays = parts.doors.filter((name) => !/::open(_\w+)?(::h[0-9a-f]+)?$/.test(name));
  if (strays.length > 0) fail(`from outside its chunk only a part's \`open\` and \`open_…\` may be called, not ${strays.slice(0, 5).join(", ")}`);
  return parts;
}

function shrink(dist, esbuild) {
  const files = readdirSync(dist);
  const wasmName = files.find((file) => file.endsWith("_bg.wasm"));
  const glueName = wasmName?.replace(/_bg\.wasm$/, ".js");
  if (!wasmName || !files.includes(glueName)) fail(`no module with its glue in ${dist}`);
  const wasmPath = join(dist, wasmName);
  let wasm = readFileSync(wasmPath);
  let glue = withoutClasses(readFileSync(join(dist, glueName), "utf8"));
  const before = wasm.length;
  const fieldsOf = (module, id) => entriesOf(module, id).map(({ field }) => field);

  // Two rounds: what the first removed no longer needs some of the glue, which then needs fewer exports.
  let chunks = new Map();
  const shared = new Set();
  for (let round = 0; round < 2; round += 1) {
    glue = esbuild.transformSync(glue, { format: "esm", treeShaking: true, target: "es2022", charset: "utf8" }).code
      // The printer's indentation is two; the entries are found by theirs.
      .replace(/^( +)/gm, "$1$1");
    const used = usedExports(glue);
    wasm = changed(wasm, { [EXPORTS]: (entries) => entries.filter(({ field }) => used.has(field) || shared.has(field)) });
    if (round === 0) {
      ({ main: wasm, chunks } = splitIntoChunks(wasm));
      for (const [chunk, module] of chunks) {
        const optimised = wasmOpt(module, join(dist, `${chunk}.wasm`), symbolsPath(chunkPath(wasmPath, chunk)));
        chunks.set(chunk, optimised);
        fieldsOf(optimised, IMPORTS).forEach((field) => shared.add(field));
      }
    }
    wasm = wasmOpt(wasm, wasmPath, round === 1 ? symbolsPath(wasmPath) : null);
    glue = withOnlyImports(glue, new Set(fieldsOf(wasm, IMPORTS)));
  }

  const [{ module }] = entriesOf(wasm, IMPORTS);
  const imports = renaming(fieldsOf(wasm, IMPORTS));
  const exports = renaming(fieldsOf(wasm, EXPORTS));
  wasm = changed(wasm, {
    [IMPORTS]: (entries) => entries.map((e) => ({ ...e, module: "a", field: imports.get(e.field) })),
    [EXPORTS]: (entries) => entries.map((e) => ({ ...e, field: exports.get(e.field) })),
  });
  glue = glue
    .replace(IMPORT_ENTRY, (entry, field) => entry.replace(field, imports.get(field)))
    .replace(`"${module}"`, '"a"')
    .replace(/\bwasm\.(\w+)/g, (_, field) => `wasm.${exports.get(field) ?? fail(`the module lacks ${field}`)}`);
  glue = esbuild.transformSync(glue, { format: "esm", minify: true, target: "es2022", charset: "utf8" }).code;

  const write = (path, written) => {
    if (!WebAssembly.validate(written)) fail(`${path} is not valid any more`);
    writeFileSync(path, written);
  };
  write(wasmPath, wasm);
  for (const [chunk, bytes] of chunks) {
    // What a chunk imports, the main module exports.
    write(chunkPath(wasmPath, chunk), changed(bytes, { [IMPORTS]: (entries) => entries.map((e) => ({ ...e, field: exports.get(e.field) })) }));
    console.log(`shrink: ${bytes.length} bytes of WebAssembly for ${chunk}`);
  }
  writeFileSync(join(dist, glueName), glue);
  console.log(`shrink: ${before} → ${wasm.length} bytes of WebAssembly, ${glue.length} bytes of glue`);
}

// Styles and inline scripts; what is left of index.html says more than it weighs.
function minify(dist, esbuild) {
  for (const file of readdirSync(dist).filter((name) => name.endsWith(".css"))) {
    const path = join(dist, file);
    writeFileSync(path, esbuild.transformSync(readFileSync(path, "utf8"), { loader: "css", minify: true, target: "es2022", charset: "utf8" }).code);
  }
  const path = join(dist, "index.html");
  const html = readFileSync(path, "utf8").replace(/(<script>)([^]*?)(<\/script>)/g, (_, open, script, close) => (
    open + esbuild.transformSync(script, { minify: true, target: "es2022", charset: "utf8" }).code.trim() + close));
  writeFileSync(path, html);
}

// The tools are where wasm-opt is: beside it in the same node_modules.
function toolsFolder() {
  const bin = (process.env.PATH ?? "").split(delimiter).find((folder) => existsSync(join(folder, "wasm-opt")) && existsSync(join(folder, "esbuild")));
  return bin ? join(bin, "..", "..") : fail("wasm-opt and esbuild are not on PATH: run `cargo xtask setup`");
}

// A debug build is for trying things: it is left as it is.
if (process.env.TRUNK_PROFILE !== "debug") {
  const dist = process.env.TRUNK_STAGING_DIR ?? process.argv[2] ?? fail("which folder?");
  const require = createRequire(join(toolsFolder(), "package.json"));
  shrink(dist, require("esbuild"));
  minify(dist, require("esbuild"));
}
