#!/usr/bin/env bash
# MariaDB 10.11.19: EXPLAIN, without ANALYZE, runs parts of a statement to plan it. A stored function in a subquery in FROM is run
# whatever it is declared; a DETERMINISTIC one with constant arguments is run wherever it stands, in UPDATE and DELETE too. What it
# inserts stays. Assignments to variables and LAST_INSERT_ID(n) take effect as well. So EXPLAIN of a statement of which nothing more
# is known than its text is safe only where all its functions are known.
#
# OSPROFILER_TEST_MYSQL_ARGS are arguments for the mariadb program, such as `-h 127.0.0.1 -u root test`.
#
# Output seen:
#     SELECT * FROM (SELECT finding_f(1) AS a) d: 1 row written
#     SELECT * FROM finding_t WHERE id = finding_d(1): 2 rows written
#     UPDATE finding_t SET id = 9 WHERE id = finding_d(1): 1 row written
#     SELECT finding_f(1): 0 rows written
#     @z after EXPLAIN of an assignment: 6
set -euo pipefail
read -r -a arguments <<< "${OSPROFILER_TEST_MYSQL_ARGS:--h 127.0.0.1 -u root test}"
client() { mariadb -N "${arguments[@]}"; }
cleanup() { echo "DROP TABLE IF EXISTS finding_log, finding_t; DROP FUNCTION IF EXISTS finding_f; DROP FUNCTION IF EXISTS finding_d;" | client; }
cleanup
trap cleanup EXIT
client <<'SQL'
CREATE TABLE finding_log (a int);
CREATE TABLE finding_t (id int PRIMARY KEY);
INSERT INTO finding_t VALUES (1), (2), (3);
delimiter //
CREATE FUNCTION finding_f(x int) RETURNS int MODIFIES SQL DATA BEGIN INSERT INTO finding_log VALUES (x); RETURN x; END//
CREATE FUNCTION finding_d(x int) RETURNS int DETERMINISTIC MODIFIES SQL DATA BEGIN INSERT INTO finding_log VALUES (x); RETURN x; END//
SQL
for statement in \
    "SELECT * FROM (SELECT finding_f(1) AS a) d" \
    "SELECT * FROM finding_t WHERE id = finding_d(1)" \
    "UPDATE finding_t SET id = 9 WHERE id = finding_d(1)" \
    "SELECT finding_f(1)"; do
    rows=$(echo "EXPLAIN $statement; SELECT CONCAT('rows=', COUNT(*)) FROM finding_log; DELETE FROM finding_log;" | client | sed -n 's/^rows=//p')
    echo "$statement: $rows row$([ "$rows" = 1 ] || echo s) written"
done
z=$(echo "SET @z = 0; EXPLAIN SELECT * FROM finding_t WHERE id = (@z := 6); SELECT CONCAT('z=', @z);" | client | sed -n 's/^z=//p')
echo "@z after EXPLAIN of an assignment: $z"
