//! Finding programs, saying when one is missing, and running them.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;

/// Whether what is missing makes a test fail.
#[must_use]
pub fn is_required() -> bool {
    std::env::var_os("OSPROFILER_TEST_REQUIRED").is_some_and(|required| required == "1")
}

/// Says that a test is skipped for want of `missing`.
///
/// # Panics
///
/// Where [`is_required`].
pub fn skip(missing: &str) {
    assert!(!is_required(), "{missing}");
    // The test harness hides what `eprintln` says in a test that passes.
    let _ = writeln!(std::io::stderr(), "skipped: {missing}; `cargo xtask test` installs what it can");
}

/// The program that an environment variable names; `None` and a skip where there is none.
#[must_use]
pub fn program_named_by(variable: &str, what: &str) -> Option<PathBuf> {
    let program = std::env::var_os(variable).map(PathBuf::from).filter(|program| program.exists());
    if program.is_none() {
        skip(&format!("{variable} does not name {what}"));
    }
    program
}

/// The program of this name in `PATH` or in one of `folders`; `None` and a skip where there is none.
#[must_use]
pub fn program(name: &str, folders: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let places = std::env::split_paths(&path).chain(folders.iter().map(PathBuf::from));
    let found = places.map(|place| place.join(name)).find(|program| program.is_file());
    if found.is_none() {
        skip(&format!("there is no program {name}"));
    }
    found
}

/// A Python that has OSProfiler 4.4.0 and what its drivers need; `None` and a skip where there is none.
#[must_use]
pub fn python() -> Option<PathBuf> {
    program_named_by("OSPROFILER_TEST_PYTHON", "a Python with osprofiler 4.4.0")
}

pub(crate) fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// Runs a program to its end, which must be a good one, and returns what it printed.
pub(crate) fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
