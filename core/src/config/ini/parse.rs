//! An INI file's text, parsed by `rust-ini`, with what that takes without a word and should not.
//!
//! `rust-ini` 0.21.3 takes a line without `=` for the beginning of the next line's key, a section without `]` for one that ends at
//! the next `]`, and ignores an indented line without `=` at the end of the text. So a section of our own is put behind the text:
//! what is open there runs into it, and shows.
//!
//! No reason that is given here quotes the text: a part of a secret may stand anywhere.

use ini::{Ini, ParseError, ParseOption};

use super::lines::{Lines, first_open, named};

const END: &str = "\n[end of the text]\nend = 1\n";

/// A line with a key, and those that continue its value.
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) value: String,
    /// Where the key stands, counted from 1; `None` where that cannot be found.
    pub(super) line: Option<usize>,
}

/// What the sections with the name `wanted` have in `text`, or what is wrong with the text.
pub(super) fn entries(text: &str, wanted: &str) -> Result<Vec<Entry>, String> {
    let ini = load(text).map_err(|error| reason(text, &error))?;
    let mut lines = Lines::of(text);
    let mut found = Vec::new();
    for (section, entries) in &ini {
        let section = section.unwrap_or_default();
        if section.contains(['\n', '\r']) {
            return Err(format!("{} has a `[` without a `]`", named(lines.of_section(section), "a line")));
        }
        for (key, value) in entries {
            let line = lines.of_key(key);
            if key.contains(['\n', '\r']) {
                return Err(format!("{} has no `=` and is no comment or section", named(line, "a line")));
            }
            if let Some(swallowed) = value.lines().skip(1).find(|continued| is_section(continued, wanted)) {
                return Err(continues(&lines, swallowed, "the value above"));
            }
            if section == wanted {
                found.push(Entry { key: key.to_owned(), value: value.to_owned(), line });
            }
        }
    }
    Ok(found)
}

/// What is wrong with the line `swallowed`, which became part of the value of `what`, before it in `lines`.
pub(super) fn continues(lines: &Lines<'_>, swallowed: &str, what: &str) -> String {
    match lines.of_continued(swallowed) {
        Some((line, true)) => format!("line {line} is indented and so continues {what}; remove the indentation"),
        at => {
            let line = named(at.map(|(line, _)| line), "a line");
            format!("{line} stands in a quote that begins in {what}; close the quote")
        }
    }
}

fn load(text: &str) -> Result<Ini, ParseError> {
    // As oslo.config: backslashes are not special, and an indented line goes on with the value before.
    let options =
        ParseOption { enabled_escape: false, enabled_indented_mutiline_value: true, ..ParseOption::default() };
    // Whatever the options say, a line that ends with a backslash is joined with the next one. Behind a space it is not, and
    // the space is no part of the value.
    let text = text.replace("\\\n", "\\ \n");
    Ini::load_from_str_opt(&format!("{text}{END}"), options)
}

fn is_section(line: &str, wanted: &str) -> bool {
    let name = line.trim().strip_prefix('[').and_then(|rest| rest.split(']').next());
    name.is_some_and(|name| name.trim() == wanted)
}

/// What is wrong, in our words: the parser's are about its state.
fn reason(text: &str, error: &ParseError) -> String {
    let line = error.line;
    match error.msg.as_ref() {
        "missing key" => format!("line {line} has nothing before its `=`"),
        "doesn't support inline comment" => {
            format!("line {line} has a comment behind something else; comments have lines of their own")
        }
        said if said.contains("\\r") => format!("line {line} has a carriage return that no line feed follows"),
        // Something is open at the end of the text.
        _ => format!("{} has a quote that is not closed", named(first_open(text, |part| load(part).is_ok()), "a line")),
    }
}
