//! Reading traces back.

use std::fs;
use std::io;
use std::path::Path;
use std::time::SystemTime;

use super::{config, open};
use crate::driver::{DriverError, ListFilter, StoredTrace, TraceSummary};
use crate::{Message, lines};

/// A trace's file in the directory.
pub(super) struct Entry {
    pub(super) id: crate::Id,
    pub(super) modified: SystemTime,
    pub(super) size: u64,
    pub(super) path: std::path::PathBuf,
}

/// Reads a trace's file; one that does not exist is an empty trace.
pub(super) fn trace(path: &Path) -> Result<StoredTrace, DriverError> {
    let mut messages = Vec::new();
    let skipped = trace_in_parts(path, &mut |part| messages.extend(part))?;
    Ok(StoredTrace { messages, skipped })
}

/// The same, a part of the messages at a time.
pub(super) fn trace_in_parts(path: &Path, take: &mut dyn FnMut(Vec<Message>)) -> Result<u64, DriverError> {
    match read(path, take) {
        Ok(skipped) => Ok(skipped),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        Err(source) => Err(DriverError::Io { action: "read", path: path.to_owned(), source }),
    }
}

fn read(path: &Path, take: &mut dyn FnMut(Vec<Message>)) -> io::Result<u64> {
    lines::read(open::for_reading(path)?, Message::from_json, take)
}

fn whole(path: &Path) -> io::Result<StoredTrace> {
    let mut messages = Vec::new();
    let skipped = read(path, &mut |part| messages.extend(part))?;
    Ok(StoredTrace { messages, skipped })
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
        summaries.extend(match whole(&entry.path) {
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
