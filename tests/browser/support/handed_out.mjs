// Statements whose copied texts are run on the real databases, what they need there, and what they could change.

/** What all three databases know. */
const SHARED = [
  "SELECT * FROM copy_a", "SELECT id FROM copy_a WHERE n = 1 -- trailing", "/* leading */ SELECT count(*) FROM copy_a;",
  "SELECT upper('; DELETE FROM copy_a') FROM copy_a", "SELECT a.id, b.n FROM copy_a a JOIN copy_b b ON a.id = b.id ORDER BY a.n LIMIT 2",
  "WITH x AS (SELECT id FROM copy_a) SELECT count(*) FROM x", "SELECT coalesce(max(n), 0) + abs(-1) FROM copy_a",
  "INSERT INTO copy_a (id, n) VALUES (100, 1)", "INSERT INTO copy_a (id, n) SELECT id + 100, n FROM copy_b", "UPDATE copy_a SET n = n + 1",
  "UPDATE copy_a SET n = 0 WHERE id = 1;", "DELETE FROM copy_a", "-- why\nDELETE FROM copy_a WHERE id = 1", "/* why */ DELETE FROM copy_b",
  "DELETE FROM copy_b\r\nWHERE id > 0", "DELETE\rFROM copy_b", "UPDATE copy_a SET n = 9; DELETE FROM copy_b", "SELECT 1; DELETE FROM copy_b",
  "SELECT 1; -- why\nDELETE FROM copy_b", "; DELETE FROM copy_b", "BEGIN; DELETE FROM copy_b; COMMIT", "EXPLAIN SELECT 1", "COMMIT",
  "DROP TABLE copy_a", "ALTER TABLE copy_a ADD x int", "CREATE TABLE copy_c AS SELECT 1 AS one", "CREATE INDEX copy_i ON copy_a (n)",
];

