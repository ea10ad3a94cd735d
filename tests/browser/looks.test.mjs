// Light, dark, forced colours, little motion, small and large: seen by axe and by measuring. Cases 14, 16 and 20.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { browserTest } from "./support/browser.mjs";
import { shop } from "./support/fixtures.mjs";
import { artefact, report } from "./support/report.mjs";

const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const file = () => report("shop", shop);
const VIEWS = ["sql", "order", "time", "stats"];
const LOOKS = { light: { colorScheme: "light" }, dark: { colorScheme: "dark" }, forced: { forcedColors: "active" }, "dark-forced": { colorScheme: "dark", forcedColors: "active" }, still: { reducedMotion: "reduce" } };

/** What axe finds serious, each with the first elements. */
async function serious(page) {
  await page.addScriptTag({ path: axe });
  const { violations } = await page.evaluate(() => axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
  return violations.filter(({ impact }) => ["serious", "critical"].includes(impact))
    .map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => `${node.target} ${node.any[0]?.message ?? node.all[0]?.message ?? ""}`).join(" | ")} (${nodes.length})`);
}

for (const [look, options] of Object.entries(LOOKS)) {
  for (const view of VIEWS) {
    browserTest(`nothing serious for axe: ${look}, ${view}`, { file, hash: `#v=${view}`, bypassCSP: true, ...options }, async (page) => {
      if (view === "order" || view === "time") await page.locator(".row[data-index]", { hasText: "INSERT audit_log" }).first().click();
      if (view === "sql") {
        await page.locator("tr[data-group] .name").nth(1).click();
        await page.locator(".twist").nth(1).click();
      }
      await page.screenshot({ path: artefact(`${look}-${view}.png`), fullPage: true });
      assert.deepEqual(await serious(page), []);
      if (view === "time") assert.ok(await coloured(page), "the map is blank");
    });
  }
}

/** Whether something is drawn on the map. */
function coloured(page) {
  return page.locator(".map canvas").evaluate((canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    for (let k = 0; k < data.length; k += 4) if (data[k + 3] > 200) return true;
    return false;
  });
}

browserTest("without script nothing is serious for axe either", { bypassCSP: true }, async (page) => {
  await page.addInitScript(() => { delete window.DecompressionStream; });
  await page.goto(`file://${file()}`);
  await page.locator(":root[data-failed]").waitFor({ state: "attached" });
  assert.match(await page.locator("#app").innerText(), /lists cannot be shown/);
  assert.ok(await page.locator("#static").isVisible());
  await page.locator("#static summary").first().click();
  assert.deepEqual(await serious(page), []);
});

browserTest("light and dark differ, and what was chosen is kept", { file, colorScheme: "light" }, async (page) => {
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await page.locator("#tab-time").click();
  assert.equal(await paper(), "rgb(255, 255, 255)");
  await page.getByRole("button", { name: "Light or dark" }).click();
  const dark = await paper();
  assert.notEqual(dark, "rgb(255, 255, 255)");
  assert.ok(await coloured(page));
  await page.reload();
  await page.locator(":root[data-ready]").waitFor({ state: "attached" });
  assert.equal(await paper(), dark);
  assert.deepEqual(await page.evaluate(() => Object.keys(localStorage)), ["osprofiler-theme"]);
  await page.getByRole("button", { name: "Light or dark" }).click();
  assert.equal(await paper(), "rgb(255, 255, 255)");
});

for (const [name, viewport, scale] of [["320 pixels", { width: 320, height: 640 }, 1], ["768 pixels", { width: 768, height: 1024 }, 1], ["1280 pixels", { width: 1280, height: 800 }, 1], ["200 % zoom", { width: 640, height: 400 }, 2]]) {
  browserTest(`at ${name} the page does not scroll sideways, and its head hides no focus`, { file, viewport, deviceScaleFactor: scale }, async (page) => {
    for (const view of VIEWS) {
      await page.locator(`#tab-${view}`).click();
      if (view !== "stats") await page.locator(view === "sql" ? "tr[data-group] .name" : ".row[data-index]:not(.gap)").nth(1).click();
      await page.screenshot({ path: artefact(`${name.replaceAll(/\W+/g, "-")}-${view}.png`) });
      const wide = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
      assert.ok(wide[0] <= wide[1], `${view}: ${wide}`);
    }
    await page.locator("#tab-sql").click();
    await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
    await page.locator("#detail").evaluate((detail) => detail.focus());
    for (let k = 0; k < 60; k++) {
      await page.keyboard.press("Shift+Tab");
      const hidden = await page.evaluate(() => {
        const element = document.activeElement, head = document.querySelector("header");
        if (element === document.body || head.contains(element) || element.closest(".skip")) return "";
        const box = element.getBoundingClientRect(), x = box.left + Math.min(box.width / 2, 20), y = box.top + box.height / 2;
        const over = document.elementFromPoint(x, y);
        return over && head.contains(over) ? element.outerHTML.slice(0, 100) : "";
      });
      assert.equal(hidden, "", "the head covers what has the focus");
    }
  });
}

