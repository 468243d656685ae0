// Takes a WebAssembly module apart: what a page needs only when it is opened goes into modules of its own ("chunks"), which
// are instantiated into the running app.
//
// How: functions are assigned by name and by reach. A function whose name mentions a chunk's Rust modules (its own, or as a
// type parameter) belongs to the chunk; so does everything that only such functions call, name by its slot of the table, or
// reach through data that has the slot. What several chunks reach in this way is in each of them. All others stay in the main
// module. The parts share memory, tables and globals. Constant data (texts, tables of functions) goes along where the linker's
// relocations, and the addresses that code names, say that only one chunk can reach it. A call from one part into another goes
// through the table that Rust's own function pointers use: the callee gets a slot there (or has one), and the call becomes
// `call_indirect`. A chunk fills its slots when it is instantiated; until then they hold a function that traps.
//
// It is for the caller (Rust: `state::chunks`) not to call into a chunk before it is there, and for tests/architecture.rs to
// see that only the doors in chunks.json are called from outside.
//
// Before: the module as wasm-bindgen leaves it, with names. After: each part still has names, and wasm-opt follows.
// What is not known (an instruction, a section, a form of an element) ends the build.

import { Reader, bytesOfName, bytesOfNumber, dataOf, sectionsOf } from "./wasm.mjs";

const SECTION = { custom: 0, type: 1, import: 2, function: 3, table: 4, memory: 5, global: 6, export: 7, start: 8, element: 9, code: 10, data: 11, dataCount: 12 };
const KIND = { function: 0, table: 1, memory: 2, global: 3 };

function fail(what) {
  throw new Error(`split: ${what}`);
}

// ---- instructions: only where they end, and which functions they name (core specification, 5.4) ----

// The places in a function's code at which another function is called, [{ at, end, callee }], and every number that may be
// an address.
function readCode(body, start) {
  const reader = new Reader(body, start);
  const calls = [];
  const numbers = [];
  const skip = { number: () => reader.number(), memory: () => numbers.push(reader.memoryArgument()) };
  while (reader.at < body.length) {
    const at = reader.at;
    const opcode = body[reader.at++];
    if (opcode === 0x10 || opcode === 0x12) {
      const callee = reader.number();
      if (opcode === 0x12) fail("a tail call");
      calls.push({ at, end: reader.at, callee });
    } else if (opcode === 0x02 || opcode === 0x03 || opcode === 0x04) {
      // A block's type: empty, a value type, or the index of a function type; all are one signed number.
      skip.number();
    } else if (opcode === 0x0c || opcode === 0x0d || (opcode >= 0x20 && opcode <= 0x26)) {
      skip.number();
    } else if (opcode === 0x0e) {
      for (let count = reader.number(); count >= 0; count -= 1) skip.number();
    } else if (opcode === 0x11) {
      skip.number();
      skip.number();
    } else if (opcode === 0x1c) {
      for (let count = reader.number(); count > 0; count -= 1) reader.at += 1;
    } else if (opcode >= 0x28 && opcode <= 0x3e) {
      skip.memory();
    } else if (opcode === 0x41) {
      numbers.push(reader.signed());
    } else if (opcode === 0x3f || opcode === 0x40 || opcode === 0x42 || opcode === 0xd0) {
      skip.number();
    } else if (opcode === 0x43) {
      reader.at += 4;
    } else if (opcode === 0x44) {
      reader.at += 8;
    } else if (opcode === 0xd2) {
      fail("ref.func");
    } else if (opcode === 0xfc) {
      const operation = reader.number();
      if (operation <= 7) continue;
      if (operation === 8 || operation === 9 || operation === 12 || operation === 13) fail("a passive segment");
      for (let count = { 10: 2, 11: 1, 14: 2, 15: 1, 16: 1, 17: 1 }[operation] ?? fail(`0xfc ${operation}`); count > 0; count -= 1) skip.number();
    } else if (opcode === 0xfd) {
      const operation = reader.number();
      if (operation <= 11 || operation === 92 || operation === 93) skip.memory();
      else if (operation === 12 || operation === 13) reader.at += 16;
      else if (operation >= 21 && operation <= 34) reader.at += 1;
      else if (operation >= 84 && operation <= 91) { skip.memory(); reader.at += 1; }
      else if (operation > 275) fail(`0xfd ${operation}`);
    } else if (!(opcode <= 0x01 || opcode === 0x05 || opcode === 0x0b || opcode === 0x0f || opcode === 0x1a || opcode === 0x1b
      || (opcode >= 0x45 && opcode <= 0xc4) || opcode === 0xd1)) {
      fail(`the instruction 0x${opcode.toString(16)}`);
    }
  }
  return { calls, numbers };
}

