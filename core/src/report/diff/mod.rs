//! What changed between two traces of the same request: [`Diff`].
//!
//! Here: its shape. Below: how statements (`statements`) and findings (`findings`) of the two are brought together, what
//! is counted of both (`counts`), what makes them hard to compare (`notes`), and one module for each form, [`text`],
//! [`json`] and, with the feature `html`, a page. Not here: what
//! the statements of one trace come to (`analysis`).
//!
//! Statements are the same where their fingerprints are and where service, database system and database are. Neither
//! the number of a connection counts nor the server's address, which change from one run to the next.

mod counts;
mod findings;
mod notes;
mod statements;

#[cfg(feature = "html")]
pub mod html;
pub mod json;
pub mod text;

use super::Totals;
use super::analysis::{Analysis, Connection};
use super::findings::Finding;

/// From where on a time has changed.
///
/// ```
/// use osprofiler::report::diff::DiffOptions;
///
/// let mut options = DiffOptions::default();
/// options.noise_us = 0;
/// options.noise_percent = 0;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DiffOptions {
    /// Times of a statement that differ by fewer microseconds are the same. Default: 1 ms.
    pub noise_us: u64,
    /// Times of a statement that differ by less than so many hundredths of the first are the same. Default: 20.
    pub noise_percent: u64,
}

impl Default for DiffOptions {
    fn default() -> Self {
        Self { noise_us: 1000, noise_percent: 20 }
    }
}

/// What changed from one trace to another.
#[derive(Debug)]
#[non_exhaustive]
pub struct Diff<'a> {
    /// The first trace.
    pub before: &'a Analysis<'a>,
    /// The second trace.
    pub after: &'a Analysis<'a>,
    /// From where on a time has changed.
    pub options: DiffOptions,
    /// What the traces come to, the first one before the second.
    pub totals: [Totals; 2],
    /// The statements that changed. What changed the trace's time most comes first, then what changed its number most.
    pub changes: Vec<Change<'a>>,
    /// How many statements did not change.
    pub unchanged: usize,
    /// What stands out in the second trace alone.
    pub new_findings: Vec<&'a Finding>,
    /// What stood out in the first trace alone.
    pub solved_findings: Vec<&'a Finding>,
    /// What is to be known before the two are compared, such as that their requests differ, in sentences.
    pub notes: Vec<String>,
}

/// One statement that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change<'a> {
    /// What changed. Of several, the first in the order of [`ChangeKind`].
    pub kind: ChangeKind,
    /// The id of its group in the trace that `text` is of.
    pub id: &'a str,
    /// Its fingerprint.
    pub fingerprint: &'a str,
    /// The text of its first execution in the second trace, or in the first where it is not in the second.
    pub text: &'a str,
    /// Its database, in the same trace.
    pub connection: &'a Connection<'a>,
    /// Its executions in the first trace; `None` where it has none.
    pub before: Option<Executions>,
    /// Its executions in the second trace; `None` where it has none.
    pub after: Option<Executions>,
}

/// The executions of a statement in one trace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Executions {
    /// How many there are.
    pub count: u64,
    /// The sum of their durations in microseconds.
    pub total_us: u64,
    /// How many failed.
    pub errors: u64,
    /// How many rows came back or, where none did, were changed; `None` where neither was recorded.
    pub rows: Option<u64>,
}

/// What changed in a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ChangeKind {
    /// Only the second trace has it.
    Appeared,
    /// Only the first trace has it.
    Vanished,
    /// It ran more often or less often.
    Count,
    /// It failed more often or less often.
    Errors,
    /// It took longer or shorter, by more than noise.
    Time,
}

impl ChangeKind {
    /// What changed in a word: `appeared`, `vanished`, `count`, `errors` or `time`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Appeared => "appeared",
            Self::Vanished => "vanished",
            Self::Count => "count",
            Self::Errors => "errors",
            Self::Time => "time",
        }
    }
}

impl<'a> Diff<'a> {
    /// Compares two traces.
    ///
    /// ```
    /// use osprofiler::report::Trace;
    /// use osprofiler::report::analysis::{Analysis, AnalysisOptions};
    /// use osprofiler::report::diff::{self, Diff, DiffOptions};
    /// use osprofiler::report::text::Style;
    ///
    /// let (before, after) = (Trace::default(), Trace::default());
    /// let [before, after] = [&before, &after].map(|trace| Analysis::of(trace, AnalysisOptions::default()));
    /// let diff = Diff::of(&before, &after, DiffOptions::default());
    /// assert!(diff.is_empty());
    ///
    /// let mut shown = Vec::new();
    /// diff::text::write(&diff, &Style::default(), &mut shown)?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn of(before: &'a Analysis<'a>, after: &'a Analysis<'a>, options: DiffOptions) -> Self {
        let by_text = statements::share_no_database(before, after);
        let (changes, unchanged) = statements::compare(before, after, by_text, &options);
        let (new_findings, solved_findings) = findings::compare(before, after, by_text);
        Self {
            before,
            after,
            options,
            totals: [before.totals.clone(), after.totals.clone()],
            changes,
            unchanged,
            new_findings,
            solved_findings,
            notes: notes::of(before, after, by_text),
        }
    }

    /// Whether no statement changed and nothing else stands out than before.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.new_findings.is_empty() && self.solved_findings.is_empty()
    }
}

#[cfg(test)]
mod tests;
