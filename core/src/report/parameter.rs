//! [`Parameter`]: one bound value of a statement, and how it is shown.

use std::fmt;

use serde_json::Value;

use crate::python_json;

/// One bound value of a statement.
///
/// Shown as a literal, so that `NULL` and `'NULL'`, `1` and `'1'` differ.
///
/// ```
/// # use osprofiler::report;
/// # let saved = r#"{"name": "db-start", "base_id": "t", "trace_id": "a", "parent_id": "t", "timestamp": "2026-01-02T03:04:05", "info": {"db": {"statement": "?", "params": ["it's", null]}}}"#;
/// # let trace = report::read_json(saved)?;
/// let shown: Vec<String> = trace.points()[0].parameters().iter().map(ToString::to_string).collect();
/// assert_eq!(shown, ["'it''s'", "NULL"]);
/// # Ok::<(), osprofiler::report::ReportError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Parameter<'a> {
    /// Its name, or its place counted from 1.
    pub name: String,
    /// The value.
    pub value: &'a Value,
    /// The database's name for its type, where it was recorded.
    pub type_name: Option<&'a str>,
}

impl fmt::Display for Parameter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.value {
            Value::Null => f.write_str("NULL"),
            Value::String(text) => write!(f, "'{}'", text.replace('\'', "''")),
            other => f.write_str(&python_json::text(other)),
        }
    }
}

/// Pairs values with their types. Values that are neither an array nor an object are one parameter.
pub(super) fn list<'a>(params: Option<&'a Value>, types: Option<&'a Value>) -> Vec<Parameter<'a>> {
    match params {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(values)) => values
            .iter()
            .enumerate()
            .map(|(index, value)| Parameter {
                name: (index + 1).to_string(),
                value,
                type_name: types.and_then(|types| types.get(index)?.as_str()),
            })
            .collect(),
        Some(Value::Object(values)) => values
            .iter()
            .map(|(name, value)| Parameter {
                name: name.clone(),
                value,
                type_name: types.and_then(|types| types.get(name)?.as_str()),
            })
            .collect(),
        Some(value) => vec![Parameter { name: "1".to_owned(), value, type_name: None }],
    }
}
