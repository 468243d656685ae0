// WebAssembly's binary format, as far as the build reads and writes it (core specification, chapter 5).

export class Reader {
  constructor(bytes, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  // LEB128. Of signed numbers only the end is right.
  number() {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) throw new Error("wasm: the module ends early");
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  }

  // LEB128 of a signed number of at most 32 bits.
  signed() {
    const start = this.at;
    const value = this.number();
    const bits = (this.at - start) * 7;
    return bits < 32 && this.bytes[this.at - 1] & 64 ? value - 2 ** bits : value | 0;
  }

  name() {
    const length = this.number();
    return this.bytes.subarray(this.at, (this.at += length)).toString("utf8");
  }

  // A limit: of a memory or a table.
  limits() {
    const flags = this.bytes[this.at++];
    this.number();
    if (flags & 1) this.number();
  }

  // The offset of a load or a store.
  memoryArgument() {
    if (this.number() & 64) this.number();
    return this.number();
  }

  // `i32.const n end`, as a number.
  i32Constant() {
    if (this.bytes[this.at++] !== 0x41) throw new Error("wasm: an offset that is no constant");
    const value = this.signed();
    if (this.bytes[this.at++] !== 0x0b) throw new Error("wasm: an offset that is no constant");
    return value;
  }

  // Passes over a constant expression.
  constant() {
    const opcode = this.bytes[this.at++];
    if (opcode === 0x41 || opcode === 0x42 || opcode === 0x23 || opcode === 0xd0) this.number();
    else if (opcode === 0x43) this.at += 4;
    else if (opcode === 0x44) this.at += 8;
    else throw new Error(`wasm: a constant 0x${opcode.toString(16)}`);
    if (this.bytes[this.at++] !== 0x0b) throw new Error("wasm: a constant of several steps");
  }
}

export function bytesOfNumber(value) {
  const bytes = [];
  do {
    bytes.push((value % 128) + (value >= 128 ? 128 : 0));
    value = Math.floor(value / 128);
  } while (value > 0);
  return Buffer.from(bytes);
}

export function bytesOfName(text) {
  const bytes = Buffer.from(text, "utf8");
  return Buffer.concat([bytesOfNumber(bytes.length), bytes]);
}

// [{ id, body }]
export function sectionsOf(wasm) {
  if (wasm.readUInt32LE(0) !== 0x6d736100) throw new Error("wasm: this is not WebAssembly");
  const found = [];
  const reader = new Reader(wasm, 8);
  while (reader.at < wasm.length) {
    const id = wasm[reader.at++];
    const length = reader.number();
    found.push({ id, body: wasm.subarray(reader.at, (reader.at += length)) });
  }
  return found;
}

// ---- what the linker tells with --emit-relocs (WebAssembly tool conventions, "Linking": reloc.* and linking) ----

const HAS_ADDEND = new Set([3, 4, 5, 8, 9, 11, 14, 15, 16, 17, 21, 22, 23]);
const MEMORY_ADDRESS = new Set([3, 4, 5, 11]);
const TABLE_INDEX_SLEB = 1;
const TABLE_INDEX_I32 = 2;
const SYMBOL = { function: 0, data: 1, global: 2, section: 3, tag: 4, table: 5 };

