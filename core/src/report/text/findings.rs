//! What stands out: a line for each finding, and its sentence beside or below it.

use std::io;

use super::Style;
use super::line::{Color, Line};
use crate::report::analysis::Analysis;
use crate::report::findings::{Finding, Level, Rule};
use crate::report::label::count;

/// What stands before a finding, and before what belongs to it.
const INDENT: &str = "  ";

pub(super) fn write(analysis: &Analysis<'_>, style: &Style, out: &mut impl io::Write) -> io::Result<()> {
    // What was lost is said above, where nobody misses it.
    let shown: Vec<&Finding> = analysis.findings.iter().filter(|finding| finding.rule != Rule::Lost).collect();
    for finding in shown.iter().take(style.max_lines) {
        write_finding(finding, style, out)?;
    }
    let more = shown.len().saturating_sub(style.max_lines);
    if more > 0 {
        writeln!(out, "… and {}", count(more as u64, "more finding", "more findings"))?;
    }
    if shown.is_empty() { Ok(()) } else { writeln!(out) }
}

fn write_finding(finding: &Finding, style: &Style, out: &mut impl io::Write) -> io::Result<()> {
    let (mark, color) = match finding.level {
        Level::High => ("✕", Color::Bad),
        Level::Warn => ("⚠", Color::Warn),
        Level::Info => ("ℹ", Color::Dim),
    };
    let mut line = Line::new(style);
    line.push(&format!("{mark} "), color);
    line.push_shortened(&finding.title, 0, if finding.level == Level::Info { Color::Plain } else { Color::Bold });
    if line.has_room_for(finding.text.chars().count() + INDENT.len()) {
        line.push(INDENT, Color::Plain);
        line.push(&finding.text, Color::Dim);
        return line.write(out);
    }
    line.write(out)?;
    for part in wrapped(&finding.text, style.width.map(|width| width.saturating_sub(INDENT.len()))) {
        let mut line = Line::new(style);
        line.push(INDENT, Color::Plain);
        line.push(part, Color::Dim);
        line.write(out)?;
    }
    Ok(())
}

/// The text in lines of so many characters, broken between words; what is longer than a line is broken anywhere.
fn wrapped(text: &str, width: Option<usize>) -> Vec<&str> {
    /// Lines are never made narrower than this.
    const LEAST: usize = 24;
    let Some(width) = width.map(|width| width.max(LEAST)) else { return vec![text] };
    let mut lines = Vec::new();
    let mut rest = text;
    while let Some((end, _)) = rest.char_indices().nth(width) {
        let (line, next) = match rest[..end].rfind(' ').filter(|_| !rest[end..].starts_with(' ')) {
            Some(space) => (&rest[..space], &rest[space + 1..]),
            None => (&rest[..end], rest[end..].trim_start()),
        };
        lines.push(line);
        rest = next;
    }
    if !rest.is_empty() {
        lines.push(rest);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrapped("one two three", None), ["one two three"]);
        assert_eq!(wrapped("aaaaaaaaaaaaaaaaaaaaaaaa bbb", Some(24)), ["aaaaaaaaaaaaaaaaaaaaaaaa", "bbb"]);
        assert_eq!(wrapped("aaaaaaaaaaaaaaaaaaaa bbbbb", Some(24)), ["aaaaaaaaaaaaaaaaaaaa", "bbbbb"]);
        assert_eq!(wrapped(&"é".repeat(50), Some(24)).len(), 3);
        assert!(wrapped("", Some(24)).is_empty());
    }
}
