// Stored text stays text, and the policy bites where something else gets in. Cases 3 and 4.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { test } from "node:test";
import { browserTest, open, page, skip } from "./support/browser.mjs";
import { HOSTILE, hostile, shop } from "./support/fixtures.mjs";
import { report, scratch, url } from "./support/report.mjs";

const clipboard = { permissions: ["clipboard-read", "clipboard-write"] };

HOSTILE.forEach((text, place) => {
  const file = () => report(`hostile-${place}`, () => hostile(text));
  browserTest(`text stays text: ${JSON.stringify(text)}`, { file, ...clipboard }, async (page) => {
    const title = await page.title(), elements = await page.evaluate(() => document.querySelectorAll("img, svg:not(.parts), iframe, object, embed, link, base, meta[http-equiv=refresh]").length);
    assert.equal(elements, 0);
    assert.equal(await page.evaluate(() => document.scripts.length), 2);
    await walk(page);
    assert.equal(await page.title(), title);
    assert.ok(!title.includes("owned") || text.includes("owned"));
    // All of it is there to be seen, with marks in the place of what hides.
    const shown = visible(text), detail = await page.locator("#detail").innerText();
    assert.ok(detail.replace(/\s+/g, " ").includes(shown.replace(/\s+/g, " ").trim()), `${JSON.stringify(shown)} is not in ${JSON.stringify(detail)}`);
    const button = page.locator("#detail").getByRole("button", { name: /^Copy as sent(, commented out)?$/ }), isOut = (await button.innerText()).endsWith("out");
    await button.click();
    await page.getByText("Statement copied").waitFor();
    // What a client may take for a command, or for the end, is a comment.
    const sent = `SELECT ${JSON.stringify(text)} -- ${text}`, lines = sent.split(/\r\n|\r|\n/).map((line) => `-- ${line}`);
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), isOut ? ["-- It may change data: without the dashes it runs.", ...lines].join("\n") : sent);
    assert.equal(await page.evaluate(() => Object.keys(Object.prototype).length), 0);
  });
});

/** Looks into every tab, and leaves the detail of the second statement open. */
async function walk(page) {
  for (const view of ["time", "stats", "sql"]) await page.locator(`#tab-${view}`).click();
  for (const twist of await page.locator(".statements .twist").all()) await twist.click();
  await page.locator("#tab-order").click();
  await page.getByRole("button", { name: "Keys and filter help" }).click();
  await page.keyboard.press("Escape");
  await page.locator(".row[data-index] b", { hasText: "" }).nth(1).click();
  await page.locator("#detail details summary").click();
  await page.locator("#detail").waitFor();
}

/** What the page makes of text that hides. */
function visible(text) {
  return [...text].map((c) => {
    const code = c.codePointAt(0);
    if (c === "\n" || c === "\t") return c;
    if (code < 0x20) return String.fromCodePoint(0x2400 + code);
    if (c === "\u202e") return "⟦RLO⟧";
    return (code > 0x7e && code < 0xa0) || code === 0x2028 || code === 0x2029 ? `⟦U+${code.toString(16).toUpperCase().padStart(4, "0")}⟧` : c;
  }).join("");
}

test("what is smuggled into a file does nothing", { skip }, async () => {
  const asked = [];
  const server = createServer((request, response) => {
    asked.push(request.url);
    response.end();
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const there = `http://127.0.0.1:${server.address().port}`;
  const smuggled = [
    "<script>window.owned = 1</script>", "<script nonce=x>window.owned = 1</script>", `<script src="${there}/script.js"></script>`,
    "<img src=x onerror='window.owned = 1'>", `<img src="${there}/image.png">`, "<svg onload='window.owned = 1'></svg>",
    `<link rel=stylesheet href="${there}/style.css">`, "<style>h1 { display: none }</style>", "<p style='position: fixed'>x</p>",
    `<iframe src="${there}/frame"></iframe>`, `<object data="${there}/object"></object>`, `<base href="${there}/">`,
    `<form action="${there}/form"><button id=send>x</button></form>`, "<a id=script href='javascript:window.owned = 1'>x</a>",
  ].join("\n");
  const file = scratch("smuggled.html", readFileSync(report("shop", shop), "utf8").replace("<main id=\"main\">", () => `<main id="main">\n${smuggled}`));
  const opened = await page();
  try {
    await opened.context().setOffline(false);
    await open(opened, file);
    await opened.locator("#send").dispatchEvent("click");
    await opened.locator("#script").dispatchEvent("click");
    assert.equal(opened.url().split("#")[0], url(file));
    assert.equal(await opened.evaluate(() => window.owned), undefined);
    assert.ok(await opened.locator("h1").isVisible());
    assert.deepEqual(asked, []);
    assert.ok(opened.seen.complaints.filter((text) => text.startsWith("refused by policy")).length >= 10, opened.seen.complaints.join("\n"));
  } finally {
    await opened.context().close();
    server.close();
  }
});
