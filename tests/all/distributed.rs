//! The example of two services: one tree, which names both.

use osprofiler_examples::distributed;

#[test]
fn two_services_are_one_tree_with_both_names() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut printed = Vec::new();
    let outcome = distributed::run(directory.path(), &mut printed).expect("the example runs");
    assert_eq!(outcome.body, "Front page: Hello, Traces");
    assert!(outcome.server_timing.starts_with("total;dur="), "{}", outcome.server_timing);
    let points: Vec<(usize, &str, &str)> = outcome
        .trace
        .points()
        .iter()
        .map(|point| (point.depth, point.name.as_str(), point.service.as_deref().unwrap_or_default()))
        .collect();
    assert_eq!(points, [(0, "wsgi", "gateway"), (1, "http", "gateway"), (2, "wsgi", "posts"), (3, "db", "posts")]);
    let printed = String::from_utf8(printed).expect("text");
    for expected in ["[gateway] wsgi GET /front-page", "[posts] wsgi GET /posts?year=2026", "[2026]  → 2 rows"] {
        assert!(printed.contains(expected), "{printed}");
    }
    assert!(printed.contains(&format!("trace show {}\n", outcome.trace.base_id().expect("an id"))), "{printed}");
}
