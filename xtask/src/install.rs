//! What tests and benches need besides Rust: found where it is, installed where that is possible, and else named.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::steps::{Outcome, output, run, scratch};

/// The version that this project is compatible with.
const OSPROFILER: &str = "4.4.0";

/// What OSProfiler's drivers and its adapter for `requests` need, and it does not bring. Its driver for databases loses all it
/// writes with SQLAlchemy 2.
const OF_DRIVERS: [&str; 7] =
    ["requests", "redis", "sqlalchemy<2", "pymysql", "psycopg2-binary", "oslo.messaging", "pymongo"];

/// A Python with the real OSProfiler, in an environment of its own; made once, then found again.
pub(crate) fn python() -> Outcome<PathBuf> {
    let home = scratch()?.join("python");
    let python = home.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    if osprofiler_version(&python).is_ok_and(|version| version == OSPROFILER) {
        println!("Python's OSProfiler {OSPROFILER} is there: {}", python.display());
        return Ok(python);
    }
    let mut venv = Command::new("python3");
    venv.args(["-m", "venv", "--clear"]).arg(&home);
    if let Err(error) = run(&mut venv) {
        println!("{error}");
        apt_install(&["python3", "python3-venv"])?;
        run(&mut venv)?;
    }
    let requirement = format!("osprofiler=={OSPROFILER}");
    let pip = ["-m", "pip", "install", "-q", "--disable-pip-version-check", &requirement];
    run(Command::new(&python).args(pip).args(OF_DRIVERS))?;
    match osprofiler_version(&python)? {
        version if version == OSPROFILER => Ok(python),
        version => Err(format!("OSProfiler {OSPROFILER} was asked for and {version} is there").into()),
    }
}

fn osprofiler_version(python: &Path) -> Outcome<String> {
    let script = "import importlib.metadata, osprofiler, requests, redis, sqlalchemy, pymysql, psycopg2, oslo_messaging, pymongo; \
                  print(importlib.metadata.version('osprofiler'))";
    Ok(output(Command::new(python).args(["-c", script]))?.trim().to_owned())
}

/// Valgrind, whose callgrind counts instructions.
pub(crate) fn valgrind() -> Outcome {
    match output(Command::new("valgrind").arg("--version")) {
        Ok(version) => {
            println!("{} is there", version.trim());
            Ok(())
        }
        Err(_) => apt_install(&["valgrind"]),
    }
}

/// Graphviz, whose `dot` draws what `--dot` prints.
pub(crate) fn graphviz() -> Outcome {
    match output(Command::new("dot").arg("-V")) {
        Ok(_) => {
            println!("Graphviz is there");
            Ok(())
        }
        Err(_) => apt_install(&["graphviz"]),
    }
}

/// The libraries with which diesel's connections speak to PostgreSQL and MySQL.
pub(crate) fn client_libraries() -> Outcome {
    let is_there = |library: &str| output(Command::new("pkg-config").args(["--modversion", library])).is_ok();
    if is_there("libpq") && (is_there("mysqlclient") || is_there("libmariadb")) {
        println!("libpq and a client library of MySQL or MariaDB are there");
        return Ok(());
    }
    apt_install(&["pkg-config", "libpq-dev", "libmariadb-dev"])
}

/// Installs packages where we may; elsewhere the error says what to install.
pub(crate) fn apt_install(packages: &[&str]) -> Outcome {
    let may = output(Command::new("id").arg("-u")).is_ok_and(|user| user.trim() == "0")
        && output(Command::new("apt-get").arg("--version")).is_ok();
    if !may {
        return Err(format!("please install {} and try again", packages.join(" and ")).into());
    }
    run(Command::new("apt-get").args(["update", "-q"]))?;
    let install = ["install", "-q", "-y", "--no-install-recommends"];
    run(Command::new("apt-get").args(install).args(packages).env("DEBIAN_FRONTEND", "noninteractive"))
}
