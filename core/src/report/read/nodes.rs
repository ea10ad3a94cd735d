//! The nodes of a saved report, flat and in the order of the text.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::ReportError;
use super::cursor::Cursor;
use crate::Id;

/// Before the message's name in the keys of a node's info.
const PAYLOAD: &str = "meta.raw_payload.";

/// What a saved report holds.
#[derive(Debug)]
pub(super) struct Saved<'a> {
    pub(super) nodes: Vec<Node<'a>>,
    pub(super) skipped_lines: u64,
}

/// One node, without its children.
#[derive(Debug)]
pub(super) struct Node<'a> {
    pub(super) trace_id: Id,
    pub(super) parent_id: Id,
    pub(super) project: Option<String>,
    pub(super) service: Option<String>,
    pub(super) started_us: i64,
    pub(super) finished_us: i64,
    /// The messages' names with what was kept of them.
    pub(super) payloads: Vec<(String, &'a RawValue)>,
}

/// A node's members as they stand in the text, except for its children.
#[derive(Default)]
struct Members<'a> {
    info: Option<&'a RawValue>,
    trace_id: Option<Id>,
    parent_id: Option<Id>,
    has_children: bool,
}

/// Where the walk is: inside a node, or inside a list of children.
enum Level {
    Node { index: usize, is_first: bool },
    Children { is_first: bool },
}

/// Reads the text of a saved report.
pub(super) fn read(text: &str) -> Result<Saved<'_>, ReportError> {
    let mut cursor = Cursor::new(text);
    cursor.take(b'{', "an object")?;
    // The top object is a node without ids.
    let mut found = vec![Members::default()];
    let mut levels = vec![Level::Node { index: 0, is_first: true }];
    while let Some(level) = levels.last_mut() {
        match level {
            Level::Children { is_first } => {
                if cursor.has_more(b']', is_first)? {
                    cursor.take(b'{', "a node")?;
                    levels.push(Level::Node { index: found.len(), is_first: true });
                    found.push(Members::default());
                } else {
                    levels.pop();
                }
            }
            Level::Node { index, is_first } => {
                if !cursor.has_more(b'}', is_first)? {
                    levels.pop();
                    continue;
                }
                let members = &mut found[*index];
                let key: String = cursor.value()?;
                cursor.take(b':', "a colon")?;
                match key.as_str() {
                    "children" => {
                        cursor.take(b'[', "a list of children")?;
                        members.has_children = true;
                        levels.push(Level::Children { is_first: true });
                    }
                    "info" => members.info = Some(cursor.value()?),
                    "trace_id" => members.trace_id = Some(cursor.value()?),
                    "parent_id" => members.parent_id = Some(cursor.value()?),
                    _ => drop(cursor.value::<&RawValue>()?),
                }
            }
        }
    }
    let missing = |expected| ReportError::NotATrace { offset: cursor.offset(), expected };
    let mut found = found.into_iter();
    let top = found.next().filter(|top| top.has_children).ok_or(missing("a list of children before the end"))?;
    let nodes = found.map(|members| members.into_node().ok_or(missing("trace_id and parent_id in each node")));
    let nodes = nodes.collect::<Result<_, _>>()?;
    if !cursor.is_at_end() {
        return Err(ReportError::NotATrace { offset: cursor.offset(), expected: "the end of the text" });
    }
    let top = top.info.map(|info| object(info.get())).unwrap_or_default();
    let skipped_lines = top.get("skipped_lines").and_then(|number| number.get().parse().ok()).unwrap_or(0);
    Ok(Saved { nodes, skipped_lines })
}

impl<'a> Members<'a> {
    fn into_node(self) -> Option<Node<'a>> {
        let info = self.info.map(|info| object(info.get())).unwrap_or_default();
        let text = |key| info.get(key).and_then(|raw| serde_json::from_str::<Option<String>>(raw.get()).ok()?);
        let number = |key| info.get(key).and_then(|raw| raw.get().parse::<i64>().ok());
        let time = |us, ms| number(us).or_else(|| number(ms)?.checked_mul(1000)).unwrap_or(0);
        Some(Node {
            trace_id: self.trace_id?,
            parent_id: self.parent_id?,
            project: text("project"),
            service: text("service"),
            started_us: time("started_us", "started"),
            finished_us: time("finished_us", "finished"),
            payloads: info
                .iter()
                .filter_map(|(key, raw)| Some((key.strip_prefix(PAYLOAD)?.to_owned(), *raw)))
                .collect(),
        })
    }
}

/// The members of an object as text; none where it is no object.
pub(super) fn object(json: &str) -> BTreeMap<String, &RawValue> {
    serde_json::from_str(json).unwrap_or_default()
}
