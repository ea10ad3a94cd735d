//! What a point says, by OSProfiler's names for attributes and by those of OpenTelemetry's stable conventions.

use opentelemetry_proto::tonic::common::v1::KeyValue;
use serde_json::{Map, Value};

use super::span::{flag, number, shown, text};
use crate::python_json;
use crate::report::sql::lexer::{TokenKind, tokens};
use crate::report::sql::{Analyzed, Dialect};

/// OSProfiler's attribute and OpenTelemetry's for a key of `request` or `requests`.
const HTTP: [(&str, &str, &str); 6] = [
    ("path", "http.path", "url.path"),
    ("query", "http.query", "url.query"),
    ("method", "http.method", "http.request.method"),
    ("scheme", "http.scheme", "url.scheme"),
    ("hostname", "http.hostname", "server.address"),
    ("port", "http.port", "server.port"),
];

/// The attributes of a point with this start and stop info.
pub(super) fn attributes(start: &Map<String, Value>, stop: &Map<String, Value>) -> Vec<KeyValue> {
    let mut out = Vec::new();
    let part = |info: &Map<String, Value>, key: &str| info.get(key).and_then(Value::as_object).cloned();
    if let Some(db) = part(start, "db") {
        database(&db, &mut out);
    }
    for request in ["request", "requests"].iter().filter_map(|key| part(start, key)) {
        for (key, own, stable) in HTTP {
            if let Some(value) = request.get(key).filter(|value| !value.is_null()) {
                out.push(text(own, shown(value)));
                out.push(port_or_text(stable, value));
            }
        }
    }
    if let Some(function) = part(start, "function") {
        for key in ["args", "kwargs", "name"] {
            out.extend(function.get(key).map(|value| text(key, shown(value))));
        }
    }
    for group in ["db", "function", "request", "requests", "response"].iter().filter_map(|key| part(stop, key)) {
        if let Some(result) = group.get("result") {
            out.push(text("result", shown(result)));
        }
        if let Some(status) = group.get("status_code") {
            out.push(text("status_code", shown(status)));
            out.extend(whole(status).map(|status| number("http.response.status_code", status)));
        }
    }
    if let Some(db) = part(stop, "db") {
        out.extend(
            db.get("sqlstate").or_else(|| db.get("code")).map(|code| text("db.response.status_code", shown(code))),
        );
        out.extend(db.get("rows").and_then(whole).map(|rows| number("db.response.returned_rows", rows)));
        out.extend(db.get("rows_affected").and_then(whole).map(|rows| number("osprofiler.db.rows_affected", rows)));
    }
    if stop.get("cancelled") == Some(&Value::Bool(true)) {
        out.push(flag("osprofiler.cancelled"));
    }
    out
}

fn database(db: &Map<String, Value>, out: &mut Vec<KeyValue>) {
    if let Some(statement) = db.get("statement") {
        let statement = shown(statement);
        let analyzed = Analyzed::of(&statement, Dialect::of_system(db.get("system").and_then(Value::as_str)));
        for (key, value) in [("db.operation.name", analyzed.verb), ("db.query.summary", analyzed.label)] {
            out.extend((!value.is_empty()).then(|| text(key, value)));
        }
        // Several tables have one name only in the summary.
        if let [table] = &analyzed.tables[..] {
            out.push(text("db.collection.name", table.as_str()));
        }
        out.push(text("db.query.text", statement.as_str()));
        out.push(text("db.statement", statement));
    }
    // Always JSON, also where it is a text.
    out.extend(db.get("params").map(|params| text("db.params", python_json::text(params))));
    out.extend(db.get("system").map(|system| text("db.system.name", shown(system))));
    out.extend(db.get("database").map(|database| text("db.namespace", shown(database))));
    if let Some(server) = db.get("server").and_then(Value::as_str) {
        let with_port = server.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse::<u16>().ok()?)));
        let (host, port) = with_port.map_or((server, None), |(host, port)| (host, Some(port)));
        out.push(text("server.address", host.trim_matches(['[', ']'])));
        out.extend(port.map(|port| number("server.port", port.into())));
    }
}

/// The first word of a statement, in capitals: not one of a comment or hint before it, which may name a person, and none
/// that is no word of SQL.
pub(super) fn operation(statement: &str, system: Option<&str>) -> Option<String> {
    let dialect = Dialect::of_system(system);
    let first = tokens(statement, dialect)
        .find(|token| !matches!(token.kind, TokenKind::Space | TokenKind::Comment | TokenKind::Punct))?;
    (first.kind == TokenKind::Keyword).then(|| first.of(statement).to_uppercase())
}

fn whole(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

fn port_or_text(key: &str, value: &Value) -> KeyValue {
    match whole(value) {
        Some(port) if key == "server.port" => number(key, port),
        _ => text(key, shown(value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_first_keywords_and_never_words_of_comments() {
        for (statement, wanted) in [
            ("-- name: GetFoo :one\nSELECT id FROM bar.foo WHERE id = $1", Some("SELECT")),
            ("/* controller='users',action='show' */ UPDATE users SET x = 1", Some("UPDATE")),
            ("/*+ IndexScan(t) */ SELECT * FROM t", Some("SELECT")),
            ("/* alice@example.org */ -- ŻÓŁW\n (select 1)", Some("SELECT")),
            ("{call web.get_it($1)}", Some("CALL")),
            ("WITH a AS (SELECT 1) SELECT * FROM a", Some("WITH")),
            ("\u{feff}\n start transaction", Some("START")),
            ("SELECT*FROM t", Some("SELECT")),
            ("-- ping", None),
            ("; /* a", None),
            ("alice 1", None),
            ("'SELECT' 1", None),
        ] {
            for system in [Some("postgresql"), Some("mysql"), Some("sqlite"), None] {
                assert_eq!(operation(statement, system).as_deref(), wanted, "{statement}");
            }
        }
        assert_eq!(operation("# alice\n/*!50110 DELETE */ FROM t", Some("mysql")).as_deref(), Some("DELETE"));
        assert_eq!(operation("/* a /* b */ c */ DELETE FROM t", Some("postgresql")).as_deref(), Some("DELETE"));
    }
}
