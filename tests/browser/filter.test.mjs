// What is shown: sorting, the filter's words, pills, the address. Cases 8 and 9.

import assert from "node:assert/strict";
import { browserTest, open, texts } from "./support/browser.mjs";
import { SHOP_STATEMENTS, shop } from "./support/fixtures.mjs";
import { payload, report, url } from "./support/report.mjs";

const file = () => report("shop", shop);
const ROWS = "tr[data-group]";
const hash = (page) => new URL(page.url()).hash;

async function filter(page, text) {
  await page.getByLabel("Filter", { exact: true }).fill(text);
  await page.waitForURL((url) => text ? url.hash.includes(`q=${encodeURIComponent(text)}`) : !url.hash.includes("q="));
}

browserTest("each heading sorts down, then up, and alike ones keep their order", { file }, async (page) => {
  const groups = payload(file()).group;
  const value = { count: (g) => g.n, total: (g) => g.total, share: (g) => g.union, avg: (g) => g.total / g.n, p50: (g) => g.p50, p95: (g) => g.p95, max: (g) => g.max, rows: (g) => Math.max(g.rows, g.aff) };
  for (const [key, of] of Object.entries(value)) {
    for (const [sign, direction] of [[-1, "descending"], [1, "ascending"]]) {
      const heading = page.locator(`.statements [data-sort=${key}]`);
      await heading.click();
      const shown = (await page.locator(ROWS).evaluateAll((rows) => rows.map((row) => Number(row.dataset.group))));
      const right = groups.map((_, place) => place).sort((a, b) => sign * (of(groups[a]) - of(groups[b])) || a - b);
      assert.deepEqual(shown, right, `${key} ${direction}`);
      assert.equal(await page.locator(`th.c-${key}`).getAttribute("aria-sort"), direction);
      assert.equal(await page.locator(".statements th[aria-sort]").count(), 1);
      assert.ok(await heading.evaluate((heading) => heading === document.activeElement), "the heading keeps the focus");
    }
  }
  assert.equal(hash(page), "#sort=rows");
});

browserTest("the filter's words, with how many statements pass", { file }, async (page) => {
  const table = [
    ["users", 20], ["USERS", 20], ["users email", 20], ["users -email", 0], ["\"WHERE id = $1\"", 21], ["-users", SHOP_STATEMENTS - 20],
    ["/^select/", 27], ["/FROM (users|posts)/", 22], ["table:posts", 2], ["verb:insert", 2], ["verb:update", 1], ["is:write", 4], ["is:read", 27],
    ["is:error", 1], ["is:cancelled", 1], ["is:unfinished", 1], ["is:n+1", 20], ["is:slow", 1], ["is:dup", 4], ["-is:n+1", SHOP_STATEMENTS - 20],
    ["rows>2", 2], ["rows>=3", 2], ["rows<1", 1], ["dur>50ms", 1], ["dur>=120ms", 1], ["dur>0.1s", 1], ["dur<3000us", 5],
    ["param:theme", 4], ["param:42", 3], ["service:posts", 1], ["host:node-2", 1], ["project:shop", SHOP_STATEMENTS], ["name:db", SHOP_STATEMENTS],
    ["conn:posts.db", 1], ["caller:users.rs", 20], ["tx:1", 2], ["tx:none", SHOP_STATEMENTS - 2], ["nothing-of-the-kind", 0], ["23505", 1], ["expires now()", 1],
  ];
  for (const [text, right] of table) {
    await filter(page, text);
    const status = await page.getByRole("status").first().innerText();
    assert.match(status, new RegExp(`^${right} of ${SHOP_STATEMENTS} statements match`), text);
    if (right === 0) assert.match(await page.locator("#panel").innerText(), new RegExp(`^0 of ${SHOP_STATEMENTS} match – clear filter`));
  }
  await page.getByRole("button", { name: "clear filter" }).count();
  await filter(page, "no such thing");
  await page.getByRole("button", { name: "clear filter" }).click();
  assert.equal(hash(page), "");
  assert.equal(await page.getByRole("status").first().innerText(), "");
});

browserTest("a wrong filter says what is wrong, and the last good one stays", { file }, async (page) => {
  await filter(page, "users");
  const rows = await page.locator(ROWS).count();
  for (const [text, complaint] of [["/(/", /no regular expression/], ["is:strange", /is:strange is not known; there are .*is:error/], ["dur>long", /wants a number/], ["rows>2ms", /wants a number/]]) {
    await filter(page, text);
    assert.match(await page.getByRole("alert").innerText(), complaint);
    assert.equal(await page.getByLabel("Filter", { exact: true }).getAttribute("aria-invalid"), "true");
    assert.equal(await page.locator(ROWS).count(), rows);
  }
  await filter(page, "posts");
  assert.equal(await page.locator(".problem").innerText(), "");
});

browserTest("the filter counts on every tab", { file }, async (page) => {
  await filter(page, "users");
  assert.equal(await page.locator(ROWS).count(), 1);
  await page.locator("#tab-order").click();
  assert.equal(await page.locator(".order .row[data-index]").count(), 20);
  await page.locator("#tab-time").click();
  assert.deepEqual((await texts(page, ".timeline .run b")), ["×20 SELECT users"]);
  assert.equal(await page.locator(".timeline .row[data-index]").count(), 3, "what is around is shown too");
  await page.getByLabel("Filter shows").selectOption("only");
  assert.equal(await page.locator(".timeline .row[data-index]").count(), 1);
  await page.getByLabel("Filter shows").selectOption("mark");
  assert.ok(await page.locator(".timeline .row[data-index]").count() > 10);
});

