//! The database servers that tests and benches talk to: found where they are, started where that is possible.
//!
//! A server that is named by its variable is used as it is. Otherwise the usual port of this machine is tried, and then a
//! server of ours is started, with Debian's packages, on a port of its own and with data of its own.

use std::env;
use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::install::apt_install;
use crate::steps::{Outcome, output, run, scratch};

/// A server's URL, and the variable by which tests learn it.
pub(crate) struct Server {
    pub(crate) variable: &'static str,
    pub(crate) url: String,
}

/// How long a server may take to start.
const PATIENCE: Duration = Duration::from_secs(60);

/// PostgreSQL.
pub(crate) fn postgres() -> Outcome<Server> {
    const PORT: u16 = 54_329;
    const CLUSTER: &str = "osprofiler";
    let url = |port| format!("postgres://postgres@127.0.0.1:{port}/postgres");
    let variable = "OSPROFILER_TEST_POSTGRES";
    if let Some(server) = there(variable, "PostgreSQL", [5432, PORT], url) {
        return Ok(server);
    }
    if output(Command::new("pg_lsclusters").arg("--no-header")).is_err() {
        apt_install(&["postgresql"])?;
    }
    let clusters = output(Command::new("pg_lsclusters").arg("--no-header"))?;
    if !clusters.lines().any(|line| line.split_whitespace().nth(1) == Some(CLUSTER)) {
        let version = newest("/usr/lib/postgresql")?;
        let create = ["--port", &PORT.to_string(), &version, CLUSTER, "--", "--auth=trust"];
        run(Command::new("pg_createcluster").args(create))?;
    }
    let version = newest("/usr/lib/postgresql")?;
    run(Command::new("pg_ctlcluster").args(["--skip-systemctl-redirect", &version, CLUSTER, "start"]))?;
    wait_for(PORT, "PostgreSQL")?;
    Ok(Server { variable, url: url(PORT) })
}

/// MariaDB, which stands for MySQL too: Debian has no other.
pub(crate) fn mariadb() -> Outcome<Server> {
    const PORT: u16 = 33_069;
    let url = |port| format!("mysql://root@127.0.0.1:{port}/test");
    let variable = "OSPROFILER_TEST_MYSQL";
    if let Some(server) = there(variable, "MariaDB", [3306, PORT], url) {
        return Ok(server);
    }
    if output(Command::new("mariadbd").arg("--version")).is_err() {
        apt_install(&["mariadb-server"])?;
    }
    let data = scratch()?.join("mariadb");
    // A server that root starts must be told that it may run so.
    let root = output(Command::new("id").arg("-u")).is_ok_and(|user| user.trim() == "0").then_some("--user=root");
    if !data.join("mysql").exists() {
        fs::create_dir_all(&data)?;
        let mut install = Command::new("mariadb-install-db");
        install.arg("--no-defaults").arg(format!("--datadir={}", data.display()));
        run(install.args(["--auth-root-authentication-method=normal", "--skip-name-resolve"]).args(root))?;
    }
    let mut server = Command::new("mariadbd");
    server.arg("--no-defaults").arg(format!("--datadir={}", data.display()));
    server.arg(format!("--socket={}", data.join("socket").display()));
    server.args(["--bind-address=127.0.0.1", "--skip-name-resolve", &format!("--port={PORT}")]).args(root);
    let log = fs::File::create(data.join("log"))?;
    server.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    println!("$ mariadbd on port {PORT}, with its data in {}", data.display());
    // It stays when this program ends, and is found by the next.
    let _running = server.spawn()?;
    wait_for(PORT, "MariaDB")?;
    Ok(Server { variable, url: url(PORT) })
}

/// The server that the variable names, or that answers on one of the ports.
fn there(variable: &'static str, name: &str, ports: [u16; 2], url: impl Fn(u16) -> String) -> Option<Server> {
    if let Ok(url) = env::var(variable) {
        println!("{name} is named by {variable}");
        return Some(Server { variable, url });
    }
    let port = ports.into_iter().find(|port| answers(*port))?;
    println!("{name} answers on port {port}");
    Some(Server { variable, url: url(port) })
}

fn answers(port: u16) -> bool {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok()
}

fn wait_for(port: u16, name: &str) -> Outcome {
    let begun = Instant::now();
    while !answers(port) {
        if begun.elapsed() > PATIENCE {
            return Err(format!("{name} does not answer on port {port}").into());
        }
        thread::sleep(Duration::from_millis(100));
    }
    println!("{name} answers on port {port}");
    Ok(())
}

/// The name of the highest-numbered directory within `path`.
fn newest(path: &str) -> Outcome<String> {
    let versions = fs::read_dir(Path::new(path))?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let newest = versions.max_by_key(|version| version.parse::<u32>().unwrap_or(0));
    newest.ok_or_else(|| format!("no version of PostgreSQL in {path}").into())
}
