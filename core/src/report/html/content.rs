//! [`Content`]: what of a trace goes into the page, which both its static part and its payload ask.
//!
//! Where values are to be left out, it is here that they are.

use super::HtmlOptions;
use crate::report::analysis::Analysis;
use crate::report::findings::{Finding, Rule};
use crate::report::sql::{Analyzed, Dialect};
use crate::report::{Point, label};

/// What of a trace goes into the page.
pub(super) struct Content<'a> {
    pub(super) analysis: &'a Analysis<'a>,
    pub(super) options: &'a HtmlOptions,
    /// The points that the page holds, which are the first.
    pub(super) points: &'a [Point],
    /// The compact forms of the fingerprints, where those stand in place of the texts.
    compact: Vec<String>,
}

impl<'a> Content<'a> {
    pub(super) fn new(analysis: &'a Analysis<'a>, options: &'a HtmlOptions) -> Self {
        let points = analysis.trace.points();
        let shown = options.max_points.map_or(points.len(), |most| most.min(points.len()));
        let texts = if options.values { &[][..] } else { &analysis.texts[..] };
        let compact = texts.iter().map(|text| Analyzed::of(&text.analyzed.fingerprint, text.dialect).compact).collect();
        Self { analysis, options, points: &points[..shown], compact }
    }

    /// Whether values are shown.
    pub(super) fn values(&self) -> bool {
        self.options.values
    }

    /// How many points are left out.
    pub(super) fn hidden(&self) -> usize {
        self.analysis.trace.points().len() - self.points.len()
    }

    /// A statement's text, or its fingerprint.
    pub(super) fn sql(&self, text: usize) -> &'a str {
        let text = &self.analysis.texts[text];
        if self.values() { text.sql } else { &text.analyzed.fingerprint }
    }

    /// A statement on one line, without what a `SELECT` lists.
    pub(super) fn compact(&self, text: usize) -> &str {
        self.compact.get(text).unwrap_or(&self.analysis.texts[text].analyzed.compact)
    }

    pub(super) fn dialect(&self, text: usize) -> Dialect {
        self.analysis.texts[text].dialect
    }

    /// The text of the statement that a point stands for.
    pub(super) fn text_of(&self, place: usize) -> Option<usize> {
        Some(self.analysis.statements[self.analysis.statement_of[place]?].text)
    }

    /// The error's type, message and code on one line.
    pub(super) fn error(&self, point: &Point) -> Option<String> {
        let (etype, message) = point.error()?;
        let mut line = etype.to_owned();
        if self.values() && !message.is_empty() {
            line.push_str(": ");
            line.push_str(message);
        }
        if let Some(code) = point.db_code() {
            line.push_str(&format!(" [{code}]"));
        }
        Some(one_line(&line))
    }

    /// The request, call or function that a point stands for, where it has no statement.
    pub(super) fn detail(&self, point: &Point) -> Option<String> {
        let called = label::request(point).or_else(|| label::called(point));
        let Some((request, query)) = called else {
            return point.function().map(one_line);
        };
        let query = if self.values() && !query.is_empty() { format!("?{query}") } else { String::new() };
        Some(one_line(&format!("{request}{query}")))
    }

    /// A finding's title and sentence.
    pub(super) fn finding(&self, finding: &Finding) -> (String, String) {
        if self.values() {
            return (finding.title.clone(), finding.text.clone());
        }
        // The sentences may quote statements and errors.
        let count = label::count(finding.points.len() as u64, "point", "points");
        let about = finding.group.map(|group| self.analysis.groups[group].text);
        let label = about.map(|text| format!(": {}", self.analysis.texts[text].analyzed.label)).unwrap_or_default();
        let title = format!("{}{label}", words(finding.rule));
        (title, format!("{count}, {}", crate::report::duration::Shown(finding.cost_us)))
    }
}

/// What a rule finds, in a few words.
pub(super) fn words(rule: Rule) -> &'static str {
    match rule {
        Rule::Error => "Error",
        Rule::Cancelled => "Cancelled",
        Rule::NPlusOne => "N+1",
        Rule::WriteLoop => "Write loop",
        Rule::Duplicate => "Duplicate",
        Rule::Repeat => "Repeat",
        Rule::Slow => "Slow",
        Rule::Dominant => "Dominant",
        Rule::IdleInTransaction => "Idle in transaction",
        Rule::Bypassed => "Bypassed",
        Rule::Lost => "Lost messages",
        Rule::ManyRows => "Many rows",
        Rule::ZeroRows => "No rows",
    }
}

/// Text on one line. Other than where text goes to a terminal, hidden characters stay: the page marks them itself.
pub(super) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split([' ', '\t', '\n', '\r']).filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}
