//! [`Server`]: a child process and its children.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often is looked whether something has happened.
const LOOK: Duration = Duration::from_millis(20);

/// A running server. Dropping it kills it and deletes its data.
pub struct Server {
    name: &'static str,
    command: Box<dyn Fn() -> Command + Send + Sync>,
    ready: Box<dyn Fn() -> bool + Send + Sync>,
    port: u16,
    child: Option<Child>,
    directory: TempDir,
}

impl Server {
    /// Starts what `command` makes, and waits until it answers on `port`. `directory` is where it works and keeps its data.
    ///
    /// # Panics
    ///
    /// Where it cannot be started or does not answer: the text has the end of its log.
    #[must_use]
    pub fn start(
        name: &'static str,
        port: u16,
        directory: TempDir,
        command: impl Fn() -> Command + Send + Sync + 'static,
    ) -> Self {
        Self::start_when(name, port, directory, command, move || answers(port))
    }

    /// As [`start`](Self::start), where `ready` says when the server can be used.
    ///
    /// # Panics
    ///
    /// As [`start`](Self::start).
    #[must_use]
    pub fn start_when(
        name: &'static str,
        port: u16,
        directory: TempDir,
        command: impl Fn() -> Command + Send + Sync + 'static,
        ready: impl Fn() -> bool + Send + Sync + 'static,
    ) -> Self {
        let (command, ready) = (Box::new(command), Box::new(ready));
        let mut server = Self { name, command, ready, port, child: None, directory };
        server.start_again();
        server
    }

    /// The port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where the server works, and its `log` is.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The process's number while it runs.
    #[must_use]
    pub fn process(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Starts it after a [`kill`](Self::kill), with the same data on the same port, and waits until it can be used.
    ///
    /// # Panics
    ///
    /// As [`start`](Self::start).
    pub fn start_again(&mut self) {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            let running = match &mut self.child {
                None => false,
                Some(child) => matches!(child.try_wait(), Ok(None)),
            };
            if !running {
                // It may have found its port still taken.
                self.child = Some(self.spawn());
            }
            if (self.ready)() {
                return;
            }
            thread::sleep(LOOK);
        }
        let log = fs::read_to_string(self.directory().join("log")).unwrap_or_default();
        let end: Vec<&str> = log.lines().rev().take(20).collect();
        panic!("{} does not answer on port {}: {end:#?}", self.name, self.port);
    }

    /// Kills it and its children, which get no time for anything.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            signal("KILL", &tree(child.id()));
            let _ = child.wait();
        }
    }

    /// Stops it from doing anything: connections stay, and new ones are taken by the system, but nobody answers.
    pub fn pause(&self) {
        if let Some(child) = &self.child {
            signal("STOP", &tree(child.id()));
        }
    }

    /// Lets it go on after a [`pause`](Self::pause).
    pub fn resume(&self) {
        if let Some(child) = &self.child {
            signal("CONT", &tree(child.id()));
        }
    }

    fn spawn(&self) -> Child {
        let log = File::options().append(true).create(true).open(self.directory().join("log")).expect("a log");
        let mut command = (self.command)();
        command.stdin(Stdio::null()).stdout(log.try_clone().expect("a handle")).stderr(log);
        let child = command.spawn().unwrap_or_else(|error| panic!("{} cannot be started: {error}", self.name));
        self.guard(child.id());
        child
    }

    /// Has a shell kill the server when this program has ended without doing so: servers in statics are never dropped.
    fn guard(&self, child: u32) {
        let mut shell = Command::new("sh");
        shell.args(["-c", GUARD, "guard"]).args([std::process::id().to_string(), child.to_string()]);
        shell.arg(self.directory()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // Without a shell there is no guard, and everything else is as well.
        drop(shell.spawn());
    }
}

/// Waits until the first process or the second has ended. If it was the first, it kills the second with all below it, and deletes
/// the directory.
const GUARD: &str = r#"
trap '' INT
kill_tree() {
    for below in $(cat /proc/"$1"/task/*/children 2>/dev/null); do kill_tree "$below"; done
    kill -KILL "$1"
}
while [ -d /proc/"$1" ]; do
    [ -d /proc/"$2" ] || exit 0
    sleep 1
done
kill_tree "$2"
rm -rf "$3"
"#;

impl Drop for Server {
    fn drop(&mut self) {
        self.resume();
        self.kill();
    }
}

/// A port that nobody listens on.
///
/// # Panics
///
/// Where the system has none.
#[must_use]
pub fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("an address").port()
}

/// Whether somebody listens. A connection may be made with itself where the system chooses the same port for its other end.
fn answers(port: u16) -> bool {
    let connected = TcpStream::connect_timeout(&SocketAddr::from(([127, 0, 0, 1], port)), Duration::from_secs(1));
    connected.is_ok_and(|stream| stream.local_addr().ok() != stream.peer_addr().ok())
}

fn signal(name: &str, processes: &[u32]) {
    let mut kill = Command::new("kill");
    kill.arg(format!("-{name}")).args(processes.iter().map(u32::to_string));
    // Some may have ended meanwhile.
    let _ = kill.stdout(Stdio::null()).stderr(Stdio::null()).status();
}

/// A process and all below it. Some servers make sessions for their children, so that a process group is not enough.
fn tree(root: u32) -> Vec<u32> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    for process in processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok()) {
        if let Some(parent) = parent(process) {
            children.entry(parent).or_default().push(process);
        }
    }
    let mut tree = vec![root];
    let mut next = 0;
    while next < tree.len() {
        tree.extend(children.remove(&tree[next]).unwrap_or_default());
        next += 1;
    }
    tree
}

fn parent(process: u32) -> Option<u32> {
    let stat: io::Result<String> = fs::read_to_string(format!("/proc/{process}/stat"));
    // The second field is a name in parentheses that may hold spaces.
    let stat = stat.ok()?;
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_whitespace().nth(1)?.parse().ok()
}
