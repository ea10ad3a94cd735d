//! MongoDB with data of its own.

use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use crate::{Server, certificates, free_port, program_named_by};

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
pub fn start_with(arguments: &[&str]) -> Option<Server> {
    let directory = tempfile::tempdir().expect("a directory");
    start_in(directory, arguments.iter().map(|argument| (*argument).to_owned()).collect())
}

/// A server that speaks TLS alone, and the file with the certificate that its own is signed with.
///
/// # Panics
///
/// As [`start`], and where no certificate can be made.
#[must_use]
pub fn start_with_tls() -> Option<(Server, PathBuf)> {
    let directory = tempfile::tempdir().expect("a directory");
    certificates::make(directory.path())?;
    let at = |name: &str| directory.path().join(name);
    let text = |name: &str| std::fs::read_to_string(at(name)).expect("a file");
    // It takes certificate and key from one file.
    std::fs::write(at("both.pem"), text("server.pem") + &text("server.key")).expect("a file");
    let [both, certificate] = ["both.pem", "ca.pem"].map(at);
    let arguments =
        ["--tlsMode", "requireTLS", "--tlsCertificateKeyFile", &both.display().to_string()].map(str::to_owned);
    Some((start_in(directory, arguments.to_vec())?, certificate))
}

fn start_in(directory: TempDir, arguments: Vec<String>) -> Option<Server> {
    let mongod = program_named_by("OSPROFILER_TEST_MONGOD", "mongod")?;
    let data = directory.path().join("data");
    std::fs::create_dir(&data).expect("a directory");
    let port = free_port();
    Some(Server::start("MongoDB", port, directory, move || {
        let mut command = Command::new(&mongod);
        command.arg("--dbpath").arg(&data).args(["--bind_ip", "127.0.0.1", "--port", &port.to_string()]);
        // What it acknowledges is in the journal by then, and outlives a kill.
        command.args(["--wiredTigerCacheSizeGB", "0.25", "--nounixsocket", "--journalCommitInterval", "10"]);
        command.args(&arguments);
        command
    }))
}
