//! Where output goes: standard output, a file, standard error.

use std::error::Error;
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::path::{Path, PathBuf};

use osprofiler::Id;
use osprofiler::report;
use osprofiler::report::text::{Style, one_line, with_causes};

use crate::error::CliError;

/// Large reports are written so many bytes at a time.
const BUFFER: usize = 1 << 16;

/// Writes to `file`, or to standard output where there is none.
pub(crate) fn write(
    file: Option<&Path>,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), CliError> {
    match file {
        Some(path) => {
            report::write_file(path, content).map_err(|source| CliError::Write { path: path.to_owned(), source })
        }
        None => {
            let mut out = BufWriter::with_capacity(BUFFER, io::stdout().lock());
            content(&mut out).and_then(|()| out.flush()).map_err(|source| CliError::Stdout { source })
        }
    }
}

/// A new file among the temporary ones that stays when the command ends. It is for its owner alone.
pub(crate) fn lasting_file(prefix: &str, suffix: &str) -> Result<PathBuf, CliError> {
    let made = tempfile::Builder::new().prefix(prefix).suffix(suffix).tempfile();
    let kept = made.and_then(|file| file.into_temp_path().keep().map_err(io::Error::from));
    kept.map_err(|source| CliError::Write { path: std::env::temp_dir(), source })
}

/// An id as messages show it: short, and harmless in a terminal.
pub(crate) fn shown(id: &Id) -> String {
    one_line(&id.shortened().to_string())
}

/// Tells of a failure on standard error, with all its causes.
pub(crate) fn complain(error: &(dyn Error + 'static)) {
    note(&with_causes(error));
}

/// Writes to standard error. Whatever was quoted in the text cannot drive the terminal.
pub(crate) fn note(text: &str) {
    let mut err = io::stderr().lock();
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        // There is nobody left to tell if standard error is closed.
        let _ = writeln!(err, "{}{}", &line[..indent], one_line(line));
    }
}

/// Whether standard output may be coloured: it is a terminal and the user has not said no.
fn wants_color() -> bool {
    io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// How a text for `file`, or for standard output where there is none, looks. A `width` of 0 leaves statements whole.
pub(crate) fn style(file: Option<&Path>, width: Option<usize>) -> Style {
    let mut style = Style::default();
    if file.is_none() {
        style.color = wants_color();
        style.width = terminal_width().or(style.width);
    }
    match width {
        Some(0) => style.width = None,
        Some(width) => style.width = Some(width),
        None => {}
    }
    style
}

/// How many characters a line of standard output has, where it is a terminal.
fn terminal_width() -> Option<usize> {
    let (width, _) = terminal_size::terminal_size_of(io::stdout())?;
    Some(usize::from(width.0))
}
