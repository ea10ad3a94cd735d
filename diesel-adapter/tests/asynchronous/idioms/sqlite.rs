//! SQLite: the idioms of all databases, and its own: kinds of transactions, functions.

use diesel_async::AsyncConnection as _;

use super::{every_idiom, same};

#[path = "."]
mod raw {
    pub(super) type Conn = crate::server::Sqlite;
    type Db = diesel::sqlite::Sqlite;
    const HOLDER: &str = "?";

    #[path = "program.rs"]
    pub(super) mod program;
    #[path = "sqlite_program.rs"]
    pub(super) mod sqlite_program;
}

#[path = "."]
mod traced {
    pub(super) type Conn = osprofiler_diesel::TracedAsyncConnection<crate::server::Sqlite>;
    type Db = diesel::sqlite::Sqlite;
    const HOLDER: &str = "?";

    #[path = "program.rs"]
    pub(super) mod program;
    #[path = "sqlite_program.rs"]
    pub(super) mod sqlite_program;
}

async fn database(idiom: &str) -> Option<String> {
    crate::server::sqlite(&format!("idiom_{idiom}")).await
}

every_idiom!(same);

same! {
    sqlite_program;
    immediate_transactions exclusive_transactions transaction_within_a_transaction returning
    deferred_constraint_at_commit functions_of_ones_own
}
