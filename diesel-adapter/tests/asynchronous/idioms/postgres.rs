//! PostgreSQL: the idioms of all databases, and its own: pipelines, kinds of transactions, notifications.

use diesel_async::AsyncConnection as _;

use super::{every_idiom, same};

#[path = "."]
mod raw {
    pub(super) type Conn = diesel_async::AsyncPgConnection;
    type Db = diesel::pg::Pg;
    const HOLDER: &str = "$1";

    #[path = "postgres_program.rs"]
    pub(super) mod postgres_program;
    #[path = "program.rs"]
    pub(super) mod program;
    #[path = "server_program.rs"]
    pub(super) mod server_program;
}

#[path = "."]
mod traced {
    pub(super) type Conn = osprofiler_diesel::TracedAsyncConnection<diesel_async::AsyncPgConnection>;
    type Db = diesel::pg::Pg;
    const HOLDER: &str = "$1";

    #[path = "postgres_program.rs"]
    pub(super) mod postgres_program;
    #[path = "program.rs"]
    pub(super) mod program;
    #[path = "server_program.rs"]
    pub(super) mod server_program;
}

async fn database(idiom: &str) -> Option<String> {
    crate::server::postgres(&format!("idiom_{idiom}")).await
}

every_idiom!(same);

same! {
    server_program;
    insert_in_batches
}

same! {
    postgres_program;
    pipelines pipelines_by_function pipelines_with_an_error read_only_transactions all_kinds_of_transactions
    transaction_within_a_transaction returning upsert notifications serialization_failure_at_commit
    deferred_constraint_at_commit commit_of_an_aborted_transaction savepoint_of_an_aborted_transaction
    enums_and_arrays large_result batch_by_reference
}
