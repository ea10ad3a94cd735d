//! MariaDB with data of its own.

use std::process::Command;

use crate::{Server, free_port, program};

/// The password of the user `secured`; `root` has none.
pub const PASSWORD: &str = "s3cret&pass";

/// Starts a server; `None` and a skip where MariaDB is not installed.
///
/// # Panics
///
/// Where it is installed and does not start.
#[must_use]
pub fn start() -> Option<Server> {
    let mariadbd = program("mariadbd", &["/usr/sbin"])?;
    let install = program("mariadb-install-db", &["/usr/bin"])?;
    let directory = tempfile::tempdir().expect("a directory");
    let data = directory.path().join("data");
    let root: &[&str] = if is_root() { &["--user=root"] } else { &[] };
    let mut installing = Command::new(install);
    installing.arg("--no-defaults").arg(format!("--datadir={}", data.display()));
    installing.args(["--auth-root-authentication-method=normal", "--skip-name-resolve", "--skip-test-db"]).args(root);
    run(&mut installing);
    let port = free_port();
    let socket = directory.path().join("socket");
    let server = Server::start("MariaDB", port, directory, move || {
        let mut command = Command::new(&mariadbd);
        command.arg("--no-defaults").arg(format!("--datadir={}", data.display()));
        command.arg(format!("--socket={}", socket.display())).arg(format!("--port={port}"));
        // Several tests work at once, and none needs much memory.
        command.args(["--bind-address=127.0.0.1", "--skip-name-resolve", "--innodb-buffer-pool-size=32M"]).args(root);
        command
    });
    execute(&server, &format!("CREATE USER secured@'127.0.0.1' IDENTIFIED BY '{PASSWORD}'"));
    execute(&server, "GRANT ALL ON *.* TO secured@'127.0.0.1'");
    Some(server)
}

/// Runs a statement.
///
/// # Panics
///
/// Where the server refuses.
pub fn execute(server: &Server, sql: &str) {
    let mut command = Command::new("mariadb");
    command.args(["--no-defaults", "-h127.0.0.1", "-uroot", &format!("-P{}", server.port()), "-e", sql]);
    run(&mut command);
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
