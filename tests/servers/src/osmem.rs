//! osmem: a server in memory that answers as OpenSearch 3 does.

use std::process::Command;

use crate::{Server, free_port, program_named_by};

/// Starts one; `None` and a skip where `OSPROFILER_TEST_OSMEM` does not name `osmem-server`. It forgets all when it ends.
///
/// # Panics
///
/// Where it does not start.
#[must_use]
pub fn start() -> Option<Server> {
    let program = program_named_by("OSPROFILER_TEST_OSMEM", "osmem-server")?;
    let directory = tempfile::tempdir().expect("a directory");
    let port = free_port();
    Some(Server::start("osmem", port, directory, move || {
        let mut command = Command::new(&program);
        command.args(["--addr", &format!("127.0.0.1:{port}"), "--no-stdin-watch"]);
        command
    }))
}
