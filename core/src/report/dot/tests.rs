//! Facts about the DOT form.

use super::*;
use crate::report::read_json;
use crate::report::samples::{self, HOSTILE, PYTHON_JSON, PYTHON_MESSAGES, PYTHON_SQL_JSON};

/// What OSProfiler 4.4.0 prints for the trace of the fixtures, with graphviz 0.21 for Python.
const PYTHON_DOT: &str = include_str!("../fixtures/python.dot");

fn dot(trace: &Trace) -> String {
    let mut out = Vec::new();
    write(trace, &mut out).expect("a writable vector");
    String::from_utf8(out).expect("UTF-8")
}

#[test]
fn graph_is_the_one_that_osprofiler_prints() {
    for saved in [PYTHON_MESSAGES, PYTHON_JSON, PYTHON_SQL_JSON] {
        assert_eq!(dot(&read_json(saved).expect("a trace")), PYTHON_DOT);
    }
}

#[test]
fn edges_follow_the_points_below_them() {
    let mut messages = Vec::new();
    for (id, parent) in [("a", samples::BASE), ("b", "a"), ("c", "b"), ("d", "a"), ("e", samples::BASE)] {
        let from_us = i64::from(id.as_bytes()[0] - b'a') * 1000;
        messages.extend(samples::point("step", id, parent, from_us, 9_000));
    }
    let graph = dot(&Trace::build(messages));
    let edges: Vec<&str> = graph.lines().filter(|line| line.contains("->")).map(str::trim).collect();
    // Those that OSProfiler writes for the same tree.
    assert_eq!(edges, ["2 -> 3", "1 -> 2", "1 -> 4", "0 -> 1", "0 -> 5"]);
}

#[test]
fn depth_is_no_limit() {
    let graph = dot(&samples::chain(20_000));
    assert_eq!(graph.lines().filter(|line| line.contains("->")).count(), 20_000);
}

#[test]
fn unfinished_point_takes_no_time() {
    let start = samples::message("step-start", "a", samples::BASE, 5_000, serde_json::json!({}));
    assert!(dot(&Trace::build(vec![start])).contains("\t1 [label=\"api:step - 0 ms\"]"));
}

#[test]
fn point_without_the_info_of_its_name_has_one_line() {
    for name in ["wsgi", "rpc", "driver"] {
        let trace = Trace::build(samples::point(name, "a", samples::BASE, 0, 2_000).to_vec());
        assert!(dot(&trace).contains(&format!("[label=\"api:{name} - 2 ms\"]")));
    }
}

#[test]
fn hostile_text_stays_in_its_label() {
    let more = ["\\", "\\\"", "\"];}", "\\N\\G\\n", "&lt;&#60;&", "<b>", "a\\"];
    for text in HOSTILE.iter().chain(&more) {
        let graph = dot(&samples::hostile(text));
        let lines: Vec<&str> = graph.lines().collect();
        assert_eq!((lines.first(), lines.last()), (Some(&"digraph {"), Some(&"}")), "{text:?}");
        for line in &lines[1..lines.len() - 1] {
            assert!(is_node(line) || is_edge(line), "{text:?}: {line}");
        }
        assert!(!graph.contains(['\u{1b}', '\u{9b}', '\u{202e}', '\0', '\r']), "{text:?}");
    }
}

#[test]
fn text_is_read_as_it_was_stored() {
    let trace = samples::hostile("\\N \"x\" &lt; & a&b");
    assert!(dot(&trace).contains("\\\\N \\\"x\\\" &amp;lt; & a&b"), "{}", dot(&trace));
}

/// Whether a line is a number and one label, whose quotes are the only ones that are not escaped.
fn is_node(line: &str) -> bool {
    let Some((number, label)) = line.strip_prefix('\t').and_then(|line| line.split_once(" [label=\"")) else {
        return false;
    };
    let Some(label) = label.strip_suffix("\"]") else { return false };
    let mut escaped = false;
    for c in label.chars() {
        if c == '"' && !escaped {
            return false;
        }
        escaped = c == '\\' && !escaped;
    }
    number.parse::<usize>().is_ok() && !escaped
}

fn is_edge(line: &str) -> bool {
    line.trim().split(" -> ").all(|number| number.parse::<usize>().is_ok())
}
