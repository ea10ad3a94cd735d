//! The request that a trace is about: which point it is, and when it ran.
//!
//! A request lasts as long as its own point, by its own clock. What ran after the response, what another clock timed, and
//! what came late is shown, and changes neither its duration nor the shares of it.

use super::duration::Shown;
use super::{Point, Trace};

impl Trace {
    /// The place of the point at the top that the trace is about: the first that has a request, or else the only one.
    ///
    /// A database point is no request, and a point whose parent is missing is one only where there is no other. `None` where
    /// there are several points without a request.
    #[must_use]
    pub fn root(&self) -> Option<usize> {
        let points = &self.points;
        let whole: Vec<usize> =
            self.roots.iter().copied().filter(|root| !points[*root].orphan && !points[*root].cycle).collect();
        let asked = |roots: &[usize]| roots.iter().copied().find(|root| points[*root].request().is_some());
        let only = |roots: &[usize]| if let [only] = roots { Some(*only) } else { None };
        asked(&whole)
            .or_else(|| asked(&self.roots))
            .or_else(|| only(&whole))
            .or_else(|| only(&self.roots))
            .filter(|root| !points[*root].is_database())
    }

    /// Microseconds that the request took: from the start to the stop of its own point.
    ///
    /// Where a trace is about no single point, from the first start to the last stop at the top; where the stop is missing,
    /// up to the last message. `None` where the clock was set back in between: then it is not known.
    #[must_use]
    pub fn request_us(&self) -> Option<u64> {
        let is_backwards =
            |root: &Point| matches!((root.started_us, root.finished_us), (Some(start), Some(stop)) if stop < start);
        if self.root().is_some_and(|root| is_backwards(&self.points[root])) {
            return None;
        }
        let (from, to) = self.request_interval();
        Some(to - from)
    }

    /// When the request ran, in microseconds from the trace's first message.
    #[must_use]
    pub fn request_interval(&self) -> (u64, u64) {
        let span = |root: &Point| {
            let from = root.started_us.unwrap_or(0);
            (from, root.finished_us.unwrap_or(self.duration_us).max(from))
        };
        match self.root() {
            Some(root) => span(&self.points[root]),
            None => {
                let spans = self.roots.iter().map(|root| span(&self.points[*root]));
                spans.reduce(|(from, to), (start, stop)| (from.min(start), to.max(stop))).unwrap_or_default()
            }
        }
    }

    /// How long the request took, for people.
    pub(super) fn took(&self) -> String {
        self.request_us().map_or_else(|| "?".to_owned(), |us| Shown(us).to_string())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::report::Trace;
    use crate::report::samples::{BASE, message, point};

    fn request(id: &str, parent: &str, from_us: i64, to_us: i64) -> [crate::Message; 2] {
        let start = json!({"request": {"method": "GET", "path": format!("/{id}"), "query": ""}});
        [message("wsgi-start", id, parent, from_us, start), message("wsgi-stop", id, parent, to_us, json!({}))]
    }

    #[test]
    fn work_after_the_response_is_not_of_the_request() {
        let mut messages = request("r", BASE, 0, 10_000).to_vec();
        messages.extend(point("task", "t", "r", 9_000, 3_000_000));
        let trace = Trace::build(messages);
        assert_eq!((trace.request_us(), trace.duration_us()), (Some(10_000), 3_000_000));
    }

    #[test]
    fn a_point_whose_parent_is_missing_is_the_request_only_where_there_is_no_other() {
        let mut messages = request("r", BASE, 5_000, 15_000).to_vec();
        messages.extend(request("orphan", "gone", 0, 99_000));
        let trace = Trace::build(messages);
        assert_eq!((trace.request_us(), trace.request().map(|request| request.path)), (Some(10_000), Some("/r")));
        let trace = Trace::build(request("orphan", "gone", 0, 99_000).to_vec());
        assert_eq!(trace.request_us(), Some(99_000));
    }

    #[test]
    fn several_points_at_the_top_last_from_the_first_start_to_the_last_stop() {
        let mut messages = point("a", "a", BASE, 1_000, 2_000).to_vec();
        messages.extend(point("b", "b", BASE, 3_000, 7_000));
        messages.extend(point("task", "t", "b", 6_000, 90_000));
        assert_eq!(Trace::build(messages).request_interval(), (0, 6_000));
    }

    #[test]
    fn the_duration_is_unknown_where_the_clock_was_set_back() {
        let trace = Trace::build(request("r", BASE, 3_600_000_000, 10_000).to_vec());
        assert_eq!((trace.request_us(), trace.took()), (None, "?".to_owned()));
        assert_eq!(Trace::default().request_us(), Some(0));
    }

    #[test]
    fn a_request_without_a_stop_lasts_up_to_the_last_message() {
        let [start, _] = request("r", BASE, 0, 1);
        let messages = [vec![start], point("a", "a", "r", 1_000, 2_000).to_vec()].concat();
        assert_eq!(Trace::build(messages).request_us(), Some(2_000));
    }
}
