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

  memoryArgument() {
    if (this.number() & 64) this.number();
    this.number();
  }

  // `i32.const n end`, as a number.
  i32Constant() {
    if (this.bytes[this.at++] !== 0x41) throw new Error("wasm: an offset that is no constant");
    const start = this.at;
    const value = this.number();
    // The sign is the last byte's second bit.
    const bits = (this.at - start) * 7;
    if (this.bytes[this.at++] !== 0x0b) throw new Error("wasm: an offset that is no constant");
    return bits < 32 && this.bytes[this.at - 2] & 64 ? value - 2 ** bits : value | 0;
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