// ---- the module ----

function limits(reader) {
  const start = reader.at;
  reader.limits();
  return reader.bytes.subarray(start, reader.at);
}

function parse(wasm) {
  const parts = sectionsOf(wasm);
  const bodyOf = (id) => parts.find((section) => section.id === id)?.body;
  const entriesOf = (id, read) => {
    const body = bodyOf(id);
    if (!body) return [];
    const reader = new Reader(body);
    return Array.from({ length: reader.number() }, () => read(reader));
  };
  const known = new Set(Object.values(SECTION));
  for (const { id } of parts) if (!known.has(id)) fail(`section ${id}`);

  const imports = entriesOf(SECTION.import, (reader) => {
    const entry = { module: reader.name(), field: reader.name(), kind: reader.bytes[reader.at++] };
    const start = reader.at;
    if (entry.kind === KIND.function) entry.type = reader.number();
    else fail("an import that is no function");
    return { ...entry, rest: reader.bytes.subarray(start, reader.at) };
  });
  const types = entriesOf(SECTION.function, (reader) => reader.number());
  const tables = entriesOf(SECTION.table, (reader) => {
    const element = reader.bytes[reader.at++];
    return { element, limits: limits(reader) };
  });
  const memories = entriesOf(SECTION.memory, (reader) => limits(reader));
  const globals = entriesOf(SECTION.global, (reader) => {
    const type = reader.bytes[reader.at++];
    const isMutable = reader.bytes[reader.at++];
    const start = reader.at;
    reader.constant();
    return { type, isMutable, value: reader.bytes.subarray(start, reader.at) };
  });
  const exports = entriesOf(SECTION.export, (reader) => ({ field: reader.name(), kind: reader.bytes[reader.at++], index: reader.number() }));
  const elements = entriesOf(SECTION.element, (reader) => {
    if (reader.number() !== 0) fail("an element segment that is not active on the first table");
    const offset = reader.i32Constant();
    return { offset, functions: Array.from({ length: reader.number() }, () => reader.number()) };
  });
  const codes = entriesOf(SECTION.code, (reader) => {
    const length = reader.number();
    return reader.bytes.subarray(reader.at, (reader.at += length));
  });
  if (bodyOf(SECTION.start)) fail("a start function");

  const functions = [
    ...imports.map(({ type, field }) => ({ type, name: field, isImport: true })),
    ...types.map((type, index) => ({ type, name: "", isImport: false, body: codes[index] })),
  ];
  for (const { id, body } of parts) if (id === SECTION.custom) readNames(body, functions);
  for (const one of functions) if (!one.isImport) Object.assign(one, readCode(one.body, localsEnd(one.body)));
  return { parts, bodyOf, imports, tables, memories, globals, exports, elements, functions };
}

function localsEnd(body) {
  const reader = new Reader(body);
  for (let count = reader.number(); count > 0; count -= 1) {
    reader.number();
    reader.at += 1;
  }
  return reader.at;
}

function readNames(body, functions) {
  const reader = new Reader(body);
  if (reader.name() !== "name") return;
  while (reader.at < body.length) {
    const subsection = body[reader.at++];
    const end = reader.number() + reader.at;
    if (subsection === 1) {
      for (let count = reader.number(); count > 0; count -= 1) {
        const index = reader.number();
        functions[index].name = reader.name();
      }
    }
    reader.at = end;
  }
}

// ---- who belongs where ----

