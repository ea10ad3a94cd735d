//! The rules of style that a program can check, on every file that git knows.

use std::fs;
use std::process::Command;

use crate::steps::{Outcome, output, root};

/// What no line of Rust may have, and why. In two parts, so that this file has none of them.
const NOT_IN_RUST: [(&str, &str, &str); 4] = [
    ("#[ign", "ore", "a test runs or does not exist"),
    ("todo", "!(", "what is missing is an issue"),
    ("unimple", "mented!(", "what is missing is an issue"),
    ("dbg", "!(", "left over"),
];

/// Paths that exist on one machine only.
const MACHINE_PATHS: [(&str, &str); 4] = [("/ro", "ot/"), ("/wo", "rk/"), ("/ho", "me/"), ("/Us", "ers/")];

pub(crate) fn check() -> Outcome {
    // In CI the files may belong to another user, whom git would not trust.
    let files = output(Command::new("git").args(["-c", "safe.directory=*", "ls-files", "-z"]).current_dir(root()))?;
    let (mut checked, mut found) = (0, 0);
    for file in files.split('\0').filter(|file| !file.is_empty()) {
        // What is no text, or was deleted and not yet committed, has no style.
        let Ok(text) = fs::read_to_string(root().join(file)) else { continue };
        checked += 1;
        for (line, complaint) in complaints(file, &text) {
            println!("{file}:{line}: {complaint}");
            found += 1;
        }
    }
    match (checked, found) {
        (0, _) => Err("git knows no files here".into()),
        (_, 0) => {
            println!("{checked} files are well");
            Ok(())
        }
        _ => Err(format!("{found} places break a rule").into()),
    }
}

/// Line and rule of everything that is wrong with a file.
fn complaints(file: &str, text: &str) -> Vec<(usize, String)> {
    let mut complaints = Vec::new();
    let rust = file.ends_with(".rs");
    // Fixtures are what a user would write, or what a program has written.
    if rust && !file.ends_with("build.rs") && !file.contains("/fixtures/") && !text.starts_with("//!") {
        complaints.push((1, "a file opens with `//!`: what lives here and what does not".to_owned()));
    }
    for (index, line) in text.lines().enumerate() {
        for (head, tail, why) in NOT_IN_RUST {
            let word = format!("{head}{tail}");
            if rust && line.contains(&word) {
                complaints.push((index + 1, format!("`{word}`: {why}")));
            }
        }
        for (head, tail) in MACHINE_PATHS {
            let path = format!("{head}{tail}");
            if line.match_indices(&path).any(|(at, _)| begins_path(&line[..at])) {
                complaints.push((index + 1, format!("`{path}` exists on one machine only")));
            }
        }
    }
    complaints
}

/// Whether a slash after `before` is the first of a path, and not one within another path or a URL.
fn begins_path(before: &str) -> bool {
    before.ends_with("file://") || !before.ends_with(|last: char| last.is_alphanumeric() || "/._-~}".contains(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(file: &str, text: &str) -> Vec<usize> {
        complaints(file, text).into_iter().map(|(line, _)| line).collect()
    }

    #[test]
    fn rust_files_open_with_what_they_are() {
        assert_eq!(rules("core/src/a.rs", "use std::fs;\n"), [1]);
        assert_eq!(rules("core/src/a.rs", "//! What lives here.\n"), [0; 0]);
        assert_eq!(rules("core/build.rs", "fn main() {}\n"), [0; 0]);
        assert_eq!(rules("core/tests/fixtures/a.rs", "fn main() {}\n"), [0; 0]);
        assert_eq!(rules("README.md", "Text.\n"), [0; 0]);
    }

    #[test]
    fn what_rust_may_not_have_is_found_by_its_line() {
        for (head, tail, _) in NOT_IN_RUST {
            assert_eq!(rules("a.rs", &format!("//! A.\n\n    {head}{tail}\n")), [3]);
        }
    }

    #[test]
    fn paths_of_one_machine_are_found_and_parts_of_others_are_not() {
        let (head, tail) = MACHINE_PATHS[0];
        for (line, found) in [
            (format!("cd {head}{tail}src"), true),
            (format!("file://{head}{tail}src"), true),
            (format!("var{head}{tail}src"), false),
            (format!("https://example.org{head}{tail}"), false),
        ] {
            assert_eq!(rules("a.md", &line).len(), usize::from(found), "{line}");
        }
    }
}
