//! What the trace comes to: a sentence in parts, and where the time went.

use std::io::{self, Write};

use crate::report::duration::Shown;
use crate::report::html::content::Content;
use crate::report::html::escape::Escaped;
use crate::report::label;

/// How wide the bar is, in its own units.
const WIDTH: u64 = 1000;

pub(super) fn write(content: &Content<'_>, out: &mut impl Write) -> io::Result<()> {
    out.write_all(b"<section id=\"verdict\" aria-label=\"Verdict\">\n<ul class=\"verdict\">")?;
    for part in label::verdict(content.analysis.trace, &content.analysis.totals) {
        let class = if part.contains("error") || part.contains("unfinished") { " class=\"bad\"" } else { "" };
        write!(out, "<li{class}>{}</li>", Escaped(&part))?;
    }
    out.write_all(b"</ul>\n")?;
    breakdown(content, out)?;
    out.write_all(b"</section>\n")
}

/// A bar of the parts, and the same as text.
fn breakdown(content: &Content<'_>, out: &mut impl Write) -> io::Result<()> {
    let breakdown = &content.analysis.breakdown;
    let parts = [
        ("db", "database", breakdown.database_us),
        ("pool", "waiting for a connection", breakdown.pool_us),
        ("remote", "other services", breakdown.remote_us),
        ("program", "program", breakdown.program_us),
    ];
    let whole = parts.iter().fold(0_u64, |sum, (_, _, us)| sum.saturating_add(*us));
    if whole == 0 {
        return Ok(());
    }
    // The text says the same, so the picture is none for a screen reader. Attributes, because the policy allows no styles.
    write!(out, "<svg class=\"parts\" viewBox=\"0 0 {WIDTH} 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">")?;
    let mut before_us = 0_u64;
    for (class, _, us) in parts.iter().filter(|(_, _, us)| *us > 0) {
        let (from, to) = (scaled(before_us, whole), scaled(before_us.saturating_add(*us), whole));
        write!(out, "<rect class=\"{class}\" x=\"{from}\" width=\"{}\" height=\"10\"/>", to - from)?;
        before_us = before_us.saturating_add(*us);
    }
    out.write_all(b"</svg>\n<ul class=\"legend\">")?;
    let shares = label::shares(parts.map(|(_, _, us)| us));
    for ((class, name, us), share) in parts.iter().zip(shares).filter(|((_, _, us), _)| *us > 0) {
        write!(out, "<li class=\"{class}\">{name} {} ({})</li>", Shown(*us), label::share(share))?;
    }
    if breakdown.at_once > 1 {
        write!(
            out,
            "<li>statement time summed {} (up to {} at once)</li>",
            Shown(breakdown.summed_us),
            breakdown.at_once
        )?;
    }
    out.write_all(b"</ul>\n")
}

fn scaled(us: u64, whole: u64) -> u64 {
    u64::try_from(u128::from(us) * u128::from(WIDTH) / u128::from(whole)).unwrap_or(WIDTH)
}
