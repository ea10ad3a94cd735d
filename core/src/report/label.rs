//! What a point or a trace is called in a report.

use serde_json::Value;

use super::visible::one_line;
use super::{Point, Totals, Trace};

/// The request, function or statement that a point stands for, on one line; `None` where it says nothing of that kind.
pub(super) fn detail(point: &Point) -> Option<String> {
    if let Some(asked) = asked(point) {
        return Some(one_line(&asked));
    }
    point.statement().or_else(|| point.function()).map(one_line)
}

/// The request that a point stands for, from whichever side, as it was recorded.
pub(super) fn asked(point: &Point) -> Option<String> {
    let (request, query) = request(point).or_else(|| called(point))?;
    let query = if query.is_empty() { String::new() } else { format!("?{query}") };
    Some(format!("{request}{query}"))
}

/// The request that a point stands for, and its query.
fn request(point: &Point) -> Option<(String, &str)> {
    let request = point.request()?;
    Some((format!("{} {}", request.method, request.path), request.query))
}

/// What a request to another service asked for, as OSProfiler's adapter for requests has it, and its query.
fn called(point: &Point) -> Option<(String, &str)> {
    if !point.is_remote() {
        return None;
    }
    let requests = point.start_info.get("requests")?.as_object()?;
    let text = |key| requests.get(key).and_then(Value::as_str).unwrap_or_default();
    let port = requests.get("port").and_then(Value::as_u64).map(|port| format!(":{port}")).unwrap_or_default();
    Some((format!("{} {}{port}{}", text("method"), text("hostname"), text("path")), text("query")))
}

/// The status of the response that a request got, whichever side recorded it.
pub(super) fn status(point: &Point) -> Option<u64> {
    if point.is_database() {
        return None;
    }
    let called = || point.stop_info.get("requests")?.get("status_code")?.as_u64();
    point.request().map_or_else(called, |request| request.status_code)
}

/// Which service each point is of, where a trace has points of several: said where it is another than around the point.
pub(super) struct Services<'a> {
    points: &'a [Point],
    several: bool,
}

impl<'a> Services<'a> {
    pub(super) fn new(trace: &'a Trace) -> Self {
        let points = trace.points();
        Self { points, several: points.iter().any(|point| point.service != points[0].service) }
    }

    pub(super) fn of(&self, point: &Point) -> Option<String> {
        let around = point.parent.and_then(|parent| self.points[parent].service.as_ref());
        let service = point.service.as_ref().filter(|service| self.several && Some(*service) != around)?;
        Some(format!("[{}]", shortened(&one_line(service), Some(60))))
    }
}

/// What the trace is about: its request's method and path, or else the name of its first point.
pub(super) fn title(trace: &Trace) -> String {
    if let Some(request) = trace.request() {
        return one_line(&format!("{} {}", request.method, request.path));
    }
    match trace.points().first() {
        Some(point) => one_line(&format!("{} {}", point.name, point.function().unwrap_or_default())),
        None => "empty trace".to_owned(),
    }
}

/// When the trace began: `2026-01-02 03:04:05.001 UTC`.
pub(super) fn when(trace: &Trace) -> Option<String> {
    let text = trace.started()?.to_string();
    let (date, time) = text.split_once('T')?;
    Some(format!("{date} {} UTC", time.get(..12).unwrap_or(time)))
}

/// A number with its noun: `1 error`, `2 errors`.
pub(crate) fn count(number: u64, singular: &str, plural: &str) -> String {
    format!("{number} {}", if number == 1 { singular } else { plural })
}

/// A part of a whole, rounded: `33 %`.
pub(super) fn percent(part: u64, whole: u64) -> String {
    // In u128, because a report may say any time.
    let percent = (u128::from(part) * 100 + u128::from(whole) / 2).checked_div(u128::from(whole)).unwrap_or(0);
    format!("{percent} %")
}

/// The parts of a whole in tenths of a percent, so that together they are 100 %: of what rounding down leaves over, the parts
/// that lost most get a tenth each.
#[cfg(feature = "html")]
pub(super) fn shares<const N: usize>(parts: [u64; N]) -> [u64; N] {
    let whole: u128 = parts.iter().map(|part| u128::from(*part)).sum();
    if whole == 0 {
        return [0; N];
    }
    let exact = parts.map(|part| u128::from(part) * 1000);
    let mut shares = exact.map(|exact| exact / whole);
    let left = 1000 - shares.iter().sum::<u128>();
    let mut by_loss: [usize; N] = std::array::from_fn(|at| at);
    by_loss.sort_by_key(|at| std::cmp::Reverse(exact[*at] % whole));
    by_loss.iter().take(usize::try_from(left).unwrap_or(0)).for_each(|at| shares[*at] += 1);
    shares.map(|share| u64::try_from(share).unwrap_or(0))
}

/// A share in tenths of a percent: `33.3 %`.
#[cfg(feature = "html")]
pub(super) fn share(tenths: u64) -> String {
    format!("{}.{} %", tenths / 10, tenths % 10)
}

/// So many microseconds of waiting for a connection, and one in a hundred of the request, are worth a word.
const LEAST_WAIT_US: u64 = 1_000;