// A function of the table is reached by code that names its slot, and by data that code reaches and that has the slot. A slot
// that the linker did not fill is reached by everything.
function homes(module, data, chunkOfName) {
  const { functions, exports, elements } = module;
  const named = functions.map((one) => (one.isImport ? null : chunkOfName(one.name)));
  for (const { kind, index } of exports) if (kind === KIND.function) named[index] = null;
  const held = new Map(elements.flatMap(({ offset, functions: list }) => list.map((at, index) => [offset + index, at])));
  // What stays, whatever calls it: by export, or reached by what stays.
  const isEager = new Uint8Array(functions.length);
  const reach = (roots, mark, isOut) => {
    const seen = new Set();
    const open = [...roots];
    const openSlots = (slots) => { for (const slot of slots) if (held.has(slot)) open.push(held.get(slot)); };
    const openPieces = (pieces) => openSlots(data.slotsFrom(pieces, seen));
    if (data) openPieces(data.alwaysReached);
    while (open.length > 0) {
      const at = open.pop();
      if (mark[at] || isOut(at)) continue;
      mark[at] = 1;
      for (const { callee } of functions[at].calls ?? []) open.push(callee);
      if (!data) continue;
      for (const number of functions[at].numbers ?? []) openPieces(data.piecesAt(number));
      openSlots(data.slotsNamedBy(functions[at]));
    }
  };
  const inTable = [...held].filter(([slot]) => !data?.slots.has(slot)).map(([, at]) => at);
  const roots = exports.filter(({ kind }) => kind === KIND.function).map(({ index }) => index);
  reach([...roots, ...inTable], isEager, (at) => named[at] !== null);
  // What only chunks reach is in each of them: a copy in two costs the first load nothing, and a slot is filled by whichever
  // is there.
  const home = functions.map((one, at) => (one.isImport || isEager[at] ? [""] : named[at] === null ? [] : [named[at]]));
  for (const chunk of new Set(named.filter(Boolean))) {
    const mark = new Uint8Array(functions.length);
    reach(named.flatMap((of, at) => (of === chunk ? [at] : [])), mark, (at) => isEager[at] || (named[at] !== null && named[at] !== chunk) || functions[at].isImport);
    mark.forEach((isReached, at) => {
      if (isReached && named[at] === null) home[at].push(chunk);
    });
  }
  // None: nothing reaches it.
  return home;
}

// ---- data ----

// The pieces of data and what they refer to; null where the linker does not tell.
function graphOf(linked) {
  const data = linked && dataOf(linked);
  if (!data) return null;
  const pieces = data.pieces.map((piece) => (piece && /^\.rodata/.test(data.segments[piece.segment].name) ? piece : null));
  const low = Math.min(...data.segments.map(({ at }) => at));
  const high = Math.max(...data.segments.map(({ at, length }) => at + length));
  // Which pieces a byte lies in; those of data that change, too.
  const found = Array.from({ length: high - low }, () => null);
  data.pieces.forEach((piece, index) => {
    if (!piece) return;
    // One past its end is an address of it, too.
    for (let at = piece.at; at <= piece.at + piece.length && at < high; at += 1) (found[at - low] ??= []).push(index);
  });
  const piecesAt = (number) => (number >= low && number < high && found[number - low]) || [];
  // What is no constant, or is named from outside its bounds, may be reached by anybody.
  const alwaysReached = data.pieces.flatMap((piece, index) => (piece && (piece.isOdd || !pieces[index]) ? [index] : []));
  // The slots in pieces, and in what those refer to. `seen` are pieces whose slots were given already.
  const slotsFrom = (roots, seen) => {
    const slots = [];
    const open = [...roots];
    while (open.length > 0) {
      const index = open.pop();
      if (seen.has(index) || !data.pieces[index]) continue;
      seen.add(index);
      slots.push(...data.pieces[index].slots);
      open.push(...data.pieces[index].refersTo);
    }
    return slots;
  };
  return { data, pieces, low, high, piecesAt, alwaysReached, slotsFrom, slots: new Set(data.slots), slotsNamedBy: namingOf(linked, data.codeSlots) };
}

