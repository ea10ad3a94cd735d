//! Clocks that differ: points are moved to where they must have been.
//!
//! What happened within a point cannot have begun before it, and a service that was asked cannot have begun after the answer
//! was there. Where recorded times say so, two clocks differ, or one was set back. The point is moved into that around
//! it, with all that lies within it, so that its time counts where it was spent; it is marked as
//! [`clock_skew`](Point::clock_skew). Durations stay as they were recorded.

use std::collections::HashMap;

use super::Point;

/// Moves points whose parents stand before them. Returns from where on times count now, in microseconds from the first
/// message; `None` where every point stays where it is.
pub(super) fn align(points: &mut [Point]) -> Option<i64> {
    let mut shifts: Vec<i64> = Vec::with_capacity(points.len());
    // By how much other clocks are off: what was found at one of their points holds for the others.
    let mut offsets: HashMap<Clock, i64> = HashMap::new();
    for place in 0..points.len() {
        let point = &points[place];
        let Some(parent) = point.parent else {
            shifts.push(0);
            continue;
        };
        let (around, around_shift) = (&points[parent], shifts[parent]);
        let other = other_clock(point, around);
        let known = other.as_ref().map_or(around_shift, |clock| offsets.get(clock).copied().unwrap_or(0));
        let shift = known + correction(point, known, around, around_shift, other.is_some());
        if let Some(clock) = other.filter(|_| shift != 0) {
            offsets.entry(clock).or_insert(shift);
        }
        shifts.push(shift);
        points[place].clock_skew |= shift != around_shift && shift != 0;
    }
    if shifts.iter().all(|shift| *shift == 0) {
        return None;
    }
    let moved = |us: Option<u64>, shift: i64| us.map(|us| signed(us).saturating_add(shift));
    let all = || points.iter().zip(&shifts);
    let first = all().flat_map(|(point, shift)| [moved(point.started_us, *shift), moved(point.finished_us, *shift)]);
    let zero = first.flatten().min().unwrap_or(0);
    for (point, shift) in points.iter_mut().zip(&shifts) {
        let shown = |us| moved(us, *shift).map(|us| u64::try_from(us.saturating_sub(zero)).unwrap_or(0));
        (point.started_us, point.finished_us) = (shown(point.started_us), shown(point.finished_us));
    }
    Some(zero)
}

/// Whose clock it was.
#[derive(PartialEq, Eq, Hash)]
struct Clock {
    host: Option<String>,
    service: Option<String>,
}

/// The point's clock, where that is another than its parent's: that of another host or, where hosts are not known, service.
fn other_clock(point: &Point, around: &Point) -> Option<Clock> {
    let differs = match (&point.host, &around.host) {
        (Some(own), Some(around)) => own != around,
        _ => point.service != around.service,
    };
    differs.then(|| Clock { host: point.host.clone(), service: point.service.as_deref().map(str::to_owned) })
}

/// By how much a point that is moved by `known` has to be moved still.
fn correction(point: &Point, known: i64, around: &Point, around_shift: i64, other_clock: bool) -> i64 {
    let (Some(start), Some(begin)) = (point.started_us, around.started_us) else { return 0 };
    let (start, begin) = (signed(start) + known, signed(begin) + around_shift);
    let lasted = around.duration_us().filter(|_| !around.is_unfinished());
    // After a timeout the other service may begin its work late.
    let answered = around.error().is_none() && !around.is_cancelled();
    let is_late = other_clock
        && answered
        && point.request().is_some()
        && lasted.is_some_and(|lasted| start > begin.saturating_add(signed(lasted)));
    if start >= begin && !is_late {
        return 0;
    }
    // As far from the start as from the stop, since a call takes about as long there as back.
    let spare = lasted.unwrap_or(0).saturating_sub(point.duration_us().unwrap_or(0));
    begin + signed(spare) / 2 - start
}

