//! What names of types stand for: enumerations, domains, composites.
//!
//! A bound value of a type that a program declares by its name says nothing more of it: the bytes of a domain may be those
//! of a number or of a text. The server says it when it prepares the statement, and sqlx keeps that with the statement.
//! So each statement is looked at once, after it has run, while the connection keeps it prepared: that asks the server
//! nothing.

use std::cell::RefCell;
use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use osprofiler::db::postgres;
use sqlx_core::Either;
use sqlx_core::connection::Connection;
use sqlx_core::executor::Executor;
use sqlx_core::sql_str::SqlStr;
use sqlx_core::statement::Statement;
use sqlx_postgres::{PgConnection, PgTypeInfo};

use super::types;

/// So many statements are remembered as looked at; then they are forgotten and looked at again.
const MAX_SEEN: usize = 4096;

/// The last statement is kept where it has no more bytes.
const MAX_LAST: usize = 4096;

#[derive(Default)]
struct Seen {
    hasher: RandomState,
    statements: HashSet<u64>,
    /// The last one that was known already, where it is short: comparing costs less than looking it up. Its place in memory
    /// would not tell, since another statement may be made there.
    last: String,
}

thread_local! {
    static SEEN: RefCell<Seen> = RefCell::default();
}

/// Whether this thread has not looked at the statement yet.
pub(super) fn is_new(sql: &str) -> bool {
    SEEN.with_borrow_mut(|seen| {
        if seen.last == sql {
            return false;
        }
        let is_new = !seen.statements.contains(&seen.hasher.hash_one(sql));
        if !is_new && sql.len() <= MAX_LAST {
            seen.last.clear();
            seen.last.push_str(sql);
        }
        is_new
    })
}

/// This thread has looked at the statement. One that failed is looked at when it runs again.
fn remember(sql: &str) {
    SEEN.with_borrow_mut(|seen| {
        if seen.statements.len() >= MAX_SEEN {
            seen.statements.clear();
        }
        seen.statements.insert(seen.hasher.hash_one(sql));
    });
}

/// Looks at the parameters' types of a statement that the connection has just run and keeps prepared.
pub(super) async fn from_statement(connection: &mut PgConnection, sql: SqlStr) {
    remember(sql.as_str());
    // A connection that keeps no statements would have to prepare it again.
    if connection.cached_statements_size() == 0 {
        return;
    }
    if let Ok(statement) = connection.prepare(sql).await
        && let Some(Either::Left(types)) = statement.parameters()
    {
        from_types(types);
    }
}

fn from_types(types: &[PgTypeInfo]) {
    for info in types {
        postgres::learn(types::resolved(info));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_made_in_the_place_of_another_is_new() {
        let mut text = String::from("SELECT $1 FROM a");
        assert!(is_new(&text) && is_new(&text));
        remember(&text);
        for _ in 0..3 {
            assert!(!is_new(&text));
        }
        let place = text.as_ptr();
        text.replace_range(text.len() - 1.., "b");
        assert_eq!(text.as_ptr(), place);
        assert!(is_new(&text));
        remember(&text);
        assert!(!is_new(&text));
        let long = "x".repeat(MAX_LAST + 1);
        assert!(is_new(&long));
        remember(&long);
        assert!(!is_new(&long));
    }
}