browserTest("pills count, combine, and are undone", { file }, async (page) => {
  const pills = await texts(page, ".pills button");
  assert.deepEqual(pills, ["Errors 1", "N+1 20", "Duplicates 4", "Slow 1", "Writes 4"]);
  await page.locator(".pills").getByRole("button", { name: "Errors" }).click();
  assert.equal(hash(page), "#f=err");
  assert.match(await page.getByRole("status").first().innerText(), /^1 of/);
  await page.getByRole("button", { name: "N+1", exact: false }).first().click();
  assert.equal(hash(page), "#f=err,n1");
  assert.match(await page.getByRole("status").first().innerText(), /^21 of/);
  assert.equal(await page.locator('.pills [aria-pressed="true"]').count(), 2);
  await filter(page, "users");
  assert.match(await page.getByRole("status").first().innerText(), /^20 of/);
  await page.locator(".pills").getByRole("button", { name: "Errors" }).click();
  assert.equal(hash(page), "#q=users&f=n1");
});

browserTest("an address opens what it names, and stays", {}, async (page) => {
  const { group, id, st, name, str } = payload(file()), users = group.find((group) => group.n === 20).id;
  const first = id[st.findIndex((stmt, place) => stmt && str[name[place]] === "db")];
  const look = {
    "#v=order": () => page.locator(".order").waitFor(), "#v=time": () => page.locator(".timeline").waitFor(), "#v=stats": () => page.locator(".breakdown").waitFor(),
    [`#g=${users}`]: () => page.locator("tr.chosen .name", { hasText: "SELECT users" }).waitFor(),
    [`#v=order&p=${first}`]: () => page.locator(".row.chosen").waitFor(),
    [`#v=time&p=${first}`]: () => page.locator(".row.chosen").waitFor(),
    "#q=users": () => page.getByText("20 of 31 statements match").waitFor(), "#f=n1": () => page.getByText("20 of 31 statements match").waitFor(),
    "#sort=-count": () => page.locator("th.c-count[aria-sort=descending]").waitFor(),
    "#v=time&t=500000-520000": () => page.getByText(/^2 of 31 statements match/).waitFor(),
    "#q=a%20b%2525": () => page.getByText("0 of 31 match").waitFor(), "#v=order&later=1": () => page.locator(".order").waitFor(),
  };
  for (const [hash, shown] of Object.entries(look)) {
    await page.goto("about:blank");
    await open(page, file(), hash);
    await shown();
    assert.equal(new URL(page.url()).hash, hash);
    await page.reload();
    await shown();
    assert.equal(new URL(page.url()).hash, hash);
  }
  await page.locator("#tab-stats").click();
  assert.equal(hash(page), "#v=stats&later=1", "what nobody knows is kept");
});

browserTest("back and forward go through what was chosen", { file }, async (page) => {
  await page.locator(`${ROWS} .name`).first().click();
  const group = hash(page);
  assert.match(group, /^#g=[0-9a-f]{8,}$/);
  await page.locator("#detail .executions a").first().click();
  const point = hash(page);
  assert.match(point, /^#p=/);
  await page.locator("#tab-time").click();
  await filter(page, "users");
  assert.match(hash(page), /^#v=time&p=.*&q=users$/);
  await page.goBack();
  assert.equal(hash(page), point);
  await page.goBack();
  assert.equal(hash(page), group);
  await page.locator("tr.chosen").waitFor();
  await page.goBack();
  assert.equal(hash(page), "");
  assert.ok(await page.locator("#detail").isHidden());
  await page.goForward();
  await page.locator("tr.chosen").waitFor();
});

browserTest("an address that was changed by hand is followed, and an unknown id is told", { file }, async (page) => {
  await page.evaluate(() => (location.hash = "#v=time&q=posts"));
  await page.locator(".timeline").waitFor();
  assert.equal(await page.getByLabel("Filter", { exact: true }).inputValue(), "posts");
  for (const [hash, text] of [["#p=nobody", "Point nobody is not in this trace."], ["#g=00000000", "Statement 00000000 is not in this trace."], ["#p=%3Cb%3E%00", "Point <b>␀ is not in this trace."]]) {
    await page.evaluate((hash) => (location.hash = hash), hash);
    await page.getByText(text).waitFor();
    await page.getByRole("button", { name: "Dismiss" }).click();
    assert.equal(await page.getByText(text).count(), 0);
  }
  await page.evaluate(() => (location.hash = "#q=100%"));
  assert.equal(await page.getByLabel("Filter", { exact: true }).inputValue(), "100%");
});

browserTest("the copied link is the address", { file, permissions: ["clipboard-read", "clipboard-write"] }, async (page) => {
  await page.locator(`${ROWS} .name`).first().click();
  await page.getByRole("button", { name: "Copy link" }).click();
  await page.getByText("Link copied").waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(link, page.url());
  assert.ok(link.startsWith(url(file(), "#g=")));
});
