//! Panko, the last home of Ceilometer's events.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use crate::{Server, free_port, program_named_by};

/// Starts one; `None` and a skip where `OSPROFILER_TEST_PANKO` does not name a Python that has it.
///
/// # Panics
///
/// Where it does not start.
#[must_use]
pub fn start() -> Option<Server> {
    let python = python()?;
    let directory = tempfile::tempdir().expect("a directory");
    let (port, path) = (free_port(), directory.path().to_owned());
    Some(Server::start("Panko", port, directory, move || {
        let mut command = Command::new(&python);
        command.arg(script()).arg("serve").arg(&path).arg(port.to_string());
        command
    }))
}

/// Stores events, a JSON text as `tests/python/ceilometer_events.py` says.
///
/// # Panics
///
/// Where that fails.
pub fn record(server: &Server, events: &str) {
    // Panko does not wait for others who write to SQLite.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock();
    let mut command = Command::new(python().expect("a started server"));
    command.arg(script()).arg("record").arg(server.directory()).stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("Python starts");
    child.stdin.take().expect("a pipe").write_all(events.as_bytes()).expect("Python reads");
    let output = child.wait_with_output().expect("Python ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn python() -> Option<PathBuf> {
    program_named_by("OSPROFILER_TEST_PANKO", "a Python with panko 10.0.0")
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../python/ceilometer_events.py")
}
