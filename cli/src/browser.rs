//! Opening a file in the user's browser.

use std::io;
use std::path::Path;
use std::time::Duration;

use crate::error::CliError;

/// How long a launcher may take to fail. One that still runs then is the browser itself, and stays.
const PATIENCE: Duration = Duration::from_secs(3);

/// Opens the file with what the desktop has for it, and does not wait until the browser is closed.
pub(crate) fn open(path: &Path) -> Result<(), CliError> {
    // The browser may be another process that runs elsewhere.
    std::path::absolute(path).and_then(|whole| open::that_detached_with_timeout(whole, PATIENCE)).map_err(|source| {
        let source = match source.kind() {
            io::ErrorKind::NotFound => io::Error::other("nothing that opens files is installed, such as xdg-open"),
            _ => source,
        };
        CliError::Browser { path: path.to_owned(), source }
    })
}
