//! The HTML report in a browser, and the types of its script: `tests/browser`, with what Node needs for it.
//!
//! The suites run in a copy below the scratch folder, so that no packages of npm lie in the repository.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::install::apt_install;
use crate::servers::Server;
use crate::steps::{Outcome, Steps, cargo, output, root, run, scratch};

/// The browser, a font that it can write with, and what reads the PDFs that it prints.
pub(crate) fn install() -> Outcome {
    let missing = |program: &str| output(Command::new(program).arg("--version")).is_err();
    // `pdftotext` has no `--version`, and is found by the package's folder instead.
    if missing("chromium") || !Path::new("/usr/bin/pdftotext").exists() {
        apt_install(&["chromium", "fonts-dejavu-core", "poppler-utils"])?;
    }
    println!("{} is there", output(Command::new("chromium").arg("--version"))?.trim());
    Ok(())
}

/// Node's packages in a copy of `tests/browser`, whose folder it returns.
pub(crate) fn node_packages() -> Outcome<PathBuf> {
    let found = |program: &str| output(Command::new(program).arg("--version"));
    if found("node").is_err() || found("npm").is_err() {
        apt_install(&["nodejs", "npm"])?;
    }
    println!("Node {} is there", found("node")?.trim());
    let folder = scratch()?.join("browser");
    let installed = folder.join("node_modules/installed");
    let lock = fs::read_to_string(root().join("tests/browser/package-lock.json"))?;
    copy(&root().join("tests/browser"), &folder)?;
    if fs::read_to_string(&installed).is_ok_and(|installed| installed == lock) {
        println!("Node's packages are there: {}", folder.display());
        return Ok(folder);
    }
    let npm = ["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"];
    run(Command::new("npm").args(npm).current_dir(&folder))?;
    fs::write(installed, lock)?;
    Ok(folder)
}

/// What `tsc` says of the page's script.
pub(crate) fn types(packages: &Path) -> Outcome {
    let assets = root().join("core/src/report/html/assets");
    run(Command::new("node").arg(packages.join("node_modules/typescript/bin/tsc")).arg("-p").arg(assets))
}

/// The suites. Those of large traces are timed, and run by themselves.
pub(crate) fn run_steps(steps: &mut Steps, servers: &[Option<Server>]) {
    let browser = steps.step("a browser", install);
    let packages = steps.step("Node's packages", node_packages);
    let command = steps.step("the command, as it ships", || {
        run(&mut cargo(&["build", "-q", "--release", "-p", "osprofiler-cli", "--no-default-features"]))?;
        Ok(scratch()?.with_file_name("release").join("osprofiler"))
    });
    let (Some(()), Some(packages), Some(command)) = (browser, packages, command) else { return };
    let suites = |script: &str| {
        let mut npm = Command::new("npm");
        npm.args(["run", "--silent", script]).current_dir(&packages);
        npm.env("OSPROFILER_BIN", &command)
            .env("OSPROFILER_TEST_REPOSITORY", root())
            .env("OSPROFILER_TEST_REQUIRED", "1");
        npm.env("OSPROFILER_TEST_ARTEFACTS", packages.join("artefacts"));
        // Machines are noisy: budgets are those of a person's own, and three times of it here.
        npm.env("OSPROFILER_TEST_SLOW_FACTOR", "3");
        for server in servers.iter().flatten() {
            npm.env(server.variable, &server.url);
        }
        run(&mut npm)
    };
    steps.step("the report in a browser", || suites("test"));
    steps.step("the report of a large trace in a browser", || suites("test:large"));
}

/// Copies the suites. What is there and is no longer in the repository goes, but for what was installed.
fn copy(from: &Path, to: &Path) -> Outcome {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(to)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "mjs") {
            fs::remove_file(path)?;
        }
    }
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_name() == "node_modules" {
            continue;
        }
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
