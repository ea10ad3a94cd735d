//! Help, version and wrong usage.

use crate::store::Store;

#[test]
fn version_has_a_short_form_in_lower_case() {
    let version = format!("osprofiler {}\n", env!("CARGO_PKG_VERSION"));
    for argument in ["-v", "--version"] {
        assert_eq!(Store::empty().run(&[argument]).expect_success(), version);
    }
}

#[test]
fn help_has_examples() {
    for arguments in [
        &["-h"] as &[&str],
        &["trace", "show", "--help"],
        &["trace", "list", "-h"],
        &["trace", "delete", "-h"],
        &["trace", "diff", "-h"],
        &["trace", "export", "-h"],
        &["trace", "prune", "-h"],
    ] {
        assert!(Store::empty().run(arguments).expect_success().contains("Examples:"), "{arguments:?}");
    }
}

#[test]
fn wrong_usage_is_exit_code_two() {
    for arguments in [
        &[] as &[&str],
        &["trace"],
        &["trace", "show"],
        &["trace", "show", ""],
        &["trace", "show", "latest", "--json", "--html"],
        &["trace", "show", "latest", "--dot", "--html"],
        &["trace", "show", "latest", "--render-dot", "graph", "--json"],
        &["trace", "show", "latest", "--render-dot"],
        &["trace", "show", "latest", "--open"],
        &["trace", "show", "latest", "--open", "--text"],
        &["trace", "show", "latest", "--width", "80", "--html"],
        &["trace", "show", "latest", "--no-params", "--dot"],
        &["trace", "show", "latest", "--no-params", "--render-dot", "graph"],
        &["trace", "show", "latest", "--max-points", "5", "--json"],
        &["trace", "show", "latest", "--stamp"],
        &["trace", "diff", "latest"],
        &["trace", "diff", "latest", ""],
        &["trace", "diff", "latest", "latest", "--json", "--html"],
        &["trace", "diff", "latest", "latest", "--json", "--width", "80"],
        &["trace", "list", "--limit", "many"],
        &["trace", "delete"],
        &["trace", "export", "file:traces"],
        &["nonsense"],
    ] {
        assert_eq!(Store::empty().run(arguments).code, Some(2), "{arguments:?}");
    }
}
