//! `cargo xtask test`.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::browser;
use crate::call_sites;
use crate::install;
use crate::peers::{self, PEERS};
use crate::servers;
use crate::steps::{Outcome, Steps, cargo, output, root, run, scratch};

/// Every crate that users depend on must build by itself, with any of its features; together they hide what one lacks.
const ALONE: [&[&str]; 40] = [
    &["osprofiler"],
    &["osprofiler", "--features", "caller"],
    &["osprofiler", "--features", "ini"],
    &["osprofiler", "--features", "http"],
    &["osprofiler", "--features", "tower"],
    &["osprofiler", "--features", "actix-web"],
    &["osprofiler", "--features", "reqwest-middleware"],
    &["osprofiler", "--features", "html"],
    &["osprofiler", "--features", "testing"],
    &["osprofiler", "--features", "tracing-subscriber"],
    &["osprofiler", "--features", "driver-ceilometer"],
    &["osprofiler", "--features", "driver-elasticsearch"],
    &["osprofiler", "--features", "driver-messaging"],
    &["osprofiler", "--features", "driver-mongodb"],
    &["osprofiler", "--features", "driver-mysql"],
    &["osprofiler", "--features", "driver-otlp"],
    &["osprofiler", "--features", "driver-postgresql"],
    &["osprofiler", "--features", "driver-redis"],
    &["osprofiler", "--features", "driver-sqlite"],
    &["osprofiler", "--features", "driver-mysql,driver-sqlite"],
    &["osprofiler", "--features", "mysql"],
    &["osprofiler", "--features", "postgres"],
    &["osprofiler", "--all-features"],
    &["osprofiler-diesel"],
    &["osprofiler-diesel", "--features", "mysql"],
    &["osprofiler-diesel", "--features", "postgres"],
    &["osprofiler-diesel", "--features", "caller"],
    &["osprofiler-diesel", "--features", "sqlite,r2d2"],
    &["osprofiler-diesel", "--features", "async,mysql-backend"],
    &["osprofiler-diesel", "--features", "async,postgres-backend,sqlite"],
    &["osprofiler-sqlx"],
    &["osprofiler-sqlx", "--features", "mysql"],
    &["osprofiler-sqlx", "--features", "postgres"],
    &["osprofiler-sqlx", "--features", "sqlite"],
    &["osprofiler-sqlx", "--features", "caller"],
    &["osprofiler-sqlx", "--features", "net"],
    &["osprofiler-sqlx", "--features", "migrate,sqlite"],
    &["osprofiler-cli"],
    &["osprofiler-cli", "--no-default-features"],
    &["osprofiler-cli", "--no-default-features", "--features", "driver-redis"],
];

