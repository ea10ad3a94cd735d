//! Redis with data of its own, alone, by TLS, and with a replica and Sentinel.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::{Server, certificates, free_port, program};

/// Starts a server that keeps what it has acknowledged; `None` and a skip where Redis is not installed.
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
    let port = free_port();
    let own = ["--port", &port.to_string()].map(str::to_owned);
    launch(directory, port, own.into_iter().chain(arguments.iter().map(|argument| (*argument).to_owned())).collect())
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
    let at = |name: &str| directory.path().join(name).display().to_string();
    let (port, authority) = (free_port(), directory.path().join("ca.pem"));
    let mut arguments = ["--port", "0", "--tls-auth-clients", "no", "--tls-port"].map(str::to_owned).to_vec();
    arguments.push(port.to_string());
    for (option, file) in
        [("--tls-cert-file", "server.pem"), ("--tls-key-file", "server.key"), ("--tls-ca-cert-file", "ca.pem")]
    {
        arguments.extend([option.to_owned(), at(file)]);
    }
    Some((launch(directory, port, arguments)?, authority))
}

/// Sentinel that watches `master`, whose name is `mymaster`, and makes a replica the master when that is gone for a second.
///
/// # Panics
///
/// As [`start`].
#[must_use]
pub fn start_sentinel(master: &Server) -> Option<Server> {
    let redis = program("redis-server", &["/usr/bin"])?;
    let directory = tempfile::tempdir().expect("a directory");
    let port = free_port();
    let config = directory.path().join("sentinel.conf");
    let text = format!(
        "port {port}\nbind 127.0.0.1\ndir {}\nsentinel monitor mymaster 127.0.0.1 {} 1\n\
         sentinel down-after-milliseconds mymaster 1000\nsentinel failover-timeout mymaster 3000\n",
        directory.path().display(),
        master.port()
    );
    fs::write(&config, text).expect("a file");
    Some(Server::start("Redis Sentinel", port, directory, move || {
        let mut command = Command::new(&redis);
        command.arg(&config).arg("--sentinel");
        command
    }))
}

fn launch(directory: TempDir, port: u16, arguments: Vec<String>) -> Option<Server> {
    let redis = program("redis-server", &["/usr/bin"])?;
    let data = directory.path().to_owned();
    Some(Server::start("Redis", port, directory, move || command(&redis, &data, &arguments)))
}

fn command(redis: &Path, data: &Path, arguments: &[String]) -> Command {
    let mut command = Command::new(redis);
    command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "yes", "--appendfsync", "always"]);
    command.arg("--dir").arg(data).args(arguments);
    command
}
