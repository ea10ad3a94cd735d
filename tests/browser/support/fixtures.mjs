// The traces that several suites look at. Those that only one needs stand beside its tests.

import { BASE, TraceBuilder } from "./trace.mjs";

const POSTGRES = { system: "postgresql", database: "shop", server: "db-1:5432" };

/** A request as reports are made for: one statement for each of many rows, equal ones, an error, a transaction, a pool. */
export function shop() {
  const trace = new TraceBuilder();
  const root = trace.request(0, 812_400, { query: "expand=owner" });
  const handler = trace.call(root, 1_000, 800_000, "shop::servers::show");
  trace.db(handler, 1_500, 9_900, "", { ...POSTGRES, method: "acquire", statement: undefined });
  trace.db(handler, 10_000, 18_000, "SELECT id, author_id, title FROM posts WHERE server_id = $1 ORDER BY id", { ...POSTGRES, params: [42], param_types: ["INT8"], rows: 20, caller: { file: "src/servers.rs", line: 42, function: "shop::servers::show" } });
  trace.each(20, (k) => trace.db(handler, 20_000 + 6_000 * k, 25_000 + 6_000 * k, "SELECT id, name, email FROM users WHERE id = $1", { ...POSTGRES, params: [100 + k], param_types: ["INT8"], rows: 1, caller: { file: "src/users.rs", line: 7, function: "shop::users::of" } }));
  trace.each(4, (k) => trace.db(handler, 150_000 + 3_000 * k, 152_000 + 3_000 * k, "SELECT value FROM settings WHERE name = $1", { ...POSTGRES, params: ["theme"], param_types: ["TEXT"], rows: 1 }));
  const begin = trace.db(handler, 200_000, 200_087, "BEGIN", { ...POSTGRES, method: "begin", transaction: "begin", id: "begin" });
  const inside = { ...POSTGRES, transaction: begin };
  trace.db(handler, 201_000, 205_000, "INSERT INTO audit_log (server_id, note) VALUES ($1, $2)", { ...inside, params: [42, "it's <b>seen</b>"], param_types: ["INT8", "TEXT"], affected: 1 });
  trace.db(handler, 360_000, 480_000, "UPDATE servers SET seen_at = now() WHERE id = $1", { ...inside, params: [42], param_types: ["INT8"], affected: 0 });
  trace.db(handler, 481_000, 482_000, "COMMIT", { ...inside, method: "commit", outcome: "committed" });
  trace.db(handler, 500_000, 503_000, "INSERT INTO audit_log (id) VALUES ($1)", { ...POSTGRES, params: [1], param_types: ["INT8"], error: "duplicate key value violates unique constraint", code: "23505" });
  trace.db(handler, 510_000, 512_000, "DELETE FROM sessions WHERE expires < now()", { ...POSTGRES, cancelled: true });
  const away = trace.point("http", handler, 520_000, 640_000, { requests: { method: "GET", hostname: "posts.example", port: 8080, path: "/posts", query: "", scheme: "http" } }, { requests: { status_code: 200 } });
  const there = trace.request(525_000, 630_000, { path: "/posts", parent: away, service: "posts", host: "node-2" });
  trace.db(there, 530_000, 560_000, "SELECT title FROM posts WHERE year = ?", { system: "sqlite", database: "posts.db", params: [2026], param_types: ["INTEGER"], rows: 3, service: "posts", host: "node-2" });
  trace.db(handler, 700_000, null, "SELECT pg_sleep($1)", { ...POSTGRES, params: [1], param_types: ["FLOAT8"] });
  return trace;
}
/** How many statements of the program `shop` has: all but those that acquire, begin and commit. */
export const SHOP_STATEMENTS = 31;

/** A request with so many statements, of 40 kinds, in handlers of a hundred each. */
export function many(count) {
  const trace = new TraceBuilder();
  const whole = 1_000 + 200 * count, root = trace.request(0, whole, { path: "/export" });
  let handler = root;
  for (let k = 0; k < count; k++) {
    const at = 500 + 200 * k, kind = (k * 7 + Math.floor(k / 1000)) % 40;
    if (k % 100 === 0) handler = trace.call(root, at - 50, Math.min(whole, at + 20_000), `export::part_${Math.floor(k / 100) % 50}`);
    trace.db(handler, at, at + 20 + (k % 97), `SELECT id, name, table_${kind}.value FROM table_${kind} WHERE id = $1 AND name <> 'it''s'`, {
      ...POSTGRES, params: [uuid(k)], param_types: ["UUID"], rows: k % 5, error: k % 5000 === 4999 ? "deadlock detected" : undefined, code: k % 5000 === 4999 ? "40P01" : undefined,
    });
  }
  return trace;
}

export function uuid(k) {
  const hex = (k * 2654435761 % 4294967296).toString(16).padStart(8, "0");
  return `${hex}-0a7e-4f0e-9a53-${String(k).padStart(12, "0")}`;
}

/** A chain of points, each inside the one before. */
export function deep(depth) {
  const trace = new TraceBuilder();
  let parent = BASE;
  for (let k = 0; k < depth; k++) parent = trace.call(parent, k, 2 * depth - k, `step_${k % 10}`);
  trace.db(parent, depth - 1, depth, "SELECT 1", POSTGRES);
  return trace;
}

/** What tries to be markup, to drive a terminal, to hide, or to be replaced. */
export const HOSTILE = [
  "</script><script>document.title='owned'</script>",
  "<!--<script>",
  "\"><img src=x onerror=\"document.title='owned'\">",
  "' onmouseover='alert(1)",
  "</title></style></pre><svg/onload=alert(1)>",
  "&lt;b&gt;&amp;", "]]>", "{{constructor.constructor('alert(1)')()}}", "$LOCAL$&$1", "javascript:alert(1)",
  "a\u0000b", "line\u2028and\u2029page", "abc\u202etxt.exe", "\u{1f980}\u{10ffff}", "\u001b[2J\u0007", "\u009b31m", "x\r\n-- x", "__proto__",
];

/** A trace in which every stored text is `text`. */
export function hostile(text) {
  const trace = new TraceBuilder({ base: text, service: text, host: text, project: text });
  const root = trace.point(text, text, 0, 9_000, { request: { path: text, query: text, method: text, scheme: text }, [text]: { [text]: [text] } }, { response: { status_code: 200 }, [text]: text });
  const db = { system: text, database: text, server: text, caller: { file: text, line: 1, function: text }, [text]: text };
  trace.db(root, 10, 20, text, { ...db, params: [text, [text]], param_types: [text, text], id: `${text}1` });
  trace.db(root, 30, 40, `SELECT ${JSON.stringify(text)} -- ${text}`, { ...db, params: { [text]: text }, param_types: { [text]: text }, error: text, code: text, id: `${text}2` });
  trace.db(root, 50, 60, "SELECT $1", { ...db, system: "postgresql", params: [text], param_types: ["TEXT"], id: `${text}3` });
  trace.point(text, root, 70, 80, { function: { name: text, args: text } }, { etype: text, message: text }, { id: `${text}4` });
  return trace;
}
