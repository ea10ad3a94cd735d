//! Taking the values out of a trace, so that its report can be shown to others.
//!
//! Info is kept by what is known to be no value, and not by what is known to be one: what nobody thought of is left out.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::Trace;
use super::sql::{Analyzed, Dialect};
use crate::db::DbOptions;
use crate::{Message, MessageFields};

/// Members of `db` that are no values of the program's, for all forms.
pub(super) const KEPT_OF_DATABASES: [&str; 26] = [
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
];
/// What is kept of a request that came or went, and of its response. Its query goes.
const KEPT_OF_REQUESTS: [&str; 6] = ["method", "scheme", "hostname", "port", "path", "status_code"];
/// In the place of what was cut from a value or a statement: `…(+14464 B)`.
const CUT: &str = "…(+";

/// Takes the values out of a trace's points.
pub(super) fn take_out(trace: &mut Trace) {
    let mut taken = Taken::default();
    for point in &mut trace.points {
        for (info, message) in [(&mut point.start_info, &mut point.start), (&mut point.stop_info, &mut point.stop)] {
            *info = taken.info(std::mem::take(info));
            if let Some(message) = message {
                *message = with_info(message, info);
            }
        }
    }
}

/// The message with other info. Members that only its text has go, whatever they were.
fn with_info(message: &Message, info: &Map<String, Value>) -> Message {
    let text = serde_json::to_string(info).unwrap_or_else(|_| "{}".to_owned());
    let fields = MessageFields {
        name: &message.name(),
        base_id: message.base_id(),
        trace_id: message.trace_id(),
        parent_id: message.parent_id(),
        timestamp: message.timestamp(),
        info: &text,
        project: message.project(),
        service: message.service(),
    };
    // The info was just written as JSON, so this is a message.
    Message::new(&fields).unwrap_or_else(|_| Message { json: "{}".to_owned(), info: 0..0, ..message.clone() })
}

/// What was taken out, so that equal things get the same name.
#[derive(Default)]
struct Taken {
    /// The number of each value, by its JSON text.
    values: HashMap<String, usize>,
    /// What stands in place of each text, by the text and how its database reads it.
    statements: HashMap<(String, Dialect), String>,
    /// How many different texts each fingerprint has.
    texts: HashMap<String, usize>,
}

impl Taken {
    fn info(&mut self, info: Map<String, Value>) -> Map<String, Value> {
        let mut kept = Map::new();
        for (key, value) in info {
            let value = match (key.as_str(), value) {
                ("db", Value::Object(db)) => Value::Object(self.database(db)),
                ("request" | "requests" | "response", Value::Object(request)) => Value::Object(of_request(request)),
                ("function", Value::Object(function)) => only(function, &["name"]),
                // That it was recorded says what the point waited for.
                ("http" | "rpc", Value::Object(_)) => Value::Object(Map::new()),
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
                (key, value) if KEPT_OF_DATABASES.contains(&key) => value,
                _ => continue,
            };
            kept.insert(key, value);
        }
        kept
    }

    /// The fingerprint. Texts that differ in nothing but values stay different ones, by a comment.
    fn statement(&mut self, sql: String, dialect: Dialect) -> String {
        if let Some(known) = self.statements.get(&(sql.clone(), dialect)) {
            return known.clone();
        }
        let mut statement = Analyzed::of(&sql, dialect).fingerprint;
        let number = self.texts.entry(statement.clone()).or_default();
        *number += 1;
        if *number > 1 {
            statement.push_str(&format!(" /* text {number} */"));
        }
        if sql.ends_with(" B)")
            && let Some(cut) = sql.rfind(CUT)
        {
            statement.push_str(&sql[cut..]);
        }
        self.statements.insert((sql, dialect), statement.clone());
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
        if value.as_str() == Some(DbOptions::REDACTED) || text.contains(CUT) {
            return DbOptions::REDACTED.into();
        }
        let next = self.values.len() + 1;
        format!("‹{}›", self.values.entry(text).or_insert(next)).into()
    }
}

fn of_request(mut request: Map<String, Value>) -> Map<String, Value> {
    let has_query = request.contains_key("query");
    request.retain(|key, value| KEPT_OF_REQUESTS.contains(&key.as_str()) && !value.is_object() && !value.is_array());
    if has_query {
        request.insert("query".to_owned(), "".into());
    }
    request
}