/// The verdict, in parts: statements, database time, then what went wrong.
pub(super) fn verdict(trace: &Trace, totals: &Totals) -> Vec<String> {
    use super::duration::Shown;

    let mut parts = vec![count(totals.statements, "statement", "statements")];
    if totals.distinct_statements < totals.statements {
        parts.push(format!("{} distinct", totals.distinct_statements));
    }
    let request_us = trace.request_us().unwrap_or(0);
    let share = if request_us == 0 {
        String::new()
    } else {
        format!(" of {} ({})", Shown(request_us), percent(totals.database_us, request_us))
    };
    parts.push(format!("database {}{share}", Shown(totals.database_us)));
    if totals.pool_us >= LEAST_WAIT_US && totals.pool_us.saturating_mul(100) >= request_us {
        parts.push(format!("waiting for a connection {}", Shown(totals.pool_us)));
    }
    if totals.outside > 0 {
        parts.push(format!("{} outside the request", count(totals.outside, "statement", "statements")));
    }
    for (number, singular, plural) in [
        (totals.transactions, "transaction", "transactions"),
        (totals.errors, "error", "errors"),
        (totals.cancelled, "cancelled", "cancelled"),
        (totals.unfinished, "unfinished", "unfinished"),
    ] {
        if number > 0 {
            parts.push(count(number, singular, plural));
        }
    }
    if totals.bypassed > 0 {
        parts.push(format!("{} bypassed the traced pool", count(totals.bypassed, "statement", "statements")));
    }
    parts
}

/// What is missing from the trace, in sentences.
pub(super) fn losses(trace: &Trace) -> Vec<String> {
    let mut losses = Vec::new();
    if trace.lost_messages() > 0 {
        let messages = count(trace.lost_messages(), "message was", "messages were");
        losses.push(format!("{messages} lost before reaching the store: points may be missing"));
    }
    if trace.skipped_lines() > 0 {
        let entries = count(trace.skipped_lines(), "stored entry", "stored entries");
        losses.push(format!("{entries} could not be read: points may be missing"));
    }
    losses
}

/// What is wrong with how a point was recorded, in words.
pub(super) fn marks(point: &Point) -> Vec<&'static str> {
    let mut marks = Vec::new();
    for (applies, mark) in [
        (point.outcome() == Some(("rolled_back", false)), "rolled back"),
        (point.outcome() == Some(("rolled_back", true)), "rolled back by drop"),
        (point.outcome() == Some(("unknown", false)), "outcome unknown: statements in it were not seen"),
        (point.facts.committed_before, "committed before, by a statement in it"),
        (point.statement().is_some() && point.prepares(), "not run"),
        (point.is_unsent(), "never sent"),
        (point.is_cancelled(), "cancelled"),
        (point.is_incomplete(), "not read to the end"),
        (point.is_unfinished(), "unfinished"),
        (point.start.is_none(), "start missing"),
        (point.is_internal(), "internal"),
        (point.is_bypassed(), "bypassed the traced pool"),
        (point.orphan, "parent missing"),
        (point.cycle, "parent inside itself"),
        (point.clock_skew, "clocks differ"),
    ] {
        if applies {
            marks.push(mark);
        }
    }
    marks
}

/// The parameters in brackets, with their names where they have some, and no longer than `limit` characters.
pub(crate) fn parameters(point: &Point, limit: Option<usize>) -> Option<String> {
    let named = point.params()?.is_object();
    let mut text = String::new();
    for parameter in point.parameters() {
        text.push_str(if text.is_empty() { "" } else { ", " });
        if named {
            text.push_str(&format!("{}: ", one_line(&parameter.name)));
        }
        text.push_str(&one_line(&parameter.to_string()));
        // What follows would be cut off anyway.
        if limit.is_some_and(|limit| text.len() > 4 * limit) {
            break;
        }
    }
    (!text.is_empty()).then(|| format!("[{}]", shortened(&text, limit)))
}

/// The text, or its beginning and an ellipsis where it has more than `room` characters.
pub(crate) fn shortened(text: &str, room: Option<usize>) -> String {
    let Some(room) = room else { return text.to_owned() };
    match text.char_indices().nth(room.saturating_sub(1)) {
        Some((end, last)) if text.len() > end + last.len_utf8() => format!("{}…", &text[..end]),
        _ => text.to_owned(),
    }
}

/// How many rows came back or were changed.
pub(crate) fn rows(point: &Point) -> Option<String> {
    match (point.rows(), point.rows_affected()) {
        (Some(rows), _) => Some(count(rows, "row", "rows")),
        (None, Some(rows)) => Some(format!("{} affected", count(rows, "row", "rows"))),
        (None, None) => None,
    }
}

/// Where the statement came from: `src/posts.rs:42`, or the function where there is no more.
pub(super) fn caller(point: &Point) -> Option<String> {
    let caller = point.caller()?;
    Some(one_line(&match caller.place {
        Some((file, line)) => format!("{file}:{line}"),
        None => caller.function.to_owned(),
    }))
}

/// The error's type, message and code on one line.
pub(super) fn error(point: &Point) -> Option<String> {
    error_text(point).as_deref().map(one_line)
}

/// The error's type, message and code, as they were recorded.
pub(super) fn error_text(point: &Point) -> Option<String> {
    let (etype, message) = point.error()?;
    let mut text = etype.to_owned();
    if !message.is_empty() {
        text.push_str(": ");
        text.push_str(message);
    }
    if let Some(code) = point.db_code() {
        text.push_str(&format!(" [{code}]"));
    }
    Some(text)
}

#[cfg(all(test, feature = "html"))]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up() {
        assert_eq!(shares([1, 1, 1]), [334, 333, 333]);
        assert_eq!(shares([0, 0, 7]), [0, 0, 1000]);
        assert_eq!(shares([0, 0]), [0, 0]);
        assert_eq!(shares([u64::MAX, u64::MAX, 1]), [500, 500, 0]);
        for parts in [[3, 5, 7, 11], [1, 999_999, 17, 0], [995, 995, 5, 5]] {
            assert_eq!(shares(parts).iter().sum::<u64>(), 1000, "{parts:?}");
        }
        assert_eq!(share(334), "33.4 %");
    }
}
