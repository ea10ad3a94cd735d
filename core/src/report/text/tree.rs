//! The tree: one line a point, errors on a line of their own below.

use std::io;

use super::line::{Color, Line};
use super::{Shown, Style};
use crate::report::guides::Guides;
use crate::report::label::Services;
use crate::report::visible::one_line;
use crate::report::{Point, Trace, label};

/// How wide the column of durations is.
const DURATION: usize = 10;
/// From so many microseconds on, the program's own work between the rows of a stream is told.
const LEAST_CONSUMER_US: u64 = 1_000;
/// How many characters a name may take.
const NAME: usize = 60;
/// How many characters the parameters of a statement may take.
const PARAMETERS: usize = 40;

pub(super) fn write(trace: &Trace, style: &Style, out: &mut impl io::Write) -> io::Result<()> {
    let mut guides = Guides::new(trace);
    let services = Services::new(trace);
    for (place, point) in trace.points().iter().enumerate().take(style.max_lines) {
        let guide = guides.before(place, point);
        write_point(point, services.of(point), &guide, style, out)?;
        if let Some(error) = label::error(point) {
            let mut line = Line::new(style);
            line.push(&format!("{:DURATION$}  {}", "", guides.below(point)), Color::Dim);
            line.push_shortened(&format!("✕ {error}"), 0, Color::Bad);
            line.write(out)?;
        }
    }
    let more = trace.points().len().saturating_sub(style.max_lines);
    if more > 0 {
        writeln!(out, "{:DURATION$}  … and {}", "", label::count(more as u64, "more point", "more points"))?;
    }
    writeln!(out)
}

fn write_point(
    point: &Point,
    service: Option<String>,
    guide: &str,
    style: &Style,
    out: &mut impl io::Write,
) -> io::Result<()> {
    let duration = point.took_us().map_or_else(|| "?".to_owned(), |us| Shown(us).to_string());
    let marks = label::marks(point);
    let parameters = label::parameters(point, style.width.map(|_| PARAMETERS)).map(|text| format!("  {text}"));
    let parameters = parameters.unwrap_or_default();
    let mut end: String = label::rows(point).into_iter().map(|rows| format!("  → {rows}")).collect();
    if point.consumer_us() >= LEAST_CONSUMER_US {
        end.push_str(&format!("  + {} in the program between rows", Shown(point.consumer_us())));
    }
    let caller = label::caller(point).map(|caller| format!("  {caller}")).unwrap_or_default();
    let marks: String = marks.iter().map(|mark| format!("  ({mark})")).collect();

    let mut line = Line::new(style);
    line.push(&format!("{duration:>DURATION$}  {guide}"), Color::Dim);
    if let Some(service) = service {
        line.push(&format!("{service} "), Color::Plain);
    }
    line.push(
        &label::shortened(&one_line(&point.name), style.width.map(|_| NAME)),
        if point.error().is_some() { Color::Bad } else { Color::Bold },
    );
    if let Some(detail) = label::detail(point) {
        line.push(" ", Color::Plain);
        let reserved = parameters.chars().count() + end.chars().count() + caller.chars().count();
        let reserved = reserved + marks.chars().count();
        line.push_shortened(&detail, reserved, Color::Plain);
    }
    line.push(&parameters, Color::Dim);
    line.push(&end, Color::Dim);
    line.push(&caller, Color::Dim);
    if let Some(status) = label::status(point) {
        line.push(&format!("  → {status}"), if status < 400 { Color::Good } else { Color::Bad });
    }
    line.push(&marks, Color::Bad);
    line.write(out)
}