fn signed(us: u64) -> i64 {
    i64::try_from(us).unwrap_or(i64::MAX / 4).min(i64::MAX / 4)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::Message;
    use crate::report::Trace;
    use crate::report::samples::{BASE, message};

    /// A point of `host`, which recorded these times.
    fn point(name: &str, id: &str, parent: &str, host: &str, times: (i64, i64), mut start: Value) -> [Message; 2] {
        start["host"] = host.into();
        [
            message(&format!("{name}-start"), id, parent, times.0, start),
            message(&format!("{name}-stop"), id, parent, times.1, json!({"host": host})),
        ]
    }

    fn asked() -> Value {
        json!({"request": {"method": "GET", "path": "/", "query": ""}})
    }

    /// A request of 10 ms that asks another host for 7 ms, whose clock is `off` by so much, and runs 2 ms of SQL there.
    fn two_hosts(off: i64) -> Vec<Message> {
        [
            point("wsgi", "a", BASE, "n1", (0, 10_000), asked()),
            point("http", "h", "a", "n1", (1_000, 8_000), json!({"requests": {"method": "GET"}})),
            point("wsgi", "w", "h", "n2", (off + 2_000, off + 6_000), asked()),
            point("db", "q", "w", "n2", (off + 3_000, off + 5_000), json!({"db": {"statement": "SELECT 2"}})),
        ]
        .concat()
    }

    #[test]
    fn the_clock_of_another_host_changes_neither_duration_nor_shares() {
        let right = Trace::build(two_hosts(0)).totals();
        for off in [5_000_000, -5_000_000, 3_600_000_000, -3_600_000_000, 86_400_000_000 * 365] {
            let trace = Trace::build(two_hosts(off));
            assert_eq!((trace.request_us(), trace.duration_us()), (Some(10_000), 10_000), "{off}");
            assert_eq!(trace.totals(), right, "{off}");
            let marks: Vec<bool> = trace.points().iter().map(|point| point.clock_skew).collect();
            assert_eq!(marks, [false, false, true, false], "{off}");
        }
        assert!(Trace::build(two_hosts(0)).points().iter().all(|point| !point.clock_skew));
    }

    #[test]
    fn the_order_of_messages_changes_nothing() {
        let mut messages = two_hosts(-5_000_000);
        let trace = Trace::build(messages.clone());
        messages.reverse();
        assert_eq!(Trace::build(messages), trace);
    }

    #[test]
    fn what_a_clock_that_was_set_back_timed_counts_in_the_request() {
        let messages = [
            point("wsgi", "a", BASE, "n1", (3_600_000_000, 3_600_010_000), asked()),
            point("db", "q", "a", "n1", (1_000, 3_000), json!({"db": {"statement": "SELECT 2"}})),
        ];
        let trace = Trace::build(messages.concat());
        assert_eq!((trace.request_us(), trace.totals().database_us), (Some(10_000), 2_000));
        assert!(trace.points()[1].clock_skew);
    }

    #[test]
    fn background_work_of_the_same_host_stays_where_it_was() {
        let messages = [
            point("wsgi", "a", BASE, "n1", (0, 10_000), asked()),
            point("task", "t", "a", "n1", (2_000_000, 3_000_000), json!({})),
            point("task", "u", "a", "n2", (2_000_000, 3_000_000), json!({})),
        ];
        let trace = Trace::build(messages.concat());
        assert_eq!((trace.points()[1].started_us, trace.points()[2].started_us), (Some(2_000_000), Some(2_000_000)));
        assert!(trace.points().iter().all(|point| !point.clock_skew));
    }

    #[test]
    fn a_request_may_begin_after_its_caller_gave_up() {
        let mut messages = two_hosts(5_000_000);
        messages[3] = message("http-stop", "h", "a", 8_000, json!({"etype": "Timeout", "message": "", "host": "n1"}));
        assert_eq!(Trace::build(messages).totals().database_us, 0);
    }
}
