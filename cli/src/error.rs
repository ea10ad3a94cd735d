//! [`CliError`]: why a command failed.

use std::io;
use std::path::PathBuf;

use osprofiler::driver::DriverError;
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
    #[error("cannot read {}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot open {}", path.display())]
    Report { path: PathBuf, source: ReportError },
    #[error("cannot write {}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("cannot write to standard output")]
    Stdout { source: io::Error },
}

impl CliError {
    /// Whether the reader of standard output has gone.
    pub(crate) fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Stdout { source } if source.kind() == io::ErrorKind::BrokenPipe)
    }
}
