// Traces at the edges: nothing in them, or too much of one thing, or what cannot be. Cases 7 and 19, and what of 17 is no matter of time.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { browserTest, skip, texts } from "./support/browser.mjs";
import { deep, shop, uuid } from "./support/fixtures.mjs";
import { command, report, scratch } from "./support/report.mjs";
import { TraceBuilder } from "./support/trace.mjs";

/** Opens every tab; that none complains is seen by `browserTest`. */
async function everyTab(page) {
  for (const view of ["order", "time", "stats", "sql"]) await page.locator(`#tab-${view}`).click();
}

test("a file without any point is told by the command, and is no report", { skip }, () => {
  const run = () => execFileSync(command, ["trace", "show", scratch("empty.json", '{"info": {"name": "total"}, "children": []}'), "--html", "--out", scratch("empty.html", "")], { stdio: "pipe" });
  assert.throws(run, (error) => error.status === 1 && /without any point/.test(error.stderr));
});

const one = (fill) => () => {
  const trace = new TraceBuilder();
  fill(trace);
  return trace;
};

browserTest("one point without SQL", { file: () => report("one", one((trace) => trace.call(undefined, 0, 1_000, "f"))) }, async (page) => {
  await everyTab(page);
  assert.match(await page.locator("#panel").innerText(), /No SQL was recorded\./);
  await page.locator("#tab-order").click();
  assert.match(await page.locator("#panel").innerText(), /No SQL was recorded\./);
  await page.locator("#tab-time").click();
  assert.equal(await page.locator(".timeline .row[data-index]").count(), 1);
});

browserTest("one statement and nothing around it", { file: () => report("statement", one((trace) => trace.db(undefined, 0, 87, "SELECT 1", { rows: 1 }))) }, async (page) => {
  await everyTab(page);
  assert.match(await page.title(), /1 SQL – 0\.087 ms$/);
  assert.deepEqual(await texts(page, ".c-total"), ["total ▾", "0.087 ms"].slice(0, 2));
});

browserTest("a root that took no time at all", { file: () => report("zero", one((trace) => trace.db(trace.request(0, 0), 0, 0, "SELECT 1", { rows: 1 }))) }, async (page) => {
  await everyTab(page);
  const shown = await page.locator("main").innerText();
  assert.ok(!/NaN|Infinity|undefined/.test(shown), shown);
});

browserTest("all statements failed", { file: () => report("failed", one((trace) => {
  const root = trace.request(0, 100_000, { status: 500 });
  trace.each(30, (k) => trace.db(root, 1_000 * k, 1_000 * k + 500, `SELECT ${"x".repeat(k)} FROM t`, { error: `no such column ${k}`, code: "42703" }));
})) }, async (page) => {
  await everyTab(page);
  assert.match(await page.locator(".verdict").innerText(), /30 errors/);
  assert.deepEqual(await texts(page, ".pills button"), ["Errors 30"]);
  assert.equal(await page.locator(".statements .badge.high").count(), 30);
});

browserTest("points without a parent, with one id twice, and inside themselves", { file: () => report("broken", one((trace) => {
  const root = trace.request(0, 100_000);
  trace.db("nobody", 1_000, 2_000, "SELECT 'orphan'");
  trace.db(root, 3_000, 4_000, "SELECT 'first'", { id: "same" });
  trace.point("http", root, 5_000, 6_000, {}, {}, { id: "same" });
  trace.point("rpc", "b", 7_000, 8_000, {}, {}, { id: "a" });
  trace.point("rpc", "a", 7_100, 7_900, {}, {}, { id: "b" });
  trace.point("rpc", "self", 8_100, 8_900, {}, {}, { id: "self" });
  trace.message("db-stop", "stopped", root, 9_000, { db: { rows: 1 } });
})), hash: "#v=time" }, async (page) => {
  assert.ok(await page.locator(".timeline .row[data-index]").count() >= 8);
  const marks = await texts(page, ".timeline .mark");
  for (const mark of ["parent missing", "parent inside itself", "start missing"]) assert.ok(marks.includes(mark), `${mark} is not among ${marks}`);
  await everyTab(page);
});

