// What is copied is what was recorded, and databases read it as that. Case 12.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { browserTest, page as newPage, open, skip } from "./support/browser.mjs";
import { SYSTEMS, bound } from "./support/handed_out.mjs";
import { report, scratch } from "./support/report.mjs";
import { TraceBuilder } from "./support/trace.mjs";

const clipboard = { permissions: ["clipboard-read", "clipboard-write"] };

/** A trace with these statements, one after the other, as points `s0`, `s1`, … */
function statements(system, list) {
  return () => {
    const trace = new TraceBuilder(), root = trace.request(0, 1_000_000);
    list.forEach(([sql, params, types, more], k) => trace.db(root, 1_000 * (k + 1), 1_000 * (k + 1) + 500, sql, { id: `s${k}`, system, params, param_types: types, rows: 1, ...more }));
    return trace;
  };
}

/** Presses the button in the detail of a point, and reads the clipboard. */
async function copied(page, point, name) {
  await page.evaluate((point) => (location.hash = `#v=order&p=${point}`), point);
  await page.locator(".row.chosen").waitFor();
  await page.evaluate(() => navigator.clipboard.writeText("nothing"));
  await page.locator("#detail").getByRole("button", { name, exact: true }).click();
  for (let k = 0; k < 50; k++) {
    const text = await page.evaluate(() => navigator.clipboard.readText());
    if (text !== "nothing") return text;
  }
  return "nothing";
}

/** What may change data is copied as a comment. */
const OUT = ", commented out";
const RUN = "Copy runnable SQL", COMMENT = "Copy as sent + parameters as comment";

const POSTGRES = [
  ["SELECT $1, $2", ["NULL", null], ["TEXT", "TEXT"]],
  ["SELECT '$1', \"$1\", $1, $$ $1 $$ -- $1", ["it's"], ["TEXT"]],
  ["SELECT $1::jsonb ? 'key', $2::int", [{ key: 1 }, 7], ["JSONB", "INT4"]],
  ["SELECT $1", ["back\\slash ' and\nline"], ["TEXT"]],
  ["UPDATE t SET a = $2 WHERE b = $1", [1, true], ["INT4", "BOOL"], { rows: undefined, affected: 1 }],
];
browserTest("PostgreSQL: values stand in their places, and in nothing else", { file: () => report("copy-postgres", statements("postgresql", POSTGRES)), ...clipboard }, async (page) => {
  const first = await copied(page, "s0", RUN);
  assert.match(first, /^SELECT 'NULL'.*, NULL/);
  const second = await copied(page, "s1", RUN);
  assert.match(second, /^SELECT '\$1', "\$1", 'it''s'[^,]*, \$\$ \$1 \$\$ -- \$1$/);
  const third = await copied(page, "s2", RUN);
  assert.match(third, /^SELECT '\{"key":1\}'.*::jsonb \? 'key', .*7.*::int$/);
  assert.match(await copied(page, "s3", RUN), /E'back\\\\slash '' and\nline'/);
  assert.equal(await copied(page, "s1", "Copy as sent"), POSTGRES[1][0]);
  assert.match(await copied(page, "s3", "Copy psql \\bind"), /^SELECT \$1 \\bind 'back\\\\slash '' and\\nline' \\g$/);
  assert.match(await copied(page, "s3", "Copy EXPLAIN"), /^EXPLAIN \(ANALYZE, BUFFERS, VERBOSE, FORMAT JSON\)\nSELECT /);
  assert.match(await copied(page, "s4", "Copy EXPLAIN"), /^EXPLAIN\nUPDATE /);
  assert.equal(await copied(page, "s4", `${RUN}${OUT}`), "-- It may change data: without the dashes it runs.\n-- UPDATE t SET a = true WHERE b = 1");
  assert.equal(await page.locator("#detail").getByRole("button", { name: "Copy psql \\bind", exact: true }).count(), 0);
  assert.equal(await copied(page, "s4", "Copy point id"), "s4");
});

