//! RabbitMQ with data of its own.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::programs::run;
use crate::{Server, certificates, free_port, program};

/// Where Debian has the programs themselves.
const PROGRAMS: &str = "/usr/lib/rabbitmq/bin";

/// The password of the user `secured`, as it is; the other user is `guest`, with the password `guest`.
pub const PASSWORD: &str = "s3cret&p@ss/:,";

/// What is longer is refused, in bytes.
pub const LONGEST: usize = 8 << 20;

/// Starts a server with these virtual hosts beside `/`; `None` and a skip where RabbitMQ is not installed.
///
/// It takes some ten seconds.
///
/// # Panics
///
/// Where it is installed and does not start.
#[must_use]
pub fn start(virtual_hosts: &[&str]) -> Option<Server> {
    let port = free_port();
    let directory = tempfile::tempdir().expect("a directory");
    start_in(directory, port, virtual_hosts, &format!("listeners.tcp.1 = 127.0.0.1:{port}\n"))
}

/// As [`start`], with TLS alone; `ca.pem` in its directory is the authority of its certificate.
///
/// # Panics
///
/// As [`start`].
#[must_use]
pub fn start_with_tls() -> Option<Server> {
    let port = free_port();
    let directory = tempfile::tempdir().expect("a directory");
    certificates::make(directory.path())?;
    let mut listeners = format!("listeners.tcp = none\nlisteners.ssl.1 = 127.0.0.1:{port}\n");
    for (option, file) in [("cacertfile", "ca.pem"), ("certfile", "server.pem"), ("keyfile", "server.key")] {
        listeners += &format!("ssl_options.{option} = {}\n", directory.path().join(file).display());
    }
    start_in(directory, port, &[], &listeners)
}

fn start_in(directory: TempDir, port: u16, virtual_hosts: &[&str], listeners: &str) -> Option<Server> {
    // That in the path is Debian's own, which is for one server a machine.
    let rabbitmq = program("rabbitmq-server", &["/usr/sbin"])?;
    let rabbitmq = if Path::new(PROGRAMS).exists() { Path::new(PROGRAMS).join("rabbitmq-server") } else { rabbitmq };
    let distribution = free_port();
    let path = directory.path().to_owned();
    let definitions = path.join("definitions.json");
    fs::write(&definitions, defined(virtual_hosts)).expect("a file");
    let configuration = format!(
        "{listeners}distribution.listener.interface = 127.0.0.1\nloopback_users = none\n\
         disk_free_limit.absolute = 10MB\nmax_message_size = {LONGEST}\nload_definitions = {}\n",
        definitions.display()
    );
    fs::write(path.join("rabbitmq.conf"), configuration).expect("a file");
    fs::write(path.join("enabled_plugins"), "[].\n").expect("a file");
    let command = move || {
        let mut command = Command::new(&rabbitmq);
        command.env("HOME", &path).env("RABBITMQ_NODENAME", node(port));
        command.env("RABBITMQ_MNESIA_BASE", path.join("data")).env("RABBITMQ_LOG_BASE", path.join("logs"));
        command.env("RABBITMQ_CONFIG_FILE", path.join("rabbitmq.conf"));
        command.env("RABBITMQ_ENABLED_PLUGINS_FILE", path.join("enabled_plugins"));
        command.env("RABBITMQ_DIST_PORT", distribution.to_string());
        // Otherwise it listens on all interfaces.
        command.env("ERL_EPMD_ADDRESS", "127.0.0.1");
        command
    };
    Some(Server::start_when("RabbitMQ", port, directory, command, move || answers(port)))
}

/// Whether somebody says something to the beginning of AMQP's dialogue. That a connection was made says little: it is made with
/// itself where the system chooses the same port for its other end.
fn answers(port: u16) -> bool {
    let patience = Duration::from_secs(1);
    let answer = || -> io::Result<bool> {
        let mut stream = TcpStream::connect_timeout(&SocketAddr::from(([127, 0, 0, 1], port)), patience)?;
        stream.set_read_timeout(Some(patience))?;
        stream.write_all(b"AMQP\0\0\x09\x01")?;
        let mut byte = [0];
        Ok(stream.local_addr()? != stream.peer_addr()? && stream.read(&mut byte)? == 1)
    };
    answer().unwrap_or(false)
}

fn node(port: u16) -> String {
    format!("osprofiler-{port}@localhost")
}

/// Runs `rabbitmqctl` on the server, and returns what it prints.
///
/// # Panics
///
/// Where it cannot be run or fails.
#[must_use]
pub fn control(server: &Server, arguments: &[&str]) -> String {
    let mut command = Command::new(Path::new(PROGRAMS).join("rabbitmqctl"));
    command.env("HOME", server.directory()).env("ERL_EPMD_ADDRESS", "127.0.0.1");
    command.args(["--quiet", "--node", &node(server.port())]).args(arguments);
    run(&mut command)
}

/// Users and virtual hosts, in RabbitMQ's JSON.
fn defined(virtual_hosts: &[&str]) -> String {
    let hosts: Vec<&str> = std::iter::once("/").chain(virtual_hosts.iter().copied()).collect();
    let users = [("guest", "guest"), ("secured", PASSWORD)];
    let user = |(name, password)| format!("{{\"name\": {name:?}, \"password\": {password:?}, \"tags\": \"\"}}");
    let host = |host| format!("{{\"name\": {host:?}}}");
    let permission = |user, host| {
        format!(
            "{{\"user\": {user:?}, \"vhost\": {host:?}, \"configure\": \".*\", \"write\": \".*\", \"read\": \".*\"}}"
        )
    };
    let permissions: Vec<String> =
        hosts.iter().flat_map(|host| users.map(|(user, _)| permission(user, *host))).collect();
    format!(
        "{{\"users\": [{}], \"vhosts\": [{}], \"permissions\": [{}]}}",
        users.map(user).join(", "),
        hosts.iter().map(|name| host(*name)).collect::<Vec<_>>().join(", "),
        permissions.join(", ")
    )
}
