// Keys alone are enough, letters stay letters, and the browser's own search and selection stay themselves. Cases 10, 11, 13.

import assert from "node:assert/strict";
import { browserTest, focused, texts } from "./support/browser.mjs";
import { many, shop } from "./support/fixtures.mjs";
import { report } from "./support/report.mjs";

const file = () => report("shop", shop);
const clipboard = { permissions: ["clipboard-read", "clipboard-write"] };

/** Presses keys one after the other; the focus must always be seen, and never be lost to the page. */
async function press(page, ...keys) {
  for (const key of keys) {
    await page.keyboard.press(key);
    const state = await page.evaluate(() => {
      const element = document.activeElement;
      if (element === document.body) return "the focus is on the page";
      const style = getComputedStyle(element);
      if (element.matches(":focus-visible") && style.outlineStyle === "none") return `no outline on ${element.outerHTML.slice(0, 80)}`;
      const box = element.getBoundingClientRect();
      return box.width && box.height ? "" : `no size: ${element.outerHTML.slice(0, 80)}`;
    });
    assert.equal(state, "", `after ${key}`);
  }
}

/** Goes on with Tab until something with this text has the focus. */
async function tabTo(page, text, most = 80) {
  for (let k = 0; k < most; k++) {
    await press(page, "Tab");
    if ((await focused(page)).includes(text)) return;
  }
  assert.fail(`${text} is not reached: ${await focused(page)}`);
}

