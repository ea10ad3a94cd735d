// Which badges a trace gets, in its data and on the page. Case 6. The rules' own tests are in Rust; these see what is shown.

import assert from "node:assert/strict";
import { browserTest, texts } from "./support/browser.mjs";
import { payload, report } from "./support/report.mjs";
import { TraceBuilder } from "./support/trace.mjs";

const USERS = "SELECT id, name FROM users WHERE id = $1";

/** A request of 200 ms with a handler, in which `fill` makes points. */
function request(fill, whole = 200_000) {
  return () => {
    const trace = new TraceBuilder(), root = trace.request(0, whole), handler = trace.call(root, 100, whole - 100, "shop::show");
    fill(trace, handler);
    return trace;
  };
}

/** So many reads of users, a millisecond apart, each half as long. */
function reads(trace, parent, count, of = () => ({}), from = 10_000) {
  for (let k = 0; k < count; k++) {
    const { sql = USERS, at = from + 1_000 * k, us = 500, under = parent, ...more } = of(k);
    trace.db(under, at, at + us, sql, { params: [k], param_types: ["INT8"], rows: 1, ...more });
  }
}

/** Name, trace, the rules that fire with how many points each, and badges on the page. */
const CASES = [
  ["nothing", request((trace, parent) => reads(trace, parent, 1)), {}, []],
  ["similar statements", request((trace, parent) => reads(trace, parent, 4)), {}, ["similar ×4"]],
  ["duplicates", request((trace, parent) => reads(trace, parent, 3, () => ({ params: [7] }))), { duplicate: 3 }, ["duplicate ×3"]],
  ["a duplicate across a write is a repeat", request((trace, parent) => {
    reads(trace, parent, 1, () => ({ params: [7] }));
    trace.db(parent, 20_000, 20_500, "UPDATE users SET name = $1 WHERE id = $2", { params: ["x", 7], affected: 1 });
    reads(trace, parent, 1, () => ({ params: [7] }), 30_000);
  }), { repeat: 2 }, ["repeat ×2"]],
  ["an N+1 of one parent", request((trace, parent) => reads(trace, parent, 12)), { "n+1": 12 }, ["N+1 ×12"]],
  ["an N+1 of cousins", request((trace, parent) => reads(trace, parent, 8, (k) => ({ under: trace.call(parent, 9_900 + 1_000 * k, 10_700 + 1_000 * k, "shop::user"), at: 10_000 + 1_000 * k }))), { "n+1": 8 }, ["N+1 ×8"]],
  ["an N+1 with a pool's points between", request((trace, parent) => reads(trace, parent, 8, (k) => {
    trace.db(parent, 9_800 + 1_000 * k, 9_900 + 1_000 * k, undefined, { method: "acquire" });
    return {};
  })), { "n+1": 8 }, ["N+1 ×8"]],
  ["A B A B is two N+1", request((trace, parent) => reads(trace, parent, 12, (k) => ({ sql: k % 2 ? USERS : "SELECT body FROM posts WHERE user_id = $1", params: [k >> 1] }))), { "n+1": 12 }, ["N+1 ×6", "N+1 ×6"]],
  ["a concurrent N+1", request((trace, parent) => reads(trace, parent, 8, (k) => ({ at: 10_000 + k, us: 5_000 }))), { "n+1": 8 }, ["N+1 ×8"]],
  ["several schemas are none", request((trace, parent) => reads(trace, parent, 6, (k) => ({ sql: `SELECT name FROM tenant_${k}.users WHERE id = $1`, params: [1] }))), {}, []],
  ["several databases are none", request((trace, parent) => reads(trace, parent, 6, (k) => ({ database: `tenant_${k}`, params: [k] }))), {}, []],
  ["four are none", request((trace, parent) => reads(trace, parent, 4)), {}, ["similar ×4"]],
  ["without values eight are no N+1", request((trace, parent) => reads(trace, parent, 8, () => ({ params: undefined, param_types: undefined }))), {}, ["similar ×8"]],
  ["without values fifteen are one", request((trace, parent) => reads(trace, parent, 15, () => ({ params: undefined, param_types: undefined }))), { "n+1": 15 }, ["N+1 ×15"]],
  ["a loop of writes", request((trace, parent) => reads(trace, parent, 9, (k) => ({ sql: "INSERT INTO logs (line) VALUES ($1)", params: [`line ${k}`], rows: undefined, affected: 1 }))), { "write-loop": 9 }, ["write loop ×9"]],
  ["an error", request((trace, parent) => trace.db(parent, 10_000, 10_500, USERS, { params: [1], error: "canceling statement due to lock timeout", code: "55P03" })), { error: 1 }, ["error"]],
  ["a cancelled statement", request((trace, parent) => trace.db(parent, 10_000, 10_500, USERS, { params: [1], cancelled: true })), { cancelled: 1 }, ["cancelled"]],
  ["a slow statement", request((trace, parent) => trace.db(parent, 10_000, 130_000, USERS, { params: [1], rows: 1 }), 2_000_000), { slow: 1 }, ["slow"]],
  ["a dominant statement", request((trace, parent) => trace.db(parent, 10_000, 80_000, USERS, { params: [1], rows: 1 })), { dominant: 1 }, ["dominant"]],
  ["many rows", request((trace, parent) => trace.db(parent, 10_000, 10_500, "SELECT id FROM users", { rows: 1_500 })), { "many-rows": 1 }, ["many rows"]],
  ["an update of nothing", request((trace, parent) => trace.db(parent, 10_000, 10_500, "DELETE FROM users WHERE id = $1", { params: [1], affected: 0 })), { "zero-rows": 1 }, ["0 rows"]],
  ["a statement around the pool", request((trace, parent) => trace.db(parent, 10_000, 10_500, USERS, { params: [1], bypassed: true })), { bypassed: 1 }, ["bypassed the traced pool"]],
];