// Which slots a function of the finished module names. The linker tells it of its own module's functions; those are known
// again by their numbers and calls. Of functions that are not, each number may be a slot.
function namingOf(linked, codeSlots) {
  const anySlot = new Set(codeSlots.map(({ slot }) => slot));
  const print = ({ numbers, calls }) => `${calls.length} ${numbers.join()}`;
  const known = new Map();
  const named = [...codeSlots].sort((a, b) => a.offset - b.offset);
  const body = sectionsOf(linked).find(({ id }) => id === SECTION.code).body;
  const reader = new Reader(body);
  let next = 0;
  for (let count = reader.number(); count > 0; count -= 1) {
    const length = reader.number();
    const start = reader.at;
    reader.at += length;
    const code = body.subarray(start, reader.at);
    const slots = [];
    while (named[next]?.offset < reader.at) slots.push(named[next++].slot);
    const key = print(readCode(code, localsEnd(code)));
    known.set(key, [...(known.get(key) ?? []), ...slots]);
  }
  return (one) => (one.numbers ? known.get(print(one)) ?? one.numbers.filter((number) => anySlot.has(number)) : []);
}

// Runs of bytes that only one chunk can reach: [{ chunk, at, length }], addresses in memory, ascending.
//
// What code may reach is every piece of data that one of its numbers means where it is an address, whether or not this number
// is one, and what that piece refers to. Which addresses mean which piece the linker's relocations of the code tell. A piece
// that code names from outside its bounds stays, and so does what no piece covers and what is not constant.
function dataOfChunks(graph, functions, home) {
  if (!graph) return [];
  const { data, pieces, low, high } = graph;
  const reached = new Map();
  const reach = (part, roots) => {
    const mark = reached.get(part) ?? reached.set(part, new Set()).get(part);
    const open = [...roots];
    while (open.length > 0) {
      const index = open.pop();
      if (mark.has(index) || !data.pieces[index]) continue;
      mark.add(index);
      open.push(...data.pieces[index].refersTo);
    }
  };
  data.pieces.forEach((piece, index) => {
    if (piece && (piece.isOdd || !pieces[index])) reach("", [index]);
  });
  functions.forEach(({ numbers, isImport }, at) => {
    if (isImport) return;
    for (const part of home[at]) for (const number of numbers) if (data.meant.has(number)) reach(part, data.meant.get(number));
  });
  // A byte goes where all its pieces go.
  const owner = new Array(high - low).fill("");
  const isCovered = new Uint8Array(high - low);
  pieces.forEach((piece, index) => {
    if (!piece) return;
    const parts = [...reached].filter(([, mark]) => mark.has(index)).map(([part]) => part);
    const part = parts.length === 1 ? parts[0] : "";
    for (let at = piece.at - low; at < piece.at - low + piece.length; at += 1) {
      owner[at] = isCovered[at] && owner[at] !== part ? "" : part;
      isCovered[at] = 1;
    }
  });
  const runs = [];
  owner.forEach((chunk, offset) => {
    const last = runs.at(-1);
    if (chunk === "") return;
    const end = last ? last.at + last.length - low : 0;
    // Nothing lies in the padding between two pieces.
    if (last?.chunk === chunk && !isCovered.subarray(end, offset).includes(1)) last.length = low + offset + 1 - last.at;
    else runs.push({ chunk, at: low + offset, length: 1 });
  });
  return runs;
}

// The module's data without the runs, whose bytes are zero there (wasm-opt leaves zeros out), and the bytes of each run.
function withoutRuns(body, runs) {
  const left = Buffer.from(body);
  const reader = new Reader(body);
  const segments = [];
  for (let count = reader.number(); count > 0; count -= 1) {
    if (reader.number() !== 0) fail("a data segment that is not active");
    const at = reader.i32Constant();
    const length = reader.number();
    segments.push({ at, length, start: reader.at });
    reader.at += length;
  }
  const moved = runs.map((run) => {
    const segment = segments.find(({ at, length }) => run.at >= at && run.at + run.length <= at + length);
    if (!segment) fail("data moved between linking and here");
    const start = segment.start + run.at - segment.at;
    left.fill(0, start, start + run.length);
    return { ...run, bytes: body.subarray(start, start + run.length) };
  });
  return { left, moved };
}

// ---- writing ----

const section = (id, body) => Buffer.concat([Buffer.from([id]), bytesOfNumber(body.length), body]);
const vector = (items) => Buffer.concat([bytesOfNumber(items.length), ...items]);
const i32 = (value) => {
  const bytes = [];
  for (;;) {
    const byte = value & 127;
    value >>= 7;
    const isLast = (value === 0 && !(byte & 64)) || (value === -1 && byte & 64);
    bytes.push(isLast ? byte : byte | 128);
    if (isLast) return Buffer.from(bytes);
  }
};
const element = (offset, functions) => Buffer.concat([Buffer.from([0, 0x41]), i32(offset), Buffer.from([0x0b]), vector(functions.map(bytesOfNumber))]);

