//! Appending messages to the files of their traces.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use crate::driver::{DriverError, WriteError};
use crate::{Id, Message};

/// The lines of one trace in a batch.
#[derive(Default)]
struct Lines {
    text: Vec<u8>,
    count: usize,
}

/// Appends each message of `batch` to its trace's file, with one write for each file. Where a file takes only a part, the
/// messages that are whole in it count as stored.
pub(super) fn append(batch: &[Message], path: impl Fn(&Id) -> Result<PathBuf, DriverError>) -> Result<(), WriteError> {
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
        if let Err(error) = path(base_id).and_then(|path| append_lines(path, &lines.text, &mut written)) {
            let stored = lines.text[..written].iter().filter(|byte| **byte == b'\n').count();
            failed += lines.count - stored;
            cause.get_or_insert(error);
        }
    }
    match cause {
        None => Ok(()),
        Some(source) => Err(WriteError::lost(failed, source)),
    }
}

/// Appends `lines`; `written` says how many bytes of them are in the file, also where that fails.
fn append_lines(path: PathBuf, lines: &[u8], written: &mut usize) -> Result<(), DriverError> {
    let mut write = || {
        let mut file = open(&path)?;
        if ends_within_a_line(&mut file)? {
            // A writer was killed or ran out of space in the middle of its line: it must not take the next one with it.
            file.write_all(b"\n")?;
        }
        while *written < lines.len() {
            match file.write(&lines[*written..]) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(bytes) => *written += bytes,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    };
    write().map_err(|source| DriverError::Io { action: "write", path, source })
}

fn open(path: &Path) -> io::Result<File> {
    let file = open_or_create(path)?;
    // A pipe in the place of a trace takes a while of messages and then blocks for ever.
    #[cfg(unix)]
    if std::os::unix::fs::FileTypeExt::is_fifo(&file.metadata()?.file_type()) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is a pipe"));
    }
    Ok(file)
}

fn open_or_create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    // Traces hold what users typed: they are for their owner alone.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if let Some(directory) = path.parent() {
                let mut builder = fs::DirBuilder::new();
                builder.recursive(true);
                #[cfg(unix)]
                std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
                builder.create(directory)?;
            }
            options.open(path)
        }
        result => result,
    }
}

fn ends_within_a_line(file: &mut File) -> io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(false);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}