for (const [name, build, rules, badges] of CASES) {
  const file = () => report(name.replaceAll(/\W+/g, "-"), build);
  browserTest(name, { file }, async (page) => {
    const found = {};
    for (const finding of payload(file()).find) found[finding.rule] = (found[finding.rule] ?? 0) + finding.points.length;
    assert.deepEqual(found, rules);
    assert.deepEqual(await texts(page, ".statements .badge"), badges);
    for (const sentence of await texts(page, "#findings .sentence")) assert.match(sentence, /^[`A-Z1-9].{20,}\.$/);
  });
}

browserTest("an N+1 whose rows match is certain, names its source and is no duplicate", { file: () => report("certain", request((trace, parent) => {
  trace.db(parent, 1_000, 5_000, "SELECT id FROM posts", { rows: 8 });
  reads(trace, parent, 8, (k) => ({ params: [k] }));
})) }, async (page) => {
  const file = report("certain"), { find, conn, id } = payload(file);
  assert.deepEqual(find.map(({ rule, conf }) => [rule, conf]), [["n+1", "certain"]]);
  assert.ok(find[0].source >= 0 && id[find[0].source]);
  assert.equal(conn.length, 1);
  await page.getByRole("link", { name: "show the statement" }).click();
  assert.match(await page.locator("#detail .finding").innerText(), /ran 8 times, as often as .* returned rows/);
});

/** Points of transactions, as adapters write them. */
function transaction(trace, parent, from, id, outcome, more = {}) {
  trace.db(parent, from, from + 50, "BEGIN", { method: "begin", transaction: id, id, ...more });
  trace.db(parent, from + 1_000, from + 2_000, "UPDATE users SET seen = 1 WHERE id = $1", { params: [1], affected: 1, transaction: id, ...more });
  if (outcome === "committed") trace.db(parent, from + 3_000, from + 3_100, "COMMIT", { method: "commit", transaction: id, outcome, ...more });
  if (outcome === "rolled_back") trace.db(parent, from + 3_000, from + 3_100, "ROLLBACK", { method: "drop", transaction: id, outcome, dropped: true, ...more });
}

browserTest("transactions say how they ended, and savepoints that they are none", { file: () => report("transactions", request((trace, parent) => {
  transaction(trace, parent, 10_000, "t1", "committed");
  transaction(trace, parent, 20_000, "t2", "rolled_back");
  transaction(trace, parent, 30_000, "t3", "");
  transaction(trace, parent, 40_000, "t4", "committed");
  trace.db(parent, 41_100, 41_200, "SAVEPOINT a", { method: "begin", transaction: "s1", savepoint_of: "t4", id: "s1" });
  trace.db(parent, 41_300, 41_400, "SELECT 1", { transaction: "s1", savepoint_of: "t4", rows: 1 });
  trace.db(parent, 41_500, 41_600, "RELEASE SAVEPOINT a", { method: "commit", transaction: "s1", savepoint_of: "t4", outcome: "committed" });
})), hash: "#v=order" }, async (page) => {
  await page.getByLabel("Group by transaction").check();
  const headings = (await texts(page, ".order .tx")).join("\n");
  for (const expected of [/transaction 1: 1 statement, .*✓ committed/, /transaction 2: .*↩ rolled back/, /transaction 3: .*\? left open/, /savepoint 5: .*✓ committed/]) assert.match(headings, expected);
  await page.getByLabel("Filter", { exact: true }).fill("tx:2");
  await page.getByText(/^1 of \d+ statements match/).waitFor();
});

browserTest("a transaction without a statement for long is told", { file: () => report("idle", request((trace, parent) => {
  trace.db(parent, 10_000, 10_100, "BEGIN", { method: "begin", transaction: "t1", id: "t1" });
  trace.db(parent, 11_000, 12_000, USERS, { params: [1], rows: 1, transaction: "t1" });
  trace.db(parent, 152_000, 152_500, "COMMIT", { method: "commit", transaction: "t1", outcome: "committed" });
})) }, async (page) => {
  assert.deepEqual(payload(report("idle")).find.map((finding) => finding.rule), ["idle-in-transaction"]);
  assert.match((await texts(page, ".finding"))[0], /140\.0 ms/);
});

browserTest("lost messages are told where nobody can miss them", { file: () => report("lost", request((trace, parent) => {
  reads(trace, parent, 1);
  trace.point("wsgi", trace.base, 150_000, 151_000, {}, { lost_messages: 7 });
  trace.lines.push("this is no message");
})) }, async (page) => {
  assert.match((await texts(page, "#findings")).join(), /1 stored entry could not be read/);
  assert.match((await texts(page, "#findings")).join(), /7 messages were lost before reaching the store: points may be missing/);
});

browserTest("a badge says why it is there", { file: () => report("why", request((trace, parent) => reads(trace, parent, 12))) }, async (page) => {
  const title = await page.locator(".statements .badge").getAttribute("title");
  assert.match(title, /12 times/);
  await page.locator("tr[data-group] .name").click();
  assert.equal(await page.locator("#detail .finding span").innerText(), title);
});
