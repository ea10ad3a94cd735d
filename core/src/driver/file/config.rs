//! What a `file:` connection string says, and how a trace's file is named.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use crate::Id;
use crate::driver::{DriverError, mistake, quantity};

const PREFIX: &str = "trace-";
const SUFFIX: &str = ".jsonl";

/// Where traces lie and how long they are kept.
///
/// | option | meaning | default |
/// | --- | --- | --- |
/// | `max_age` | traces that nobody wrote to for so long are deleted: a number and `s`, `m`, `h`, `d` or `w`, or `none` | `30d` |
/// | `max_size` | while the traces take more, the oldest are deleted: a number and `B`, `KiB`, `MiB` or `GiB`, or `none` | `1GiB` |
/// | `max_trace_size` | messages that would make a trace's file larger are refused and count as failed; written as `max_size` | a quarter of `max_size`, or `none` with it |
///
/// The directory is looked through once a minute at most, when messages are written. A trace that was written to within the last
/// 60 seconds is in its grace period, because its request may still be running: it counts towards `max_size` and is not
/// deleted for it. Where the traces in their grace period alone are larger than `max_size`, deleting the others would not
/// help: nothing is deleted for its size then, and a warning is logged once. So the directory may hold more than `max_size` for a
/// while, at most `max_trace_size` for each trace of the last minute. Processes that write to one trace at the same time may
/// exceed `max_trace_size` by a batch each.
///
/// ```
/// use osprofiler::driver::file::FileConfig;
/// use std::time::Duration;
///
/// let config = FileConfig::parse("file:///var/lib/traces?max_age=12h&max_size=none")?;
/// assert_eq!(config.max_age, Some(Duration::from_secs(12 * 3600)));
/// assert_eq!(config.max_size, None);
/// # Ok::<(), osprofiler::driver::DriverError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileConfig {
    /// The directory.
    pub directory: PathBuf,
    /// How long a trace is kept after its last message; `None` is for ever.
    pub max_age: Option<Duration>,
    /// How many bytes the traces may take together; `None` is any number.
    pub max_size: Option<u64>,
    /// How many bytes one trace may take; `None` is any number.
    pub max_trace_size: Option<u64>,
}

/// What the options are called.
const KNOWN: [&str; 3] = ["max_age", "max_size", "max_trace_size"];

/// The size of the traces together, where nothing else is said: 1 GiB.
const MAX_SIZE: u64 = 1 << 30;

const AGES: [(&str, u64); 5] = [("s", 1), ("m", 60), ("h", 3600), ("d", 86_400), ("w", 604_800)];

const SIZE: &str = "a number with B, KiB, MiB or GiB, or none";

const SIZES: [(&str, u64); 4] = [("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];

impl FileConfig {
    /// The defaults for a directory.
    #[must_use]
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
            max_age: Some(Duration::from_secs(30 * 24 * 3600)),
            max_size: Some(MAX_SIZE),
            max_trace_size: Some(MAX_SIZE / 4),
        }
    }

    /// Reads a connection string.
    ///
    /// # Errors
    ///
    /// [`DriverError::BadConnectionString`], which says what to change.
    pub fn parse(connection_string: &str) -> Result<Self, DriverError> {
        let bad = |reason: &str| mistake::bad(connection_string, reason);
        let rest = connection_string.strip_prefix("file:").unwrap_or_default();
        let (path, options) = rest.split_once('?').unwrap_or((rest, ""));
        let directory = match path.strip_prefix("//") {
            Some(absolute) => match absolute.strip_prefix("localhost").unwrap_or(absolute) {
                path if path.starts_with('/') => path,
                _ => {
                    return Err(bad(
                        "a host cannot follow file://; write file:DIRECTORY or file:///ABSOLUTE/DIRECTORY",
                    ));
                }
            },
            None => path,
        };
        if directory.is_empty() {
            return Err(bad("the directory is missing; write file:DIRECTORY or file:///ABSOLUTE/DIRECTORY"));
        }
        let mut config = Self::new(directory);
        let mut max_trace_size = None;
        for option in options.split('&').filter(|option| !option.is_empty()) {
            let (key, value) = option.split_once('=').unwrap_or((option, ""));
            let read = |units, names| {
                let says = |()| mistake::bad_option(connection_string, key, value, names);
                quantity::parse(value, units).map_err(says)
            };
            match key {
                "max_age" => {
                    config.max_age =
                        read(&AGES[..], "a number with s, m, h, d or w, or none")?.map(Duration::from_secs);
                }
                "max_size" => config.max_size = read(&SIZES[..], SIZE)?,
                "max_trace_size" => max_trace_size = Some(read(&SIZES[..], SIZE)?),
                _ => return Err(mistake::unknown_option(connection_string, key, &KNOWN)),
            }
        }
        config.max_trace_size = max_trace_size.unwrap_or(config.max_size.map(|max_size| max_size / 4));
        Ok(config)
    }
}

