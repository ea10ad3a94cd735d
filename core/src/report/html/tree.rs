//! The tree: one row a point, drawn with text guides and a bar on the trace's time.

use std::io;

use super::Shown;
use super::bar::Bar;
use super::escape::{Capped, Escaped};
use crate::report::guides::Guides;
use crate::report::label::Services;
use crate::report::{Trace, label};

/// How many points are shown.
const MOST: usize = 5000;

pub(super) fn write(trace: &Trace, out: &mut impl io::Write) -> io::Result<()> {
    out.write_all(
        b"<section>\n<h2>Tree</h2>\n<div class=\"scroll\"><table class=\"tree\">\n\
          <thead><tr><th>start<th>duration<th><th>rows<th class=\"value\">point</tr></thead>\n<tbody>\n",
    )?;
    let mut guides = Guides::new(trace);
    let services = Services::new(trace);
    for (place, point) in trace.points().iter().enumerate().take(MOST) {
        let guide = guides.before(place, point);
        row(trace, place, services.of(point), &guide, out)?;
    }
    out.write_all(b"</tbody></table></div>\n")?;
    let more = trace.points().len().saturating_sub(MOST);
    if more > 0 {
        let more = label::count(more as u64, "more point", "more points");
        writeln!(out, "<p class=\"quiet\">… and {more}; the JSON form has them all</p>")?;
    }
    out.write_all(b"</section>\n")
}

fn row(trace: &Trace, place: usize, service: Option<String>, guide: &str, out: &mut impl io::Write) -> io::Result<()> {
    let point = &trace.points()[place];
    let error = label::error(point);
    let kind = match (&error, point.is_database()) {
        (Some(_), _) => "bad",
        (None, true) => "db",
        (None, false) => "app",
    };
    let duration = point.duration_us().map_or_else(|| "?".to_owned(), |us| Shown(us).to_string());
    let rows = point.rows().or(point.rows_affected()).map(|rows| rows.to_string()).unwrap_or_default();
    let bar = Bar { from: point.appeared_us(), length: point.duration_us().unwrap_or(0), whole: trace.duration_us() };
    write!(
        out,
        "<tr class=\"{kind}\" id=\"p{place}\"><td>{}<td>{duration}<td>{bar}<td>{rows}<td class=\"value\">\
         <span class=\"guide\">{guide}</span>",
        Shown(point.appeared_us()),
    )?;
    if let Some(service) = service {
        write!(out, "{} ", Escaped(&service))?;
    }
    write!(out, "<b>{}</b>", Capped(&point.name, 200))?;
    if let Some(detail) = label::detail(point) {
        let element = if point.statement().is_some() { "code" } else { "span" };
        write!(out, " <{element}>{}</{element}>", Capped(&detail, 240))?;
    }
    if let Some(status) = label::status(point) {
        write!(out, " <span class=\"quiet\">→ {status}</span>")?;
    }
    if let Some(parameters) = label::parameters(point, Some(80)) {
        write!(out, " <span class=\"quiet\">{}</span>", Capped(&parameters, 400))?;
    }
    if let Some(caller) = label::caller(point) {
        write!(out, " <small>{}</small>", Capped(&caller, 240))?;
    }
    for mark in label::marks(point) {
        write!(out, " <span class=\"mark\">{}</span>", Escaped(mark))?;
    }
    if let Some(error) = error {
        write!(out, "<div class=\"note\">✕ {}</div>", Capped(&error, 1000))?;
    }
    out.write_all(b"</tr>\n")
}