const REFUSED = [
  ["SELECT $1", ["[redacted]"], ["TEXT"]],
  ["SELECT $1, $2", ["only one"], ["TEXT"]],
  ["SELECT $1", ["a\u0000b"], ["TEXT"]],
  ["SELECT $1", undefined, ["TEXT"]],
  ["SELECT $1", ["*/\n; DROP TABLE users; --\u2028"], ["POINT OF NO KIND"]],
  ["SELECT $1", [`abc${"x".repeat(2_000)}`], ["TEXT"]],
];
browserTest("what cannot be pasted is refused, with a reason, and no value ends its comment", { file: () => report("copy-refused", statements("postgresql", REFUSED)), ...clipboard }, async (page) => {
  for (const k of [0, 1, 2, 5]) {
    const text = await copied(page, `s${k}`, COMMENT);
    assert.match(await page.locator("#detail").innerText(), /Not runnable as it is: .+\./);
    const [statement, ...more] = text.split("\n").filter((line) => !line.startsWith("--"));
    assert.equal(statement, REFUSED[k][0], text);
    assert.deepEqual(more, []);
    assert.ok(!/[\u0000\u2028]/.test(text));
  }
  await page.evaluate(() => (location.hash = "#v=order&p=s3"));
  await page.getByText("Not runnable as it is: its values were not recorded.").waitFor();
  await page.evaluate(() => (location.hash = "#v=order&p=s4"));
  await page.locator(".row.chosen", { hasText: "DROP" }).waitFor();
  const either = await page.locator("#detail .buttons button").first().innerText();
  const text = await copied(page, "s4", either);
  if (either === COMMENT) assert.equal(text.split("\n").filter((line) => !line.startsWith("--")).join("\n"), "SELECT $1");
  else assert.ok(text.startsWith("SELECT '*/\n; DROP TABLE users; --\u2028'"), text);
});

const NO_PLAN = ["UPDATE a SET x = 1; DELETE FROM b", "; DELETE FROM b", "EXPLAIN SELECT 1", "FETCH c", "CALL p()", "CREATE TABLE a (b int)"];
const PLAN_ONLY = ["WITH a AS (WITH b AS (SELECT 1 AS id) DELETE FROM c t USING b WHERE t.id = b.id RETURNING t.id) SELECT count(*) FROM a",
  "SELECT nextval('s')", "SELECT * FROM my_function(1)", "SELECT * FROM a FOR UPDATE", "DELETE FROM a"];
const BOUND = [["SELECT $1 -- why", ["x"], ["TEXT"]], ["SELECT $1;", ["x"], ["TEXT"]]];
browserTest("a plan is offered only where asking for it changes nothing, and runs only what certainly reads",
  { file: () => report("copy-plans", statements("postgresql", [...NO_PLAN, ...PLAN_ONLY].map((sql) => [sql]).concat(BOUND))), ...clipboard }, async (page) => {
    const button = page.locator("#detail").getByRole("button", { name: "Copy EXPLAIN", exact: true });
    for (let k = 0; k < NO_PLAN.length; k++) {
      const sent = await copied(page, `s${k}`, `Copy as sent${OUT}`);
      assert.ok(sent.split("\n").every((line) => line.startsWith("-- ")), sent);
      assert.equal(await button.count(), 0, NO_PLAN[k]);
    }
    for (let k = 0; k < PLAN_ONLY.length; k++) {
      assert.equal(await copied(page, `s${NO_PLAN.length + k}`, "Copy EXPLAIN"), `EXPLAIN\n${PLAN_ONLY[k]}`);
      assert.match(await button.getAttribute("title"), /without running the statement, because/);
    }
    const first = NO_PLAN.length + PLAN_ONLY.length, bind = page.locator("#detail").getByRole("button", { name: "Copy psql \\bind", exact: true });
    assert.equal(await copied(page, `s${first}`, "Copy psql \\bind"), "SELECT $1 -- why\n\\bind 'x' \\g");
    assert.equal(await bind.getAttribute("title"), "For psql 16 or later");
    await copied(page, `s${first + 1}`, "Copy as sent");
    assert.equal(await bind.count(), 0);
  });

