//! What a `file:` connection string says, and how a trace's file is named.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use crate::Id;
use crate::driver::{DriverError, Redacted, quantity};

const PREFIX: &str = "trace-";
const SUFFIX: &str = ".jsonl";

/// Where traces lie and how long they are kept.
///
/// | option | meaning | default |
/// | --- | --- | --- |
/// | `max_age` | traces that nobody wrote to for so long are deleted: a number and `s`, `m`, `h`, `d` or `w`, or `none` | `30d` |
/// | `max_size` | while the traces take more, the oldest are deleted: a number and `B`, `KiB`, `MiB` or `GiB`, or `none` | `1GiB` |
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
}

impl FileConfig {
    /// The defaults for a directory.
    #[must_use]
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
            max_age: Some(Duration::from_secs(30 * 24 * 3600)),
            max_size: Some(1 << 30),
        }
    }

    /// Reads a connection string.
    ///
    /// # Errors
    ///
    /// [`DriverError::BadConnectionString`], which says what to change.
    pub fn parse(connection_string: &str) -> Result<Self, DriverError> {
        let bad = |reason: String| DriverError::BadConnectionString {
            connection_string: Redacted(connection_string).to_string(),
            reason,
        };
        let rest = connection_string.strip_prefix("file:").unwrap_or_default();
        let (path, options) = rest.split_once('?').unwrap_or((rest, ""));
        let directory = match path.strip_prefix("//") {
            Some(absolute) => match absolute.strip_prefix("localhost").unwrap_or(absolute) {
                path if path.starts_with('/') => path,
                _ => {
                    return Err(bad(format!(
                        "{absolute:?} stands where a host would; write file:{absolute} or file:///{absolute}"
                    )));
                }
            },
            None => path,
        };
        if directory.is_empty() {
            return Err(bad("the directory is missing; write file:DIRECTORY or file:///ABSOLUTE/DIRECTORY".to_owned()));
        }
        let mut config = Self::new(directory);
        for option in options.split('&').filter(|option| !option.is_empty()) {
            let (key, value) = option.split_once('=').unwrap_or((option, ""));
            match key {
                "max_age" => {
                    config.max_age =
                        quantity::parse(value, &[("s", 1), ("m", 60), ("h", 3600), ("d", 86_400), ("w", 604_800)])
                            .map_err(|()| {
                                bad(format!("max_age={value} is not a number with s, m, h, d or w, or none"))
                            })?
                            .map(Duration::from_secs);
                }
                "max_size" => {
                    config.max_size =
                        quantity::parse(value, &[("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)])
                            .map_err(|()| {
                                bad(format!("max_size={value} is not a number with B, KiB, MiB or GiB, or none"))
                            })?;
                }
                _ => return Err(bad(format!("unknown option {key}; known are max_age and max_size"))),
            }
        }
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
    fn mistakes_say_what_to_change() {
        for (given, says) in [
            ("file:", "the directory is missing"),
            ("file://traces", "write file:traces or file:///traces"),
            ("file:t?max_age=7", "max_age=7 is not"),
            ("file:t?max_size=99999999999GiB", "max_size=99999999999GiB is not"),
            ("file:t?size=1", "unknown option size"),
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
