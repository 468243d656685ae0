// What was answered, and what was drawn: read and compared here without any code of the app.

// A sample's text as the wire writes it, as a number. JavaScript's conversion of decimal text is exact.
export function sample(text) {
  if (text === "NaN") return NaN;
  if (text === "+Inf" || text === "Inf") return Infinity;
  if (text === "-Inf") return -Infinity;
  const value = Number(text);
  if (text === "" || Number.isNaN(value)) throw new Error(`not a number: ${JSON.stringify(text)}`);
  return value;
}

// An answer to query_range as [{ labels, points: Map(ms -> value) }].
export function seriesOf(text) {
  const { status, data } = JSON.parse(text);
  if (status !== "success" || data.resultType !== "matrix") throw new Error(`not a matrix: ${text.slice(0, 200)}`);
  return data.result.map(({ metric, values }) => ({
    labels: metric,
    points: new Map(values.map(([secs, value]) => [Math.round(secs * 1000), sample(value)])),
  }));
}

export function identity(labels) {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}

// RFC 4180, as rows of cells.
export function csvCells(text) {
  const rows = [];
  let row = [];
  let cell = "";
  let isQuoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (isQuoted) {
      if (char !== '"') cell += char;
      else if (text[at + 1] === '"') {
        cell += '"';
        at += 1;
      } else isQuoted = false;
    } else if (char === '"') isQuoted = true;
    else if (char === ",") {
      row.push(cell);
      cell = "";
    } else if (char === "\n") {
      row.push(cell.replace(/\r$/, ""));
      rows.push(row);
      row = [];
      cell = "";
    } else cell += char;
  }
  if (cell !== "" || row.length > 0) rows.push([...row, cell]);
  return rows;
}

// A panel's CSV as { times, columns: [{ name, values }] }; a missing value is null.
export function sheetOf(text) {
  const [head, ...rows] = csvCells(text);
  if (head[0] !== "time" || head[1] !== "unix_ms") throw new Error(`unknown head: ${head.join(",")}`);
  const times = rows.map((row) => {
    const ms = Number(row[1]);
    if (Date.parse(row[0]) !== ms) throw new Error(`${row[0]} is not ${row[1]}`);
    return ms;
  });
  const columns = head.slice(2).map((name, at) => ({
    // A name that a spreadsheet would run is led by an apostrophe.
    name: name.replace(/^'(?=[=+\-@\t\r])/, ""),
    values: rows.map((row) => (row[at + 2] === "" ? null : sample(row[at + 2]))),
  }));
  return { times, columns };
}

// Grafana's legend template; a label that is not there leaves nothing.
export function legendName(template, labels, expr) {
  if (template) return template.replace(/\{\{\s*([^}]*?)\s*\}\}/g, (_, name) => labels[name] ?? "");
  const { __name__: metric = "", ...rest } = labels;
  const pairs = Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  if (!metric && pairs.length === 0) return expr;
  return pairs.length === 0 ? metric : `${metric}{${pairs.join(", ")}}`;
}

// Throws unless the sheet has exactly the points of the wanted columns [{ name, points }], each the same f64.
export function compareSheet(sheet, wanted) {
  const left = [...wanted];
  if (sheet.columns.length !== wanted.length) {
    throw new Error(`${sheet.columns.length} columns drawn, ${wanted.length} series answered: ${sheet.columns.map((c) => c.name)} / ${wanted.map((w) => w.name)}`);
  }
  let compared = 0;
  for (const { name, values } of sheet.columns) {
    const problems = [];
    const found = left.findIndex((want) => {
      if (want.name !== name) return false;
      const problem = differenceOf(sheet.times, values, want.points);
      if (problem) problems.push(problem);
      return !problem;
    });
    if (found < 0) throw new Error(`column ${name}: ${problems[0] ?? `no series has this name: ${left.map((want) => want.name)}`}`);
    compared += left[found].points.size;
    left.splice(found, 1);
  }
  return compared;
}

function differenceOf(times, values, points) {
  let seen = 0;
  for (const [at, ms] of times.entries()) {
    const has = points.has(ms);
    if (has) seen += 1;
    if (has !== (values[at] !== null)) return `at ${ms}: ${values[at]} drawn, ${has ? points.get(ms) : "nothing"} answered`;
    if (has && !Object.is(values[at], points.get(ms)) && !(values[at] === 0 && points.get(ms) === 0)) {
      return `at ${ms}: ${values[at]} drawn, ${points.get(ms)} answered`;
    }
  }
  return seen === points.size ? null : `${points.size - seen} answered points are on no row`;
}

// Cumulative buckets as counts per bucket: [{ name, points }], lowest bound first.
export function deaccumulate(series) {
  const sorted = series.map(({ labels, points }) => ({ bound: sample(labels.le), points })).sort((a, b) => a.bound - b.bound);
  const times = [...new Set(sorted.flatMap(({ points }) => [...points.keys()]))];
  return sorted.map(({ bound, points }, at) => {
    const counts = new Map();
    for (const ms of times) {
      const total = points.get(ms);
      const under = at === 0 ? 0 : sorted[at - 1].points.get(ms);
      if (total === undefined || under === undefined) continue;
      const count = total - under;
      // A count that is not a number is not drawn; one below zero comes from scrapes in between.
      if (!Number.isNaN(count)) counts.set(ms, Math.max(count, 0));
    }
    return { name: bound === Infinity ? "+Inf" : String(bound), points: counts };
  });
}

export function lastValue(points) {
  const times = [...points.keys()];
  return times.length === 0 ? null : points.get(Math.max(...times));
}

// How far apart two numbers are, relative to the larger; 0 for two NaN or two equal infinities.
export function relativeDifference(a, b) {
  if (Object.is(a, b) || a === b) return 0;
  const scale = Math.max(Math.abs(a), Math.abs(b));
  return Number.isFinite(a) && Number.isFinite(b) && scale > 0 ? Math.abs(a - b) / scale : Infinity;
}

// What two answers to the same query differ in: [{ kind, series, count, example }].
export function answersDiffer(ours, theirs, tolerance) {
  const differences = [];
  const named = new Map(theirs.map((series) => [identity(series.labels), series]));
  for (const { labels, points } of ours) {
    const name = identity(labels);
    const other = named.get(name);
    named.delete(name);
    if (!other) {
      differences.push({ kind: "series only in the demonstration", series: name, count: points.size });
      continue;
    }
    const note = (kind, ms) => {
      const known = differences.find((d) => d.kind === kind && d.series === name);
      if (known) known.count += 1;
      else differences.push({ kind, series: name, count: 1, example: `at ${ms}: ${points.get(ms)} and ${other.points.get(ms)}` });
    };
    for (const [ms, value] of points) {
      if (!other.points.has(ms)) note("point only in the demonstration", ms);
      else if (relativeDifference(value, other.points.get(ms)) > tolerance) note("value", ms);
    }
    for (const ms of other.points.keys()) {
      if (!points.has(ms)) note("point only in Prometheus", ms);
    }
  }
  for (const [name, { points }] of named) differences.push({ kind: "series only in Prometheus", series: name, count: points.size });
  return differences;
}
