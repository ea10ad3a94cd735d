//! Opening the files of traces: no links, no pipes, no other user's file, private permissions.
//!
//! Directories for traces often lie where other users may write, such as `/tmp`. A link or a file that another user has put
//! in the place of a trace must not be followed or filled.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

/// Opens a trace's file to append to it. Where it is missing it is made with mode 0600, and its directory with mode 0700.
///
/// Refused are symbolic links, files of another user, and all that is no regular file.
pub(super) fn for_appending(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    // Traces hold what users typed: they are for their owner alone.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = match open(&options, path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if let Some(directory) = path.parent() {
                make_directory(directory)?;
            }
            open(&options, path)?
        }
        result => result?,
    };
    #[cfg(unix)]
    refuse_other_owner(&file)?;
    Ok(file)
}

/// Opens a trace's file to read it. Refused are symbolic links and all that is no regular file.
pub(super) fn for_reading(path: &Path) -> io::Result<File> {
    open(OpenOptions::new().read(true), path)
}

fn open(options: &OpenOptions, path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    let options = &without_following(options);
    let file = options.open(path).map_err(|error| match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_symlink() => refused("it is a symbolic link"),
        // The system's errors for a directory opened to write, and for a socket, do not say what is wrong.
        Ok(metadata) if !metadata.is_file() => refused("it is not a regular file"),
        _ => error,
    })?;
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(refused("it is not a regular file")),
    }
}

/// A link in the place of the file is an error, and a pipe does not wait for its other end.
#[cfg(unix)]
fn without_following(options: &OpenOptions) -> OpenOptions {
    use rustix::fs::OFlags;

    let mut options = options.clone();
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
    // The bits of `open`'s flags are the same number, which C has signed.
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, flags.cast_signed());
    options
}

#[cfg(unix)]
fn refuse_other_owner(file: &File) -> io::Result<()> {
    let owner = std::os::unix::fs::MetadataExt::uid(&file.metadata()?);
    if owner == rustix::process::geteuid().as_raw() {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::PermissionDenied, "it belongs to another user"))
}

fn make_directory(directory: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

fn refused(reason: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, reason)
}
