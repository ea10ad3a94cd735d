//! MySQL and MariaDB: the idioms of all databases.

use diesel_async::AsyncConnection as _;

use super::{every_idiom, same};

#[path = "."]
mod raw {
    pub(super) type Conn = diesel_async::AsyncMysqlConnection;
    type Db = diesel::mysql::Mysql;
    const HOLDER: &str = "?";

    #[path = "program.rs"]
    pub(super) mod program;
    #[path = "server_program.rs"]
    pub(super) mod server_program;
}

#[path = "."]
mod traced {
    pub(super) type Conn = osprofiler_diesel::TracedAsyncConnection<diesel_async::AsyncMysqlConnection>;
    type Db = diesel::mysql::Mysql;
    const HOLDER: &str = "?";

    #[path = "program.rs"]
    pub(super) mod program;
    #[path = "server_program.rs"]
    pub(super) mod server_program;
}

async fn database(idiom: &str) -> Option<String> {
    crate::server::mysql(&format!("idiom_{idiom}")).await
}

every_idiom!(same);

same! {
    server_program;
    insert_in_batches
}
