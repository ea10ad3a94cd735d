//! [`CliError`]: why a command failed.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

use osprofiler::ConfigError;
use osprofiler::driver::{DriverError, WriteError};
use osprofiler::report::ReportError;

/// Why a command failed. Texts are for people; where OSProfiler has a text for the same, it is that.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    /// The first line is OSProfiler's.
    #[error("Trace with UUID {id} not found. Please check the HMAC key used in the command.\n{hint}")]
    NotFound { id: String, hint: String },
    #[error("{prefix} is the beginning of several traces:\n{candidates}")]
    Ambiguous { prefix: String, candidates: String },
    #[error("no trace in {store}")]
    Empty { store: String },
    #[error(transparent)]
    Store(#[from] DriverError),
    #[error("the trace {id} was not exported whole")]
    Export { id: String, source: WriteError },
    /// Why was said before.
    #[error("not exported whole to {to}: {traces}")]
    Incomplete { traces: String, to: String },
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("cannot read {}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot open {}", path.display())]
    Report { path: PathBuf, source: ReportError },
    #[error("cannot write {}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("cannot write to standard output")]
    Stdout { source: io::Error },
    /// The report was shown.
    #[error("{findings} not allowed by --fail-on:{said}")]
    Refused { findings: String, said: String },
    #[error("the report is in {}, and no browser could be opened", path.display())]
    Browser { path: PathBuf, source: io::Error },
    #[error(
        "the graph cannot be drawn: there is no program `dot` in PATH\n\
         Install Graphviz: the package `graphviz` of most systems, or what https://graphviz.org/download/ has. \
         --dot prints the graph without it."
    )]
    NoGraphviz,
    #[error("cannot run Graphviz's `dot`")]
    Graphviz { source: io::Error },
    #[error("Graphviz's `dot` cannot draw the graph ({status})\n{said}")]
    Drawing { status: ExitStatus, said: String },
}

impl CliError {
    /// Whether the reader of standard output has gone.
    pub(crate) fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Stdout { source } if source.kind() == io::ErrorKind::BrokenPipe)
    }
}
