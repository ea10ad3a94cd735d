// The script's files that know no document, by themselves: times, marks, statements with values, filters, addresses.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createContext, runInContext } from "node:vm";
import { repository } from "./support/report.mjs";

const names = "time, count, grouped, share, visible, oneLine, indented, Model, Filter, parseHash, formatHash, columns, blank";
const source = ["00-data", "10-model", "20-search"].map((name) => readFileSync(join(repository, `core/src/report/html/assets/${name}.js`), "utf8")).join("\n");
const page = runInContext(`${source}\n;({ ${names} })`, createContext({ atob, Blob, Response, DecompressionStream }));
/** Objects of the other world are not equal to ours. */
const plain = (value) => JSON.parse(JSON.stringify(value));

/** A trace of statements without anything around them: texts with tokens by their lengths, and values. */
function trace(points, stmts = [], more = {}) {
  const str = [""], place = (text) => (str.includes(text) ? str.indexOf(text) : str.push(text) - 1);
  const columns = points.map((point) => ({ name: "db", service: "api", us: 10, rows: -1, flag: 1024, ...point }));
  const raw = {
    v: 1, meta: { us: 1000, req: [0, 1000], slow: [100_000, 500_000], manyRows: 1000, values: true, ...more.meta }, str,
    stmt: stmts.map((stmt) => ({ d: "postgresql", kind: "read", run: 1, ...stmt, t: place(stmt.t), label: place(stmt.label ?? ""), compact: place(stmt.t), verb: place(stmt.verb ?? "SELECT"), ex: stmt.ex === undefined ? undefined : place(stmt.ex), ft: 0, tables: (stmt.tables ?? []).map(place) })),
    conn: [{ service: 0, system: place("postgresql"), database: place("shop"), server: place("db-1") }],
    group: stmts.map((_, k) => ({ id: `0000000${k}`, conn: 0, stmt: k, n: 1 })), txs: [], gap: [], find: more.find ?? [],
    id: columns.map((_, k) => `id${k}`), parent: columns.map((point) => point.parent ?? 0), name: columns.map((point) => place(point.name)), svc: columns.map((point) => place(point.service)),
    start: columns.map((point, k) => (k ? 10 : 0)), dur: columns.map((point) => point.us), st: columns.map((point) => (point.stmt === undefined ? 0 : point.stmt + 1)),
    cn: columns.map((point) => (point.stmt === undefined ? 0 : 1)), grp: columns.map((point) => (point.stmt === undefined ? 0 : point.stmt + 1)), rows: columns.map((point) => point.rows),
    flag: columns.map((point) => point.flag), params: columns.map((point) => point.params?.map(place) ?? 0), norun: columns.map((point) => place(point.norun ?? "")), err: columns.map((point) => place(point.error ?? "")),
  };
  return new page.Model(page.columns(raw));
}

test("times are never nothing, and change their unit where a person would", () => {
  const table = [[-1, "?"], [0, "0.000 ms"], [1, "0.001 ms"], [87, "0.087 ms"], [9_999, "9.999 ms"], [10_000, "10.0 ms"], [10_049, "10.0 ms"], [10_050, "10.1 ms"], [812_400, "812.4 ms"], [999_949, "999.9 ms"], [999_950, "1.00 s"], [61_000_000, "61.00 s"]];
  for (const [us, text] of table) assert.equal(page.time(us), text);
});

test("numbers are grouped and counted", () => {
  assert.equal(page.grouped(999), "999");
  assert.equal(page.grouped(1234567), "1,234,567");
  assert.equal(page.count(1, "match", "matches"), "1 match");
  assert.equal(page.count(2, "row"), "2 rows");
  assert.deepEqual([[1, 3], [1, 0], [5, 4], [0, 9], [95, 1000]].map(([part, whole]) => page.share(part, whole)), ["33 %", "–", "100 %", "0.0 %", "9.5 %"]);
});

test("what hides is shown as a mark, and what does not stays", () => {
  const table = [["a\tb\nc", "a\tb\nc"], ["\0", "␀"], ["\r", "␍"], ["\u001b[2J", "␛[2J"], ["\u007f", "␡"], ["\u009b", "⟦U+009B⟧"], ["\u202e", "⟦RLO⟧"], ["\u2066", "⟦LRI⟧"], ["\u200b", "⟦U+200B⟧"], ["\ufeff", "⟦U+FEFF⟧"], ["\u{e0041}", "⟦U+E0041⟧"], ["é🦀中", "é🦀中"]];
  for (const [text, shown] of table) assert.equal(page.visible(text), shown);
  assert.equal(page.oneLine("  a\n\t b  "), "a b");
  assert.equal(page.oneLine("abcdef", 4), "abc…");
});

