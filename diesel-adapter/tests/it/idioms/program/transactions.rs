//! Transactions of every database: committed, rolled back, nested, panicked in, managed by hand.

use std::panic::{AssertUnwindSafe, catch_unwind};

use diesel::connection::{AnsiTransactionManager, TransactionManager, TransactionManagerStatus};
use diesel::prelude::*;
use diesel::result::Error;

use super::{Conn, authors, names};
use crate::account::{Account, idioms};

idioms!(
    commit,
    rollback,
    rollback_by_an_own_error,
    nested,
    three_levels,
    a_failed_statement_inside,
    a_panic,
    a_panic_in_a_savepoint,
    managed_by_hand,
    test_transaction,
    begin_test_transaction,
    misuse;
    by_url an_open_transaction_at_the_end
);

fn insert(conn: &mut Conn, name: &str) -> QueryResult<usize> {
    diesel::insert_into(authors::table).values(authors::name.eq(name)).execute(conn)
}

/// How deep the connection's transaction is; an error where it is broken.
fn depth(conn: &mut Conn) -> String {
    let status = AnsiTransactionManager::transaction_manager_status_mut(conn);
    match status {
        TransactionManagerStatus::Valid(status) => format!("{:?}", status.transaction_depth()),
        TransactionManagerStatus::InError => "in error".to_owned(),
    }
}

fn commit(conn: &mut Conn, saw: &Account) {
    saw.result(conn.transaction::<_, Error, _>(|conn| {
        insert(conn, "Dee")?;
        insert(conn, "Eve")
    }));
    saw.result(conn.transaction(|_| QueryResult::Ok(7)));
    saw.result(conn.transaction(names));
    saw.value(depth(conn));
}

fn rollback(conn: &mut Conn, saw: &Account) {
    saw.result(conn.transaction::<(), Error, _>(|conn| {
        insert(conn, "Dee")?;
        Err(Error::RollbackTransaction)
    }));
    saw.result(conn.transaction(|conn| {
        insert(conn, "Dee")?;
        insert(conn, "Ann")
    }));
    saw.result(conn.transaction(|conn| authors::table.find(9).select(authors::name).first::<String>(conn)));
    saw.result(names(conn));
    saw.value(depth(conn));
}

#[derive(Debug)]
enum OwnError {
    Own,
    Database(Error),
}

impl std::fmt::Display for OwnError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an error of the program")
    }
}

impl std::error::Error for OwnError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Own => None,
            Self::Database(error) => Some(error),
        }
    }
}

impl From<Error> for OwnError {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}

fn rollback_by_an_own_error(conn: &mut Conn, saw: &Account) {
    saw.result(conn.transaction::<(), _, _>(|conn| {
        insert(conn, "Dee")?;
        Err(OwnError::Own)
    }));
    saw.result(conn.transaction::<_, OwnError, _>(|conn| Ok(insert(conn, "Ann")?)));
    saw.result(names(conn));
}

fn nested(conn: &mut Conn, saw: &Account) {
    saw.result(conn.transaction::<_, Error, _>(|conn| {
        insert(conn, "Dee")?;
        let inner = conn.transaction::<(), Error, _>(|conn| {
            insert(conn, "Eve")?;
            Err(Error::RollbackTransaction)
        });
        saw.result(inner);
        saw.value(depth(conn));
        saw.result(conn.transaction(|conn| insert(conn, "Flo")));
        names(conn)
    }));
    saw.result(conn.transaction::<(), Error, _>(|conn| {
        saw.result(conn.transaction(|conn| insert(conn, "Gil")));
        Err(Error::RollbackTransaction)
    }));
    saw.result(names(conn));
}

fn three_levels(conn: &mut Conn, saw: &Account) {
    saw.result(conn.transaction::<_, Error, _>(|conn| {
        insert(conn, "one")?;
        conn.transaction::<_, Error, _>(|conn| {
            insert(conn, "two")?;
            let third = conn.transaction::<(), Error, _>(|conn| {
                insert(conn, "three")?;
                saw.value(depth(conn));
                Err(Error::NotFound)
            });
            saw.result(third);
            insert(conn, "four")
        })
    }));
    saw.result(names(conn));
}

