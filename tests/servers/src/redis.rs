//! Redis with data of its own, alone, by TLS, and with a replica and Sentinel.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::{Server, free_port, program};

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
/// As [`start`], and where there is no `openssl`.
#[must_use]
pub fn start_with_tls() -> Option<(Server, PathBuf)> {
    let directory = tempfile::tempdir().expect("a directory");
    let at = |name: &str| directory.path().join(name);
    let text = |name: &str| at(name).display().to_string();
    let openssl = |arguments: &[&str]| {
        let output = Command::new("openssl").args(arguments).output().expect("openssl starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    fs::write(at("names"), "subjectAltName=DNS:localhost,IP:127.0.0.1\n").expect("a file");
    let (key, certificate) = (text("ca.key"), text("ca.pem"));
    openssl(&[
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=test",
        "-keyout",
        &key,
        "-out",
        &certificate,
    ]);
    openssl(&[
        "req",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-subj",
        "/CN=localhost",
        "-keyout",
        &text("key"),
        "-out",
        &text("request"),
    ]);
    openssl(&[
        "x509",
        "-req",
        "-days",
        "2",
        "-in",
        &text("request"),
        "-CA",
        &certificate,
        "-CAkey",
        &key,
        "-CAcreateserial",
        "-extfile",
        &text("names"),
        "-out",
        &text("pem"),
    ]);
    let port = free_port();
    let arguments = [
        "--port",
        "0",
        "--tls-port",
        &port.to_string(),
        "--tls-cert-file",
        &text("pem"),
        "--tls-key-file",
        &text("key"),
        "--tls-ca-cert-file",
        &certificate,
        "--tls-auth-clients",
        "no",
    ]
    .map(str::to_owned);
    let certificate = PathBuf::from(certificate);
    Some((launch(directory, port, arguments.to_vec())?, certificate))
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
