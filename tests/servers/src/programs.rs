//! Finding programs, and saying when one is missing.

use std::io::Write as _;
use std::path::PathBuf;

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