browserTest("what did not end is hatched and named, and is never 0 ms", { file: () => report("shop", shop), hash: "#v=time" }, async (page) => {
  const row = page.locator(".timeline .row", { hasText: "pg_sleep" });
  assert.match(await row.innerText(), /\?/);
  assert.ok(!/0\.000 ms/.test(await row.locator(".took").first().innerText()));
  assert.equal(await row.locator(".note").innerText(), "unfinished");
  assert.match(await row.locator(".bar.open").evaluate((bar) => getComputedStyle(bar).backgroundImage), /repeating-linear-gradient/);
  assert.ok(await row.locator(".bar.open").evaluate((bar) => bar.getBoundingClientRect().width) > 20);
});

browserTest("a child that began before its parent is marked, and drawn within it", { file: () => report("skew", one((trace) => {
  const root = trace.request(10_000, 100_000), call = trace.point("http", root, 50_000, 80_000);
  trace.db(trace.request(20_000, 60_000, { parent: call, service: "posts", host: "node-2" }), 30_000, 40_000, "SELECT 1", { service: "posts", host: "node-2" });
})), hash: "#v=time" }, async (page) => {
  assert.ok((await texts(page, ".timeline .mark")).includes("clocks differ"));
  assert.deepEqual(await texts(page, ".timeline .bar.skew ~ .note"), ["clocks differ"]);
});

browserTest("a chain of 20,000 points opens, closes, and is walked", { file: () => report("deep", () => deep(20_000)), hash: "#v=time" }, async (page) => {
  await page.locator(".timeline .row[data-index]").first().focus();
  await page.keyboard.press("End");
  await page.locator(".timeline").getByText("SELECT 1").first().waitFor();
  await page.keyboard.press("ArrowLeft");
  assert.equal(await page.evaluate(() => document.activeElement.dataset.index), "19999");
  await page.keyboard.press("Home");
  await page.keyboard.press("ArrowLeft");
  assert.equal(await page.locator(".timeline .row[data-index]").count(), 1);
  await page.keyboard.press("ArrowRight");
  await page.getByLabel("Critical path").check();
  await page.getByLabel("Compress idle time").check();
  await page.getByLabel("Filter", { exact: true }).fill("is:sql");
  await page.getByText(/^1 of 1 statement match/).waitFor();
  await everyTab(page);
});

browserTest("a list of 10,000 values is one statement, and opens at once", { file: () => report("list", one((trace) => {
  const root = trace.request(0, 100_000), ids = (from, many) => Array.from({ length: many }, (_, k) => uuid(from + k));
  const places = (many) => Array.from({ length: many }, (_, k) => `$${k + 1}`).join(", ");
  for (const [at, many] of [[1_000, 10_000], [20_000, 11_000]]) trace.db(root, at, at + 9_000, `SELECT name FROM users WHERE id IN (${places(many)})`, { params: ids(at, many), param_types: ids(0, many).map(() => "UUID"), rows: many });
})) }, async (page) => {
  assert.deepEqual(await texts(page, ".c-count"), ["count", "2"]);
  const ms = await page.evaluate(() => {
    const begun = performance.now();
    document.querySelector(".twist").click();
    document.querySelector("#panel .executions a").click();
    document.querySelector("#detail").getBoundingClientRect();
    return performance.now() - begun;
  });
  console.log(`# 10,000 values open in ${ms.toFixed(0)} ms`);
  assert.ok(await page.locator("#detail .params tbody tr").count() <= 1_000);
  await everyTab(page);
});

browserTest("what was made with --no-params says so, and holds no value", { file: () => report("shop", shop, "--no-params") }, async (page) => {
  assert.equal(await page.locator("#values").innerText(), "without parameter values");
  assert.ok(!(await page.content()).includes("seen&lt;/b&gt;"));
  await page.locator("tr[data-group] .name").first().click();
  await page.locator("#detail .executions a").first().click();
  assert.match(await page.locator("#detail").innerText(), /Not runnable as it is: this page holds no values/);
});

browserTest("what was left out by --max-points is told", { file: () => report("shop", shop, "--max-points", "10") }, async (page) => {
  assert.match(await page.locator("header").innerText(), /28 points of 38 are left out of this page/);
  assert.equal(await page.locator("#tab-time small").innerText(), " 10");
  await everyTab(page);
});
