//! What the server ends by itself: connections that are killed, idle, in a transaction or at work, transactions that it
//! rolls back, deadlocks and conflicts. The same program on sqlx's pool, on a traced pool outside of a trace, and in one.

use std::io::ErrorKind;

use futures::join;
use osprofiler_sqlx::TracedPool;
use sqlx::{Executor, MySqlPool, PgPool};

use crate::server;
use crate::store::{Store, records};

/// What a program sees of a result, but for numbers of processes and transactions.
fn seen<T: std::fmt::Debug>(result: Result<T, sqlx::Error>) -> String {
    let text = match result {
        Ok(value) => format!("{value:?}"),
        // Which of them it is depends on what the operating system knew first.
        Err(sqlx::Error::Io(error))
            if matches!(
                error.kind(),
                ErrorKind::ConnectionReset | ErrorKind::UnexpectedEof | ErrorKind::BrokenPipe
            ) =>
        {
            "the connection is lost | Io".to_owned()
        }
        Err(error) => format!("{error} | {error:?}"),
    };
    text.split_inclusive(|c: char| !c.is_ascii_digit())
        .map(|part| {
            let rest = part.trim_start_matches(|c: char| c.is_ascii_digit());
            if part.len() - rest.len() > 2 { format!("N{rest}") } else { part.to_owned() }
        })
        .collect()
}

/// Runs statements of `admin` until one gives a row.
async fn until<'a, DB: sqlx::Database>(admin: &'a sqlx::Pool<DB>, statement: &'static str)
where
    &'a sqlx::Pool<DB>: Executor<'a, Database = DB>,
{
    while admin.fetch_optional(statement).await.expect("the statement is right").is_none() {
        tokio::task::yield_now().await;
    }
}

macro_rules! postgres_program {
    ($pool:expr, $admin:expr) => {{
        let (pool, admin): (_, &PgPool) = ($pool, $admin);
        let mut lines: Vec<String> = Vec::new();
        let own_id = "SELECT pg_backend_pid()";
        let kill = |id: i32| sqlx::query("SELECT pg_terminate_backend($1, 5000)").bind(id).fetch_one(admin);

        // Idle, and then in a transaction.
        let mut connection = pool.acquire().await.expect("a connection");
        kill(sqlx::query_scalar(own_id).fetch_one(&mut *connection).await.expect("its id")).await.expect("killed");
        lines.push(seen(connection.fetch_all("SELECT 1").await));
        lines.push(seen(connection.fetch_all("SELECT 2").await));
        drop(connection);
        lines.push(seen(pool.fetch_all("SELECT 3").await));
        let mut transaction = pool.begin().await.expect("begin");
        transaction.execute("INSERT INTO n VALUES (10, 0)").await.expect("inserted");
        kill(sqlx::query_scalar(own_id).fetch_one(&mut *transaction).await.expect("its id")).await.expect("killed");
        lines.push(seen(transaction.commit().await));
        lines.push(seen(pool.fetch_all("SELECT * FROM n ORDER BY id").await));

        // At work, alone and with a stream half way.
        let mut connection = pool.acquire().await.expect("a connection");
        let id: i32 = sqlx::query_scalar(own_id).fetch_one(&mut *connection).await.expect("its id");
        let (killed, ()) = join!(connection.fetch_all("SELECT pg_sleep(60), 'killed'"), async {
            until(
                admin,
                "SELECT 1 FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60), ''killed''' AND wait_event = 'PgSleep'",
            )
            .await;
            kill(id).await.expect("killed");
        });
        lines.push(seen(killed));
        drop(connection);
        lines.push(seen(pool.fetch_all("SELECT 4").await));

        // Idle in a transaction for longer than the server likes.
        let mut transaction = pool.begin().await.expect("begin");
        let id: i32 = sqlx::query_scalar(own_id).fetch_one(&mut *transaction).await.expect("its id");
        transaction.execute("SET LOCAL idle_in_transaction_session_timeout = 1").await.expect("set");
        while sqlx::query("SELECT 1 FROM pg_stat_activity WHERE pid = $1")
            .bind(id)
            .fetch_optional(admin)
            .await
            .expect("the statement is right")
            .is_some()
        {}
        lines.push(seen(transaction.execute("INSERT INTO n VALUES (11, 0)").await));
        lines.push(seen(transaction.rollback().await));

        // A conflict of two transactions, and one of which the server has given up.
        let isolated = "BEGIN ISOLATION LEVEL SERIALIZABLE";
        let mut one = pool.begin_with(isolated).await.expect("begin");
        let mut two = pool.begin_with(isolated).await.expect("begin");
        lines.push(seen(one.fetch_all("SELECT sum(value) FROM n").await));
        lines.push(seen(two.fetch_all("SELECT sum(value) FROM n").await));
        lines.push(seen(one.execute("UPDATE n SET value = value + 1 WHERE id = 1").await));
        lines.push(seen(two.execute("UPDATE n SET value = value + 1 WHERE id = 2").await));
        lines.push(seen(one.commit().await));
        lines.push(seen(two.commit().await));
        let mut transaction = pool.begin().await.expect("begin");
        lines.push(seen(transaction.execute("INSERT INTO n VALUES (1, 0)").await));
        lines.push(seen(transaction.execute("INSERT INTO n VALUES (12, 0)").await));
        lines.push(seen(transaction.commit().await));
        lines.push(seen(pool.fetch_all("SELECT * FROM n ORDER BY id").await));

        // Two that wait for each other: the one with the shorter patience is given up.
        let mut one = pool.begin().await.expect("begin");
        let mut two = pool.begin().await.expect("begin");
        one.execute("SET LOCAL deadlock_timeout = '1min'").await.expect("set");
        two.execute("SET LOCAL deadlock_timeout = '10ms'").await.expect("set");
        one.execute("UPDATE n SET value = 7 WHERE id = 1").await.expect("updated");
        two.execute("UPDATE n SET value = 8 WHERE id = 2").await.expect("updated");
        let (first, second) = join!(one.execute("UPDATE n SET value = 7 WHERE id = 2"), async {
            until(
                admin,
                "SELECT 1 FROM pg_stat_activity WHERE query = 'UPDATE n SET value = 7 WHERE id = 2' \
                 AND wait_event_type = 'Lock'",
            )
            .await;
            let second = two.execute("UPDATE n SET value = 8 WHERE id = 1").await;
            (second, two.commit().await)
        });
        lines.push(seen(first));
        lines.push(seen(second.0));
        lines.push(seen(second.1));
        lines.push(seen(one.commit().await));
        lines.push(seen(pool.fetch_all("SELECT * FROM n ORDER BY id").await));
        lines
    }};
}

