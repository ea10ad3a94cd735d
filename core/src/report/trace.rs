//! [`Trace`]: the points of one trace as a tree.
//!
//! Not here: how the tree comes about (`build`, `link`) and what is counted over it (`totals`).

use super::build::TraceBuilder;
use super::values::{BeforeHiding, RanWith};
use super::{HandedOut, NameStats, Point, Request, StatementGroup, Totals, totals, values};
use crate::driver::StoredTrace;
use crate::{Id, Timestamp};

/// One trace: its points as a tree, in preorder.
///
/// A parent stands before its children, and children stand in the order of their start. Points name each other by their
/// place in [`points`](Self::points).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    pub(super) base_id: Option<Id>,
    pub(super) started: Option<Timestamp>,
    pub(super) duration_us: u64,
    pub(super) last_started_us: u64,
    pub(super) points: Vec<Point>,
    pub(super) roots: Vec<usize>,
    pub(super) lost_messages: u64,
    pub(super) skipped_lines: u64,
    pub(crate) handed_out: Vec<HandedOut>,
    /// Whether its values were taken out.
    pub(super) has_no_values: bool,
    /// What was known of the values that were taken out.
    pub(super) before_hiding: BeforeHiding,
}

impl Trace {
    /// Builds the tree from what a store holds, or from messages alone.
    ///
    /// The result is the same for any order of the messages. Messages with the same name and `trace_id` are one: the
    /// earliest start and the latest stop count. A point whose parent is not in the trace stands at the top and is
    /// marked as [`orphan`](Point::orphan), unless its parent is the trace itself; a ring of points is cut at its
    /// earliest point, which is marked as [`cycle`](Point::cycle).
    ///
    /// ```
    /// use osprofiler::report::Trace;
    ///
    /// assert!(Trace::build(Vec::new()).is_empty());
    /// ```
    #[must_use]
    pub fn build(stored: impl Into<StoredTrace>) -> Self {
        let StoredTrace { messages, skipped } = stored.into();
        let mut builder = TraceBuilder::default();
        messages.into_iter().for_each(|message| builder.push(message));
        builder.skip(skipped);
        builder.build()
    }

    /// The same trace without what the program worked with, for reports that are shown to others.
    ///
    /// Bound values are numbered, `'‹1›'`: equal ones have the same number, so that what ran twice is still seen. Statements
    /// are their fingerprints, with `?` in place of literals; texts that differ in nothing else are told apart by a
    /// comment. What may be a value, because it depends on the database or on a server's settings, is numbered too: `‹2›`.
    /// Errors keep their type and code, and of their text what is known to be a database's or a driver's own. Requests have
    /// no query, and their paths numbers in place of parts that are no plain words, or that are values elsewhere in the
    /// trace. Functions have no arguments and no result, and returned rows are gone. Of other info nothing is left but what
    /// the crate's own adapters and layers write of databases, connections and times. `docs/values.md` in the repository
    /// has the table of all that.
    ///
    /// Names, services, hosts, ids and files of callers are no values and stay.
    ///
    /// ```
    /// # use osprofiler::report;
    /// # let saved = r#"{"name": "db-start", "base_id": "t", "trace_id": "a", "parent_id": "t", "timestamp": "2026-01-02T03:04:05", "info": {"db": {"statement": "SELECT ?", "params": ["secret"]}}}"#;
    /// let trace = report::read_json(saved)?.without_values();
    /// assert_eq!(trace.points()[0].parameters()[0].to_string(), "'‹1›'");
    /// # Ok::<(), osprofiler::report::ReportError>(())
    /// ```
    #[must_use]
    pub fn without_values(mut self) -> Self {
        if !self.has_no_values {
            values::take_out(&mut [&mut self]);
            self.has_no_values = true;
        }
        self
    }

    /// Two traces [without values](Self::without_values), which are compared: what is equal in them has the same number.
    #[must_use]
    pub fn both_without_values(mut one: Self, mut other: Self) -> (Self, Self) {
        values::take_out(&mut [&mut one, &mut other]);
        (one.has_no_values, other.has_no_values) = (true, true);
        (one, other)
    }

    /// With what the statement of a point ran, where that was worked out before the values were taken out.
    pub(super) fn ran_with(&self, place: usize) -> Option<&RanWith> {
        self.before_hiding.ran.get(place)?.as_ref()
    }

    /// Whether there is no point at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.points.is_empty()
    }

    /// The trace's id; `None` where it has no messages.
    #[must_use]
    pub fn base_id(&self) -> Option<&Id> {
        self.base_id.as_ref()
    }

    /// The time of the first message, which all times in microseconds count from. `None` where there are no messages, or
    /// where a saved report did not keep it.
    #[must_use]
    pub fn started(&self) -> Option<Timestamp> {
        self.started
    }

    /// Microseconds from the first to the last message: the request and all that ran after it. How long the request took says
    /// [`request_us`](Self::request_us).
    #[must_use]
    pub fn duration_us(&self) -> u64 {
        self.duration_us
    }

    /// Microseconds from the first message to the last start.
    #[must_use]
    pub fn last_started_us(&self) -> u64 {
        self.last_started_us
    }

    /// All points, in preorder.
    #[must_use]
    pub fn points(&self) -> &[Point] {
        &self.points
    }

    /// The places of the points at the top, in the order of their start.
    #[must_use]
    pub fn roots(&self) -> &[usize] {
        &self.roots
    }

    /// The request that the trace is about: that of its [`root`](Self::root), or else of the first point which has one.
    #[must_use]
    pub fn request(&self) -> Option<Request<'_>> {
        let of_root = self.root().and_then(|root| self.points[root].request());
        of_root.or_else(|| self.points.iter().find_map(Point::request))
    }

    /// How many messages the tracing processes know to have lost: the sum of what each of them said last.
    #[must_use]
    pub fn lost_messages(&self) -> u64 {
        self.lost_messages
    }

    /// Where traced types gave away the host's own connection, pool or transaction: statements that ran on it are not here.
    #[must_use]
    pub fn handed_out(&self) -> &[HandedOut] {
        &self.handed_out
    }

    /// How many stored entries could not be read.
    #[must_use]
    pub fn skipped_lines(&self) -> u64 {
        self.skipped_lines
    }

    /// Count and duration for each name, in the order in which the names first appear.
    #[must_use]
    pub fn stats(&self) -> Vec<NameStats> {
        totals::stats(&self.points)
    }

    /// The statements, those on one database that differ in nothing but values together; those that took longest come
    /// first.
    #[must_use]
    pub fn statements(&self) -> Vec<StatementGroup<'_>> {
        totals::statements(self)
    }

    /// What the whole trace comes to.
    #[must_use]
    pub fn totals(&self) -> Totals {
        totals::totals(self)
    }
}