browserTest("on a small screen the detail does not cover the row that has the focus", { file, viewport: { width: 768, height: 700 }, hash: "#v=order" }, async (page) => {
  await page.locator(".row[data-index]").nth(1).click();
  for (const key of [...Array(25).fill("ArrowDown"), "Home", "End"]) {
    await page.keyboard.press(key);
    assert.ok(await page.evaluate(() => {
      const row = document.activeElement, box = row.getBoundingClientRect();
      return row.contains(document.elementFromPoint(box.left + 40, box.top + box.height / 2));
    }), `after ${key}: ${await page.evaluate(() => document.activeElement.outerHTML.slice(0, 100))}`);
  }
});

browserTest("targets are large enough", { file }, async (page) => {
  for (const view of VIEWS) {
    await page.locator(`#tab-${view}`).click();
    const small = await page.evaluate(() => [...document.querySelectorAll("button, input:not([type=checkbox]), select, .row[data-index]")].filter((element) => element.checkVisibility())
      .map((element) => [element.getBoundingClientRect(), element.outerHTML.slice(0, 80)]).filter(([box]) => box.height < 23.5 || box.width < 23.5).map(([box, html]) => `${box.width}×${box.height} ${html}`));
    assert.deepEqual(small, [], view);
  }
});

browserTest("what a screen reader is told of each tab", { file }, async (page) => {
  const tree = (selector) => page.locator(selector).ariaSnapshot();
  const body = await tree("body");
  for (const expected of ["- banner:", "heading \"GET /servers/42 200 812.4 ms\" [level=1]", "- main:", "searchbox \"Filter\"", "tab \"Statements 9\" [selected]", "tabpanel \"Statements 9\"", "link \"Skip to the report\""]) assert.ok(body.includes(expected), `${expected} is not in\n${body}`);
  const statements = await tree("#panel");
  for (const expected of ["table \"Statements, alike ones together\"", "columnheader \"total\"", "button \"Executions of SELECT users\"", "button \"SELECT users\""]) assert.ok(statements.includes(expected), `${expected} is not in\n${statements}`);
  await page.locator("#tab-order").click();
  const order = await tree("#panel");
  for (const expected of ["grid \"Statements in the order of their start\"", "columnheader \"duration\"", "gridcell"]) assert.ok(order.includes(expected), `${expected} is not in\n${order}`);
  await page.locator("#tab-time").click();
  const time = await tree("#panel");
  for (const expected of ["treegrid \"All points of the trace\"", "[expanded]", "starts at 0.000 ms, lasts 812.4 ms (100 % of the request)", "spinbutton \"From, in milliseconds\""]) assert.ok(time.includes(expected), `${expected} is not in\n${time}`);
  const rows = await page.locator(".timeline .row[data-index]").evaluateAll((rows) => rows.map((row) => ["aria-level", "aria-posinset", "aria-setsize", "aria-rowindex"].map((name) => row.getAttribute(name))));
  assert.deepEqual(rows[0], ["1", "1", "1", "2"]);
  assert.ok(rows.every((row) => row.every(Boolean)));
  assert.equal(await page.locator(".timeline").getAttribute("aria-rowcount"), String(rows.length + 1));
  await page.locator("#tab-stats").click();
  const stats = await tree("#panel");
  for (const expected of ["table \"Where the time of the request went\"", "rowheader \"database\"", "table \"Points by name\""]) assert.ok(stats.includes(expected), `${expected} is not in\n${stats}`);
});