test("JSON is indented, and its numbers keep their digits", () => {
  for (const value of [{}, [], 7, "a", { a: [], b: {}, c: [1, -2.5, null, true, "x,y:{[\"\\"], d: { e: [[], [{ f: 1 }]] } }, ["\n\u0001é"]]) {
    assert.equal(page.indented(JSON.stringify(value)), JSON.stringify(value, null, 2));
  }
  assert.equal(page.indented('{"n":[123456789012345678901234567890,9007199254740993]}'), '{\n  "n": [\n    123456789012345678901234567890,\n    9007199254740993\n  ]\n}');
  assert.equal(page.indented('{"torn": "…'), '{\n  "torn":  "…');
});

test("pieces cover the text, break where a break belongs, and hold values", () => {
  const sql = "SELECT a FROM t WHERE b = $1", tok = [6, 1, 1, 0, 1, 2, 1, 0, 4, 1, 1, 0, 1, 2, 1, 0, 5, 1, 1, 0, 1, 2, 1, 0, 1, 7, 1, 0, 2, 6];
  const model = trace([{ stmt: 0, params: ["'x'"] }], [{ t: sql, tok, br: [9, 0, 16, 0, 22, 1], ph: [26, 2, 0] }]), stmt = model.t.stmt[0];
  const text = (...how) => model.pieces(stmt, ...how).map((piece) => piece.text).join("");
  assert.equal(text(false), sql);
  assert.equal(text(true), "SELECT a\nFROM t\nWHERE\n  b = $1");
  assert.equal(text(true, ["'x'"]), "SELECT a\nFROM t\nWHERE\n  b = 'x'");
  assert.deepEqual(plain(model.pieces(stmt, false, ["'x'"]).at(-1)), { text: "'x'", kind: 6, value: true });
  assert.equal(model.pieces({ ...stmt, tok: undefined }, true).map((piece) => piece.text).join(""), sql);
});

test("a statement runs with its values in their places, or says why it cannot", () => {
  const stmt = { t: "SELECT $2, $1, '$1', $2", ph: [7, 2, 1, 11, 2, 0, 21, 2, 1] };
  const run = (point, of = stmt) => plain(trace([{ stmt: 0, ...point }], [of]).runnable(0));
  assert.deepEqual(run({ params: ["1", "'$1 $& $$'"] }), { sql: "SELECT '$1 $& $$', 1, '$1', '$1 $& $$'", why: "" });
  assert.equal(run({ params: ["1"] }).why, "a place has no value");
  const refused = run({ params: ["'a\n*/; DROP TABLE t'", "'\u2028'"], norun: "redacted" });
  assert.deepEqual(refused, { sql: `-- 1: 'a\\u000a*/; DROP TABLE t'\n-- 2: '\\u2028'\n${stmt.t}`, why: "redacted" });
});

test("values go to psql apart from the statement, or not at all", () => {
  const bind = (params, more = {}) => trace([{ stmt: 0, params, ...more }], [{ t: "SELECT $1", ph: [7, 2, 0], bind: " ", ...more.of }]).bind(0);
  assert.equal(bind(["42"]), "SELECT $1 \\bind '42' \\g");
  assert.equal(bind(["-1.5e+10"]), "SELECT $1 \\bind '-1.5e+10' \\g");
  assert.equal(bind(["'it''s'"]), "SELECT $1 \\bind 'it''s' \\g");
  assert.equal(bind(["E'a\\\\b'"]), "SELECT $1 \\bind 'a\\\\b' \\g");
  assert.equal(bind(["'\\x00ff'::bytea"]), "SELECT $1 \\bind '\\\\x00ff' \\g");
  assert.equal(bind(["'a\nb'"]), "SELECT $1 \\bind 'a\\nb' \\g");
  assert.equal(bind(["NULL"]), null);
  assert.equal(bind(["1"], { norun: "cut" }), null);
  // What may stand before it is decided where the page is made.
  assert.equal(bind(["1"], { of: { bind: "\n" } }), "SELECT $1\n\\bind '1' \\g");
  assert.equal(bind(["1"], { of: { bind: undefined } }), null);
});

