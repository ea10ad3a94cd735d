// A browser for tests: each gets a page of its own, without a network, and may leave no complaint behind.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, test } from "node:test";
import { chromium } from "playwright-core";
import { commandIsMissing, url } from "./report.mjs";

const executablePath = process.env.OSPROFILER_TEST_CHROMIUM ?? "/usr/bin/chromium";
const required = Boolean(process.env.OSPROFILER_TEST_REQUIRED);
const missing = commandIsMissing ?? (existsSync(executablePath) ? null : `${executablePath} is not there: OSPROFILER_TEST_CHROMIUM names a Chromium`);
/** Why tests are skipped, or `false`. Where everything is required they run, and fail. */
export const skip = missing && !required ? missing : false;

/** By how much machines may be slower than the budgets ask for. */
export const SLOW = Number(process.env.OSPROFILER_TEST_SLOW_FACTOR ?? 1);

let launched;
export function browser() {
  launched ??= chromium.launch({ executablePath, args: ["--no-sandbox"] });
  return launched;
}
after(async () => (await launched)?.close());

/** A page with what the browser complained of and what it asked the network for. */
export async function page(options = {}) {
  const context = await (await browser()).newContext({ viewport: { width: 1280, height: 800 }, ...options });
  await context.setOffline(true);
  context.setDefaultTimeout(10_000 * SLOW);
  const opened = await context.newPage();
  const seen = { requests: [], complaints: [] };
  opened.on("request", (request) => seen.requests.push(request.url()));
  opened.on("console", (message) => ["error", "warning"].includes(message.type()) && seen.complaints.push(message.text()));
  opened.on("pageerror", (error) => seen.complaints.push(String(error.stack)));
  opened.on("dialog", (dialog) => {
    seen.complaints.push(`dialog ${dialog.message()}`);
    dialog.dismiss();
  });
  await opened.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) => console.error(`refused by policy: ${event.violatedDirective} ${event.blockedURI}`));
  });
  return Object.assign(opened, { seen });
}

/** Opens a report, and waits until its lists are there. */
export async function open(page, file, hash = "") {
  await page.goto(url(file, hash));
  try {
    await page.locator(":root:is([data-ready],[data-failed])").waitFor({ state: "attached" });
  } catch (error) {
    throw new Error(["the page does not open", ...page.seen.complaints].join("\n"), { cause: error });
  }
  assert.equal(await page.locator(":root[data-failed]").count(), 0, await page.locator("#app").textContent());
}

/**
 * A test with a page. `options` are the context's, with `file`, a function that makes the report that is opened, and
 * `hash`; `quiet: false` where complaints are what the test is about.
 */
export function browserTest(name, { file, hash, quiet = true, ...options }, run) {
  test(name, { skip }, async (t) => {
    const opened = await page(options);
    try {
      if (file) await open(opened, file(), hash);
      await run(opened, t);
      if (quiet) {
        assert.deepEqual(opened.seen.complaints, []);
        assert.deepEqual(opened.seen.requests.filter((request) => !/^(file|blob|data|about):/.test(request)), []);
      }
    } finally {
      await opened.context().close();
    }
  });
}

/** The texts of all elements that a selector means, without marks of direction around them. */
export async function texts(page, selector) {
  return (await page.locator(selector).allInnerTexts()).map((text) => text.replace(/\s+/g, " ").trim());
}

/** What has the focus, in words. */
export function focused(page) {
  return page.evaluate(() => {
    const element = document.activeElement;
    return element === document.body ? "body" : `${element.tagName.toLowerCase()} ${(element.getAttribute("aria-label") ?? element.textContent ?? "").trim().slice(0, 60)}`;
  });
}
