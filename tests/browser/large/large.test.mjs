// How long a large trace takes: to open, to filter, to scroll. Case 17. Figures are printed; budgets are generous, and as many
// times wider as OSPROFILER_TEST_SLOW_FACTOR says. OSPROFILER_TEST_HUGE=1 adds a trace of 1,000,000 points.

import assert from "node:assert/strict";
import { createWriteStream, readFileSync, statSync } from "node:fs";
import { once } from "node:events";
import { test } from "node:test";
import { SLOW, open, page, skip } from "../support/browser.mjs";
import { many } from "../support/fixtures.mjs";
import { report, scratch } from "../support/report.mjs";
import { TraceBuilder } from "../support/trace.mjs";

const POINTS = 100_000;
const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];
const quantile = (numbers, part) => [...numbers].sort((a, b) => a - b)[Math.ceil(part * numbers.length) - 1];

/** Says what was measured, and fails where it is more than the budget. */
function within(t, what, measured, budget, unit = "ms") {
  t.diagnostic(`${what}: ${measured.toFixed(measured < 10 ? 1 : 0)} ${unit} of ${budget} ${unit}`);
  assert.ok(measured < budget * (unit === "ms" ? SLOW : 1), `${what}: ${measured} ${unit}, with a budget of ${budget} ${unit}`);
}

