//! The trace that an argument means: one in the store, or a saved file.

use std::fs::File;
use std::path::Path;

use osprofiler::report::{self, ReportError, Trace};

use crate::error::CliError;
use crate::store::StoreArguments;

/// Reads the trace that `wanted` names: an id, the beginning of one, `latest`, or a file. Ids may look like paths: where
/// there is no such file, the store is asked.
pub(super) fn read(wanted: &str, store: &StoreArguments) -> Result<Trace, CliError> {
    let Some(path) = saved_file(wanted) else {
        return store.open()?.find(wanted);
    };
    // Pipes and devices are read as files are.
    if path.metadata().is_ok_and(|metadata| !metadata.is_dir()) {
        return open(path);
    }
    match store.open()?.find(wanted) {
        // What was meant is more likely a file that is not there.
        Err(CliError::NotFound { .. }) => open(path),
        found => found,
    }
}

/// The file that may be meant: what has a path or ends as saved traces do. A bare word is an id, whatever files lie about.
fn saved_file(wanted: &str) -> Option<&Path> {
    let path = Path::new(wanted);
    let looks_saved = path.extension().is_some_and(|extension| extension == "json" || extension == "jsonl");
    (looks_saved || wanted.contains(std::path::is_separator)).then_some(path)
}

fn open(path: &Path) -> Result<Trace, CliError> {
    let unread = |source| CliError::Read { path: path.to_owned(), source };
    let trace = report::read(File::open(path).map_err(unread)?).map_err(|error| match error {
        ReportError::Read { source } => unread(source),
        source => CliError::Report { path: path.to_owned(), source },
    })?;
    if trace.is_empty() {
        let hint = "The file is a saved trace without any point.".to_owned();
        return Err(CliError::NotFound { id: path.display().to_string(), hint });
    }
    Ok(trace)
}
