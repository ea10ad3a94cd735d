//! What the real databases take for a value is in no report without values.
//!
//! Each statement has a secret of its own, in every kind of quotes, with every kind of escape, continuation and prefix, under
//! every setting of the server that changes how they are read. Where the database returns the secret, it took it for a value;
//! then it must not be in any form of the report: neither where the trace says which database it was, nor where it does not.
//! An error's text, whatever it is, must not have it either.

mod literals;

use std::collections::BTreeMap;

use literals::{Literal, SECRET, plain, statements, words};
use osprofiler::Message;
use osprofiler::report::analysis::{Analysis, AnalysisOptions};
use osprofiler::report::diff::{self, Diff, DiffOptions};
use osprofiler::report::html::HtmlOptions;
use osprofiler::report::text::Style;
use osprofiler::report::{self, Trace};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _, MySqlConnection, PgConnection, Row as _, SqliteConnection};

use crate::reached;

/// What a database made of the statements.
#[derive(Default)]
struct Judged {
    /// Statements that returned their secret.
    values: Vec<String>,
    /// The texts of errors, and how sqlx shows them.
    errors: Vec<String>,
}

macro_rules! judge {
    ($judge:ident, $connection:ty, $decoded:ty) => {
        async fn $judge(connection: &mut $connection, settings: &[&str], literals: &[Literal], judged: &mut Judged) {
            for setting in settings {
                sqlx::raw_sql(AssertSqlSafe((*setting).to_owned())).execute(&mut *connection).await.expect("a setting");
            }
            for statement in statements(literals).into_iter().chain(words()) {
                match sqlx::raw_sql(AssertSqlSafe(statement.clone())).fetch_optional(&mut *connection).await {
                    Ok(Some(row)) => {
                        let columns = (0..row.len()).filter_map(|at| row.try_get_unchecked::<$decoded, _>(at).ok());
                        let returned = columns.map(|value| String::from_utf8_lossy(value.as_ref()).into_owned());
                        if returned.collect::<Vec<_>>().iter().any(|value| value.contains(SECRET)) {
                            judged.values.push(statement);
                        }
                    }
                    Ok(None) => {}
                    Err(error) => judged.errors.push(error.to_string()),
                }
            }
        }
    };
}

judge!(judge_postgres, PgConnection, String);
judge!(judge_mysql, MySqlConnection, Vec<u8>);
judge!(judge_sqlite, SqliteConnection, Vec<u8>);

/// The secret of the statement or text with this number, which is in no other.
fn own(text: &str, number: usize) -> String {
    text.replace(SECRET, &format!("{SECRET}{}", plain(number)))
}

/// A trace of them, in which each has its own secret.
fn trace(judged: &Judged, system: Option<&str>, base: &str) -> Trace {
    let mut messages = Vec::new();
    let mut add = |number: usize, start: Value, stop: Value| {
        for (name, at, info) in [("db-start", 0, start), ("db-stop", 1, stop)] {
            let message = json!({"name": name, "base_id": base, "trace_id": format!("q{number}"), "parent_id": base,
                "timestamp": format!("2026-01-02T03:04:05.{:06}", number * 2 + at), "info": info});
            messages.push(Message::from_json(message.to_string().as_bytes()).expect("a message"));
        }
    };
    for (number, statement) in judged.values.iter().enumerate() {
        add(number, json!({"db": {"statement": own(statement, number), "system": system}}), json!({"db": {"rows": 1}}));
    }
    for (at, error) in judged.errors.iter().enumerate() {
        let number = judged.values.len() + at;
        let text = own(error, number);
        let stop =
            json!({"etype": "E", "message": text, "db": {"original_exception": text, "chained_exception": text}});
        add(number, json!({"db": {"statement": "SELECT 1", "system": system}}), stop);
    }
    Trace::build(messages)
}

