//! Drawing a graph with Graphviz's program `dot`.

use std::ffi::OsString;
use std::io::{self, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use osprofiler::report::{self, Trace};

use crate::error::CliError;
use crate::output;

/// Draws the trace's graph to `file` with `.pdf` behind its name, as OSProfiler does.
pub(crate) fn render(trace: &Trace, file: &Path) -> Result<(), CliError> {
    if file.is_dir() {
        let source = io::ErrorKind::IsADirectory.into();
        return Err(CliError::Write { path: file.to_owned(), source });
    }
    let drawing = draw(trace)?;
    output::write(Some(&pdf_beside(file)), |out| out.write_all(&drawing))
}

fn pdf_beside(file: &Path) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(".pdf");
    name.into()
}

fn draw(trace: &Trace) -> Result<Vec<u8>, CliError> {
    let source = source(trace).map_err(|source| CliError::Graphviz { source })?;
    let mut dot = Command::new("dot");
    dot.arg("-Tpdf").stdin(source).stdout(Stdio::piped()).stderr(Stdio::piped());
    let done = dot.output().map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => CliError::NoGraphviz,
        _ => CliError::Graphviz { source },
    })?;
    if !done.status.success() {
        let said = String::from_utf8_lossy(&done.stderr).trim().to_owned();
        return Err(CliError::Drawing { status: done.status, said });
    }
    Ok(done.stdout)
}

/// The graph in a file without a name: a pipe could be full while `dot` waits for us to read.
fn source(trace: &Trace) -> io::Result<std::fs::File> {
    let mut file = tempfile::tempfile()?;
    let mut out = io::BufWriter::new(&mut file);
    report::dot::write(trace, &mut out)?;
    out.flush()?;
    drop(out);
    file.rewind()?;
    Ok(file)
}
