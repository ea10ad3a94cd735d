//! Unix: links, pipes, other users' files, modes, and disks that are full.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::Path;
use std::process::Command;

use osprofiler::Id;
use osprofiler::driver::{Driver as _, ListFilter};

use crate::{LONG, TestResult, notifier, open, record};

/// Runs one of these tests in a process of its own, behind a shell's `commands`; `Some` in that process.
fn behind(commands: &str, test: &str) -> Result<Option<()>, Box<dyn std::error::Error>> {
    const VARIABLE: &str = "OSPROFILER_TEST_BEHIND";
    if std::env::var_os(VARIABLE).is_some_and(|running| running == test) {
        return Ok(Some(()));
    }
    let script = format!("{commands} && exec \"$0\" --exact rights::{test}");
    let ran = Command::new("sh").arg("-c").arg(script).arg(std::env::current_exe()?).env(VARIABLE, test).output()?;
    assert!(ran.status.success(), "{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(String::from_utf8_lossy(&ran.stdout).contains("1 passed"));
    Ok(None)
}

fn mode(path: &Path) -> std::io::Result<u32> {
    Ok(fs::metadata(path)?.permissions().mode() & 0o777)
}

#[test]
fn traces_are_for_their_owner_alone_whatever_the_umask() -> TestResult {
    let Some(()) = behind("umask 000", "traces_are_for_their_owner_alone_whatever_the_umask")? else { return Ok(()) };
    let directory = tempfile::tempdir()?;
    let store = directory.path().join("made/store");
    let notifier = notifier(&store);
    record(&notifier, "a", 1);
    assert!(notifier.flush(LONG));
    assert_eq!((mode(&store)?, mode(&store.join("trace-a.jsonl"))?), (0o700, 0o600));
    assert_eq!(mode(&directory.path().join("made"))?, 0o700);
    Ok(())
}

#[test]
fn rights_of_a_file_that_is_there_stay() -> TestResult {
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("trace-a.jsonl");
    fs::write(&file, "")?;
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640))?;
    let notifier = notifier(directory.path());
    record(&notifier, "a", 1);
    assert!(notifier.flush(LONG));
    assert_eq!((notifier.stats().stored, mode(&file)?), (2, 0o640));
    Ok(())
}

#[test]
fn links_are_neither_written_nor_read() -> TestResult {
    let (directory, elsewhere) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let target = elsewhere.path().join("mine");
    fs::write(&target, "mine\n")?;
    symlink(&target, directory.path().join("trace-link.jsonl"))?;
    symlink(elsewhere.path().join("new"), directory.path().join("trace-dangling.jsonl"))?;
    let notifier = notifier(directory.path());
    for base_id in ["link", "dangling", "fine"] {
        record(&notifier, base_id, 10);
    }
    assert!(notifier.flush(LONG));
    assert_eq!((notifier.stats().stored, notifier.stats().failed), (20, 40));
    assert_eq!(fs::read_to_string(&target)?, "mine\n");
    assert_eq!(fs::read_dir(elsewhere.path())?.count(), 1);
    let store = open(directory.path());
    for base_id in ["link", "dangling"] {
        let error = store.read(&Id::from(base_id)).expect_err("a link");
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        assert_eq!(cause.as_deref(), Some("it is a symbolic link"));
    }
    assert_eq!(store.list(&ListFilter::default())?.len(), 1);
    Ok(())
}

/// The directory is what the configuration says, and may be on another disk.
#[test]
fn the_directory_may_be_a_link() -> TestResult {
    let (directory, elsewhere) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let link = directory.path().join("traces");
    symlink(elsewhere.path(), &link)?;
    let notifier = notifier(&link);
    record(&notifier, "a", 1);
    assert!(notifier.flush(LONG));
    assert_eq!(open(elsewhere.path()).read(&Id::from("a"))?.messages.len(), 2);
    Ok(())
}

/// Only root can give a file to another user: elsewhere this is a visible skip.
#[test]
fn files_of_another_user_are_not_written() -> TestResult {
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("trace-theirs.jsonl");
    fs::write(&file, "")?;
    fs::set_permissions(&file, fs::Permissions::from_mode(0o666))?;
    if chown(&file, Some(12_345), None).is_err() {
        #[expect(clippy::print_stderr, reason = "a skip must be seen")]
        let () = eprintln!("skipped: only root can give a file to another user");
        return Ok(());
    }
    let notifier = notifier(directory.path());
    record(&notifier, "theirs", 10);
    record(&notifier, "fine", 10);
    assert!(notifier.flush(LONG));
    assert_eq!((notifier.stats().stored, notifier.stats().failed), (20, 20));
    assert_eq!(fs::metadata(&file)?.len(), 0);
    Ok(())
}

/// Neither the worker nor a reader may wait for a pipe or a directory that has the name of a trace.
#[test]
fn pipes_and_directories_do_not_block() -> TestResult {
    let directory = tempfile::tempdir()?;
    let made = Command::new("mkfifo").arg(directory.path().join("trace-pipe.jsonl")).status()?;
    assert!(made.success());
    fs::create_dir(directory.path().join("trace-directory.jsonl"))?;
    let notifier = notifier(directory.path());
    for base_id in ["pipe", "directory", "fine"] {
        record(&notifier, base_id, 10);
    }
    assert!(notifier.flush(LONG));
    assert_eq!((notifier.stats().stored, notifier.stats().failed), (20, 40));
    let store = open(directory.path());
    assert!(store.read(&Id::from("pipe")).is_err() && store.read(&Id::from("directory")).is_err());
    assert_eq!(store.list(&ListFilter::default())?.len(), 1);
    Ok(())
}

/// A limit on the size of files stops a write in the middle, as a full disk does.
#[test]
fn a_full_disk_is_counted_and_other_traces_go_on() -> TestResult {
    // The limit has blocks of 512 or 1024 bytes.
    let limit = "trap '' XFSZ && ulimit -f 4";
    let Some(()) = behind(limit, "a_full_disk_is_counted_and_other_traces_go_on")? else { return Ok(()) };
    let directory = tempfile::tempdir()?;
    let notifier = notifier(directory.path());
    record(&notifier, "full", 100);
    record(&notifier, "fine", 1);
    assert!(notifier.flush(LONG));
    let store = open(directory.path());
    let (full, fine) = (store.read(&Id::from("full"))?, store.read(&Id::from("fine"))?);
    let whole = full.messages.len() as u64;
    assert!((1..200).contains(&whole) && fine.messages.len() == 2);
    assert_eq!((notifier.stats().stored, notifier.stats().failed), (whole + 2, 200 - whole));
    Ok(())
}
