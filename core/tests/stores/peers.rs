//! Python's OSProfiler 4.4.0 as the other side of a store.

use std::path::Path;
use std::process::Command;

use osprofiler::Id;
use serde_json::Value;

/// Runs a script of `tests/python`, and returns what it prints.
pub(crate) fn script(python: &Path, name: &str, arguments: &[&str]) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/python").join(name);
    let output =
        Command::new(python).args(["-W", "ignore"]).arg(script).args(arguments).output().expect("Python starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name} {arguments:?}: {said}{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stdout).expect("text")
}

/// Runs `store.py`, and returns what it prints.
pub(crate) fn store_py(python: &Path, arguments: &[&str]) -> String {
    script(python, "store.py", arguments)
}

/// Has Python write the deterministic trace.
pub(crate) fn python_writes(python: &Path, connection_string: &str, base_id: &Id, more: &[&str]) {
    let base_id = base_id.to_string();
    store_py(python, &[&["write", connection_string, &base_id], more].concat());
}

/// The JSON that Python's command shows of a trace.
pub(crate) fn python_shows(python: &Path, connection_string: &str, base_id: &Id, more: &[&str]) -> Value {
    let base_id = base_id.to_string();
    let shown = store_py(python, &[&["show", connection_string, &base_id], more].concat());
    serde_json::from_str(&shown).unwrap_or_else(|error| panic!("{error}: {shown}"))
}
