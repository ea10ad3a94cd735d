//! `cargo xtask test`.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::install;
use crate::servers;
use crate::steps::{Outcome, Steps, cargo, output, root, run, scratch};

/// Every crate that users depend on must build by itself, with any of its features; together they hide what one lacks.
const ALONE: [&[&str]; 12] = [
    &["osprofiler"],
    &["osprofiler", "--features", "ini"],
    &["osprofiler", "--features", "tower"],
    &["osprofiler", "--features", "mysql"],
    &["osprofiler", "--features", "postgres"],
    &["osprofiler", "--all-features"],
    &["osprofiler-sqlx"],
    &["osprofiler-sqlx", "--features", "mysql"],
    &["osprofiler-sqlx", "--features", "postgres"],
    &["osprofiler-sqlx", "--features", "sqlite"],
    &["osprofiler-sqlx", "--features", "net"],
    &["osprofiler-cli"],
];

pub(crate) fn run_steps(steps: &mut Steps) {
    let python = steps.step("Python's OSProfiler", install::python);
    let servers = [steps.step("PostgreSQL", servers::postgres), steps.step("MariaDB", servers::mariadb)];
    steps.step("unit, integration and doc tests", || {
        let mut tests = cargo(&["test", "-q", "--workspace", "--all-features", "--no-fail-fast"]);
        tests.env("OSPROFILER_TEST_REQUIRED", "1");
        if let Some(python) = python {
            tests.env("OSPROFILER_TEST_PYTHON", python);
        }
        for server in servers.into_iter().flatten() {
            tests.env(server.variable, server.url);
        }
        run(&mut tests)
    });
    for arguments in ALONE {
        steps.step(&format!("builds alone: {}", arguments.join(" ")), || {
            run(cargo(&["check", "-q", "-p"]).args(arguments))
        });
    }
    steps.step("the quickstart, and the commands that it prints", quickstart);
}

/// Does what a newcomer does: runs the quickstart, and then what it says.
fn quickstart() -> Outcome {
    run(&mut cargo(&["build", "-q", "--example", "quickstart"]))?;
    let directory = scratch()?.join("quickstart");
    if directory.exists() {
        fs::remove_dir_all(&directory)?;
    }
    fs::create_dir_all(&directory)?;
    let printed = output(&mut in_directory(&directory, &["run", "-q", "--example", "quickstart"]))?;
    println!("{printed}");
    expect(&printed, "GET /authors-with-posts → 200 OK, 26 statements took ")?;
    expect(&printed, "GET /posts?year=2026 → 200 OK, 1 statement took ")?;
    expect(&printed, "POST /authors → 500 Internal Server Error, 1 statement took ")?;
    let report = printed.lines().find_map(|line| line.trim().strip_prefix("file://")).ok_or("it names no report")?;
    expect(&fs::read_to_string(report)?, "author_id = ?")?;

    let shown = [
        "SELECT title FROM posts WHERE author_id = ? AND title LIKE ? ORDER BY id  [25, 'Post%']",
        "SELECT a.name, p.title FROM authors a JOIN posts p",
        "UNIQUE constraint failed: authors.email",
    ];
    let mut commands = printed.lines().filter_map(|line| line.trim().strip_prefix("cargo "));
    for expected in shown {
        let command = commands.next().ok_or("it prints too few commands")?;
        println!("$ cargo {command}");
        let arguments: Vec<&str> = command.split_whitespace().collect();
        expect(&output(&mut in_directory(&directory, &arguments))?, expected)?;
    }
    Ok(())
}

/// `cargo` as someone calls it in another directory, who must say then where the repository is.
fn in_directory(directory: &Path, arguments: &[&str]) -> Command {
    let (verb, rest) = arguments.split_at(1);
    let mut command = cargo(verb);
    command.arg("--manifest-path").arg(root().join("Cargo.toml")).args(rest).current_dir(directory);
    // It goes by its defaults, whatever the caller's own traces are.
    for (variable, _) in std::env::vars_os() {
        if variable.to_string_lossy().starts_with("OSPROFILER_") {
            command.env_remove(variable);
        }
    }
    command
}

fn expect(text: &str, expected: &str) -> Outcome {
    match text.contains(expected) {
        true => Ok(()),
        false => Err(format!("{expected:?} is not in:\n{text}").into()),
    }
}