macro_rules! mysql_program {
    ($pool:expr, $admin:expr) => {{
        let (pool, admin): (_, &MySqlPool) = ($pool, $admin);
        let mut lines: Vec<String> = Vec::new();
        let own_id = "SELECT CAST(connection_id() AS SIGNED)";
        let kill = |id: i64| async move {
            admin.execute(sqlx::AssertSqlSafe(format!("KILL {id}"))).await.expect("killed");
            let there = "SELECT 1 FROM information_schema.processlist WHERE id = ?";
            while sqlx::query(there).bind(id).fetch_optional(admin).await.expect("it is right").is_some() {}
        };

        // Idle, and then in a transaction.
        let mut connection = pool.acquire().await.expect("a connection");
        kill(sqlx::query_scalar(own_id).fetch_one(&mut *connection).await.expect("its id")).await;
        lines.push(seen(connection.fetch_all("SELECT 1").await));
        drop(connection);
        lines.push(seen(pool.fetch_all("SELECT 3").await));
        let mut transaction = pool.begin().await.expect("begin");
        transaction.execute("INSERT INTO n VALUES (10, 0)").await.expect("inserted");
        kill(sqlx::query_scalar(own_id).fetch_one(&mut *transaction).await.expect("its id")).await;
        lines.push(seen(transaction.commit().await));
        lines.push(seen(pool.fetch_all("SELECT * FROM n ORDER BY id").await));

        // At work.
        let mut connection = pool.acquire().await.expect("a connection");
        let id: i64 = sqlx::query_scalar(own_id).fetch_one(&mut *connection).await.expect("its id");
        let (killed, ()) = join!(connection.fetch_all("SELECT sleep(60), 'killed'"), async {
            until(admin, "SELECT 1 FROM information_schema.processlist WHERE info = 'SELECT sleep(60), ''killed'''")
                .await;
            kill(id).await;
        });
        lines.push(seen(killed));
        drop(connection);
        lines.push(seen(pool.fetch_all("SELECT 4").await));

        // Two that wait for each other: the one that changed less is given up.
        let mut one = pool.begin().await.expect("begin");
        let mut two = pool.begin().await.expect("begin");
        for id in [1, 3, 4, 5] {
            let update = sqlx::query("UPDATE n SET value = 7 WHERE id = ?").bind(id);
            update.execute(&mut *one).await.expect("updated");
        }
        two.execute("UPDATE n SET value = 8 WHERE id = 2").await.expect("updated");
        let (first, second) = join!(one.execute("UPDATE n SET value = 7 WHERE id = 2"), async {
            until(
                admin,
                "SELECT 1 FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT' \
                 AND trx_query = 'UPDATE n SET value = 7 WHERE id = 2'",
            )
            .await;
            let second = two.execute("UPDATE n SET value = 8 WHERE id = 1").await;
            (second, two.commit().await)
        });
        lines.push(seen(first));
        lines.push(seen(second.0));
        lines.push(seen(second.1));
        lines.push(seen(one.commit().await));
        lines.push(seen(pool.fetch_all("SELECT * FROM n ORDER BY id").await));
        lines
    }};
}

macro_rules! killed {
    ($test:ident, $program:ident, $server:ident) => {
        #[tokio::test]
        async fn $test() {
            let fresh = || async {
                let admin = server::$server("killed").await?;
                admin.execute("CREATE TABLE n (id INT PRIMARY KEY, value INT NOT NULL)").await.expect("a new table");
                admin.execute("INSERT INTO n VALUES (1, 1), (2, 2), (3, 3), (4, 4), (5, 5)").await.expect("numbers");
                let options = (*admin.connect_options()).clone();
                let pool = admin.options().clone().max_connections(3).connect_with(options).await.expect("a pool");
                Some((pool, admin))
            };
            let Some((pool, admin)) = fresh().await else { return };
            let raw = $program!(&pool, &admin);
            drop((pool, admin));
            let (pool, admin) = fresh().await.expect("it was there just now");
            let off = $program!(&TracedPool::from(pool), &admin);
            drop(admin);
            let (pool, admin) = fresh().await.expect("it was there just now");
            let (store, pool) = (Store::new(), TracedPool::from(pool));
            let (on, points) = store.record(async { $program!(&pool, &admin) }).await;
            assert_eq!(off, raw);
            assert_eq!(on, raw);
            store.assert_whole();
            let failed = points.iter().filter(|point| point.error().is_some()).count();
            assert_eq!(
                failed,
                raw.iter().filter(|line| line.contains(" | ")).count(),
                "{raw:#?} {:#?}",
                records(&points)
            );
        }
    };
}

killed!(postgres_connections_and_transactions_end_as_without_tracing, postgres_program, postgres);
killed!(mysql_connections_and_transactions_end_as_without_tracing, mysql_program, mysql);
