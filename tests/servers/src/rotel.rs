//! Rotel: a collector for OpenTelemetry that prints every span it gets.

use std::fs;
use std::process::Command;

use crate::{Server, free_port, program_named_by};

/// Starts one; `None` and a skip where `OSPROFILER_TEST_ROTEL` does not name `rotel-agent`.
///
/// # Panics
///
/// Where it does not start.
#[must_use]
pub fn start() -> Option<Server> {
    let program = program_named_by("OSPROFILER_TEST_ROTEL", "rotel-agent")?;
    let directory = tempfile::tempdir().expect("a directory");
    let (http, grpc) = (free_port(), free_port());
    Some(Server::start("rotel", http, directory, move || {
        let mut command = Command::new(&program);
        command
            .args(["start", "--otlp-http-endpoint", &format!("127.0.0.1:{http}")])
            .args(["--otlp-grpc-endpoint", &format!("127.0.0.1:{grpc}")])
            .args(["--exporter", "blackhole", "--debug-log", "traces", "--debug-log-verbosity", "detailed"]);
        command
    }))
}

/// What it has printed so far.
#[must_use]
pub fn printed(server: &Server) -> String {
    fs::read_to_string(server.directory().join("log")).unwrap_or_default()
}
