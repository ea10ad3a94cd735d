//! What failed.

use std::io::{self, Write};

use super::more;
use crate::report::html::content::{self, Content};
use crate::report::html::escape::Capped;
use crate::report::{Point, label};

/// How many are shown.
const MOST: usize = 100;

pub(super) fn write(content: &Content<'_>, out: &mut impl Write) -> io::Result<()> {
    let failed = || content.points.iter().enumerate().filter(|(_, point)| point.error().is_some());
    let count = failed().count();
    if count == 0 {
        return Ok(());
    }
    out.write_all(
        b"<section id=\"errors\">\n<h2>Errors</h2>\n<div class=\"scroll\"><table>\n\
          <caption>What failed, in the order of the tree</caption>\n<thead><tr><th scope=\"col\">code</th>\
          <th scope=\"col\" class=\"value\">message</th><th scope=\"col\" class=\"value\">statement</th>\
          <th scope=\"col\" class=\"value\">where</th></tr></thead>\n<tbody>\n",
    )?;
    for (place, point) in failed().take(MOST) {
        let code = point.db_code().unwrap_or("–");
        let error = content::error(point).unwrap_or_default();
        let compact = content.text_of(place).map(|text| content.compact(text).to_owned());
        let statement = compact.or_else(|| content::detail(point)).unwrap_or_else(|| point.name.clone());
        writeln!(
            out,
            "<tr><td>{}</td><td class=\"value\">{}</td><td class=\"value\"><code>{}</code></td><td class=\"value\">{}</td></tr>",
            Capped(code, 100),
            Capped(&error, 2000),
            Capped(&statement, 400),
            Capped(&whereabouts(content, point), 400),
        )?;
    }
    out.write_all(b"</tbody></table></div>\n")?;
    more(count.saturating_sub(MOST), "more error", "more errors", out)?;
    out.write_all(b"</section>\n")
}

/// Where in the program it was, or else in which service and below which point.
fn whereabouts(content: &Content<'_>, point: &Point) -> String {
    if let Some(caller) = label::caller(point) {
        return caller;
    }
    let service = point.service.as_deref();
    let parent = point.parent.map(|parent| content.points[parent].name.as_str());
    let known: Vec<&str> = [service, parent].into_iter().flatten().collect();
    known.join(" › ")
}