/// The name of a trace's file. Ids that are no UUIDs are escaped, so that no id leads out of the directory.
pub(super) fn file_name(base_id: &Id) -> Result<String, DriverError> {
    let mut name = PREFIX.to_owned();
    base_id.with_str(|text| {
        for byte in text.bytes() {
            match byte {
                b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'_' => name.push(char::from(byte)),
                _ => drop(write!(name, "%{byte:02x}")),
            }
        }
    });
    name.push_str(SUFFIX);
    match name.len() {
        0..=255 => Ok(name),
        _ => Err(DriverError::BadId { id: base_id.clone(), reason: "its file name would be longer than 255 bytes" }),
    }
}

/// The trace whose file has this name, or `None` for files of others.
pub(super) fn id_of(name: &str) -> Option<Id> {
    let mut rest = name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?;
    let mut bytes = Vec::with_capacity(rest.len());
    while let Some((byte, after)) = rest.split_at_checked(1) {
        rest = after;
        if byte == "%" {
            let (hex, after) = rest.split_at_checked(2)?;
            bytes.push(u8::from_str_radix(hex, 16).ok()?);
            rest = after;
        } else {
            bytes.extend_from_slice(byte.as_bytes());
        }
    }
    let id = Id::from(String::from_utf8(bytes).ok()?.as_str());
    // Only names that this module would give are names of traces.
    (file_name(&id).ok()? == name).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directory_is_read_from_all_forms() -> Result<(), DriverError> {
        for (given, directory) in [
            ("file:traces", "traces"),
            ("file:./a/b", "./a/b"),
            ("file:/var/t", "/var/t"),
            ("file:///var/t", "/var/t"),
            ("file://localhost/var/t", "/var/t"),
        ] {
            assert_eq!(FileConfig::parse(given)?.directory, PathBuf::from(directory), "{given}");
        }
        Ok(())
    }

    #[test]
    fn a_trace_may_take_a_quarter_of_all_where_nothing_else_is_said() -> Result<(), DriverError> {
        for (given, max_trace_size) in [
            ("file:t", Some(256 << 20)),
            ("file:t?max_size=4MiB", Some(1 << 20)),
            ("file:t?max_size=none", None),
            ("file:t?max_trace_size=none&max_size=4MiB", None),
            ("file:t?max_trace_size=2KiB&max_size=none", Some(2048)),
        ] {
            assert_eq!(FileConfig::parse(given)?.max_trace_size, max_trace_size, "{given}");
        }
        Ok(())
    }

    #[test]
    fn mistakes_say_what_to_change() {
        for (given, says) in [
            ("file:", "the directory is missing"),
            ("file://traces", "write file:DIRECTORY or file:///ABSOLUTE/DIRECTORY"),
            ("file:t?max_age=7", "max_age = 7 is not"),
            ("file:t?max_size=99999999999GiB", "max_size is not a number with B, KiB, MiB or GiB, or none"),
            ("file:t?max_trace_size=1", "max_trace_size = 1 is not"),
            ("file:t?max_ages=1", "unknown option max_ages; known are max_age, max_size, max_trace_size"),
        ] {
            let error = FileConfig::parse(given).expect_err(given).to_string();
            assert!(error.contains(says), "{given}: {error}");
        }
    }

    #[test]
    fn no_id_leads_out_of_the_directory() -> Result<(), DriverError> {
        for text in ["../../etc/passwd", "a/b", ".", "", "\0", "é%2f", "7a4b3b7e-0a7e-4f0e-9a53-0123456789ab"] {
            let name = file_name(&Id::from(text))?;
            assert!(!name.contains(['/', '\\', '\0']), "{name}");
            assert_eq!(id_of(&name), Some(Id::from(text)));
        }
        assert!(file_name(&Id::from("é".repeat(100).as_str())).is_err());
        Ok(())
    }

    #[test]
    fn files_of_others_are_no_traces() {
        for name in ["notes.jsonl", "trace-1.json", "trace-%zz.jsonl", "trace-é.jsonl"] {
            assert_eq!(id_of(name), None, "{name}");
        }
    }
}
