//! Deleting old traces: by age, and by the size of all.

use std::fs;
use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime};

use super::config::FileConfig;
use super::read;

/// How often the directory is looked through.
const INTERVAL: Duration = Duration::from_secs(60);

/// Traces written to within this time are never deleted for their size: their request may still be running.
const GRACE: Duration = Duration::from_secs(60);

/// Remembers when the directory was last looked through.
#[derive(Debug, Default)]
pub(super) struct Clock(Mutex<Option<Instant>>);

impl Clock {
    /// Deletes what `config` does not keep, if that was not done within the last minute.
    pub(super) fn prune_when_due(&self, config: &FileConfig) {
        let Ok(mut last) = self.0.lock() else { return };
        if last.is_some_and(|last| last.elapsed() < INTERVAL) {
            return;
        }
        *last = Some(Instant::now());
        prune(config, SystemTime::now());
    }
}

fn prune(config: &FileConfig, now: SystemTime) {
    // A directory that cannot be read shows itself when it is written or listed; there is nothing to delete here.
    let Ok(mut entries) = read::entries(&config.directory) else { return };
    let age = |modified: SystemTime| now.duration_since(modified).unwrap_or_default();
    entries.sort_by_key(|entry| entry.modified);
    let mut size: u64 = entries.iter().map(|entry| entry.size).sum();
    let mut deleted = 0_u64;
    for entry in entries {
        let age = age(entry.modified);
        let too_old = config.max_age.is_some_and(|max_age| age > max_age);
        let too_much = config.max_size.is_some_and(|max_size| size > max_size) && age > GRACE;
        if (too_old || too_much) && fs::remove_file(&entry.path).is_ok() {
            size -= entry.size;
            deleted += 1;
        }
    }
    if deleted > 0 {
        tracing::info!(directory = %config.directory.display(), deleted, "deleted old traces (max_age, max_size)");
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
        config.max_size = Some(0);
        prune(&config, now);
        assert_eq!(names(directory.path())?, ["trace-d.jsonl"], "a trace that is being written stays");
        Ok(())
    }
}
