//! Taking the values out of traces, so that their reports can be shown to others.
//!
//! Here: what of infos is kept. Below: paths of requests (`paths`). Not here: what of a statement is kept (`sql::hidden`), and
//! of an error's text (`db::error_text`). `docs/values.md` has the table of all that.
//!
//! Info is kept by what is known to be no value, and not by what is known to be one: what nobody thought of is left out.

mod paths;

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::facts::{Facts, Known};
use super::findings::values::{Values, Words};
use super::sql::fingerprint::without_mark;
use super::sql::hidden::hidden;
use super::sql::repeat::Repeat;
use super::sql::{Analyzed, Dialect};
use super::uses::{Layout, Use};
use super::{RecordedMessage, Trace, handed_out};
use crate::db::{CUT, DbOptions, error_text};
use crate::{Id, Message, MessageFields, python_json};
use paths::Paths;

/// Members of `db` that are no values of the program's.
const KEPT_OF_DATABASES: [&str; 30] = [
    "system",
    "database",
    "server",
    "method",
    "internal",
    "bypassed",
    "params_unknown",
    "params_omitted",
    "param_types",
    "connection",
    "transaction",
    "savepoint_of",
    "prepared",
    "acquire_us",
    "caller",
    "rows",
    "rows_affected",
    "sqlstate",
    "code",
    "kind",
    "outcome",
    "dropped",
    "complete",
    "bytes",
    "first_row_us",
    "consumer_us",
    "awaited",
    "sent",
    "pool_size",
    "pool_max",
];
/// What is kept of a request that came or went, and of its response, beside its path. Its query goes.
const KEPT_OF_REQUESTS: [&str; 5] = ["method", "scheme", "hostname", "port", "status_code"];

/// Takes the values out of the points of traces that are shown together: what is equal in them stays so.
pub(super) fn take_out(traces: &mut [&mut Trace]) {
    let mut taken = Taken { paths: Paths::of(traces), ..Taken::default() };
    for trace in traces {
        take_out_with(trace, &mut taken);
    }
}

fn take_out_with(trace: &mut Trace, taken: &mut Taken) {
    trace.before_hiding.ran = ran_with(trace);
    let mut known = Known::default();
    for point in &mut trace.points {
        for (info, message) in [(&mut point.start_info, &mut point.start), (&mut point.stop_info, &mut point.stop)] {
            if let Some(message) = message {
                *message = with_info(message, (&point.trace_id, &point.parent_id), &taken.info(Map::clone(info)));
                *info = message.info();
            }
        }
        point.facts = Facts::of(&point.start_info, &point.stop_info, &mut known);
    }
    trace.before_hiding.repeats.clone_from(&taken.repeats);
}

/// What reports conclude from values, so that they say the same without them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct BeforeHiding {
    /// For each point with a statement, with what it ran; empty where the values are there.
    pub(super) ran: Vec<Option<RanWith>>,
    /// What the statements do when they run again, by the texts that stand in their place.
    pub(super) repeats: HashMap<String, Repeat>,
}

/// With what a statement ran.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RanWith {
    pub(super) values: Values,
    pub(super) uses: Box<[Use]>,
}

