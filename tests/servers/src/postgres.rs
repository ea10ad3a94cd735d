//! PostgreSQL with a cluster of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::programs::{is_root, run};
use crate::{Server, certificates, free_port, skip};

/// The password of the user `secured`, who needs one; `postgres` needs none.
pub const PASSWORD: &str = "s3cret&pass";

/// Starts a server; `None` and a skip where PostgreSQL is not installed.
///
/// # Panics
///
/// Where it is installed and does not start.
#[must_use]
pub fn start() -> Option<Server> {
    start_in(tempfile::tempdir().expect("a directory"), &[])
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
    let key = directory.path().join("server.key");
    run(Command::new("chmod").arg("600").arg(&key));
    if is_root() {
        run(Command::new("chown").arg("postgres").arg(&key));
    }
    let certificate = directory.path().join("ca.pem");
    let settings = [
        "ssl=on".to_owned(),
        format!("ssl_cert_file={}", directory.path().join("server.pem").display()),
        format!("ssl_key_file={}", key.display()),
    ];
    Some((start_in(directory, &settings)?, certificate))
}

fn start_in(directory: TempDir, settings: &[String]) -> Option<Server> {
    let Some(programs) = programs() else {
        skip("PostgreSQL is not installed");
        return None;
    };
    let data = directory.path().join("data");
    // PostgreSQL refuses to run as root.
    if is_root() {
        run(Command::new("chown").arg("postgres").arg(directory.path()));
    }
    let initdb = programs.join("initdb");
    run(unprivileged(&initdb).args(["-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "-D"]).arg(&data));
    let rules = "local all all trust\nhost all secured 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n";
    std::fs::write(data.join("pg_hba.conf"), rules).expect("the cluster's rules");
    let port = free_port();
    let postgres = programs.join("postgres");
    let sockets = directory.path().to_owned();
    let settings = settings.to_vec();
    let ready = programs.join("pg_isready");
    let server = Server::start_when(
        "PostgreSQL",
        port,
        directory,
        move || {
            let mut command = unprivileged(&postgres);
            command.arg("-D").arg(&data).arg("-k").arg(&sockets);
            command.args(["-h", "127.0.0.1", "-p", &port.to_string()]);
            command.args(settings.iter().flat_map(|setting| ["-c", setting]));
            command
        },
        move || {
            let arguments = ["-q", "-h", "127.0.0.1", "-p", &port.to_string()];
            Command::new(&ready).args(arguments).status().is_ok_and(|status| status.success())
        },
    );
    execute(&server, "postgres", &format!("CREATE USER secured SUPERUSER PASSWORD '{PASSWORD}'"));
    Some(server)
}

/// Runs a statement.
///
/// # Panics
///
/// Where the server refuses.
pub fn execute(server: &Server, database: &str, sql: &str) {
    let psql = programs().expect("a started server").join("psql");
    let url = format!("postgresql://postgres@127.0.0.1:{}/{database}", server.port());
    run(Command::new(psql).args(["-q", "-v", "ON_ERROR_STOP=1", "-d", &url, "-c", sql]));
}

/// The folder of the newest version's programs.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let newest = versions.flatten().max_by_key(|entry| entry.file_name().to_string_lossy().parse::<u32>().unwrap_or(0));
    let programs = newest?.path().join("bin");
    programs.join("initdb").exists().then_some(programs)
}

fn unprivileged(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]).arg(program);
    command
}
