//! What MySQL and MariaDB commit by themselves, and what a report says of it: the server is asked what became of the rows.

use osprofiler::report::analysis::{Analysis, AnalysisOptions, TransactionOutcome};
use osprofiler_sqlx::{TracedMySqlPool, TracedPgPool};
use sqlx::{AssertSqlSafe, Executor, MySqlPool};

use crate::server;
use crate::store::Store;

/// What is true of each transaction, and what its rollback or its drop is said to have done.
fn outcomes(store: &Store) -> Vec<TransactionOutcome> {
    let trace = store.trace();
    let analysis = Analysis::of(&trace, AnalysisOptions::default());
    analysis.transactions.iter().map(|transaction| transaction.outcome).collect()
}

/// Whether the row of a transaction that is rolled back after `statement` is there nevertheless.
async fn is_committed(pool: &TracedMySqlPool, plain: &MySqlPool, statement: &str) -> bool {
    plain.execute("TRUNCATE kept").await.expect("empty");
    let mut transaction = pool.begin().await.expect("a transaction");
    transaction.execute("INSERT INTO kept VALUES (1)").await.expect("a row");
    let ran = sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *transaction).await;
    // The report must not be surer than the server is: some of these fail.
    drop(ran);
    transaction.rollback().await.expect("rolled back");
    let kept: i64 = sqlx::query_scalar("SELECT count(*) FROM kept").fetch_one(plain).await.expect("a count");
    kept > 0
}

/// MariaDB 10.11 and MySQL 8.4: the sources are in `report::sql::transaction`.
#[tokio::test]
async fn a_report_says_of_each_transaction_what_the_server_did() {
    let Some(plain) = server::mysql("implicit").await else { return };
    for setup in [
        "CREATE TABLE kept (a INT)",
        "CREATE TABLE t (a INT)",
        "CREATE VIEW v AS SELECT 1",
        "CREATE TABLE gone (a INT)",
    ] {
        plain.execute(setup).await.expect(setup);
    }
    let pool = TracedMySqlPool::from(plain.clone());
    let statements = [
        "ALTER TABLE t ADD b INT",
        "ALTER TABLE missing ADD b INT",
        "ALTER TABLE t ADDD b INT",
        "CREATE TABLE n (a INT)",
        "CREATE TABLE t (a INT)",
        "CREATE TEMPORARY TABLE tmp (a INT)",
        "DROP TEMPORARY TABLE IF EXISTS tmp",
        "CREATE INDEX i ON t (a)",
        "CREATE OR REPLACE VIEW v AS SELECT 2",
        "DROP VIEW v",
        "RENAME TABLE n TO m",
        "TRUNCATE TABLE m",
        "DROP TABLE gone",
        "DROP TABLE missing",
        "CREATE PROCEDURE p() SELECT 1",
        "CREATE TRIGGER g BEFORE INSERT ON m FOR EACH ROW SET NEW.a = 1",
        "ANALYZE TABLE t",
        "CHECK TABLE t",
        "OPTIMIZE TABLE t",
        "UNLOCK TABLES",
        "SET autocommit = 1",
        "SET @a = 1",
        "SELECT 1",
        "CALL p()",
        "SAVEPOINT s",
        "BEGIN",
        "/* why */ ALTER TABLE t ADD c INT",
        "/*!50000 ALTER TABLE t ADD d INT */",
        "SELECT 1; CREATE TABLE z (a INT)",
        "COMMIT AND CHAIN",
    ];
    for statement in statements {
        let store = Store::new();
        let (committed, _) = store.record(is_committed(&pool, &plain, statement)).await;
        let outcomes = outcomes(&store);
        let is_right = match outcomes[0] {
            TransactionOutcome::Committed => committed,
            TransactionOutcome::RolledBack => !committed,
            TransactionOutcome::Unknown => true,
            _ => false,
        };
        assert!(is_right, "{statement}: {outcomes:?}, and the row is there: {committed}");
        // Only what failed, and what depends on more than the text, may stay open.
        let may_be_unknown = ["missing", "CREATE TABLE t (", "autocommit"].iter().any(|part| statement.contains(part));
        assert_eq!(outcomes[0] == TransactionOutcome::Unknown, may_be_unknown, "{statement}: {outcomes:?}");
    }
}

#[tokio::test]
async fn a_rollback_behind_a_change_of_the_schema_says_that_it_came_too_late() {
    let Some(plain) = server::mysql("implicit_late").await else { return };
    plain.execute("CREATE TABLE t (a INT)").await.expect("a table");
    let pool = TracedMySqlPool::from(plain.clone());
    let request = async {
        let mut transaction = pool.begin().await.expect("a transaction");
        transaction.execute("INSERT INTO t VALUES (1)").await.expect("a row");
        transaction.execute("ALTER TABLE t ADD b INT").await.expect("altered");
        transaction.rollback().await.expect("nothing to roll back");
    };
    let ((), points) = Store::new().record(request).await;
    let last = points.last().expect("the rollback");
    assert_eq!((last.statement(), last.outcome()), (Some("ROLLBACK"), Some(("committed", false))));
    let kept: i64 = sqlx::query_scalar("SELECT count(*) FROM t").fetch_one(&plain).await.expect("a count");
    assert_eq!(kept, 1);
}

/// `COMMIT AND CHAIN` and `ROLLBACK AND CHAIN` of PostgreSQL 15: the transaction of the adapter goes on as another.
#[tokio::test]
async fn chained_transactions_of_postgresql_are_each_their_own() {
    let Some(plain) = server::postgres("implicit_chain").await else { return };
    plain.execute("CREATE TABLE t (a INT)").await.expect("a table");
    let pool = TracedPgPool::from(plain.clone());
    let store = Store::new();
    let request = async {
        let mut transaction = pool.begin().await.expect("a transaction");
        transaction.execute("INSERT INTO t VALUES (1)").await.expect("a row");
        transaction.execute("COMMIT AND CHAIN").await.expect("committed");
        transaction.execute("INSERT INTO t VALUES (2)").await.expect("a row");
        transaction.execute("ROLLBACK AND CHAIN").await.expect("rolled back");
        transaction.execute("INSERT INTO t VALUES (3)").await.expect("a row");
        // DDL is of the transaction here.
        transaction.execute("CREATE TABLE u (a INT)").await.expect("a table");
        transaction.rollback().await.expect("rolled back");
    };
    store.record(request).await;
    use TransactionOutcome::{Committed, RolledBack};
    assert_eq!(outcomes(&store), [Committed, RolledBack, RolledBack]);
    let kept: Vec<i32> = sqlx::query_scalar("SELECT a FROM t").fetch_all(&plain).await.expect("rows");
    assert_eq!(kept, [1]);
}
