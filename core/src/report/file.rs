//! [`write_file`]: a report in a file, for its owner alone.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// How many names are tried for the temporary file.
const TRIES: usize = 100;

/// Writes a file whole or not at all: beside it, under another name, which then takes its place.
///
/// Reports hold what users typed. So on Unix the file has mode 0600, also where it replaces another: a program whose report others
/// are to read changes that afterwards. A link is followed, as a shell's `>` does; a device or a pipe is written to.
///
/// ```
/// use osprofiler::report;
///
/// let trace = report::read_json("{\"name\": \"a-start\", \"base_id\": \"b\", \"trace_id\": \"t\", \"parent_id\": \"b\", \
///     \"timestamp\": \"2026-01-02T03:04:05.000000\", \"info\": {}}")?;
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("report.json");
/// report::write_file(&path, |out| report::json::write(&trace, out))?;
/// # assert!(std::fs::read_to_string(&path)?.starts_with('{'));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// What `content` says, and where the file cannot be made, written or renamed. Then a file that was there before is as it was.
pub fn write_file(path: impl AsRef<Path>, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let path = path.as_ref();
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if fs::metadata(&path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir()) {
        return fill(OpenOptions::new().write(true).open(&path)?, content);
    }
    let (temporary, file) = Temporary::beside(&path)?;
    fill(file, content)?;
    temporary.rename(&path)
}

fn fill(file: File, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = BufWriter::new(file);
    content(&mut out)?;
    out.flush()
}

/// A file that is removed when this is dropped, unless it has another name by then.
struct Temporary(PathBuf);

impl Temporary {
    fn beside(path: &Path) -> io::Result<(Self, File)> {
        let directory = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let mut options = OpenOptions::new();
        // A name that is taken, be it by a link, is not opened.
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        for _ in 0..TRIES {
            let name = directory.join(format!(".osprofiler-{:016x}.tmp", fastrand::u64(..)));
            match options.open(&name) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                opened => return opened.map(|file| (Self(name), file)),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    fn rename(self, path: &Path) -> io::Result<()> {
        fs::rename(&self.0, path)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // What cannot be removed stays: there is a failure already that says more.
        let _ = fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(directory: &Path) -> io::Result<Vec<String>> {
        fs::read_dir(directory)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
    }

    #[test]
    fn a_failure_leaves_what_was_there() -> io::Result<()> {
        let directory = tempfile::tempdir()?;
        let path = directory.path().join("report");
        fs::write(&path, "before")?;
        let failed = write_file(&path, |out| {
            out.write_all(b"half")?;
            Err(io::Error::other("no more"))
        });
        assert_eq!(failed.expect_err("a failure").to_string(), "no more");
        assert_eq!((fs::read_to_string(&path)?.as_str(), names(directory.path())?.len()), ("before", 1));
        write_file(&path, |out| out.write_all(b"after"))?;
        assert_eq!((fs::read_to_string(&path)?.as_str(), names(directory.path())?.len()), ("after", 1));
        Ok(())
    }

    #[cfg(unix)]
    #[test]
    fn a_report_is_for_its_owner_alone_also_in_the_place_of_another() -> io::Result<()> {
        use std::os::unix::fs::PermissionsExt;

        let directory = tempfile::tempdir()?;
        let (path, link) = (directory.path().join("report"), directory.path().join("link"));
        fs::write(&path, "before")?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644))?;
        std::os::unix::fs::symlink(&path, &link)?;
        for place in [&path, &link, &directory.path().join("new")] {
            write_file(place, |out| out.write_all(b"after"))?;
            assert_eq!(fs::metadata(place)?.permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(fs::read_to_string(&path)?, "after");
        assert!(fs::symlink_metadata(&link)?.is_symlink());
        Ok(())
    }
}
