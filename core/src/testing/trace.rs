//! [`Trace`]: what a capture recorded, and what can be asserted of it.

use std::collections::HashMap;
use std::fmt;
use std::ops::Deref;

use super::{Expected, failure};
use crate::report::text::{self, Style};
use crate::report::{self, HandedOut, Point, findings, handed_out};
use crate::{Id, Message};

/// What a capture recorded: a [`report::Trace`], which this derefs to. It prints itself as a tree.
pub struct Trace {
    report: report::Trace,
    /// The places of the points that run statements.
    queries: Vec<usize>,
    /// How many messages were lost.
    lost: u64,
    /// Whether all messages came in time.
    in_time: bool,
}

impl Trace {
    /// The messages are in the order in which they were sent.
    pub(super) fn new(messages: Vec<Message>, handed_out: Vec<HandedOut>, lost: u64, in_time: bool) -> Self {
        let mut sent: HashMap<Id, usize> = HashMap::new();
        for (number, message) in messages.iter().enumerate() {
            sent.entry(message.trace_id().clone()).or_insert(number);
        }
        let mut report = report::Trace::build(messages);
        report.handed_out = handed_out;
        let mut queries: Vec<usize> =
            (0..report.points().len()).filter(|place| report.points()[*place].runs_statement()).collect();
        // Queries may begin in the same microsecond; the order in which they were sent tells them apart.
        queries.sort_by_key(|place| sent.get(&report.points()[*place].trace_id));
        let lost = lost.max(report.lost_messages());
        Self { report, queries, lost, in_time }
    }

    /// The points that ran a statement of the program's, in the order in which they began: those that failed too, and those
    /// that are not finished; not what begins or ends a transaction, waits for a pool, or prepares a statement.
    #[must_use]
    pub fn queries(&self) -> Vec<&Point> {
        self.queries.iter().map(|place| &self.report.points()[*place]).collect()
    }

    /// All points, in preorder: a point stands before those within it.
    #[must_use]
    pub fn points(&self) -> &[Point] {
        self.report.points()
    }

    /// The first point with this name, in preorder.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Point> {
        self.points().iter().find(|point| point.name == name)
    }

    /// The trace, for whoever keeps or shows it.
    #[must_use]
    pub fn into_report(self) -> report::Trace {
        self.report
    }

    /// Asserts how many [`queries`](Self::queries) there are: an integer, or a range of integers.
    ///
    /// ```
    /// let (_, trace) = osprofiler::testing::capture_blocking(|| ());
    /// trace.assert_queries(..=3);
    /// ```
    ///
    /// # Panics
    ///
    /// When there are others, at the place of the call and with the statements; and when messages were lost, so that nobody
    /// knows how many there are.
    #[track_caller]
    pub fn assert_queries(&self, expected: impl Expected) {
        let (expected, queries) = (expected.bounds(), self.queries());
        self.assert_complete(&format!("expected {expected}"));
        if !expected.contain(queries.len()) {
            let ran = queries.len();
            let colon = if ran == 0 { "" } else { ":" };
            panic!("expected {expected}, and {ran} ran{colon}\n{}{}", failure::statements(&queries), self.unseen());
        }
    }

    /// Asserts that nothing was read one by one that could be read at once; what that means is said at
    /// [`findings::n_plus_one`].
    ///
    /// # Panics
    ///
    /// When something was, at the place of the call and with the statements; and when messages were lost.
    #[track_caller]
    pub fn assert_no_n_plus_one(&self) {
        self.assert_complete("expected no N+1 queries");
        let found = findings::n_plus_one(&self.report);
        if !found.is_empty() {
            let lines: String = found.iter().map(|found| failure::n_plus_one(self.points(), found)).collect();
            panic!("expected no N+1 queries, and found {}:\n{lines}", found.len());
        }
    }

    /// What may have run beside.
    fn unseen(&self) -> String {
        let line = |sentence: String| format!("   {sentence}: what ran on it is not counted\n");
        handed_out::sentences(self.report.handed_out()).into_iter().map(line).collect()
    }

    /// An assertion on a part of what happened would pass for no reason.
    #[track_caller]
    fn assert_complete(&self, expected: &str) {
        assert!(
            self.in_time,
            "{expected}, and it is not known what ran: the collector did not take the messages in time"
        );
        let lost = report::label::count(self.lost, "message was", "messages were");
        assert!(self.lost == 0, "{expected}, and it is not known what ran: {lost} lost, since too many came at once");
    }
}

impl Deref for Trace {
    type Target = report::Trace;

    fn deref(&self) -> &report::Trace {
        &self.report
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = Vec::new();
        text::write(&self.report, &Style::default(), &mut shown).map_err(|_| fmt::Error)?;
        f.write_str(&String::from_utf8_lossy(&shown))
    }
}

impl fmt::Debug for Trace {
    /// As `Display`: it stands in the messages of failed assertions.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