function nameSection(names) {
  const entries = names.map((text, index) => Buffer.concat([bytesOfNumber(index), bytesOfName(text)]));
  return section(SECTION.custom, Buffer.concat([bytesOfName("name"), section(1, vector(entries))]));
}

// A function's code with its calls as they are where it goes. `callTo` writes one.
function rewritten({ body, calls }, callTo) {
  const pieces = [];
  let from = 0;
  for (const { at, end, callee } of calls) {
    pieces.push(body.subarray(from, at), callTo(callee));
    from = end;
  }
  pieces.push(body.subarray(from));
  const code = Buffer.concat(pieces);
  return Buffer.concat([bytesOfNumber(code.length), code]);
}

// `linked` is the module as the linker wrote it, with relocations; without it all data stays in the main module.
// Returns { main, chunks: Map(name → bytes), doors: [names of functions of chunks that other parts call directly] }.
export function split(wasm, linked, chunkOfName) {
  const module = parse(wasm);
  const { functions, tables, memories, globals, exports, elements, imports, bodyOf } = module;
  const graph = graphOf(linked);
  const home = homes(module, graph, chunkOfName);
  const isIn = (at, part) => home[at].includes(part);
  const chunks = [...new Set(home.flat())].filter(Boolean).sort();
  if (chunks.length === 0) return { main: wasm, chunks: new Map(), doors: [] };
  if (tables.length === 0 || memories.length !== 1) fail("no table, or not one memory");

  // Slots: those that there are, and new ones at the end for what is called across.
  const slots = new Map();
  for (const { offset, functions: held } of elements) held.forEach((at, index) => slots.has(at) || slots.set(at, offset + index));
  const reader = new Reader(tables[0].limits);
  const tableFlags = reader.number();
  const firstNew = reader.number();
  const added = [];
  const doors = new Set();
  functions.forEach(({ calls, isImport }, at) => {
    if (isImport) return;
    for (const { callee } of calls) {
      if (home[at].every((part) => isIn(callee, part))) continue;
      if (!isIn(callee, "")) doors.add(functions[callee].name);
      if (!slots.has(callee)) {
        slots.set(callee, firstNew + added.length);
        added.push(callee);
      }
    }
  });
  const tableSize = firstNew + added.length;
  const tableLimits = Buffer.concat([bytesOfNumber(tableFlags), bytesOfNumber(tableSize), ...(tableFlags & 1 ? [bytesOfNumber(tableSize)] : [])]);

  // Positions within each part: imports first; the main module ends with the function that traps.
  const positions = new Map(["", ...chunks].map((part) => [part, new Map()]));
  const members = new Map(["", ...chunks].map((part) => [part, []]));
  functions.forEach((one, at) => {
    for (const part of home[at]) {
      const list = members.get(part);
      positions.get(part).set(at, list.length);
      list.push(at);
    }
  });
  const position = positions.get("");
  const trap = members.get("").length;
  const callFrom = (part) => (callee) => (isIn(callee, part)
    ? Buffer.concat([Buffer.from([0x10]), bytesOfNumber(positions.get(part).get(callee))])
    : Buffer.concat([Buffer.from([0x41]), i32(slots.get(callee)), Buffer.from([0x11]), bytesOfNumber(functions[callee].type), Buffer.from([0])]));

  const header = wasm.subarray(0, 8);
  const typeSection = section(SECTION.type, bodyOf(SECTION.type));
  const featureSections = module.parts
    .filter(({ id, body }) => id === SECTION.custom && new Reader(body).name() === "target_features")
    .map(({ body }) => section(SECTION.custom, body));
  const mine = (part) => members.get(part).filter((at) => !functions[at].isImport);
  const shared = (kind, index) => `$${["f", "t", "m", "g"][kind]}${index}`;

  const { left, moved } = withoutRuns(bodyOf(SECTION.data), dataOfChunks(graph, functions, home));
  const trapType = functions[mine("")[0]].type;
  const mainElements = elements.map(({ offset, functions: held }) => element(offset, held.map((at) => (isIn(at, "") ? position.get(at) : trap))));
  // One segment for all new slots: those of chunks trap until they are there.
  mainElements.push(element(firstNew, added.map((at) => (isIn(at, "") ? position.get(at) : trap))));
  const sharedExports = [
    ...tables.map((_, index) => [KIND.table, index]),
    [KIND.memory, 0],
    ...globals.map((_, index) => [KIND.global, index]),
  ].map(([kind, index]) => ({ field: shared(kind, index), kind, index }));
  const mainExports = exports.map((one) => (one.kind === KIND.function ? { ...one, index: position.get(one.index) } : one));
  const main = Buffer.concat([
    header,
    typeSection,
    section(SECTION.import, vector(imports.map(({ module: from, field, rest }) => Buffer.concat([bytesOfName(from), bytesOfName(field), Buffer.from([KIND.function]), rest])))),
    section(SECTION.function, vector([...mine("").map((at) => bytesOfNumber(functions[at].type)), bytesOfNumber(trapType)])),
    section(SECTION.table, vector(tables.map(({ element: of, limits: size }, index) => Buffer.concat([Buffer.from([of]), index === 0 ? tableLimits : size])))),
    section(SECTION.memory, bodyOf(SECTION.memory)),
    section(SECTION.global, bodyOf(SECTION.global)),
    section(SECTION.export, vector([...mainExports, ...sharedExports].map(({ field, kind, index }) => Buffer.concat([bytesOfName(field), Buffer.from([kind]), bytesOfNumber(index)])))),
    section(SECTION.element, vector(mainElements)),
    ...(bodyOf(SECTION.dataCount) ? [section(SECTION.dataCount, bodyOf(SECTION.dataCount))] : []),
    // No locals; unreachable; end.
    section(SECTION.code, vector([...mine("").map((at) => rewritten(functions[at], callFrom(""))), Buffer.from([3, 0, 0x00, 0x0b])])),
    section(SECTION.data, left),
    nameSection([...members.get("").map((at) => functions[at].name), "part of the app that is not loaded yet"]),
    ...featureSections,
  ]);

  const written = new Map(chunks.map((chunk) => {
    const held = members.get(chunk);
    const runs = [];
    for (const [at, slot] of [...slots].filter(([at]) => isIn(at, chunk)).sort((a, b) => a[1] - b[1])) {
      const last = runs.at(-1);
      if (last && last.offset + last.functions.length === slot) last.functions.push(positions.get(chunk).get(at));
      else runs.push({ offset: slot, functions: [positions.get(chunk).get(at)] });
    }
    const sharedImports = [
      ...tables.map(({ element: of, limits: size }, index) => Buffer.concat([bytesOfName("a"), bytesOfName(shared(KIND.table, index)), Buffer.from([KIND.table, of]), index === 0 ? tableLimits : size])),
      Buffer.concat([bytesOfName("a"), bytesOfName(shared(KIND.memory, 0)), Buffer.from([KIND.memory]), memories[0]]),
      ...globals.map(({ type, isMutable }, index) => Buffer.concat([bytesOfName("a"), bytesOfName(shared(KIND.global, index)), Buffer.from([KIND.global, type, isMutable])])),
    ];
    return [chunk, Buffer.concat([
      header,
      typeSection,
      section(SECTION.import, vector(sharedImports)),
      section(SECTION.function, vector(held.map((at) => bytesOfNumber(functions[at].type)))),
      section(SECTION.element, vector(runs.map(({ offset, functions: list }) => element(offset, list)))),
      section(SECTION.code, vector(held.map((at) => rewritten(functions[at], callFrom(chunk))))),
      section(SECTION.data, vector(moved.filter((run) => run.chunk === chunk).map(({ at, bytes }) => Buffer.concat([
        Buffer.from([0, 0x41]), i32(at), Buffer.from([0x0b]), bytesOfNumber(bytes.length), bytes,
      ])))),
      nameSection(held.map((at) => functions[at].name)),
      ...featureSections,
    ])];
  }));
  return { main, chunks: written, doors: [...doors].sort() };
}