fn ran_with(trace: &Trace) -> Vec<Option<RanWith>> {
    let mut texts: HashMap<(&str, Dialect), (Words, Layout<'_>)> = HashMap::new();
    let mut scratch = Vec::new();
    let ran = trace.points.iter().map(|point| {
        let (sql, dialect) = (point.statement()?, Dialect::of_system(point.system()));
        let (words, layout) =
            texts.entry((sql, dialect)).or_insert_with(|| (Words::of(sql, dialect), Layout::of(sql, dialect)));
        let values = Values::of(point, words, &mut scratch);
        Some(RanWith { values, uses: layout.uses(point).into_boxed_slice() })
    });
    ran.collect()
}

/// The message with other info. Members that only its text has go, whatever they were.
fn with_info(message: &RecordedMessage, ids: (&Id, &Id), info: &Map<String, Value>) -> RecordedMessage {
    let text = python_json::text_of_members(info);
    let fields = MessageFields {
        name: &message.name(),
        base_id: message.base_id(),
        trace_id: ids.0,
        parent_id: ids.1,
        timestamp: message.timestamp(),
        info: &text,
        project: message.project(),
        service: message.service(),
    };
    // The info was just written as JSON, so this is a message.
    match Message::new(&fields) {
        Ok(made) => message.with_text(made),
        Err(_) => message.without_text(),
    }
}

/// What was taken out, so that equal things get the same name.
#[derive(Default)]
struct Taken {
    /// The number of each value, by its JSON text.
    values: HashMap<String, usize>,
    /// What stands in place of each text, by how its database reads it.
    statements: HashMap<Dialect, HashMap<String, String>>,
    /// What they do when they run again.
    repeats: HashMap<String, Repeat>,
    /// How many different texts each fingerprint has.
    texts: HashMap<String, usize>,
    paths: Paths,
}

impl Taken {
    fn info(&mut self, info: Map<String, Value>) -> Map<String, Value> {
        let mut kept = Map::new();
        for (key, value) in info {
            let value = match (key.as_str(), value) {
                ("db", Value::Object(db)) => Value::Object(self.database(db)),
                ("request" | "requests" | "response", Value::Object(request)) => Value::Object(self.request(request)),
                ("function", Value::Object(function)) => only(function, &["name"]),
                // That it was recorded says what the point waited for.
                ("http" | "rpc", Value::Object(_)) => Value::Object(Map::new()),
                ("handed_out", list) => match handed_out::without_values(list) {
                    Some(list) => list,
                    None => continue,
                },
                ("message", Value::String(text)) => match error_text::without_values(&text) {
                    Some(text) => text.into(),
                    None => continue,
                },
                ("host" | "etype" | "cancelled" | "lost_messages", value) if !value.is_object() => value,
                _ => continue,
            };
            kept.insert(key, value);
        }
        kept
    }

    fn database(&mut self, db: Map<String, Value>) -> Map<String, Value> {
        let system = db.get("system").and_then(Value::as_str);
        let dialect = Dialect::of_system(system);
        let mut kept = Map::new();
        for (key, value) in db {
            let value = match (key.as_str(), value) {
                ("statement", Value::String(sql)) => self.statement(sql, dialect).into(),
                ("params", params) => self.params(params),
                ("original_exception" | "chained_exception", Value::String(text)) => {
                    match error_text::without_values(&text) {
                        Some(text) => text.into(),
                        None => continue,
                    }
                }
                (key, value) if KEPT_OF_DATABASES.contains(&key) => value,
                _ => continue,
            };
            kept.insert(key, value);
        }
        kept
    }

    /// What is clear of the fingerprint. Texts that differ in nothing but values stay different ones, by a comment.
    fn statement(&mut self, sql: String, dialect: Dialect) -> String {
        if let Some(known) = self.statements.get(&dialect).and_then(|known| known.get(&sql)) {
            return known.clone();
        }
        let mut statement = hidden(&sql, dialect, |name| self.number(name));
        let number = self.texts.entry(statement.clone()).or_default();
        *number += 1;
        if *number > 1 {
            statement.push_str(&format!(" /* text {number} */"));
        }
        if let Some(head) = without_mark(&sql) {
            statement.push_str(&sql[head.len()..]);
        }
        let repeat = Analyzed::of(&sql, dialect).repeat;
        self.repeats.insert(statement.clone(), repeat.hidden(&statement));
        self.statements.entry(dialect).or_default().insert(sql, statement.clone());
        statement
    }

    fn params(&mut self, params: Value) -> Value {
        match params {
            Value::Array(values) => values.into_iter().map(|value| self.value(&value)).collect(),
            Value::Object(values) => {
                let values = values.into_iter().map(|(name, value)| (name, self.value(&value)));
                Value::Object(values.collect())
            }
            value => self.value(&value),
        }
    }

    /// A number in the value's place. What was not recorded as it is equals nothing.
    fn value(&mut self, value: &Value) -> Value {
        let text = value.to_string();
        if value.as_str() == Some(DbOptions::REDACTED) {
            return DbOptions::REDACTED.into();
        }
        if let Some(head) = value.as_str().and_then(without_mark) {
            // Cut values that differ are different; those that are alike may not be.
            let mark = &value.as_str().unwrap_or_default()[head.len()..];
            return format!("{}{mark}", numbered(self.number(text))).into();
        }
        if text.contains(CUT) {
            return DbOptions::REDACTED.into();
        }
        numbered(self.number(text)).into()
    }

    /// The number of what is hidden: equal to that of whatever has the same text.
    fn number(&mut self, text: String) -> usize {
        let next = self.values.len() + 1;
        *self.values.entry(text).or_insert(next)
    }

    fn request(&mut self, mut request: Map<String, Value>) -> Map<String, Value> {
        let has_query = request.contains_key("query");
        let path = request.get("path").and_then(Value::as_str).map(|path| self.path(path));
        request
            .retain(|key, value| KEPT_OF_REQUESTS.contains(&key.as_str()) && !value.is_object() && !value.is_array());
        request.extend(path.map(|path| ("path".to_owned(), path.into())));
        if has_query {
            request.insert("query".to_owned(), "".into());
        }
        request
    }

    /// The path with numbers in place of parts that are values, or may be.
    fn path(&mut self, path: &str) -> String {
        let parts = path.split('/').map(|part| match self.paths.value(part) {
            Some(value) => numbered(self.number(value)),
            None => part.to_owned(),
        });
        parts.collect::<Vec<_>>().join("/")
    }
}

/// What stands in place of a value.
fn numbered(number: usize) -> String {
    format!("‹{number}›")
}

fn only(mut members: Map<String, Value>, kept: &[&str]) -> Value {
    members.retain(|key, value| kept.contains(&key.as_str()) && value.is_string());
    Value::Object(members)
}

#[cfg(test)]
mod tests;
