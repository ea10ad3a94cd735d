//! Deleting old traces: by age, and by the size of all.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use super::config::FileConfig;
use super::read::{self, Entry};
use crate::Timestamp;
use crate::driver::{DriverError, Pruning};

/// How often the directory is looked through.
const INTERVAL: Duration = Duration::from_secs(60);

/// Traces written to within this time are never deleted for their size: their request may still be running.
const GRACE: Duration = Duration::from_secs(60);

/// Remembers when the directory was last looked through.
#[derive(Debug, Default)]
pub(super) struct Clock(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    last: Option<Instant>,
    /// Whether the log says already that the directory is too large.
    is_told: bool,
}

/// What became of the directory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Pruned {
    deleted: u64,
    /// The size of the traces within their grace period, where that alone is more than `max_size`.
    too_large: Option<u64>,
}

impl Clock {
    /// Deletes what `config` does not keep, if that was not done within the last minute.
    pub(super) fn prune_when_due(&self, config: &FileConfig) {
        if !self.is_due() {
            return;
        }
        let pruned = prune(config, SystemTime::now());
        let is_news = self.note(pruned.too_large.is_some());
        // A log subscriber is the program's code, which must not run under the lock.
        let directory = config.directory.display();
        if pruned.deleted > 0 {
            tracing::info!(%directory, deleted = pruned.deleted, "deleted old traces (max_age, max_size)");
        }
        if let (Some(bytes), true) = (pruned.too_large, is_news) {
            let max_size = config.max_size;
            tracing::warn!(
                %directory, bytes, max_size,
                "traces of the last {} s alone are larger than max_size, so none is deleted for its size; \
                 raise max_size, or lower max_trace_size", GRACE.as_secs()
            );
        }
    }

    fn is_due(&self) -> bool {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = state.last.is_none_or(|last| last.elapsed() >= INTERVAL);
        if is_due {
            state.last = Some(Instant::now());
        }
        is_due
    }

    /// Notes whether the directory is too large, and says whether the log is to be told.
    fn note(&self, is_too_large: bool) -> bool {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let was_told = std::mem::replace(&mut state.is_told, is_too_large);
        is_too_large && !was_told
    }
}

fn prune(config: &FileConfig, now: SystemTime) -> Pruned {
    // A directory that cannot be read shows itself when it is written or listed; there is nothing to delete here.
    let Ok(mut entries) = read::entries(&config.directory) else { return Pruned::default() };
    let age = |entry: &Entry| now.duration_since(entry.modified).unwrap_or_default();
    let mut deleted = 0;
    entries.retain(|entry| {
        let is_old = config.max_age.is_some_and(|max_age| age(entry) > max_age);
        let is_gone = is_old && fs::remove_file(&entry.path).is_ok();
        deleted += u64::from(is_gone);
        !is_gone
    });
    let Some(max_size) = config.max_size else { return Pruned { deleted, too_large: None } };
    let size_of = |entries: &[Entry]| entries.iter().map(|entry| entry.size).sum::<u64>();
    let mut size = size_of(&entries);
    if size <= max_size {
        return Pruned { deleted, too_large: None };
    }
    let (fresh, mut old): (Vec<Entry>, Vec<Entry>) = entries.into_iter().partition(|entry| age(entry) <= GRACE);
    let kept = size_of(&fresh);
    if kept > max_size {
        // Even without all the others the directory would be too large.
        return Pruned { deleted, too_large: Some(kept) };
    }
    old.sort_by_key(|entry| entry.modified);
    for entry in old {
        if size <= max_size {
            break;
        }
        if fs::remove_file(&entry.path).is_ok() {
            size -= entry.size;
            deleted += 1;
        }
    }
    Pruned { deleted, too_large: None }
}

/// Deletes the traces whose files were last written to before `before`, whatever is in them, and says how many.
pub(super) fn delete_older(directory: &Path, before: Timestamp) -> Result<u64, DriverError> {
    delete_older_by(delete, directory, before)
}

fn delete_older_by(
    delete: impl Fn(&Path) -> Result<bool, DriverError>,
    directory: &Path,
    before: Timestamp,
) -> Result<u64, DriverError> {
    let mut pruning = Pruning::default();
    for entry in read::entries(directory)? {
        if Timestamp::from(entry.modified) < before {
            pruning.note(delete(&entry.path));
        }
    }
    pruning.finish()
}