/** Opens a file in a page of its own, and tells when its lists were there and what the longest task was. */
async function opening(file, run) {
  const opened = await page();
  try {
    await opened.addInitScript(() => {
      window.longest = 0;
      new PerformanceObserver((list) => list.getEntries().forEach((entry) => { window.longest = Math.max(window.longest, entry.duration); })).observe({ type: "longtask", buffered: true });
      new MutationObserver((_, observer) => {
        if (!document.documentElement?.dataset.ready) return;
        observer.disconnect();
        requestAnimationFrame(() => requestAnimationFrame(() => { window.painted = performance.now(); }));
      }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-ready"] });
    });
    await open(opened, file);
    await opened.waitForTimeout(300);
    const times = await opened.evaluate(() => ({ ready: window.painted, longest: window.longest }));
    const ran = await run?.(opened);
    assert.deepEqual(opened.seen.complaints, []);
    return { ...times, ...ran };
  } finally {
    await opened.context().close();
  }
}

test("100,000 points open, filter and scroll in time", { skip }, async (t) => {
  const file = report("many-100000", () => many(POINTS));
  within(t, "bytes for each point", statSync(file).size / POINTS, 60, "B");
  const runs = [];
  for (let k = 0; k < 5; k++) runs.push(await opening(file));
  within(t, "opened and painted, median of five", median(runs.map((run) => run.ready)), 2_000);
  within(t, "longest task, median of five", median(runs.map((run) => run.longest)), 1_000);
  await opening(file, async (page) => {
    assert.equal(await page.locator("#tab-order small").innerText(), " 100,000");
    for (const view of ["order", "time"]) {
      const ms = await page.evaluate((view) => {
        const begun = performance.now();
        document.getElementById(`tab-${view}`).click();
        document.body.getBoundingClientRect();
        return performance.now() - begun;
      }, view);
      within(t, `tab ${view}`, ms, 1_000);
      const rows = await page.locator("#panel .row[data-index]").count();
      assert.ok(rows > 0);
      within(t, `rows in the document, ${view}`, rows, 120, "rows");
      const frames = await page.locator("#panel .list").evaluate(async (list) => {
        const frames = [];
        let last = await new Promise(requestAnimationFrame);
        for (let k = 0; k < 180; k++) {
          list.scrollTop += k % 60 === 59 ? 300_000 : 480;
          const now = await new Promise(requestAnimationFrame);
          frames.push(now - last);
          last = now;
        }
        return frames;
      });
      within(t, `frames of scrolling, ${view}, p95`, quantile(frames, 0.95), 50);
      within(t, `rows after scrolling, ${view}`, await page.locator("#panel .row[data-index]").count(), 120, "rows");
    }
    for (const filter of ["table_7", "deadlock", "param:0a7e", "/table_[13]\\b/", "rows>2 dur>0.05ms", "is:error", "-table_7 users"]) {
      const ms = await page.evaluate((filter) => {
        const begun = performance.now();
        location.hash = `#v=order&q=${encodeURIComponent(filter)}`;
        return new Promise((resolve) => addEventListener("hashchange", () => {
          document.body.getBoundingClientRect();
          resolve(performance.now() - begun);
        }, { once: true }));
      }, filter);
      within(t, `filter ${filter}`, ms, 150);
    }
    const session = await page.context().newCDPSession(page);
    await session.send("HeapProfiler.collectGarbage");
    const { usedSize } = await session.send("Runtime.getHeapUsage");
    within(t, "heap", usedSize / (1 << 20), 150, "MB");
  });
});

test("a statement of 1 MB opens in time", { skip }, async (t) => {
  const file = report("statement", () => {
    const trace = new TraceBuilder(), root = trace.request(0, 100_000);
    trace.db(root, 1_000, 2_000, `SELECT ${Array.from({ length: 90_000 }, (_, k) => `'column ${k}'`).join(", ")} FROM users`, { rows: 1 });
    trace.db(root, 3_000, 4_000, `SELECT ${Array.from({ length: 8_000 }, (_, k) => `a${k}`).join(", ")} FROM users`, { rows: 1 });
    return trace;
  });
  assert.ok(readFileSync(file).length < 400_000);
  await opening(file, async (page) => {
    for (const place of [0, 1]) {
      const ms = await page.evaluate((place) => {
        const begun = performance.now();
        document.querySelectorAll("tr[data-group] .name")[place].click();
        document.querySelector("#detail").getBoundingClientRect();
        return performance.now() - begun;
      }, place);
      within(t, `statement ${place + 1} expands`, ms, 300);
      assert.equal((await page.locator("#detail .sql").innerText()).endsWith("bytes more"), place === 0);
    }
  });
});

test("an empty report is small", { skip }, (t) => {
  const file = report("small", () => {
    const trace = new TraceBuilder();
    trace.request(0, 1_000);
    return trace;
  });
  within(t, "a report without statements", statSync(file).size / 1024, 110, "KiB");
});

const huge = process.env.OSPROFILER_TEST_HUGE ? false : "OSPROFILER_TEST_HUGE is not set";
test("1,000,000 points open", { skip: skip || huge }, async (t) => {
  // More lines than one string can hold.
  const lines = scratch("many-1000000.jsonl", ""), out = createWriteStream(lines);
  for (let part = 0; part < 10; part++) {
    const trace = many(POINTS);
    const ids = (line) => line.replaceAll(/"(p\d+)"/g, `"${part}$1"`);
    if (!out.write(`${trace.lines.map(ids).join("\n")}\n`)) await once(out, "drain");
  }
  out.end();
  await once(out, "finish");
  const file = report("many-1000000", "");
  const { ready, longest } = await opening(file, async (page) => {
    for (const view of ["order", "time"]) {
      await page.locator(`#tab-${view}`).click();
      const first = await page.locator('#panel .row[data-index="0"]').boundingBox(), heads = await page.locator("#panel .heads").boundingBox();
      assert.ok(first.y >= heads.y + heads.height - 1, "the first row is behind the headings");
      await page.locator("#panel .list").evaluate((list) => { list.scrollTop = list.scrollHeight; });
      await page.locator("#panel .row[data-index]").last().waitFor();
      assert.ok(await page.locator("#panel .row[data-index]").last().getAttribute("data-index") > 1_000_000 - 2);
    }
  });
  within(t, "1,000,000 points, opened and painted", ready, 8_000);
  within(t, "longest task", longest, 6_000);
});
