// The report opens: without a network, without script, in another's sandbox, saved once more. Cases 1, 2, 5 and 18.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { test } from "node:test";
import { browserTest, open, page, skip, texts } from "./support/browser.mjs";
import { SHOP_STATEMENTS, shop } from "./support/fixtures.mjs";
import { payload, report, scratch } from "./support/report.mjs";

const file = () => report("shop", shop);
const verdict = `${SHOP_STATEMENTS} statements`;

browserTest("a file opens without a network, and asks for nothing", { file }, async (page) => {
  assert.equal(page.seen.requests.length, 1, page.seen.requests.join(" "));
  assert.match(await page.title(), /^GET \/servers\/42 – \d+ SQL – 812\.4 ms$/);
  assert.equal((await texts(page, ".verdict li"))[0], verdict);
  for (const view of ["order", "time", "stats", "sql"]) await page.locator(`#tab-${view}`).click();
  assert.ok(await page.locator("tr[data-group]").count() > 5);
  assert.equal(page.seen.requests.length, 1, page.seen.requests.join(" "));
});

browserTest("without script the verdict, findings, statements and errors are there", { javaScriptEnabled: false }, async (page) => {
  await page.goto(`file://${file()}`);
  await staticPart(page);
});

test("in a sandbox that allows no script the same is there", { skip }, async () => {
  const server = createServer((_, response) => {
    response.setHeader("Content-Security-Policy", "default-src 'self'; sandbox");
    response.setHeader("Content-Type", "text/html; charset=utf-8").end(readFileSync(file()));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const opened = await page();
  try {
    await opened.context().setOffline(false);
    await opened.goto(`http://127.0.0.1:${server.address().port}/`);
    await staticPart(opened);
  } finally {
    await opened.context().close();
    server.close();
  }
});

async function staticPart(page) {
  assert.equal((await texts(page, ".verdict li"))[0], verdict);
  assert.ok(await page.locator("#findings").isVisible());
  assert.ok((await texts(page, "#findings")).join().includes("Findings"));
  const statements = page.locator("#static table").first();
  assert.ok(await statements.isVisible());
  assert.match(await statements.innerText(), /FROM users/);
  assert.match(await page.locator("#errors").innerText(), /23505/);
  assert.ok(await page.locator("#app").isHidden());
  await page.locator("#static summary").first().click();
  assert.ok(await page.locator("#static pre").first().isVisible());
}

browserTest("the counts agree with each other and with the trace", { file }, async (page) => {
  const data = payload(file()), groups = data.group.reduce((sum, group) => sum + group.n, 0);
  assert.equal(groups, SHOP_STATEMENTS);
  const counts = await page.locator("tr[data-group] .c-count").allInnerTexts();
  assert.equal(counts.reduce((sum, text) => sum + Number(text), 0), SHOP_STATEMENTS);
  assert.deepEqual(await texts(page, "#tab-order small"), [String(SHOP_STATEMENTS)]);
  assert.equal(Object.values(data.meta.parts).reduce((sum, us) => sum + us, 0), data.meta.us);
  await page.locator("#tab-stats").click();
  const shares = await page.locator(".breakdown table").first().locator("tbody td:last-child").allInnerTexts();
  const sum = shares.reduce((sum, text) => sum + parseFloat(text), 0);
  assert.ok(Math.abs(sum - 100) < 0.25, shares.join(" + "));
});

// What the script set by `element.style` is saved as attributes, which the policy refuses: those complaints are no fault.
browserTest("a page that was saved by the browser opens once more, with nothing doubled", { file, quiet: false }, async (page) => {
  await page.locator("tr[data-group] .name").first().click();
  const count = (page) => page.evaluate(() => [document.querySelectorAll("[role=tab]").length, document.querySelectorAll("dialog").length, document.querySelectorAll("#tools > *").length, document.querySelectorAll("tr[data-group]").length, document.querySelectorAll("aside").length]);
  const before = await count(page), saved = scratch("saved.html", `<!DOCTYPE html>\n${await page.evaluate(() => document.documentElement.outerHTML)}`);
  await open(page, saved);
  assert.deepEqual(await count(page), before);
});