browserTest("the parameters' table tells NULL from 'NULL' and 1 from '1'", { file: () => report("copy-table", statements("sqlite", [["SELECT ?, ?, ?, ?", [null, "NULL", 1, "1"], ["NULL", "TEXT", "INTEGER", "TEXT"]]])), hash: "#v=order&p=s0" }, async (page) => {
  assert.deepEqual(await page.locator("#detail .params td.value").allInnerTexts(), ["NULL", "'NULL'", "1", "'1'"]);
});

browserTest("where the clipboard is refused the text is there, chosen", { file: () => report("copy-postgres", statements("postgresql", POSTGRES)), hash: "#v=order&p=s1" }, async (page) => {
  await page.evaluate(() => { navigator.clipboard.writeText = () => Promise.reject(new Error("refused")); });
  await page.getByRole("button", { name: "Copy as sent", exact: true }).click();
  assert.equal(await page.locator("textarea").inputValue(), POSTGRES[1][0]);
  assert.equal(await page.evaluate(() => document.activeElement.selectionEnd), POSTGRES[1][0].length);
});

/** Texts and values that a wrong quote would change. */
const TEXTS = ["plain", "it's", "back\\slash", "\\'; DROP TABLE users; --", "line\nfeed", "tab\there", "“quotes” \" `", "percent % _", "🦀 中文 \u202e", "$1 $$ ? :name @x", "", " spaces ", "/* no comment */", "\\x41", "\\"];
const hex = (text) => Buffer.from(text, "utf8").toString("hex").toUpperCase();

const ENGINES = {
  sqlite: {
    system: "sqlite", place: "?", types: { text: "TEXT", integer: "INTEGER", float: "REAL", blob: "BLOB" }, hex: (place) => `hex(${place})`, there: () => true,
    run: (sqls) => JSON.parse(execFileSync("python3", ["-c", "import json, sqlite3, sys\nc = sqlite3.connect(':memory:')\nprint(json.dumps([str(c.execute(sql).fetchone()[0]) for sql in json.load(sys.stdin)]))"], { input: JSON.stringify(sqls), encoding: "utf8" })),
  },
  postgres: {
    system: "postgresql", place: "$1", types: { text: "TEXT", integer: "INT8", float: "FLOAT8", blob: "BYTEA" }, hex: (place) => `upper(encode(convert_to(${place}, 'UTF8'), 'hex'))`, there: () => process.env.OSPROFILER_TEST_POSTGRES,
    run: (sqls) => sqls.map((sql) => execFileSync("psql", ["-XAtq", "-d", process.env.OSPROFILER_TEST_POSTGRES, "-v", "ON_ERROR_STOP=1"], { input: `${sql};\n`, encoding: "utf8" }).replace(/\n$/, "")),
  },
  mysql: {
    system: "mysql", place: "?", types: { text: "VARCHAR", integer: "BIGINT", float: "DOUBLE", blob: "BLOB" }, hex: (place) => `hex(${place})`, there: () => process.env.OSPROFILER_TEST_MYSQL,
    run: (sqls) => sqls.map((sql) => {
      const { hostname, port, username, password, pathname } = new URL(process.env.OSPROFILER_TEST_MYSQL);
      const login = ["-h", hostname, "-P", port || "3306", "-u", decodeURIComponent(username), pathname.slice(1)];
      return execFileSync("mariadb", ["--no-defaults", "-N", "-r", "--default-character-set=utf8mb4", ...login], { input: `${sql};\n`, encoding: "utf8", env: { ...process.env, MYSQL_PWD: decodeURIComponent(password) } }).replace(/\n$/, "");
    }),
  },
};

