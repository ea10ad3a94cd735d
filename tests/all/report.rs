//! Traces as the report's JSON, which is what `osprofiler trace show --json` prints, and finding things in it.

use std::io;

use osprofiler::report::{self, Trace};
use serde_json::Value;

pub(crate) fn json(trace: &Trace) -> Value {
    let mut text = Vec::new();
    report::json::write(trace, &mut text).expect("memory takes it");
    serde_json::from_slice(&text).unwrap_or_else(|error: serde_json::Error| panic!("{}", io::Error::from(error)))
}

pub(crate) fn children(node: &Value) -> &[Value] {
    node["children"].as_array().expect("every node has children")
}

/// The one child of a node that must have just one, which must have this name.
pub(crate) fn only_child<'a>(node: &'a Value, name: &str) -> &'a Value {
    let [child] = children(node) else { panic!("not one child: {node:#}") };
    assert_eq!(child["info"]["name"], name);
    assert_eq!(child["info"].get("unfinished"), None, "{child:#}");
    child
}

/// The info of a node's message, such as that of `db-start`.
pub(crate) fn info<'a>(node: &'a Value, message: &str) -> &'a Value {
    &node["info"][format!("meta.raw_payload.{message}")]["info"]
}