/// All forms of reports on a trace, and on what differs between it and an empty one.
fn forms(trace: Trace) -> BTreeMap<&'static str, String> {
    let (without, empty) = Trace::both_without_values(trace, Trace::build(Vec::new()));
    let [analysis, nothing] = [&without, &empty].map(|trace| Analysis::of(trace, AnalysisOptions::default()));
    let mut style = Style::default();
    style.max_lines = usize::MAX;
    let diff = Diff::of(&nothing, &analysis, DiffOptions::default());
    let written = |write: &dyn Fn(&mut Vec<u8>) -> std::io::Result<()>| {
        let mut out = Vec::new();
        write(&mut out).expect("memory takes all");
        String::from_utf8(out).expect("UTF-8")
    };
    let messages = without.points().iter().flat_map(|point| [&point.start, &point.stop]);
    BTreeMap::from([
        ("text", written(&|out| report::text::write_with(&analysis, &style, out))),
        ("json", written(&|out| report::json::write_with(&analysis, out))),
        ("html", written(&|out| report::html::write_with(&analysis, &HtmlOptions::default(), out))),
        ("dot", written(&|out| report::dot::write(&without, out))),
        ("text of a diff", written(&|out| diff::text::write(&diff, &style, out))),
        ("json of a diff", written(&|out| diff::json::write(&diff, out))),
        ("html of a diff", written(&|out| diff::html::write(&diff, out))),
        ("messages", messages.flatten().map(|message| message.json().to_owned()).collect()),
        // What labels, findings and the page's script are made of.
        ("analysis", format!("{:?} {:?}", analysis.texts, analysis.findings)),
    ])
}

fn check(judged: &Judged, systems: &[Option<&str>], least: (usize, usize)) {
    let found = (judged.values.len(), judged.errors.len());
    assert!(found.0 >= least.0 && found.1 >= least.1, "{found:?}: the database returned too few to show anything");
    let texts: Vec<&String> = judged.values.iter().chain(&judged.errors).collect();
    for system in systems {
        let shown = trace(judged, *system, "7a4b3b7e-0a7e-4f0e-9a53-0123456789ab");
        let all = format!("{:?}", shown.points().iter().map(|point| &point.start_info).collect::<Vec<_>>());
        assert!(all.contains(SECRET), "with values it is there");
        for (form, report) in forms(shown) {
            let report = report.to_lowercase();
            let Some(at) = report.find(&SECRET.to_lowercase()) else { continue };
            let letters = report[at + SECRET.len()..].chars().take_while(char::is_ascii_alphabetic).collect::<String>();
            let number = (0..texts.len()).find(|number| plain(*number) == letters);
            let around =
                &report[report.floor_char_boundary(at.saturating_sub(200))..report.ceil_char_boundary(at + 100)];
            panic!("{form} for {system:?} has what is in {:?}: {around}", number.map(|number| texts[number]));
        }
    }
}

#[tokio::test]
async fn values_of_postgresql_are_in_no_report() {
    let Some(mut connection) = reached::postgres(PgConnection::connect).await else { return };
    let mut judged = Judged::default();
    let setup = "CREATE TEMP TABLE hidden_t (a text)";
    for (standard, setup) in [("on", Some(setup)), ("off", None)] {
        let standard = format!("SET standard_conforming_strings = {standard}; SET backslash_quote = on");
        let settings: Vec<&str> = setup.into_iter().chain([standard.as_str()]).collect();
        judge_postgres(&mut connection, &settings, &literals::all(), &mut judged).await;
    }
    check(&judged, &[Some("postgresql"), None], (1000, 1000));
}

#[tokio::test]
async fn values_of_mysql_are_in_no_report() {
    let Some(mut connection) = reached::mysql(MySqlConnection::connect).await else { return };
    let mut judged = Judged::default();
    let setup = "CREATE TEMPORARY TABLE hidden_t (a text)";
    let modes = ["", "ANSI_QUOTES", "NO_BACKSLASH_ESCAPES", "ANSI_QUOTES,NO_BACKSLASH_ESCAPES"];
    for (at, mode) in modes.into_iter().enumerate() {
        let mode = format!("SET SESSION sql_mode = '{mode}'");
        let settings: Vec<&str> = (at == 0).then_some(setup).into_iter().chain([mode.as_str()]).collect();
        judge_mysql(&mut connection, &settings, &literals::all(), &mut judged).await;
    }
    check(&judged, &[Some("mysql"), None], (1000, 1000));
}

#[tokio::test]
async fn values_of_sqlite_are_in_no_report() {
    let mut connection = SqliteConnection::connect("sqlite::memory:").await.expect("it opens");
    let mut judged = Judged::default();
    let setup = "CREATE TABLE hidden_t (a TEXT); INSERT INTO hidden_t VALUES ('x')";
    judge_sqlite(&mut connection, &[setup], &literals::all(), &mut judged).await;
    check(&judged, &[Some("sqlite"), None], (90, 1000));
    // SQLite takes a word in double quotes for a text where it is no column.
    assert!(
        judged.values.iter().any(|statement| statement.contains(&format!("= \"{SECRET}\""))),
        "{:?}",
        judged.values
    );
}
