//! What is counted of both traces, and how it is put in words.

use std::cmp::Ordering;

use super::statements::is_more_than_noise;
use super::{Change, Diff, Executions};
use crate::report::duration::Shown;
use crate::report::label;

/// A number that each of the traces has.
pub(super) struct Count {
    pub(super) name: &'static str,
    pub(super) values: [u64; 2],
    /// Whether the values are microseconds.
    is_time: bool,
}

impl Count {
    pub(super) fn shown(&self, value: u64) -> String {
        if self.is_time { Shown(value).to_string() } else { value.to_string() }
    }

    /// By how much it changed: `-24 (-92 %)`, or `=` where it did not.
    pub(super) fn change(&self) -> String {
        let [before, after] = self.values;
        let sign = match before.cmp(&after) {
            Ordering::Less => '+',
            Ordering::Equal => return "=".to_owned(),
            Ordering::Greater => '-',
        };
        let difference = before.abs_diff(after);
        let percent = (u128::from(difference) * 100).checked_div(u128::from(before));
        let percent = match percent {
            None => String::new(),
            Some(0) => " (less than 1 %)".to_owned(),
            Some(percent) => format!(" ({sign}{percent} %)"),
        };
        format!("{sign}{}{percent}", self.shown(difference))
    }
}

/// Whether it got better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Better,
    Same,
    Worse,
}

impl Diff<'_> {
    /// What a change of a number says: less is better, and times within noise are the same.
    pub(super) fn verdict(&self, count: &Count) -> Verdict {
        let [before, after] = count.values;
        let is_same = if count.is_time { !is_more_than_noise(before, after, &self.options) } else { before == after };
        match before.cmp(&after) {
            _ if is_same => Verdict::Same,
            Ordering::Less => Verdict::Worse,
            _ => Verdict::Better,
        }
    }

    /// What the traces come to, in the order in which it is shown.
    pub(super) fn counts(&self) -> [Count; 6] {
        let [before, after] = &self.totals;
        let durations = [&self.before, &self.after].map(|side| side.trace.request_us().unwrap_or(0));
        [
            ("statements", [before.statements, after.statements], false),
            ("distinct statements", [before.distinct_statements, after.distinct_statements], false),
            ("transactions", [before.transactions, after.transactions], false),
            ("errors", [before.errors, after.errors], false),
            ("database time", [before.database_us, after.database_us], true),
            ("duration", durations, true),
        ]
        .map(|(name, values, is_time)| Count { name, values, is_time })
    }

    /// What is said of the statements that did not change.
    pub(super) fn rest(&self) -> String {
        let statements = label::count(self.unchanged as u64, "statement", "statements");
        let noise =
            format!("times within {} or {} % are the same", Shown(self.options.noise_us), self.options.noise_percent);
        match (self.unchanged, self.changes.len()) {
            (0, 0) => "Neither trace ran SQL.".to_owned(),
            (0, _) => "No statement stayed as it was.".to_owned(),
            (_, 0) => format!("No statement changed: {statements} ({noise})."),
            _ => format!("{statements} unchanged ({noise})."),
        }
    }
}

impl Change<'_> {
    /// Whether the change is for the worse: a new statement, more executions or errors, more time.
    pub(super) fn is_worse(&self) -> bool {
        let numbers = |side: Option<Executions>| side.map(|side| (side.count, side.errors, side.total_us));
        numbers(self.after) > numbers(self.before)
    }
}
