//! The whole way, on the quickstart's service: signed request, layer, handler, SQL, store, report.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use osprofiler::report::Trace;
use osprofiler_examples::quickstart::{self, Answer};
use serde_json::{Value, json};

use crate::report::{children, info, json, only_child};

const AUTHORS: usize = 25;

/// The quickstart has run once: what it does is process-wide.
pub(crate) struct Ran {
    directory: tempfile::TempDir,
    printed: String,
    traced: Vec<(Answer, Trace)>,
}

impl Ran {
    pub(crate) fn traced(&self) -> impl Iterator<Item = (&Answer, &Trace)> {
        self.traced.iter().map(|(answer, trace)| (answer, trace))
    }

    /// Where the messages of a request's trace lie, one to a line.
    pub(crate) fn messages(&self, answer: &Answer) -> std::path::PathBuf {
        self.directory.path().join(format!("trace-{}.jsonl", answer.base_id))
    }
}

pub(crate) fn ran() -> &'static Ran {
    static RAN: OnceLock<Ran> = OnceLock::new();
    RAN.get_or_init(|| {
        let directory = tempfile::tempdir().expect("a directory");
        let mut printed = Vec::new();
        let traced = quickstart::run(directory.path(), &mut printed).expect("the quickstart runs");
        Ran { directory, printed: String::from_utf8(printed).expect("text"), traced }
    })
}

/// The report of the request with this path, checked down to the handler's point, and that point.
fn handler(path: &str, handler: &str, status: u16) -> Value {
    let (answer, trace) = ran().traced().find(|(answer, _)| answer.path == path).expect("a request");
    assert_eq!(answer.status.as_u16(), status);
    let report = json(trace);
    let root = only_child(&report, "wsgi");
    assert_eq!(root["parent_id"], answer.base_id.to_string());
    assert_eq!(info(root, "wsgi-start")["request"]["method"], answer.method.as_str());
    assert_eq!(info(root, "wsgi-stop")["response"]["status_code"], status);
    only_child(root, handler).clone()
}

fn db(node: &Value) -> &Value {
    assert_eq!(node["info"]["name"], "db");
    &info(node, "db-start")["db"]
}

#[test]
fn every_statement_of_the_n_plus_one_is_a_point_with_typed_parameters_in_order() {
    let handler = handler("/authors-with-posts", "authors_with_posts", 200);
    let [first, rest @ ..] = children(&handler) else { panic!("no SQL: {handler:#}") };
    assert_eq!(db(first)["statement"], "SELECT id, name FROM authors ORDER BY id");
    assert_eq!(info(first, "db-stop")["db"]["rows"], AUTHORS);
    assert_eq!(rest.len(), AUTHORS);
    for (node, id) in rest.iter().zip(1..) {
        let db = db(node);
        assert_eq!(db["statement"], "SELECT title FROM posts WHERE author_id = ? AND title LIKE ? ORDER BY id");
        assert_eq!(db["params"], json!([id, "Post%"]));
        assert_eq!(db["system"], "sqlite");
        assert_eq!(node["parent_id"], handler["trace_id"]);
        assert_eq!(info(node, "db-stop")["db"]["rows"], 4);
    }
}

#[test]
fn join_is_one_statement() {
    let handler = handler("/posts?year=2026", "posts", 200);
    let node = only_child(&handler, "db");
    assert!(db(node)["statement"].as_str().is_some_and(|statement| statement.contains(" JOIN ")), "{node:#}");
    assert_eq!(db(node)["params"], json!([2026]));
}

#[test]
fn failed_statement_shows_the_databases_message_and_code_and_its_parameters() {
    let handler = handler("/authors", "add_author", 500);
    let node = only_child(&handler, "db");
    assert_eq!(db(node)["statement"], "INSERT INTO authors (name, email, born, portrait) VALUES (?, ?, ?, ?)");
    assert_eq!(db(node)["params"], json!(["Ada", "author7@example.org", null, "\\x89504e47"]));
    let stop = info(node, "db-stop");
    assert_eq!(stop["etype"], "sqlx::Error::Database");
    assert_eq!(stop["db"]["code"], "2067");
    let message = stop["message"].as_str().expect("a message");
    assert!(message.contains("UNIQUE constraint failed: authors.email"), "{message}");
    // The service's own error is the same one, untouched.
    let (answer, _) = ran().traced().find(|(answer, _)| answer.path == "/authors").expect("the request");
    assert_eq!(answer.body, message);
}

#[test]
fn what_is_printed_leads_on() {
    let ran = ran();
    for expected in ["GET /authors-with-posts → 200 OK, 26 statements", "(1, 'Post%') (2, 'Post%') (3, 'Post%') …"]
    {
        assert!(ran.printed.contains(expected), "{}", ran.printed);
    }
    for (answer, _) in ran.traced() {
        assert!(ran.printed.contains(&format!("trace show {}\n", answer.base_id)), "{}", ran.printed);
    }
    let file = ran.printed.lines().find_map(|line| line.trim().strip_prefix("file://")).expect("a report");
    let html = fs::read_to_string(Path::new(file)).expect("the report");
    assert!(html.starts_with("<!DOCTYPE html>") && html.contains("author_id = ?"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;

        let mode = fs::metadata(file).expect("the report").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "what users typed is for the report's owner alone");
    }
}
