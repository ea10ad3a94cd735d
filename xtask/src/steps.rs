//! [`Steps`]: what is done, how long it took, and what failed; and the commands that steps are made of.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

/// A step fails with a sentence for people.
pub(crate) type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// The steps so far.
#[derive(Default)]
pub(crate) struct Steps {
    passed: usize,
    failed: Vec<String>,
}

impl Steps {
    /// Does a step, says so, and goes on whatever comes of it. `None` where it failed.
    pub(crate) fn step<T>(&mut self, title: &str, step: impl FnOnce() -> Outcome<T>) -> Option<T> {
        println!("\n== {title}");
        let begun = Instant::now();
        let outcome = step();
        let seconds = begun.elapsed().as_secs_f64();
        match outcome {
            Ok(value) => {
                println!("-- passed in {seconds:.1} s: {title}");
                self.passed += 1;
                Some(value)
            }
            Err(error) => {
                println!("-- FAILED after {seconds:.1} s: {title}: {error}");
                self.failed.push(title.to_owned());
                None
            }
        }
    }

    /// The closing line.
    pub(crate) fn finish(self) -> ExitCode {
        println!("\n{} steps passed, {} failed", self.passed, self.failed.len());
        for title in &self.failed {
            println!("  failed: {title}");
        }
        if self.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

/// The repository.
pub(crate) fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// A folder of ours, for what is installed and what is made on the way, below the folder that cargo builds in.
pub(crate) fn scratch() -> Outcome<PathBuf> {
    let program = std::env::current_exe()?;
    let target = program.ancestors().nth(2).ok_or("cannot tell where cargo builds")?;
    Ok(target.join("xtask"))
}

/// `cargo` with these arguments, in the repository.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root());
    command
}

/// Runs a command, after printing it; its output is seen as it comes.
pub(crate) fn run(command: &mut Command) -> Outcome {
    println!("$ {}", shown(command));
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{}` ended with {status}", shown(command)).into()),
        Err(error) => Err(format!("`{}` cannot be started: {error}", shown(command)).into()),
    }
}

/// Runs a command in silence and returns what it printed.
pub(crate) fn output(command: &mut Command) -> Outcome<String> {
    let output = command.output().map_err(|error| format!("`{}` cannot be started: {error}", shown(command)))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("`{}` ended with {}: {}", shown(command), output.status, said.trim()).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let mut words = vec![program.file_name().unwrap_or_default().to_string_lossy()];
    words.extend(command.get_args().map(|argument| argument.to_string_lossy()));
    words.join(" ")
}
