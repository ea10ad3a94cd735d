// On paper: everything that matters, black on white, nothing cut off. Case 15.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { browserTest } from "./support/browser.mjs";
import { many, shop } from "./support/fixtures.mjs";
import { artefact, report } from "./support/report.mjs";

const file = () => report("shop", shop);

/** The page's text on paper; the PDF and its first page as an image stay among the artefacts. */
async function printed(page, name) {
  const pdf = artefact(`${name}.pdf`);
  writeFileSync(pdf, await page.pdf({ format: "A4", printBackground: true }));
  execFileSync("pdftoppm", ["-png", "-r", "60", "-f", "1", "-l", "2", pdf, artefact(name)]);
  return execFileSync("pdftotext", ["-layout", pdf, "-"], { encoding: "utf8", maxBuffer: 1 << 28 });
}

for (const view of ["sql", "order", "time", "stats"]) {
  browserTest(`paper has the verdict, findings and whole statements, from the tab ${view}`, { file, hash: `#v=${view}`, colorScheme: "dark" }, async (page) => {
    const text = await printed(page, `print-${view}`), flat = text.replace(/\s+/g, "");
    for (const expected of ["31 statements", "Findings", "N+1", "SELECT id, author_id, title FROM posts WHERE server_id = $1 ORDER BY id", "INSERT INTO audit_log (server_id, note) VALUES ($1, $2)", "UPDATE servers SET seen_at = now() WHERE id = $1", "SELECT pg_sleep($1)", "23505"]) {
      assert.ok(flat.includes(expected.replace(/\s+/g, "")), `${expected} is not on paper:\n${text}`);
    }
    for (const absent of ["filter…", "Group alike", "Copy runnable"]) assert.ok(!text.includes(absent), absent);
  });
}

browserTest("paper is white, and what is printed on it dark", { file, colorScheme: "dark" }, async (page) => {
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  const [paper, ink] = await page.evaluate(() => [getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]);
  assert.equal(paper, "rgb(255, 255, 255)");
  assert.ok(ink.match(/\d+/g).every((part) => Number(part) < 60), ink);
});

browserTest("a long list prints its first 5,000 rows, and says so", { file: () => report("many-10000", () => many(10_000)), hash: "#v=order" }, async (page) => {
  const text = await printed(page, "print-long");
  assert.match(text, /Rows 1.5,000 of 10,\d{3}/);
  assert.ok(text.match(/table_\d+/g).length > 5_000);
  assert.ok(await page.locator(".order .row[data-index]").count() < 120, "it is windowed again");
});