test("a plan is asked for with what was decided where the page is made, or not at all", () => {
  const explain = (stmt, more = {}) => trace([{ stmt: 0, ...more }], [{ t: "X", ...stmt }]).explain(0);
  assert.equal(explain({ ex: "EXPLAIN (ANALYZE)" }), "EXPLAIN (ANALYZE)\nX");
  assert.equal(explain({ ex: "EXPLAIN QUERY PLAN" }), "EXPLAIN QUERY PLAN\nX");
  assert.equal(explain({}), null);
  assert.equal(explain({ ex: "EXPLAIN" }, { norun: "cut" }), null);
});

test("filters find what they say", () => {
  const model = trace([
    { name: "wsgi", flag: 0, us: 900 }, { stmt: 0, params: ["'Bob'"], rows: 3, parent: 1 }, { stmt: 1, us: 120_000, parent: 2, error: "deadlock [40P01]", flag: 1028 }, { stmt: 0, params: ["NULL"], rows: 0, parent: 3, us: -1, flag: 1025 },
  ], [{ t: "SELECT a::int FROM users WHERE name = $1", tables: ["users"], label: "SELECT users" }, { t: "DELETE FROM posts", kind: "write", verb: "DELETE", tables: ["posts"], label: "DELETE posts" }],
  { find: [{ rule: "n+1", points: [1, 3], group: 0 }] });
  const filter = new page.Filter(model), passing = (text) => {
    const test = filter.parse(text);
    return test ? [0, 1, 2, 3].filter((point) => test(point)) : "all";
  };
  const table = [
    ["", "all"], ["   ", "all"], ["users", [1, 3]], ["users bob", [1]], ["-users", [0, 2]], ["\"from users\"", [1, 3]], ["-\"from users\"", [0, 2]], ["\"from", [1, 2, 3]],
    ["/d.l.te/", [2]], ["-/d.l.te/", [0, 1, 3]], ["/a\\/b/", []], ["a::int", [1, 3]], ["table:post", [2]], ["table:\"users\"", [1, 3]], ["verb:delete", [2]], ["fp:00000001", [2]], ["conn:shop", [1, 2, 3]],
    ["name:wsgi", [0]], ["service:api", [0, 1, 2, 3]], ["param:bob", [1]], ["param:null", [3]], ["rows>2", [1]], ["rows>=0", [1, 3]], ["rows<=0", [3]], ["dur>100ms", [2]], ["dur<0.5", [1]], ["dur>0.1s", [2]], ["dur<=10us", [1]], ["dur<=10µs", [1]],
    ["is:error", [2]], ["IS:ERR", [2]], ["is:slow", [2]], ["is:write", [2]], ["is:read", [1, 3]], ["is:n+1", [1, 3]], ["is:unfinished", [3]], ["-is:sql", [0]], ["is:sql -is:n+1", [2]], ["40P01", [2]], ["tx:none", [1, 2, 3]],
  ];
  for (const [text, right] of table) assert.deepEqual(passing(text), right, text);
  for (const wrong of ["/(/", "is:x", "dur>", "dur>5h", "rows>1ms", "rows>-1"]) assert.throws(() => filter.parse(wrong), /regular expression|not known|wants a number/, wrong);
});

test("what an address says is what is written again", () => {
  const round = (hash) => page.formatHash(page.parseHash(hash));
  for (const same of ["", "#v=order", "#v=time&g=1a2b3c4d&p=x%20y&q=a%26b%3D%25&sort=-total&t=1-20&f=err,n1", "#later=1&more", "#q=%E2%80%AE"]) assert.equal(round(same), same);
  for (const [hash, right] of [["#f=n1,err,what", "#f=err,n1"], ["#q=a&v=order", "#v=order&q=a"], ["#v=nothing", ""], ["#t=9-3", ""], ["#t=a-b", ""], ["#q=100%", "#q=100%25"], ["#&&", ""]]) assert.equal(round(hash), right, hash);
});

test("runs of alike statements are one, whatever a pool does between them", () => {
  const acquire = { flag: 1024 | 8192 }, a = { stmt: 0 }, b = { stmt: 1 }, stmts = [{ t: "A" }, { t: "B" }];
  const runs = (...points) => plain(trace([{ name: "wsgi", flag: 0, us: 900 }, ...points].map((point, k) => ({ ...point, parent: k })), stmts).runs.map((run) => run.members));
  assert.deepEqual(runs(a, a, a, a), []);
  assert.deepEqual(runs(a, a, a, a, a), [[1, 2, 3, 4, 5]]);
  assert.deepEqual(runs(acquire, a, acquire, a, a, acquire, a, a), [[1, 2, 3, 4, 5, 6, 7, 8]]);
  assert.deepEqual(runs(a, b, a, b, a, b, a, b, a, b), []);
});