// The pieces of data of a linked module, the slots of its table that only code and pieces name, and where in the code section
// which slot is named: { slots, codeSlots, meant, segments: [{ name, at, length }], pieces: [{ at, length, segment, refersTo, slots, isOdd }] },
// or null where it does not tell. `at` are addresses in memory, `refersTo` numbers of pieces, `slots` places in the table of
// functions; a symbol that is no data has null in its place. `isOdd` marks pieces that code refers to from outside their bounds.
export function dataOf(wasm) {
  const sections = sectionsOf(wasm);
  const custom = (wanted) => sections.filter(({ id }) => id === 0).map(({ body }) => new Reader(body)).find((reader) => reader.name() === wanted);
  const dataIndex = sections.findIndex(({ id }) => id === 11);
  const codeIndex = sections.findIndex(({ id }) => id === 10);
  const linking = custom("linking");
  if (dataIndex < 0 || !linking) return null;
  const segments = [];
  {
    const reader = new Reader(sections[dataIndex].body);
    for (let count = reader.number(); count > 0; count -= 1) {
      if (reader.number() !== 0) return null;
      const at = reader.i32Constant();
      const length = reader.number();
      segments.push({ name: "", at, length, start: reader.at });
      reader.at += length;
    }
  }
  const symbols = [];
  if (linking.number() !== 2) return null;
  while (linking.at < linking.bytes.length) {
    const kind = linking.bytes[linking.at++];
    const end = linking.number() + linking.at;
    if (kind === 5) {
      for (let count = linking.number(), index = 0; index < count; index += 1) {
        const name = linking.name();
        linking.number();
        linking.number();
        if (segments[index]) segments[index].name = name;
      }
    } else if (kind === 8) {
      for (let count = linking.number(); count > 0; count -= 1) symbols.push(symbol(linking));
    }
    linking.at = end;
  }
  // Several symbols may stand for one place; pieces are told by their symbol's number.
  const pieces = symbols.map((one) => (one.kind === SYMBOL.data && one.isDefined && segments[one.segment]
    ? { at: segments[one.segment].at + one.offset, length: one.length, segment: one.segment, refersTo: [], slots: [], isOdd: false }
    : null));
  const held = slotsOf(sections);
  const slotOf = new Map([...held].map(([slot, at]) => [at, slot]));
  const codeSlots = [];
  // Slots in data that no piece covers.
  const loose = new Set();
  // Which pieces an address in code means, by what the linker wrote there: the end of one text is often the beginning of
  // the next.
  const meant = new Map();
  for (const { type, offset, index, addend, section } of relocations(custom)) {
    if (type === TABLE_INDEX_SLEB && section === codeIndex && slotOf.has(symbols[index]?.index)) codeSlots.push({ offset, slot: slotOf.get(symbols[index].index) });
    const isSlot = type === TABLE_INDEX_I32 && section === dataIndex;
    if (!isSlot && (!MEMORY_ADDRESS.has(type) || !pieces[index])) continue;
    if (isSlot) {
      const segment = segments.find(({ start, length }) => offset >= start && offset < start + length);
      const at = segment.at + offset - segment.start;
      const slot = sections[dataIndex].body.readUInt32LE(offset);
      const holders = pieces.filter((piece) => piece && at >= piece.at && at < piece.at + piece.length);
      holders.forEach((piece) => piece.slots.push(slot));
      if (holders.length === 0) loose.add(slot);
      continue;
    }
    if (addend < 0 || addend > pieces[index].length) pieces[index].isOdd = true;
    if (section !== dataIndex) {
      const address = pieces[index].at + addend;
      (meant.get(address) ?? meant.set(address, new Set()).get(address)).add(index);
      if (section !== codeIndex) pieces[index].isOdd = true;
      continue;
    }
    const segment = segments.find(({ start, length }) => offset >= start && offset < start + length);
    const at = segment.at + offset - segment.start;
    for (const piece of pieces) if (piece && at >= piece.at && at < piece.at + piece.length) piece.refersTo.push(index);
  }
  return { segments, pieces, meant, codeSlots, slots: [...held.keys()].filter((slot) => !loose.has(slot)) };
}

// The functions of the table, by slot; none where they are held in a form that is not known.
function slotsOf(sections) {
  const body = sections.find(({ id }) => id === 9)?.body;
  const held = new Map();
  if (!body) return held;
  const reader = new Reader(body);
  for (let count = reader.number(); count > 0; count -= 1) {
    if (reader.number() !== 0) return new Map();
    const offset = reader.i32Constant();
    const length = reader.number();
    for (let index = 0; index < length; index += 1) held.set(offset + index, reader.number());
  }
  return held;
}

function symbol(reader) {
  const kind = reader.bytes[reader.at++];
  const flags = reader.number();
  const isDefined = !(flags & 0x10);
  if (kind === SYMBOL.data) {
    const name = reader.name();
    if (!isDefined) return { kind, name, isDefined };
    return { kind, name, isDefined, segment: reader.number(), offset: reader.number(), length: reader.number() };
  }
  const index = reader.number();
  const name = kind !== SYMBOL.section && (isDefined || flags & 0x40) ? reader.name() : "";
  return { kind, name, isDefined, index };
}

function* relocations(custom) {
  for (const name of ["reloc.CODE", "reloc.DATA"]) {
    const reader = custom(name);
    if (!reader) continue;
    const section = reader.number();
    for (let count = reader.number(); count > 0; count -= 1) {
      const type = reader.number();
      const offset = reader.number();
      const index = reader.number();
      yield { section, type, offset, index, addend: HAS_ADDEND.has(type) ? reader.signed() : 0 };
    }
  }
}
