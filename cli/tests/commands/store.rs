//! A store in a temporary directory, and the command run on it.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

pub(crate) const FIRST: &str = "7a4b3b7e-0a7e-4f0e-9a53-000000000001";
pub(crate) const SECOND: &str = "7a4b9999-0a7e-4f0e-9a53-000000000002";

/// A directory with a store named `traces` in it.
pub(crate) struct Store {
    directory: TempDir,
}

/// What a run left behind.
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Store {
    pub(crate) fn empty() -> Self {
        Self { directory: tempfile::tempdir().expect("a temporary directory") }
    }

    /// A store with two traces; the second is the newer one and has an error.
    pub(crate) fn with_two_traces() -> Self {
        let store = Self::empty();
        store.add(FIRST, "2026-01-02T10:00:00", "/authors", None);
        store.add(SECOND, "2026-01-02T11:00:00", "/import", Some("UNIQUE constraint failed"));
        store
    }

    /// Adds a request with one statement, which fails where there is an error.
    pub(crate) fn add(&self, id: &str, second: &str, path: &str, error: Option<&str>) {
        let stop = match error {
            Some(message) => {
                format!(r#"{{"etype":"Database","message":"{message}","db":{{"code":"2067"}},"host":"h"}}"#)
            }
            None => r#"{"db":{"rows":2},"host":"h"}"#.to_owned(),
        };
        let start = r#"{"db":{"statement":"SELECT title FROM posts WHERE author = ?","params":[7],"system":"sqlite"},"host":"h"}"#;
        let request =
            format!(r#"{{"request":{{"path":"{path}","query":"","method":"GET","scheme":"http"}},"host":"h"}}"#);
        let mut lines = String::new();
        for (name, point, parent, micros, info) in [
            ("wsgi-start", "r", id, "000000", request.as_str()),
            ("db-start", "q", "r", "001000", start),
            ("db-stop", "q", "r", "001087", stop.as_str()),
            ("wsgi-stop", "r", id, "012400", r#"{"response":{"status_code":200},"host":"h"}"#),
        ] {
            lines.push_str(&format!(
                r#"{{"name":"{name}","base_id":"{id}","trace_id":"{point}","parent_id":"{parent}","timestamp":"{second}.{micros}","info":{info},"project":"p","service":"s"}}"#
            ));
            lines.push('\n');
        }
        self.write(&format!("traces/trace-{id}.jsonl"), &lines);
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("below the directory")).expect("a directory");
        fs::write(path, text).expect("a file");
    }

    /// Sets a file's time back by so many seconds.
    pub(crate) fn age(&self, name: &str, seconds: u64) {
        let file = fs::File::options().append(true).open(self.path(name)).expect("a file");
        file.set_modified(SystemTime::now() - Duration::from_secs(seconds)).expect("a time");
    }

    /// Puts a shell script in a directory of its own, which is to be in `PATH`.
    #[cfg(unix)]
    pub(crate) fn add_program(&self, name: &str, script: &str) {
        use std::os::unix::fs::PermissionsExt as _;

        self.write(&format!("bin/{name}"), &format!("#!/bin/sh\n{script}\n"));
        fs::set_permissions(self.path("bin").join(name), fs::Permissions::from_mode(0o755)).expect("a program");
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).expect("a file")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_osprofiler"));
        command.current_dir(self.directory.path()).args(arguments).stdin(Stdio::null());
        command.env("OSPROFILER_CONNECTION_STRING", "file:traces");
        command
    }

    /// Runs with no programs but those that were added, and what scripts need.
    #[cfg(unix)]
    pub(crate) fn run_with_programs(&self, arguments: &[&str]) -> Run {
        let path = format!("{}:/no/such/place", self.path("bin").display());
        Run::of(self.command(arguments).env("PATH", path).output().expect("the command runs"))
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        Run::of(self.command(arguments).output().expect("the command runs"))
    }
}

impl Run {
    pub(crate) fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// The output of a run that had nothing to complain about.
    pub(crate) fn expect_success(self) -> String {
        assert_eq!((self.code, self.err.as_str()), (Some(0), ""));
        self.out
    }

    /// What a failed command said.
    pub(crate) fn expect_failure(self) -> String {
        assert_eq!((self.code, self.out.as_str()), (Some(1), ""), "{}", self.err);
        self.err
    }
}
