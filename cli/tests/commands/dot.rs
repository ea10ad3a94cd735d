//! `osprofiler trace show --dot` and `--render-dot`.

use std::fs;
use std::io::{self, Write as _};
use std::process::Command;

use crate::store::{FIRST, Store};

/// What OSProfiler 4.4.0 saves with `trace show --json`, and prints with `trace show --dot`.
const PYTHON_JSON: &str = include_str!("../../../core/src/report/fixtures/python-redis.json");
const PYTHON_SQL_JSON: &str = include_str!("../../../core/src/report/fixtures/python-postgresql.json");
const PYTHON_DOT: &str = include_str!("../../../core/src/report/fixtures/python.dot");

#[test]
fn trace_saved_by_python_gives_the_graph_that_python_prints() {
    let store = Store::empty();
    for saved in [PYTHON_JSON, PYTHON_SQL_JSON] {
        store.write("saved.json", saved);
        assert_eq!(store.run(&["trace", "show", "saved.json", "--dot"]).expect_success(), PYTHON_DOT);
    }
}

#[test]
fn graph_can_be_saved() {
    let store = Store::with_two_traces();
    assert_eq!(store.run(&["trace", "show", FIRST, "--dot", "--out", "graph.dot"]).expect_success(), "");
    let graph = fs::read_to_string(store.path("graph.dot")).expect("the graph");
    assert!(graph.contains("\t1 [label=\"s:wsgi - 12 ms\\nGET /authors..\"]\n"), "{graph}");
}

#[cfg(unix)]
#[test]
fn drawing_is_what_graphviz_makes_of_the_graph() {
    let store = Store::with_two_traces();
    store.add_program("dot", r#"echo "$@"; while IFS= read -r line; do printf '%s\n' "$line"; done"#);
    store.write("graph", "mine");
    let graph = store.run(&["trace", "show", FIRST, "--dot"]).expect_success();
    let printed = store.run_with_programs(&["trace", "show", FIRST, "--render-dot", "graph"]).expect_success();
    assert_eq!(printed, graph);
    let drawn = fs::read_to_string(store.path("graph.pdf")).expect("the drawing");
    assert_eq!(drawn, format!("-Tpdf\n{graph}"));
    assert_eq!(fs::read_to_string(store.path("graph")).expect("the file of that name"), "mine");
}

#[cfg(unix)]
#[test]
fn missing_graphviz_says_what_to_install() {
    let store = Store::with_two_traces();
    let err = store.run_with_programs(&["trace", "show", FIRST, "--render-dot", "graph"]).expect_failure();
    assert!(err.contains("no program `dot` in PATH") && err.contains("Install Graphviz"), "{err}");
    assert!(!store.path("graph.pdf").exists());
}

#[cfg(unix)]
#[test]
fn failure_of_graphviz_is_told_and_leaves_no_file() {
    let store = Store::with_two_traces();
    store.add_program("dot", "echo 'no fonts\u{1b}[2J' >&2; exit 3");
    let err = store.run_with_programs(&["trace", "show", FIRST, "--render-dot", "graph"]).expect_failure();
    assert!(err.contains("exit status: 3") && err.contains("no fonts␛[2J"), "{err}");
    assert!(!store.path("graph.pdf").exists());
}

#[test]
fn drawing_cannot_replace_a_directory() {
    let store = Store::with_two_traces();
    store.write("drawings/other", "mine");
    let err = store.run(&["trace", "show", FIRST, "--render-dot", "drawings"]).expect_failure();
    assert!(err.starts_with("cannot write drawings: "), "{err}");
}

#[test]
fn graphviz_draws_hostile_text_as_text() {
    if Command::new("dot").arg("-V").output().is_err() {
        let hint = "Graphviz is not there";
        assert!(std::env::var_os("OSPROFILER_TEST_REQUIRED").is_none_or(|required| required != "1"), "{hint}");
        // The test harness hides what `eprintln` says in a test that passes.
        let _ = writeln!(io::stderr(), "skipped: {hint}; `cargo xtask test` installs it");
        return;
    }
    let store = Store::empty();
    let hostile = [
        r#"</script><script>alert(1)</script>"#,
        r#"\"];} digraph {x"#,
        r#"\\"#,
        r#"\\\""#,
        r#"\\N\\G"#,
        "&lt;b&gt;",
        "<b>bold</b>",
        r#"\u0000\u001b[2J\u202e"#,
        "]]>",
        "-->",
    ];
    for text in hostile {
        store.add(FIRST, "2026-01-02T10:00:00", text, None);
        let lines = fs::read_to_string(store.path(&format!("traces/trace-{FIRST}.jsonl"))).expect("the trace");
        let lines = lines.replace("\"service\":\"s\"", &format!("\"service\":\"{text}\""));
        store.write(&format!("traces/trace-{FIRST}.jsonl"), &lines);
        store.run(&["trace", "show", FIRST, "--dot", "--out", "graph.dot"]).expect_success();
        let drawn = Command::new("dot").arg("-Tsvg").arg(store.path("graph.dot")).output().expect("dot runs");
        let (svg, err) = (String::from_utf8_lossy(&drawn.stdout), String::from_utf8_lossy(&drawn.stderr));
        assert!(drawn.status.success() && !err.contains("syntax error"), "{text}: {err}");
        // The trace, the request and the statement, and no node or element more.
        assert_eq!(svg.matches("class=\"node\"").count(), 3, "{text}: {svg}");
        assert!(!svg.contains("<script") && !svg.contains("<b>"), "{text}: {svg}");
        if text == "&lt;b&gt;" {
            assert!(svg.contains("&amp;lt;b&amp;gt;"), "{svg}");
        }
    }
}
