//! [`Content`]: what of a trace goes into the page, which both its static part and its payload ask.

use super::HtmlOptions;
use crate::report::analysis::Analysis;
use crate::report::sql::Dialect;
use crate::report::{Point, label};

/// What of a trace goes into the page.
pub(super) struct Content<'a> {
    pub(super) analysis: &'a Analysis<'a>,
    pub(super) options: &'a HtmlOptions,
    /// The points that the page holds, which are the first.
    pub(super) points: &'a [Point],
}

impl<'a> Content<'a> {
    pub(super) fn new(analysis: &'a Analysis<'a>, options: &'a HtmlOptions) -> Self {
        let points = analysis.trace.points();
        let shown = options.max_points.map_or(points.len(), |most| most.min(points.len()));
        Self { analysis, options, points: &points[..shown] }
    }

    /// Whether values are shown.
    pub(super) fn values(&self) -> bool {
        self.options.values
    }

    /// How many points are left out.
    pub(super) fn hidden(&self) -> usize {
        self.analysis.trace.points().len() - self.points.len()
    }

    /// A statement's text.
    pub(super) fn sql(&self, text: usize) -> &'a str {
        self.analysis.texts[text].sql
    }

    /// A statement on one line, without what a `SELECT` lists.
    pub(super) fn compact(&self, text: usize) -> &'a str {
        &self.analysis.texts[text].analyzed.compact
    }

    pub(super) fn dialect(&self, text: usize) -> Dialect {
        self.analysis.texts[text].dialect
    }

    /// The text of the statement that a point stands for.
    pub(super) fn text_of(&self, place: usize) -> Option<usize> {
        Some(self.analysis.statements[self.analysis.statement_of[place]?].text)
    }
}

/// The error's type, message and code on one line.
pub(super) fn error(point: &Point) -> Option<String> {
    label::error_text(point).as_deref().map(one_line)
}

/// The request, call or function that a point stands for, or its text, where that is no statement but a comment.
pub(super) fn detail(point: &Point) -> Option<String> {
    label::asked(point).as_deref().or_else(|| point.function()).or_else(|| point.statement()).map(one_line)
}

/// Text on one line. Other than where text goes to a terminal, hidden characters stay: the page marks them itself.
fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split([' ', '\t', '\n', '\r']).filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}
