//! Appending messages to the files of their traces.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::open;
use crate::driver::{DriverError, WriteError};
use crate::{Id, Message};

/// The lines of one trace in a batch.
#[derive(Default)]
struct Lines {
    text: Vec<u8>,
    count: usize,
}

/// Appends each message of `batch` to its trace's file, with one write for each file. Where a file takes only a part, the
/// messages that are whole in it count as stored. A file takes no line that would make it larger than `max_trace_size`.
pub(super) fn append(
    batch: &[Message],
    max_trace_size: Option<u64>,
    path: impl Fn(&Id) -> Result<PathBuf, DriverError>,
) -> Result<(), WriteError> {
    let mut traces: Vec<(&Id, Lines)> = Vec::new();
    let mut places: HashMap<&Id, usize> = HashMap::new();
    let mut last = 0;
    for message in batch {
        // Most often a message belongs to the same trace as the one before.
        if traces.get(last).is_none_or(|(base_id, _)| *base_id != message.base_id()) {
            last = *places.entry(message.base_id()).or_insert_with(|| {
                traces.push((message.base_id(), Lines::default()));
                traces.len() - 1
            });
        }
        let lines = &mut traces[last].1;
        lines.text.extend_from_slice(message.json().as_bytes());
        lines.text.push(b'\n');
        lines.count += 1;
    }

    let (mut failed, mut cause) = (0, None);
    for (base_id, lines) in traces {
        let mut written = 0;
        let appended = path(base_id).and_then(|path| append_lines(&path, &lines.text, max_trace_size, &mut written));
        if let Err(error) = appended {
            failed += lines.count - count(&lines.text[..written]);
            cause.get_or_insert(error);
        }
    }
    match cause {
        None => Ok(()),
        Some(source) => Err(WriteError::lost(failed, source)),
    }
}

/// Appends `lines`; `written` says how many bytes of them are in the file, also where that fails.
fn append_lines(path: &Path, lines: &[u8], max_size: Option<u64>, written: &mut usize) -> Result<(), DriverError> {
    let failed = |source| DriverError::Io { action: "write", path: path.to_owned(), source };
    let mut file = open::for_appending(path).map_err(failed)?;
    let size = file.metadata().map_err(failed)?.len();
    // A writer was killed or ran out of space in the middle of its line: it must not take the next one with it.
    let is_torn = ends_within_a_line(&mut file, size).map_err(failed)?;
    let room = max_size.map(|max_size| max_size.saturating_sub(size).saturating_sub(u64::from(is_torn)));
    let fitting = match room {
        Some(room) => whole_lines(lines, room),
        None => lines,
    };
    if !fitting.is_empty() {
        let newline = if is_torn { file.write_all(b"\n") } else { Ok(()) };
        newline.and_then(|()| write_counted(&mut file, fitting, written)).map_err(failed)?;
    }
    match max_size {
        Some(max_size) if fitting.len() < lines.len() => {
            Err(DriverError::TraceTooLarge { path: path.to_owned(), max_size })
        }
        _ => Ok(()),
    }
}

/// The lines at the beginning of `lines` that have `room` bytes together at most.
fn whole_lines(lines: &[u8], room: u64) -> &[u8] {
    let room = usize::try_from(room).unwrap_or(usize::MAX).min(lines.len());
    let end = lines[..room].iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    &lines[..end]
}

fn write_counted(file: &mut impl Write, lines: &[u8], written: &mut usize) -> io::Result<()> {
    while *written < lines.len() {
        match file.write(&lines[*written..]) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(bytes) => *written += bytes,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn count(lines: &[u8]) -> usize {
    lines.iter().filter(|byte| **byte == b'\n').count()
}

fn ends_within_a_line(file: &mut File, size: u64) -> io::Result<bool> {
    if size == 0 {
        return Ok(false);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_lines_that_fit_are_taken() {
        for (room, fitting) in [(0, ""), (2, ""), (3, "ab\n"), (5, "ab\n"), (6, "ab\ncd\n"), (99, "ab\ncd\n")] {
            assert_eq!(whole_lines(b"ab\ncd\n", room), fitting.as_bytes(), "{room}");
        }
    }
}