/// Deletes a trace's file and says whether there was one.
pub(super) fn delete(path: &Path) -> Result<bool, DriverError> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(source) => Err(DriverError::Io { action: "delete", path: path.to_owned(), source }),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Write as _;
    use std::path::Path;

    use super::*;

    fn trace(directory: &Path, name: &str, bytes: usize, age_s: u64, now: SystemTime) -> std::io::Result<()> {
        let mut file = File::create(directory.join(name))?;
        file.write_all(&vec![b'x'; bytes])?;
        file.set_modified(now - Duration::from_secs(age_s))
    }

    fn names(directory: &Path) -> std::io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(directory)? {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        Ok(names)
    }

    #[test]
    fn old_traces_go_and_files_of_others_stay() -> std::io::Result<()> {
        let directory = tempfile::tempdir()?;
        let now = SystemTime::now();
        trace(directory.path(), "trace-old.jsonl", 10, 1000, now)?;
        trace(directory.path(), "trace-new.jsonl", 10, 10, now)?;
        trace(directory.path(), "mine.jsonl", 10, 1000, now)?;
        let mut config = FileConfig::new(directory.path());
        config.max_age = Some(Duration::from_secs(500));
        prune(&config, now);
        assert_eq!(names(directory.path())?, ["mine.jsonl", "trace-new.jsonl"]);
        Ok(())
    }

    #[test]
    fn oldest_go_first_until_the_rest_fits() -> std::io::Result<()> {
        let directory = tempfile::tempdir()?;
        let now = SystemTime::now();
        for (name, age_s) in
            [("trace-a.jsonl", 400), ("trace-b.jsonl", 300), ("trace-c.jsonl", 200), ("trace-d.jsonl", 1)]
        {
            trace(directory.path(), name, 100, age_s, now)?;
        }
        let mut config = FileConfig::new(directory.path());
        config.max_size = Some(250);
        prune(&config, now);
        assert_eq!(names(directory.path())?, ["trace-c.jsonl", "trace-d.jsonl"]);
        config.max_size = Some(100);
        assert_eq!(prune(&config, now), Pruned { deleted: 1, too_large: None });
        assert_eq!(names(directory.path())?, ["trace-d.jsonl"], "a trace that is being written stays");
        Ok(())
    }

    #[test]
    fn nothing_is_deleted_for_size_where_that_does_not_help() -> std::io::Result<()> {
        let directory = tempfile::tempdir()?;
        let now = SystemTime::now();
        for (name, bytes, age_s) in
            [("trace-ancient.jsonl", 10, 9000), ("trace-old.jsonl", 10, 400), ("trace-busy.jsonl", 300, 1)]
        {
            trace(directory.path(), name, bytes, age_s, now)?;
        }
        let mut config = FileConfig::new(directory.path());
        config.max_age = Some(Duration::from_secs(5000));
        config.max_size = Some(250);
        assert_eq!(prune(&config, now), Pruned { deleted: 1, too_large: Some(300) }, "age counts all the same");
        assert_eq!(names(directory.path())?, ["trace-busy.jsonl", "trace-old.jsonl"]);
        Ok(())
    }

    #[test]
    fn a_file_that_may_not_be_deleted_keeps_no_other() -> Result<(), Box<dyn std::error::Error>> {
        let directory = tempfile::tempdir()?;
        let now = SystemTime::now();
        for name in ["trace-a.jsonl", "trace-b.jsonl", "trace-c.jsonl"] {
            trace(directory.path(), name, 10, 100, now)?;
        }
        trace(directory.path(), "trace-new.jsonl", 10, 1, now)?;
        let refuse_one = |path: &Path| match path.ends_with("trace-b.jsonl") {
            true => Err(DriverError::Io {
                action: "delete",
                path: path.to_owned(),
                source: io::ErrorKind::PermissionDenied.into(),
            }),
            false => delete(path),
        };
        let before = Timestamp::from(now - Duration::from_secs(50));
        let error = delete_older_by(refuse_one, directory.path(), before).expect_err("one is refused");
        assert_eq!(error.to_string(), "2 traces were deleted and 1 could not be");
        assert_eq!(names(directory.path())?, ["trace-b.jsonl", "trace-new.jsonl"]);
        Ok(())
    }

    #[test]
    fn log_is_told_once_that_the_directory_is_too_large() {
        let clock = Clock::default();
        let told: Vec<bool> = [true, true, false, true].map(|is_too_large| clock.note(is_too_large)).into();
        assert_eq!(told, [true, false, false, true]);
    }
}
