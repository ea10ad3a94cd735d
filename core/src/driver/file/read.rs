//! Reading traces back.

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;
use std::time::SystemTime;

use super::{config, open};
use crate::Message;
use crate::driver::{DriverError, ListFilter, StoredTrace, TraceSummary};

/// A trace's file in the directory.
pub(super) struct Entry {
    pub(super) id: crate::Id,
    pub(super) modified: SystemTime,
    pub(super) size: u64,
    pub(super) path: std::path::PathBuf,
}

/// Reads a trace's file; one that does not exist is an empty trace.
pub(super) fn trace(path: &Path) -> Result<StoredTrace, DriverError> {
    match read(path) {
        Ok(text) => Ok(parse(&text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(StoredTrace::default()),
        Err(source) => Err(DriverError::Io { action: "read", path: path.to_owned(), source }),
    }
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = open::for_reading(path)?;
    let mut text = Vec::with_capacity(usize::try_from(file.metadata()?.len()).unwrap_or_default());
    file.read_to_end(&mut text)?;
    Ok(text)
}

fn parse(text: &[u8]) -> StoredTrace {
    let mut trace = StoredTrace::default();
    for line in text.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()) {
        match Message::from_json(line) {
            Ok(message) => trace.messages.push(message),
            Err(_) => trace.skipped += 1,
        }
    }
    trace
}

/// Lists the directory's traces by the time of their last write, newest first.
pub(super) fn list(directory: &Path, filter: &ListFilter) -> Result<Vec<TraceSummary>, DriverError> {
    let mut entries = entries(directory)?;
    if let Some(prefix) = &filter.id_prefix {
        entries.retain(|entry| entry.id.with_str(|text| text.starts_with(prefix.as_str())));
    }
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.modified));
    let limit = filter.limit.unwrap_or(usize::MAX);
    let mut summaries = Vec::new();
    for entry in entries {
        if summaries.len() == limit {
            break;
        }
        // A trace that was deleted since the directory was read has no summary. One that cannot be read, such as another
        // user's or one without any message, is listed with the reason and does not hide the others.
        let unreadable = |reason: &str| TraceSummary::unreadable(entry.id.clone(), entry.modified, reason);
        summaries.extend(match read(&entry.path).map(|text| parse(&text)) {
            Ok(stored) => match TraceSummary::of(&stored.messages) {
                Some(summary) => Some(summary).filter(|summary| !filter.errors_only || summary.errors > 0),
                None => Some(unreadable(&no_message(stored.skipped))),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => Some(unreadable(&error.to_string())),
        });
    }
    summaries.sort_by_key(|summary| std::cmp::Reverse(summary.started));
    Ok(summaries)
}

/// Why a trace without any message is listed.
fn no_message(lines: u64) -> String {
    match lines {
        0 => "the file is empty".to_owned(),
        1 => "its only line is not a message".to_owned(),
        lines => format!("none of its {lines} lines is a message"),
    }
}

/// The directory's traces in no order. A directory that does not exist has none.
pub(super) fn entries(directory: &Path) -> Result<Vec<Entry>, DriverError> {
    let io_error = |source| DriverError::Io { action: "list", path: directory.to_owned(), source };
    let listing = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        result => result.map_err(io_error)?,
    };
    let mut entries = Vec::new();
    for entry in listing {
        let entry = entry.map_err(io_error)?;
        let Some(id) = entry.file_name().to_str().and_then(config::id_of) else { continue };
        // A file that vanished meanwhile is no entry any more.
        let Ok(metadata) = entry.metadata() else { continue };
        if !metadata.is_file() {
            continue;
        }
        let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        entries.push(Entry { id, modified, size: metadata.len(), path: entry.path() });
    }
    Ok(entries)
}