for (const [name, engine] of Object.entries(ENGINES)) {
  test(`${name} reads what is copied as the value that was recorded`, { skip: skip || (engine.there() ? false : `no variable names a ${name}`) }, async () => {
    const { types, place } = engine;
    const cases = [
      ...TEXTS.map((text) => [`SELECT ${engine.hex(place)}`, [text], [types.text], hex(text)]),
      [`SELECT ${place}`, [0], [types.integer], "0"], [`SELECT ${place}`, [-42], [types.integer], "-42"], [`SELECT ${place}`, [1.5], [types.float], "1.5"],
      [`SELECT CASE WHEN ${place} IS NULL THEN 'null' ELSE 'other' END`, [null], [types.text], "null"],
      [`SELECT CASE WHEN ${place} IS NULL THEN 'null' ELSE 'other' END`, ["NULL"], [types.text], "other"],
    ];
    const opened = await newPage(clipboard);
    try {
      await open(opened, report(`copy-${name}-engine`, statements(engine.system, cases)));
      const copies = [];
      for (let k = 0; k < cases.length; k++) copies.push(await copied(opened, `s${k}`, RUN));
      engine.run(copies).forEach((value, k) => assert.equal(value, cases[k][3], `${JSON.stringify(cases[k][1])} as ${copies[k]}`));
    } finally {
      await opened.context().close();
    }
  });
}

/** Runs texts as they were pasted, each in a client of its own, and reads the state after each; errors of theirs are their own. */
const CLIENTS = {
  postgres: (text) => execFileSync("psql", ["-XAtq", "-d", process.env.OSPROFILER_TEST_POSTGRES], { input: `${text}\n;\n`, encoding: "utf8", stdio: ["pipe", "pipe", "ignore"] }),
  mysql: (text) => {
    const { hostname, port, username, password, pathname } = new URL(process.env.OSPROFILER_TEST_MYSQL);
    const login = ["-h", hostname, "-P", port || "3306", "-u", decodeURIComponent(username), pathname.slice(1)];
    return execFileSync("mariadb", ["--no-defaults", "-N", "-r", "--force", "--default-character-set=utf8mb4", ...login], { input: `${text}\n;\n`, encoding: "utf8", env: { ...process.env, MYSQL_PWD: decodeURIComponent(password) }, stdio: ["pipe", "pipe", "ignore"] });
  },
  sqlite: (text) => {
    const script = "import sqlite3, sys\nc = sqlite3.connect(sys.argv[1], isolation_level=None)\ntext = sys.stdin.buffer.read().decode()\nrest = ''\nfor line in (text + '\\n;').split('\\n'):\n    rest += line + '\\n'\n    if sqlite3.complete_statement(rest):\n        try:\n            for row in c.execute(rest): print(*row, sep='|')\n        except Exception:\n            try:\n                c.executescript(rest)\n            except Exception: pass\n        rest = ''\nc.close()";
    return execFileSync("python3", ["-c", script, database], { input: text, encoding: "utf8" });
  },
};
const database = scratch("copied.db", "");

for (const [name, { system, place, setUp, state, tearDown, statements: list }] of Object.entries(SYSTEMS)) {
  test(`${name}: nothing that is copied changes a table`, { skip: skip || (ENGINES[name].there() ? false : `no variable names a ${name}`), timeout: 300_000 }, async () => {
    const client = CLIENTS[name], all = [...list.map((sql) => [sql]), ...bound(place, system)];
    client(setUp);
    const before = client(state);
    assert.match(before, /1.*2.*copy_a/);
    const opened = await newPage(clipboard);
    try {
      await open(opened, report(`handed-out-${name}`, statements(system, all)));
      let texts = 0, plans = 0, answers = 0;
      for (let k = 0; k < all.length; k++) {
        await opened.evaluate((point) => (location.hash = `#v=order&p=${point}`), `s${k}`);
        await opened.locator(".row.chosen").waitFor();
        const buttons = (await opened.locator("#detail .buttons button").allInnerTexts()).filter((label) => !/link|id$/.test(label));
        for (const label of buttons) {
          const text = await copied(opened, `s${k}`, label);
          const answer = client(text);
          texts++;
          plans += label === "Copy EXPLAIN";
          answers += answer.length > 0;
          assert.equal(client(state), before, `${label}: ${text}`);
        }
      }
      // That texts were run, and that the state would have told.
      assert.ok(texts >= 80 && plans >= 10 && answers >= 25, `${texts} ${plans} ${answers}`);
      client("UPDATE copy_b SET n = 77");
      assert.notEqual(client(state), before);
    } finally {
      await opened.context().close();
      if (tearDown) client(tearDown);
    }
  });
}
