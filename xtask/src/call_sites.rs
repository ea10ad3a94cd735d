//! `cargo xtask call-sites`: the recorded file and line of every statement, in every build that has line tables.
//!
//! A package outside of the workspace (`xtask/call-sites`, with the quickstart) is built with these crates at a path and from copies
//! that lie as cargo's registry has them, in debug, line-tables-only and release builds. Its own source says which lines are right.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::steps::{Outcome, Steps, cargo, output, root, run, scratch};

/// The crates of this project that the program depends on, and their directories. In the order in which they need each other.
const CRATES: [(&str, &str); 4] = [
    ("osprofiler-macros", "core/macros"),
    ("osprofiler", "core"),
    ("osprofiler-diesel", "diesel-adapter"),
    ("osprofiler-sqlx", "sqlx-adapter"),
];

/// How many points there are of connecting and of transactions' ends, in `adapters.rs`.
const UNASKED: usize = 12;

/// How many statements the quickstart runs.
const QUICKSTART: usize = 28;

const TABLES: &str = "\"line-tables-only\"";

struct Build {
    title: &'static str,
    profile: &'static str,
    /// Where cargo puts the program.
    directory: &'static str,
    /// The profile's `debug`, for this project's crates and the program. All others have line tables, so that they are built once.
    debug: &'static str,
}

const DEBUG: Build = Build { title: "debug", profile: "dev", directory: "debug", debug: "true" };
const LINE_TABLES: Build = Build { title: "line-tables-only", profile: "dev", directory: "debug", debug: TABLES };
const RELEASE: Build = Build { title: "release", profile: "release", directory: "release", debug: TABLES };

/// Where the program gets the crates of this project from.
#[derive(Clone, Copy)]
enum Layout {
    Path,
    Registry,
}

pub(crate) fn run_steps(steps: &mut Steps) {
    for (title, layout) in [("a path", Layout::Path), ("a copy as in cargo's registry", Layout::Registry)] {
        for build in [&DEBUG, &LINE_TABLES, &RELEASE] {
            steps.step(&format!("call sites: {} build, crates from {title}", build.title), || check(layout, build));
        }
    }
}

/// The build in which most can go wrong, for every run of the tests.
pub(crate) fn run_one(steps: &mut Steps) {
    steps.step("call sites of a line-tables-only build", || check(Layout::Path, &LINE_TABLES));
}

/// Builds and runs the program, and compares what it prints with its source.
fn check(layout: Layout, build: &Build) -> Outcome {
    let scratch = scratch()?.join("call-sites");
    let package = scratch.join(match layout {
        Layout::Path => "path",
        Layout::Registry => "copy",
    });
    let crates = match layout {
        Layout::Path => CRATES.map(|(name, directory)| (name, root().join(directory))),
        Layout::Registry => packaged(&scratch)?,
    };
    write_package(&package, &crates)?;
    let target = scratch.join("target");
    let mut command = cargo(&["build", "-q", "--profile", build.profile, "--target-dir"]);
    command.arg(&target).arg("--manifest-path").arg(package.join("Cargo.toml"));
    let mut config = |option: String| {
        command.args(["--config", &option]);
    };
    config(format!("profile.{}.debug={}", build.profile, build.debug));
    config(format!("profile.{}.package.\"*\".debug={TABLES}", build.profile));
    for (name, directory) in &crates {
        config(format!("profile.{}.package.{name}.debug={}", build.profile, build.debug));
        // Crates of this project depend on each other by version, as far as cargo's registry would have them.
        if matches!(layout, Layout::Registry) {
            config(format!("patch.crates-io.{name}.path='{}'", directory.display()));
        }
    }
    run(&mut command)?;
    let program = target.join(build.directory).join(format!("call-sites{}", std::env::consts::EXE_SUFFIX));
    let printed = output(Command::new(program).current_dir(&package))?;
    compare(&package, &printed)
}

