//! MongoDB with data of its own.

use std::process::Command;

use crate::{Server, free_port, program_named_by};

/// Starts a server that nobody needs a password for; `None` and a skip where `OSPROFILER_TEST_MONGOD` does not name `mongod`.
///
/// # Panics
///
/// Where it does not start.
#[must_use]
pub fn start() -> Option<Server> {
    start_with(&[])
}

/// As [`start`], with further arguments.
///
/// # Panics
///
/// As [`start`].
#[must_use]
pub fn start_with(arguments: &'static [&'static str]) -> Option<Server> {
    let mongod = program_named_by("OSPROFILER_TEST_MONGOD", "mongod")?;
    let directory = tempfile::tempdir().expect("a directory");
    let data = directory.path().join("data");
    std::fs::create_dir(&data).expect("a directory");
    let port = free_port();
    Some(Server::start("MongoDB", port, directory, move || {
        let mut command = Command::new(&mongod);
        command.arg("--dbpath").arg(&data).args(["--bind_ip", "127.0.0.1", "--port", &port.to_string()]);
        // What it acknowledges is in the journal by then, and outlives a kill.
        command.args(["--wiredTigerCacheSizeGB", "0.25", "--nounixsocket", "--journalCommitInterval", "10"]);
        command.args(arguments);
        command
    }))
}