pub(crate) fn run_steps(steps: &mut Steps) {
    let python = steps.step("Python's OSProfiler", install::python);
    steps.step("client libraries of databases", install::client_libraries);
    steps.step("Graphviz", install::graphviz);
    steps.step("programs of servers", peers::server_programs);
    let peers: Vec<_> =
        PEERS.iter().filter_map(|peer| Some((peer, steps.step(peer.name, || peer.install())?))).collect();
    let servers = [steps.step("PostgreSQL", servers::postgres), steps.step("MariaDB", servers::mariadb)];
    steps.step("unit, integration and doc tests", || {
        let mut tests = cargo(&["test", "-q", "--workspace", "--all-features", "--no-fail-fast"]);
        tests.env("OSPROFILER_TEST_REQUIRED", "1");
        if let Some(python) = python {
            tests.env("OSPROFILER_TEST_PYTHON", python);
        }
        for (peer, program) in &peers {
            tests.env(peer.variable, program);
        }
        for server in servers.iter().flatten() {
            tests.env(server.variable, &server.url);
        }
        run(&mut tests)
    });
    let postgres = servers.first().and_then(Option::as_ref).map(|server| server.url.clone());
    for arguments in ALONE {
        steps.step(&format!("builds alone: {}", arguments.join(" ")), || {
            // As `cargo check`, with warnings for errors: what a feature leaves unused, others may use.
            let mut check = cargo(&["rustc", "-q", "--profile", "check", "-p"]);
            run(check.args(arguments).args(["--", "-D", "warnings"]))
        });
    }
    steps.step("the example of trace points", trace_points_example);
    steps.step("the example of diesel, on SQLite", || diesel_example(&[], ":memory:"));
    if let Some(url) = postgres {
        steps.step("the example of diesel, on PostgreSQL", || {
            let url = scratch_database(&url, "osprofiler_example")?;
            diesel_example(&["--features", "postgres"], &url)?;
            axum_example(&url)
        });
    }
    steps.step("the quickstart, and the commands that it prints", quickstart);
    steps.step("the example of two services, and the commands that it prints", distributed);
    call_sites::run_one(steps);
    browser::run_steps(steps, &servers);
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
        "  [25, 'Post%']  → 4 rows  ",
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

/// Runs the five ways to make a trace point.
fn trace_points_example() -> Outcome {
    let directory = scratch()?.join("trace_points");
    fs::create_dir_all(&directory)?;
    let example = ["run", "-q", "-p", "osprofiler-examples", "--example", "trace_points"];
    let printed = output(&mut in_directory(&directory, &example))?;
    println!("{printed}");
    let shown =
        ["start() and stop()\n  point_name\n", "class::TracedClass::traced_method\n", "RpcManagerClass::my_method2\n"];
    shown.into_iter().try_for_each(|expected| expect(&printed, expected))
}

/// Runs two services, and shows their trace again as the example says.
fn distributed() -> Outcome {
    let directory = scratch()?.join("distributed");
    fs::create_dir_all(&directory)?;
    let printed = output(&mut in_directory(&directory, &["run", "-q", "--example", "distributed"]))?;
    println!("{printed}");
    let mut commands = printed.lines().filter_map(|line| line.trim().strip_prefix("cargo "));
    for _ in 0..2 {
        let command = commands.next().ok_or("it prints too few commands")?;
        println!("$ cargo {command}");
        let shown = output(&mut in_directory(&directory, &command.split_whitespace().collect::<Vec<_>>()))?;
        if !command.contains("--html") {
            expect(&shown, "[posts] wsgi GET /posts?year=2026")?;
        }
    }
    expect(&fs::read_to_string(directory.join("distributed.html"))?, "SELECT title FROM posts WHERE year = ?")
}

/// Runs the program of diesel's guide, and looks at the trace that it prints.
fn diesel_example(features: &[&str], url: &str) -> Outcome {
    let directory = scratch()?.join("diesel_example");
    fs::create_dir_all(&directory)?;
    let example = ["run", "-q", "-p", "osprofiler-examples-diesel", "--example", "diesel_postgres_or_sqlite"];
    let printed = output(in_directory(&directory, &[&example, features].concat()).env("DATABASE_URL", url))?;
    println!("{printed}");
    expect(&printed, "Published the post -1: Err(NotFound)")?;
    expect(&printed, "['It''s \"quoted\"', '...']  → 1 row affected")?;
    let report = printed.lines().find_map(|line| line.strip_prefix("file://")).ok_or("it names no report")?;
    expect(&fs::read_to_string(report)?, "Not for everybody")
}

/// Starts the service, asks it for what it prints, and looks at the trace.
fn axum_example(url: &str) -> Outcome {
    let directory = scratch()?.join("axum_example");
    fs::create_dir_all(&directory)?;
    let package = ["-q", "-p", "osprofiler-examples-diesel", "--features", "axum", "--example", "axum_diesel_async"];
    run(&mut in_directory(&directory, &[&["build"], &package[..]].concat()))?;
    let mut service = in_directory(&directory, &[&["run"], &package[..]].concat());
    let mut service = Running(service.env("DATABASE_URL", url).stdout(Stdio::piped()).spawn()?);
    let printed = BufReader::new(service.0.stdout.take().ok_or("it prints nowhere")?);
    let lines: Vec<String> = printed.lines().take(2).collect::<Result<_, _>>()?;
    let [curl, show] = &lines[..] else { return Err("the service does not run".into()) };
    println!("$ {curl}");
    output(Command::new("sh").args(["-c", &format!("{curl} --silent --show-error --fail")]))?;
    let show = show.strip_prefix("osprofiler ").ok_or("it names no command")?.replace(" --html --out report.html", "");
    let arguments = format!("run -q -p osprofiler-cli --no-default-features -- {show}");
    // The service writes the messages within moments.
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let shown = output(&mut in_directory(&directory, &arguments.split_whitespace().collect::<Vec<_>>()));
        match shown {
            Ok(shown) if shown.contains("COMMIT") || Instant::now() > deadline => {
                println!("{shown}");
                return expect(&shown, "SET \"published\" = $1 WHERE (\"posts\".\"id\" = $2)  [true, ");
            }
            Err(error) if Instant::now() > deadline => return Err(error),
            _ => thread::sleep(Duration::from_millis(100)),
        }
    }
}

/// A process that ends when it is not needed any more.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A new database on PostgreSQL, whose URL it returns.
fn scratch_database(url: &str, name: &str) -> Outcome<String> {
    for statement in [format!("DROP DATABASE IF EXISTS {name}"), format!("CREATE DATABASE {name}")] {
        run(Command::new("psql").args(["-q", "-d", url, "-c", &statement]))?;
    }
    let (server, _) = url.rsplit_once('/').ok_or("the URL of PostgreSQL has no database")?;
    Ok(format!("{server}/{name}"))
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