fn only(mut members: Map<String, Value>, kept: &[&str]) -> Value {
    members.retain(|key, value| kept.contains(&key.as_str()) && value.is_string());
    Value::Object(members)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::report::analysis::{Analysis, AnalysisOptions};
    use crate::report::samples::{BASE, message, request};
    use crate::report::{json, text};

    const SECRET: &str = "s3cret";

    fn shown(trace: &Trace) -> String {
        let mut out = Vec::new();
        json::write(trace, &mut out).expect("memory takes all");
        text::write(trace, &text::Style::default(), &mut out).expect("memory takes all");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn no_value_is_left() {
        let nested = json!({"deep": [SECRET]});
        let start = json!({
            "db": {"statement": "SELECT 1 FROM t WHERE a = ?", "params": [SECRET, nested], "system": "sqlite",
                "unheard_of": SECRET, "password": SECRET},
            "request": {"path": "/a", "query": SECRET, "method": "GET", "headers": nested, "body": SECRET},
            "requests": {"path": "/a", "query": SECRET, "method": "GET", "hostname": "h", "status_code": {"x": SECRET}},
            "function": {"name": "f", "args": SECRET, "kwargs": {"a": SECRET}},
            "fields": {"user": SECRET}, "unheard_of": SECRET, "host": "h",
        });
        let stop = json!({
            "db": {"rows": 1, "result": [{"a": SECRET}], "original_exception": SECRET, "chained_exception": SECRET},
            "function": {"result": SECRET}, "etype": "E", "message": SECRET, "response": {"body": SECRET},
        });
        let odd = json!([SECRET]);
        let named = json!({"db": {"statement": "SELECT :a", "params": {"a": SECRET}}});
        let trace = Trace::build(vec![
            message("db-start", "a", BASE, 0, start),
            message("db-stop", "a", BASE, 10, stop),
            message("odd-start", "b", BASE, 20, odd),
            message("db-start", "c", BASE, 30, named),
        ]);
        assert!(shown(&trace).contains(SECRET));
        let without = shown(&trace.without_values());
        assert!(!without.contains(SECRET), "{without}");
        for kept in ["GET /a", "\"rows\": 1", "\"etype\": \"E\"", "['‹1›', '‹2›']", "[a: '‹1›']"] {
            assert!(without.contains(kept), "{kept}: {without}");
        }
    }

    #[test]
    fn members_that_only_the_text_has_go() {
        let line = format!(
            r#"{{"name":"a-start","base_id":"b","trace_id":"t","parent_id":"b","timestamp":"2026-01-02T03:04:05","zone":"{SECRET}"}}"#
        );
        let trace = Trace::build(vec![Message::from_json(line.as_bytes()).expect("a message")]);
        assert!(!shown(&trace.without_values()).contains(SECRET));
    }

    #[test]
    fn equal_values_stay_equal_and_others_different() {
        let mut messages = Vec::new();
        for (place, value) in [json!(1), json!("1"), json!(1), Value::Null, json!("[redacted]"), json!("x…(+9 B)")]
            .into_iter()
            .enumerate()
        {
            let db = json!({"db": {"statement": "SELECT ?", "params": [value]}});
            messages.push(message("db-start", &format!("q{place}"), BASE, place as i64, db));
        }
        let trace = Trace::build(messages).without_values();
        let values: Vec<String> = trace.points().iter().map(|point| point.parameters()[0].to_string()).collect();
        assert_eq!(values, ["'‹1›'", "'‹2›'", "'‹1›'", "'‹3›'", "'[redacted]'", "'[redacted]'"]);
    }

    #[test]
    fn statements_stay_in_their_groups_and_texts_different() {
        let texts = [
            "SELECT * FROM t WHERE id IN (1, 2, 3) AND s = 's3cret'",
            "SELECT * FROM t WHERE id IN (4) AND s = 's3cret too'",
            "select * from t where id in (5, 6) and s = ''",
            "INSERT INTO t (a, b) VALUES (1, 's3cret'), (2, NULL)",
            "SELECT a #> '{s3cret}' -- s3cret\nFROM \"T\" LIMIT 5;",
            "UPDATE t SET a = TRUE, b = -1.5e3, c = X'00' WHERE d IS NOT NULL",
            "SAVEPOINT s3cret",
            "WITH x AS (SELECT 1) DELETE FROM t USING x",
            "no sql at all 's3cret",
            "",
        ];
        for system in ["sqlite", "postgresql", "mysql", "other"] {
            let mut messages = Vec::new();
            for (place, text) in texts.iter().enumerate() {
                let db = json!({"db": {"statement": text, "system": system, "params": []}});
                messages.push(message("db-start", &format!("q{place}"), BASE, place as i64, db));
            }
            let trace = Trace::build(messages);
            let without = trace.clone().without_values();
            assert!(!shown(&without).contains(SECRET), "{system}");
            let [before, after] = [&trace, &without].map(|trace| Analysis::of(trace, AnalysisOptions::default()));
            let groups = |analysis: &Analysis<'_>| {
                let groups = analysis.groups.iter();
                groups.map(|group| (group.id.clone(), group.points.clone())).collect::<Vec<_>>()
            };
            assert_eq!(groups(&before), groups(&after), "{system}");
            assert_eq!(before.texts.len(), after.texts.len(), "{system}");
            let kinds = |analysis: &Analysis<'_>| {
                let texts = analysis.texts.iter();
                texts.map(|text| (text.analyzed.kind, text.analyzed.label.clone())).collect::<Vec<_>>()
            };
            assert_eq!(kinds(&before), kinds(&after), "{system}");
        }
    }

    #[test]
    fn tree_times_and_findings_stay() {
        let trace = Trace::build(request());
        let without = trace.clone().without_values();
        assert_eq!((without.totals(), without.roots()), (trace.totals(), trace.roots()));
        let rules = |trace: &Trace| {
            let analysis = Analysis::of(trace, AnalysisOptions::default());
            analysis.findings.iter().map(|finding| (finding.rule, finding.points.clone())).collect::<Vec<_>>()
        };
        assert_eq!(rules(&without), rules(&trace));
    }
}
