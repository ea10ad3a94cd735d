//! What the trace is.

use std::io::{self, Write};

use crate::report::html::content::Content;
use crate::report::html::escape::{Capped, Escaped};
use crate::report::label;

pub(super) fn write(content: &Content<'_>, title: &str, out: &mut impl Write) -> io::Result<()> {
    let trace = content.analysis.trace;
    write!(out, "<header id=\"top\">\n<h1>{}", Capped(title, 1000))?;
    if let Some(status) = trace.request().and_then(|request| request.status_code) {
        let class = if status < 400 { "good" } else { "bad" };
        write!(out, " <span class=\"status {class}\">{status}</span>")?;
    }
    writeln!(out, " <span class=\"took\">{}</span></h1>", trace.took())?;
    out.write_all(b"<p class=\"about quiet\">")?;
    if let Some(when) = label::when(trace) {
        write!(out, "{} · ", Escaped(&when))?;
    }
    if let Some(base_id) = trace.base_id() {
        write!(out, "trace <code>{}</code>", Capped(&base_id.to_string(), 200))?;
    }
    if let Some(stamp) = content.options.stamp {
        write!(out, " · written {} UTC", Escaped(&stamp.to_string().replacen('T', " ", 1)))?;
    }
    let values = if content.values() { "contains parameter values" } else { "without parameter values" };
    writeln!(out, " · <span id=\"values\">{values}</span></p>")?;
    if content.hidden() > 0 {
        let hidden = label::count(content.hidden() as u64, "point", "points");
        let all = trace.points().len();
        writeln!(
            out,
            "<p class=\"loss\">{hidden} of {all} are left out of this page; counts and times are those of all.</p>"
        )?;
    }
    out.write_all(b"<div id=\"tools\"></div>\n</header>\n")
}