browserTest("from the verdict to a finding, its statement, an execution, the clipboard, and back", { file, ...clipboard }, async (page) => {
  await press(page, "Tab");
  assert.match(await focused(page), /Skip to the report/);
  await tabTo(page, "show the statement");
  await press(page, "Enter");
  assert.match(await focused(page), /Detail/);
  await tabTo(page, "#2");
  await press(page, "Enter");
  assert.match(new URL(page.url()).hash, /^#p=/);
  await page.locator("#detail h2").waitFor();
  await page.locator("#detail").focus();
  await tabTo(page, "Copy runnable SQL");
  await press(page, "Enter");
  await page.getByText("SQL copied").waitFor();
  await press(page, "Escape");
  assert.ok(await page.locator("#detail").isHidden());
});

browserTest("the tabs are one stop, with arrows between them", { file }, async (page) => {
  await page.locator("#tab-sql").focus();
  await press(page, "ArrowRight", "ArrowRight");
  assert.match(await focused(page), /Timeline/);
  assert.equal(await page.locator("#tab-time").getAttribute("aria-selected"), "true");
  await press(page, "ArrowLeft", "ArrowLeft", "ArrowLeft");
  assert.match(await focused(page), /Breakdown/);
  assert.equal(await page.locator('[role=tab][tabindex="0"]').count(), 1);
});

browserTest("a list is one stop, and is walked with arrows", { file }, async (page) => {
  await page.locator("#tab-time").click();
  await page.locator('.timeline .row[tabindex="0"]').focus();
  const index = () => page.evaluate(() => Number(document.activeElement.dataset.index));
  await press(page, "ArrowDown", "ArrowDown", "ArrowDown");
  assert.equal(await index(), 3);
  await press(page, "End");
  assert.equal(await index(), await page.locator(".timeline .row[data-index]").count() - 1);
  await press(page, "Home", "PageDown");
  assert.ok(await index() > 3);
  await press(page, "Home", "ArrowLeft");
  assert.equal(await page.locator(".timeline .row[data-index]").count(), 1, "the root is closed");
  await press(page, "ArrowRight", "ArrowRight");
  assert.equal(await index(), 1);
  assert.equal(await page.locator('.timeline .row[tabindex="0"]').count(), 1);
  const before = await page.locator(".timeline .row[data-index]").count();
  await press(page, "x");
  assert.ok(await page.locator(".timeline .row[data-index]").count() > before, "alike statements stand for themselves");
  await press(page, "Enter");
  assert.match(new URL(page.url()).hash, /p=/);
  await press(page, "Shift+F10");
  await press(page, "Escape");
  assert.match(await focused(page), /shop::servers::show/);
});

browserTest("letters go to the next finding, error and statement, and copy", { file, ...clipboard }, async (page) => {
  await page.locator("#tab-order").click();
  await page.locator('.order .row[tabindex="0"]').focus();
  const chosen = async () => (await texts(page, "#detail h2"))[0];
  await press(page, "j", "j", "k", "n");
  const first = await chosen();
  await press(page, "n");
  assert.notEqual(await chosen(), first);
  await press(page, "N");
  assert.equal(await chosen(), first);
  await press(page, "e");
  assert.match(await page.locator("#detail .error").innerText(), /23505/);
  await press(page, "Home", "ArrowDown", "ArrowDown", "d");
  await press(page, "c");
  await page.getByText("SQL copied").waitFor();
  await press(page, "?");
  assert.ok(await page.locator("dialog").isVisible());
  await press(page, "Escape");
  assert.ok(await page.locator("dialog").isHidden());
  await press(page, "/");
  assert.equal(await focused(page), "input Filter");
});

browserTest("letters are dead outside a list, and where they are switched off", { file }, async (page) => {
  await page.locator("#tab-order").click();
  for (const key of ["n", "e", "d", "x", "?", "/", "j"]) {
    await press(page, key);
    assert.equal(await focused(page), "button In order 31", key);
    assert.ok(await page.locator("dialog").isHidden());
  }
  await page.getByRole("button", { name: "Keys and filter help" }).click();
  await page.getByLabel("Single letters").uncheck();
  await page.getByRole("button", { name: "Close", exact: true }).click();
  await page.locator('.order .row[tabindex="0"]').focus();
  for (const key of ["j", "n", "e", "/", "?"]) await press(page, key);
  assert.equal(new URL(page.url()).hash, "#v=order");
  assert.equal(await page.evaluate(() => document.activeElement.dataset.index), "0");
  await press(page, "Control+k");
  assert.equal(await focused(page), "input Filter");
  await page.keyboard.type("a/b?e");
  assert.equal(await page.getByLabel("Filter", { exact: true }).inputValue(), "a/b?e");
});

browserTest("in a long list the focus is kept, however far it is scrolled", { file: () => report("many-50000", () => many(50_000)) }, async (page) => {
  await page.locator("#tab-order").click();
  await page.locator('.order .row[tabindex="0"]').focus();
  await press(page, "ArrowDown", "End");
  assert.ok(await page.evaluate(() => Number(document.activeElement.dataset.index)) >= 49_999);
  await press(page, "Home");
  await page.locator(".order").evaluate((list) => { list.scrollTop = 24 * 30_000; });
  await page.waitForFunction(() => document.querySelector('.order [data-index="30005"]'));
  assert.equal(await page.evaluate(() => document.activeElement.dataset.index), "0");
  await press(page, "ArrowDown");
  assert.equal(await page.evaluate(() => document.activeElement.dataset.index), "1");
  assert.ok(await page.evaluate(() => {
    const row = document.activeElement.getBoundingClientRect(), list = document.activeElement.closest(".list").getBoundingClientRect();
    return row.top >= list.top && row.bottom <= list.bottom;
  }), "what has the focus is in sight");
});

browserTest("up to 2,000 rows the browser finds all of them", { file: () => report("many-1500", () => many(1_500)) }, async (page) => {
  await page.locator("#tab-order").click();
  assert.ok(await page.locator(".order .row[data-index]").count() >= 1_500);
  const prevented = await page.evaluate(() => !document.dispatchEvent(new KeyboardEvent("keydown", { key: "f", ctrlKey: true, bubbles: true, cancelable: true })));
  assert.equal(prevented, false);
  assert.ok(await page.evaluate(() => window.find("table_39.value", false, false, true)));
});

browserTest("of a longer list Ctrl+F asks the filter, and the second time the browser", { file: () => report("many-10000", () => many(10_000)) }, async (page) => {
  await page.locator("#tab-order").click();
  const press = () => page.evaluate(() => !document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: "f", ctrlKey: true, bubbles: true, cancelable: true })));
  assert.equal(await press(), true);
  assert.equal(await focused(page), "input Filter");
  await page.getByText("press again").waitFor();
  assert.equal(await press(), false);
});

browserTest("selecting text in a row does not open it", { file }, async (page) => {
  for (const [tab, cell] of [["#tab-order", ".order .row[data-index] code"], ["#tab-sql", "tr[data-group] code"]]) {
    await page.locator(tab).click();
    const text = page.locator(cell).first(), box = await text.boundingBox();
    await page.mouse.move(box.x + 2, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + 120, box.y + box.height / 2, { steps: 5 });
    await page.mouse.up();
    assert.ok((await page.evaluate(() => String(getSelection()))).length > 3, tab);
    assert.ok(await page.locator("#detail").isHidden(), tab);
    await page.evaluate(() => getSelection().removeAllRanges());
    await text.click();
    await page.locator("#detail").waitFor();
    await page.keyboard.press("Escape");
  }
});
