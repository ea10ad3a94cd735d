//! The words of findings: short, bounded, and without hidden characters.

use crate::report::analysis::Analysis;
use crate::report::duration::Shown;
use crate::report::label::{self, shortened};
use crate::report::visible::one_line;

/// How many characters a title and a sentence may have.
const TITLE: usize = 100;
const TEXT: usize = 500;
/// How many of a statement, of a second one beside it, of a label, of a place in the program and of an error.
const STATEMENT: usize = 160;
const SECOND: usize = 80;
const LABEL: usize = 60;
const PLACE: usize = 80;
const ERROR: usize = 160;

pub(super) fn title(text: &str) -> String {
    shortened(&one_line(text), Some(TITLE))
}

pub(super) fn sentence(text: &str) -> String {
    shortened(&one_line(text), Some(TEXT))
}

/// A group in a few words, such as `SELECT users`.
pub(super) fn label(analysis: &Analysis<'_>, group: usize) -> String {
    let analyzed = &analysis.texts[analysis.groups[group].text].analyzed;
    let label = if analyzed.label.is_empty() { &analyzed.compact } else { &analyzed.label };
    shortened(&one_line(label), Some(LABEL))
}

/// A group's statement without its values, in backquotes.
pub(super) fn statement(analysis: &Analysis<'_>, group: usize) -> String {
    let fingerprint = &analysis.texts[analysis.groups[group].text].analyzed.fingerprint;
    format!("`{}`", shortened(&one_line(head(fingerprint)), Some(STATEMENT)))
}

/// The statement of a point in a few words more than its label, in backquotes.
pub(super) fn compact(analysis: &Analysis<'_>, place: usize) -> String {
    let statement = analysis.statement_of[place].map(|index| &analysis.statements[index]);
    let compact = statement.map_or("", |statement| &analysis.texts[statement.text].analyzed.compact);
    format!("`{}`", shortened(&one_line(head(compact)), Some(SECOND)))
}

/// As much of a text as may be shown of it: a statement may be very long.
fn head(text: &str) -> &str {
    text.char_indices().nth(4 * STATEMENT).map_or(text, |(end, _)| &text[..end])
}

/// A name from a statement, such as that of a function, in backquotes.
pub(super) fn name(name: &str) -> String {
    format!("`{}`", shortened(&one_line(head(name)), Some(LABEL)))
}

/// Where in the program a statement came from: `, from src/posts.rs:42`, or nothing where that is not known.
pub(super) fn place(analysis: &Analysis<'_>, place: usize) -> String {
    let caller = label::caller(&analysis.trace.points()[place]);
    caller.map(|caller| format!(", from {}", shortened(&caller, Some(PLACE)))).unwrap_or_default()
}

/// A part of the request's time: `3.1 ms of 8.2 ms`.
pub(super) fn share(analysis: &Analysis<'_>, us: u64) -> String {
    let request_us = analysis.window.1 - analysis.window.0;
    if us < request_us { format!("{} of {}", Shown(us), Shown(request_us)) } else { Shown(us).to_string() }
}

/// Whether all of these points began while the request ran.
pub(super) fn is_in_request(analysis: &Analysis<'_>, places: &[usize]) -> bool {
    let (from, to) = analysis.window;
    places.iter().all(|place| (from..=to).contains(&analysis.trace.points()[*place].appeared_us()))
}

/// The time of these points as [`share`] has it, or alone where they are not all of the request.
pub(super) fn share_of(analysis: &Analysis<'_>, us: u64, places: &[usize]) -> String {
    if is_in_request(analysis, places) { share(analysis, us) } else { Shown(us).to_string() }
}

/// An error in words.
pub(super) fn error(analysis: &Analysis<'_>, place: usize) -> String {
    shortened(&label::error(&analysis.trace.points()[place]).unwrap_or_default(), Some(ERROR))
}
