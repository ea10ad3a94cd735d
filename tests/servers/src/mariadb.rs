//! MariaDB with data of its own.

use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use crate::programs::{is_root, run};
use crate::{Server, certificates, free_port, program};

/// The password of the user `secured`; `root` has none.
pub const PASSWORD: &str = "s3cret&pass";

/// Starts a server; `None` and a skip where MariaDB is not installed.
///
/// # Panics
///
/// Where it is installed and does not start.
#[must_use]
pub fn start() -> Option<Server> {
    start_in(tempfile::tempdir().expect("a directory"), Vec::new())
}

/// As [`start`], with TLS for whoever asks for it, and the file with the certificate that the server's is signed with.
///
/// # Panics
///
/// As [`start`], and where no certificate can be made.
#[must_use]
pub fn start_with_tls() -> Option<(Server, PathBuf)> {
    let directory = tempfile::tempdir().expect("a directory");
    certificates::make(directory.path())?;
    let at = |name: &str| directory.path().join(name).display().to_string();
    let arguments = vec![format!("--ssl-cert={}", at("server.pem")), format!("--ssl-key={}", at("server.key"))];
    let certificate = directory.path().join("ca.pem");
    Some((start_in(directory, arguments)?, certificate))
}

fn start_in(directory: TempDir, arguments: Vec<String>) -> Option<Server> {
    let mariadbd = program("mariadbd", &["/usr/sbin"])?;
    let install = program("mariadb-install-db", &["/usr/bin"])?;
    let data = directory.path().join("data");
    let root: &[&str] = if is_root() { &["--user=root"] } else { &[] };
    let mut installing = Command::new(install);
    installing.arg("--no-defaults").arg(format!("--datadir={}", data.display()));
    installing.args(["--auth-root-authentication-method=normal", "--skip-name-resolve", "--skip-test-db"]).args(root);
    let _ = run(&mut installing);
    let port = free_port();
    let socket = directory.path().join("socket");
    let server = Server::start("MariaDB", port, directory, move || {
        let mut command = Command::new(&mariadbd);
        command.arg("--no-defaults").arg(format!("--datadir={}", data.display()));
        command.arg(format!("--socket={}", socket.display())).arg(format!("--port={port}"));
        // Several tests work at once, and none needs much memory.
        command.args(["--bind-address=127.0.0.1", "--skip-name-resolve", "--innodb-buffer-pool-size=32M"]).args(root);
        command.args(&arguments);
        command
    });
    execute(&server, &format!("CREATE USER secured@'127.0.0.1' IDENTIFIED BY '{PASSWORD}'"));
    execute(&server, "GRANT ALL ON *.* TO secured@'127.0.0.1'");
    Some(server)
}

/// Runs a statement, and returns its rows, with tabs between the columns.
///
/// # Panics
///
/// Where the server refuses.
#[must_use]
pub fn ask(server: &Server, sql: &str) -> String {
    let mut command = Command::new("mariadb");
    command.args(["--no-defaults", "-N", "-h127.0.0.1", "-uroot", &format!("-P{}", server.port()), "-e", sql]);
    run(&mut command)
}

/// Runs a statement.
///
/// # Panics
///
/// As [`ask`].
pub fn execute(server: &Server, sql: &str) {
    let _ = ask(server, sql);
}