/// Copies of the crates, as cargo unpacks them from its registry.
fn packaged(scratch: &Path) -> Outcome<[(&'static str, PathBuf); 4]> {
    let registry = scratch.join("registry/src/index-abc");
    if registry.exists() {
        fs::remove_dir_all(&registry)?;
    }
    fs::create_dir_all(&registry)?;
    let arguments =
        ["package", "-q", "--no-verify", "--allow-dirty", "--exclude-lockfile", "--offline", "--target-dir"];
    let mut command = cargo(&arguments);
    command.arg(scratch);
    command.args(CRATES.iter().flat_map(|(name, _)| ["-p", name]));
    output(&mut command)?;
    for (name, _) in CRATES {
        let archive = scratch.join(format!("package/{name}-{}.crate", env!("CARGO_PKG_VERSION")));
        output(Command::new("tar").arg("-xzf").arg(archive).arg("-C").arg(&registry))?;
    }
    Ok(CRATES.map(|(name, _)| (name, registry.join(format!("{name}-{}", env!("CARGO_PKG_VERSION"))))))
}

/// The program and the quickstart as a package of its own.
fn write_package(package: &Path, crates: &[(&str, PathBuf)]) -> Outcome {
    if package.exists() {
        fs::remove_dir_all(package)?;
    }
    let from = root().join("xtask/call-sites");
    for (from, to) in [(from.join("src"), "src"), (root().join("examples/src/quickstart"), "src/quickstart")] {
        fs::create_dir_all(package.join(to))?;
        for file in fs::read_dir(from)? {
            let file = file?;
            fs::copy(file.path(), package.join(to).join(file.file_name()))?;
        }
    }
    let mut manifest = fs::read_to_string(from.join("Cargo.toml"))?;
    for ((_, directory), (_, path)) in CRATES.iter().zip(crates) {
        manifest = manifest.replace(&format!("\"../../{directory}\""), &format!("'{}'", path.display()));
    }
    fs::write(package.join("Cargo.toml"), manifest)?;
    // The same versions as everywhere.
    fs::copy(root().join("Cargo.lock"), package.join("Cargo.lock"))?;
    Ok(())
}

/// Each line that was printed is a call site and the statement, with a tab between them.
fn compare(package: &Path, printed: &str) -> Outcome {
    let read = |name: &str| {
        Ok::<_, std::io::Error>((format!("src/{name}"), fs::read_to_string(package.join("src").join(name))?))
    };
    let sources = [read("adapters.rs")?, read("quickstart/blog.rs")?];
    let (mut right, mut wrong) = (0, Vec::new());
    for line in printed.lines() {
        let (site, statement) = line.split_once('\t').ok_or("it prints something else")?;
        match sources.iter().any(|(file, source)| is_site(site, statement, file, source)) {
            true => right += 1,
            false => wrong.push(line),
        }
    }
    let [(_, adapters), _] = &sources;
    let expected = adapters.matches("here!()").count() + UNASKED + QUICKSTART;
    if wrong.is_empty() && right == expected {
        println!("{right} call sites are right");
        return Ok(());
    }
    Err(format!("{right} of {expected} call sites are right, and these are wrong:\n{}", wrong.join("\n")).into())
}

/// Whether the statement is called on that line of that file.
fn is_site(site: &str, statement: &str, file: &str, source: &str) -> bool {
    let number =
        site.strip_prefix(file).and_then(|rest| rest.strip_prefix(':')).and_then(|line| line.parse::<usize>().ok());
    let Some((number, line)) = number.and_then(|number| Some((number, source.lines().nth(number.checked_sub(1)?)?)))
    else {
        return false;
    };
    match statement.split_once(' ') {
        // A statement that says itself where it is.
        Some(("SELECT", rest)) if rest.parse::<usize>().is_ok() => rest.parse() == Ok(number),
        // What adapters call for the program.
        Some(("SAVEPOINT" | "RELEASE", _)) => line.contains("transaction("),
        None => ["begin(", "commit(", "transaction(", "establish("].iter().any(|call| line.contains(call)),
        // The first `.await` behind the statement's text.
        Some(_) => {
            let text = source.lines().position(|line| line.contains(&format!("\"{statement}\"")));
            let awaits =
                |text: usize| source.lines().skip(text).position(|line| line.contains(".await")).map(|at| at + text);
            text.and_then(awaits).is_some_and(|at| at + 1 == number)
        }
    }
}