fn a_failed_statement_inside(conn: &mut Conn, saw: &Account) {
    // On PostgreSQL all that follows fails, and the end is a rollback.
    let result = conn.transaction::<_, Error, _>(|conn| {
        saw.result(insert(conn, "Dee"));
        saw.result(insert(conn, "Ann"));
        saw.result(insert(conn, "Eve"));
        saw.result(names(conn));
        Ok("all is well")
    });
    saw.result(result);
    saw.value(depth(conn));
    let result = conn.transaction::<_, Error, _>(|conn| {
        saw.result(insert(conn, "Flo"));
        saw.result(conn.transaction(|conn| insert(conn, "Ann")));
        insert(conn, "Gil")
    });
    saw.result(result);
    saw.result(names(conn));
}

/// Ends the closure without a message on standard error.
fn panic_quietly() -> ! {
    std::panic::resume_unwind(Box::new("on purpose"))
}

fn a_panic(conn: &mut Conn, saw: &Account) {
    let caught = catch_unwind(AssertUnwindSafe(|| {
        conn.transaction::<(), Error, _>(|conn| {
            insert(conn, "Dee")?;
            panic_quietly()
        })
    }));
    saw.value(caught.is_err());
    // Diesel leaves the transaction open.
    saw.value(depth(conn));
    saw.result(names(conn));
    saw.result(AnsiTransactionManager::rollback_transaction(conn));
    saw.value(depth(conn));
    saw.result(names(conn));
}

fn a_panic_in_a_savepoint(conn: &mut Conn, saw: &Account) {
    let result = conn.transaction::<_, Error, _>(|conn| {
        insert(conn, "Dee")?;
        let caught = catch_unwind(AssertUnwindSafe(|| {
            conn.transaction::<(), Error, _>(|conn| {
                insert(conn, "Eve")?;
                panic_quietly()
            })
        }));
        saw.value(caught.is_err());
        saw.value(depth(conn));
        AnsiTransactionManager::rollback_transaction(conn)?;
        saw.value(depth(conn));
        names(conn)
    });
    saw.result(result);
    saw.result(names(conn));
}

fn managed_by_hand(conn: &mut Conn, saw: &Account) {
    type Manager = <Conn as Connection>::TransactionManager;
    saw.result(Manager::begin_transaction(conn));
    saw.result(insert(conn, "Dee"));
    saw.result(Manager::begin_transaction(conn));
    saw.value(depth(conn));
    saw.result(insert(conn, "Eve"));
    saw.result(Manager::rollback_transaction(conn));
    saw.result(Manager::commit_transaction(conn));
    saw.result(Manager::begin_transaction(conn));
    saw.result(insert(conn, "Flo"));
    saw.result(Manager::rollback_transaction(conn));
    saw.value(depth(conn));
    saw.result(names(conn));
}

fn test_transaction(conn: &mut Conn, saw: &Account) {
    saw.value(conn.test_transaction::<_, Error, _>(|conn| {
        insert(conn, "Dee")?;
        conn.transaction(|conn| insert(conn, "Eve"))?;
        names(conn)
    }));
    saw.result(names(conn));
    let caught = catch_unwind(AssertUnwindSafe(|| conn.test_transaction::<(), Error, _>(|_| panic_quietly())));
    saw.value(caught.is_err());
    saw.value(depth(conn));
}

fn begin_test_transaction(conn: &mut Conn, saw: &Account) {
    saw.result(conn.begin_test_transaction());
    saw.value(depth(conn));
    saw.result(insert(conn, "Dee"));
    saw.result(conn.transaction(|conn| insert(conn, "Eve")));
    saw.result(conn.transaction(|conn| insert(conn, "Ann")));
    saw.result(names(conn));
    saw.value(depth(conn));
}

fn misuse(conn: &mut Conn, saw: &Account) {
    saw.result(AnsiTransactionManager::commit_transaction(conn));
    saw.result(AnsiTransactionManager::rollback_transaction(conn));
    saw.result(AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN nonsense"));
    saw.value(depth(conn));
    saw.result(AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN"));
    saw.result(AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN"));
    saw.value(depth(conn));
    saw.result(AnsiTransactionManager::rollback_transaction(conn));
    // What diesel does not know of.
    saw.result(diesel::sql_query("SAVEPOINT own").execute(conn));
    saw.result(diesel::sql_query("ROLLBACK TO SAVEPOINT nowhere").execute(conn));
    saw.value(depth(conn));
    saw.result(names(conn));
}

fn an_open_transaction_at_the_end(url: &str, saw: &Account) {
    let mut conn = Conn::establish(url).expect("a connection");
    saw.result(AnsiTransactionManager::begin_transaction(&mut conn));
    saw.result(insert(&mut conn, "Dee"));
    drop(conn);
    saw.result(names(&mut Conn::establish(url).expect("a connection")));
}
