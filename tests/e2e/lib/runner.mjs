// A small test runner: named tests in order, each with its own time limit, and one line per test. A test that fails runs
// once more, at once: what depends on when a busy machine comes to what is told apart from what is broken, and is told.

// More failures than this are no accident: the rest fail at their first run.
const RETRIED_COUNT = 3;

export class Runner {
  #filter;
  #tests = [];
  #results = [];
  #retriesLeft = RETRIED_COUNT;

  constructor(filter) {
    this.#filter = filter;
  }

  // Adds a test. `work` fails by throwing; what it returns, if anything, is printed behind the name.
  test(name, work, { limitSecs = 60 } = {}) {
    this.#tests.push({ name, work, limitSecs });
  }

  // The same runner for tests of a place: `demo: a page` becomes `demo at /observability/: a page`.
  at(place) {
    return { test: (name, work, options) => this.test(name.replace(/^[^:]+/, `$& at ${place}`), work, options) };
  }

  // Whether any test added so far is wanted: servers that nobody needs are not started.
  wants(name) {
    return !this.#filter || name.toLowerCase().includes(this.#filter.toLowerCase());
  }

  async run() {
    for (const test of this.#tests.filter(({ name }) => this.wants(name))) {
      let result = await attempt(test);
      if (result.failure && this.#retriesLeft > 0) {
        this.#retriesLeft -= 1;
        console.log(`again  ${test.name} (${result.took} s), which failed at its first run`);
        console.log(indent(told(result.failure)));
        const second = await attempt(test);
        result = second.failure ? second : { ...second, flake: result.failure };
      }
      const { failure, flake, note, took } = result;
      console.log(`${failure ? "FAILED" : "ok    "} ${test.name} (${took} s)${note ? ` ${note}` : ""}`);
      if (failure) console.log(indent(told(failure)));
      this.#results.push({ name: test.name, failure, flake });
    }
    this.#tests = [];
  }

  // Prints once more what failed, at the first run alone or at both, and the counts as the last line; returns whether all
  // went well in the end.
  summary() {
    const failed = this.#results.filter((result) => result.failure);
    console.log();
    for (const { name, flake } of this.#results.filter((result) => result.flake)) console.log(`flaky  ${name}: ${firstLine(flake)}`);
    for (const { name, failure } of failed) console.log(`failed ${name}: ${firstLine(failure)}`);
    const passedCount = this.#results.length - failed.length;
    if (this.#results.length === 0) console.log("no test matches the filter");
    console.log(`\n${passedCount} passed, ${failed.length} failed`);
    return failed.length === 0 && passedCount > 0;
  }
}

async function attempt({ name, work, limitSecs }) {
  const started = performance.now();
  const result = { failure: null, note: null };
  try {
    result.note = await withLimit(work(), limitSecs, name);
  } catch (error) {
    result.failure = error;
  }
  return { ...result, took: ((performance.now() - started) / 1000).toFixed(1) };
}

export async function withLimit(promise, limitSecs, what) {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not done after ${limitSecs} s`)), limitSecs * 1000);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}

// Waits until `probe` returns something truthy, and returns that.
export async function until(what, probe, { limitMs = 10_000, everyMs = 50 } = {}) {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const found = await probe();
    if (found) return found;
    if (performance.now() > deadline) throw new Error(`waited ${limitMs} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

export function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export function check(holds, message) {
  if (!holds) throw new Error(message);
}

export function equal(found, expected, what) {
  const [a, b] = [JSON.stringify(found), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${what}: found ${a}, expected ${b}`);
}

// Fails unless `work` throws: for checks that must be able to fail.
export async function mustFail(work, what) {
  try {
    await work();
  } catch {
    return;
  }
  throw new Error(`${what}: it passed, but had to fail`);
}

// The message, and the lines of the tests that it came through.
function told(failure) {
  const stack = (failure.stack ?? "").split("\n").filter((line) => line.includes("/suites/"));
  return [failure.message ?? String(failure), ...stack].join("\n");
}

function firstLine(failure) {
  return String(failure.message ?? failure).split("\n")[0];
}

function indent(text) {
  return text.split("\n").slice(0, 24).map((line) => `         ${line.trim().slice(0, 400)}`).join("\n");
}