/** System, statements, tables, what all tables hold, and a place for a value. */
export const SYSTEMS = {
  postgres: {
    system: "postgresql",
    place: "$1",
    setUp: `DROP TABLE IF EXISTS copy_a, copy_b, copy_c; DROP SEQUENCE IF EXISTS copy_s; CREATE TABLE copy_a (id int PRIMARY KEY, n int);
      CREATE TABLE copy_b (id int PRIMARY KEY, n int); INSERT INTO copy_a VALUES (1, 1), (2, 2); INSERT INTO copy_b VALUES (1, 1), (2, 2);
      CREATE SEQUENCE copy_s; CREATE OR REPLACE FUNCTION copy_f(x int) RETURNS int LANGUAGE sql VOLATILE AS 'UPDATE copy_b SET n = n + 100 RETURNING n'`,
    state: `SELECT concat_ws('|', (SELECT string_agg(t::text, ',' ORDER BY id) FROM copy_a t), (SELECT string_agg(t::text, ',' ORDER BY id) FROM copy_b t),
      (SELECT last_value || '/' || is_called FROM copy_s), (SELECT string_agg(relname, ',' ORDER BY relname) FROM pg_class WHERE relname LIKE 'copy%'))`,
    tearDown: "DROP TABLE IF EXISTS copy_a, copy_b, copy_c; DROP SEQUENCE copy_s; DROP FUNCTION copy_f",
    statements: [
      ...SHARED,
      "WITH a AS (WITH b AS (SELECT 1 AS id) DELETE FROM copy_a t USING b WHERE t.id = b.id RETURNING t.id) SELECT count(*) FROM a",
      "WITH a AS (/*+ Hint(a) */ DELETE FROM copy_a RETURNING id) SELECT * FROM a", "SELECT nextval('copy_s')", "SELECT setval('copy_s', 77)",
      "SELECT pg_advisory_lock(4713)", "SELECT copy_f(1)", "SELECT id FROM copy_a WHERE n = copy_f(n)", "SELECT * FROM copy_a FOR UPDATE",
      "SELECT 1 AS one INTO copy_c", "MERGE INTO copy_a USING copy_b ON copy_a.id = copy_b.id WHEN MATCHED THEN DELETE", "TABLE copy_a",
      "SELECT query_to_xml('DELETE FROM copy_a', true, true, '')", "COPY copy_a TO STDOUT", "COPY copy_a FROM STDIN", "TRUNCATE copy_a",
      "DO $$ BEGIN DELETE FROM copy_b; END $$", "SELECT 'DELETE FROM copy_a'\\gexec", "DELETE FROM copy_a WHERE 'x' = E'\\'' OR true",
    ],
  },
  mysql: {
    system: "mysql",
    place: "?",
    setUp: `DROP TABLE IF EXISTS copy_a, copy_b, copy_c; DROP FUNCTION IF EXISTS copy_f; CREATE TABLE copy_a (id int PRIMARY KEY, n int);
      CREATE TABLE copy_b (id int PRIMARY KEY, n int) ENGINE=MyISAM; INSERT INTO copy_a VALUES (1, 1), (2, 2); INSERT INTO copy_b VALUES (1, 1), (2, 2);
      CREATE FUNCTION copy_f() RETURNS int MODIFIES SQL DATA NOT DETERMINISTIC RETURN (SELECT n FROM copy_a LIMIT 1)`,
    state: `SELECT concat_ws('|', (SELECT group_concat(id, '/', n ORDER BY id) FROM copy_a), (SELECT group_concat(id, '/', n ORDER BY id) FROM copy_b),
      (SELECT group_concat(table_name ORDER BY table_name) FROM information_schema.tables WHERE table_schema = database() AND table_name LIKE 'copy%'))`,
    tearDown: "DROP TABLE IF EXISTS copy_a, copy_b, copy_c; DROP FUNCTION copy_f",
    statements: [
      ...SHARED,
      "SELECT copy_f()", "SELECT GET_LOCK('copy', 0)", "SELECT * FROM copy_a FOR UPDATE", "SELECT * FROM copy_a LOCK IN SHARE MODE", "SELECT @x := 1",
      "SELECT n INTO @x FROM copy_a LIMIT 1", "REPLACE INTO copy_a VALUES (1, 9)", "/*!50110 DELETE FROM copy_a */", "SELECT 1 /*! FROM copy_a */",
      "# why\nDELETE FROM copy_a", "SELECT '\\'; DELETE FROM copy_b; -- '", "TRUNCATE copy_b", "LOCK TABLES copy_a WRITE", "SHOW TABLES", "DESCRIBE copy_a",
      "CALL copy_p()", "HANDLER copy_a OPEN", "INSERT INTO copy_b VALUES (7, 7) ON DUPLICATE KEY UPDATE n = 7",
    ],
  },
  sqlite: {
    system: "sqlite",
    place: "?",
    setUp: "CREATE TABLE copy_a (id INTEGER PRIMARY KEY, n); CREATE TABLE copy_b (id INTEGER PRIMARY KEY, n); INSERT INTO copy_a VALUES (1, 1), (2, 2); INSERT INTO copy_b VALUES (1, 1), (2, 2)",
    state: "SELECT (SELECT group_concat(id || '/' || n) FROM copy_a) || '|' || (SELECT group_concat(id || '/' || n) FROM copy_b) || '|' || (SELECT group_concat(name) FROM sqlite_master)",
    tearDown: "",
    statements: [
      ...SHARED,
      "REPLACE INTO copy_a VALUES (1, 9)", "WITH x AS (SELECT 1 AS id) DELETE FROM copy_a WHERE id IN (SELECT id FROM x)", "SELECT date('now')",
      "INSERT INTO copy_a VALUES (7, 7) RETURNING id", "PRAGMA user_version = 7", "ATTACH ':memory:' AS other", "VACUUM", "SELECT random()",
      "CREATE TRIGGER copy_t AFTER INSERT ON copy_a BEGIN DELETE FROM copy_b; END", "SELECT [id] FROM copy_a WHERE \"n\" = 1", "REINDEX copy_a",
    ],
  },
};

/** Statements with values and their types. */
export const bound = (place, system) => [
  [`SELECT n FROM copy_a WHERE id = ${place}`, [1], ["INT4"]], [`DELETE FROM copy_a WHERE id = ${place}`, [1], ["INT4"]],
  [`UPDATE copy_b SET n = ${place}`, ["9; DELETE FROM copy_a; --"], ["TEXT"]], [`SELECT n FROM copy_a WHERE ${place} = ''`, ["x'; DELETE FROM copy_a; --"], ["TEXT"]],
  [`SELECT ${place}`, ["line\nDELETE FROM copy_b"], ["TEXT"]], [`DELETE FROM copy_a WHERE ${place} = 'x'`, ["a\nDELETE FROM copy_b;\r\nb"], ["TEXT"]],
  [`SELECT ${place}`, ["\\"], ["TEXT"]],
  ...(system === "postgresql" ? [
    ["SELECT n FROM copy_a WHERE n = $1", ["123456789012345678901234567890"], ["NUMERIC"]], ["SELECT id FROM copy_a WHERE n = %(x)s AND n = 100 %% 7", { x: 5 }],
    ["SELECT id FROM copy_a WHERE n = $1 AND 'a' = '%s'", [5], ["INT4"]], ["SELECT 1 WHERE 'a' = $1 OR $1 IS NULL", ["x"]],
  ] : []),
];
