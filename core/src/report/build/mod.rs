//! From messages to points: sorting, merging duplicates, reading info, relative times.
//!
//! Not here: who is whose parent (`link`).

use std::cmp::Ordering;
use std::collections::HashMap;

use serde_json::{Map, Value};

use super::facts::Facts;
use super::link::{self, Node};
use super::values::BeforeHiding;
use super::{Point, Trace, clocks, handed_out, implicit, parallel};
use crate::driver::StoredTrace;
use crate::message::Phase;
use crate::{Id, Message, Timestamp, python_json};

/// The messages of one point.
#[derive(Default)]
struct Pair {
    start: Option<Message>,
    stop: Option<Message>,
}

/// A thread has at least so many points to read.
const LEAST_POINTS: usize = 2_000;

pub(super) fn build(stored: StoredTrace) -> Trace {
    let StoredTrace { mut messages, skipped } = stored;
    // From here on, the order in which the messages came no longer exists.
    messages.sort_by(compare);
    let (Some(first), Some(last)) = (messages.first(), messages.last()) else {
        return Trace { skipped_lines: skipped, ..Trace::default() };
    };
    let (base_id, mut zero) = (first.base_id.clone(), first.timestamp);
    let mut duration_us = since(zero, last.timestamp);
    let last_start = messages.iter().rev().find(|message| message.point().1 == Phase::Start);
    let mut last_started_us = last_start.map_or(0, |message| since(zero, message.timestamp));
    let lost_messages = lost_messages(&messages);
    let handed_out = handed_out::of(&messages);

    let mut points = points(pair(messages), zero);
    implicit::tell(&mut points);
    let (mut points, mut roots) = tree(points);
    if let Some(moved_us) = clocks::align(&mut points) {
        (points, roots) = tree(points);
        zero = Timestamp::from_micros(zero.as_micros().saturating_add(moved_us));
        let times = |of: fn(&Point) -> [Option<u64>; 2]| points.iter().flat_map(of).flatten().max().unwrap_or(0);
        duration_us = times(|point| [point.started_us, point.finished_us]);
        last_started_us = times(|point| [point.started_us, None]);
    }
    Trace {
        base_id: Some(base_id),
        started: Some(zero),
        duration_us,
        last_started_us,
        points,
        roots,
        lost_messages,
        handed_out,
        skipped_lines: skipped,
        has_no_values: false,
        before_hiding: BeforeHiding::default(),
    }
}

/// Who is whose parent, and the points in preorder with their roots.
fn tree(points: Vec<Point>) -> (Vec<Point>, Vec<usize>) {
    // Points are large: their numbers are sorted, and they are moved once.
    let mut order: Vec<usize> = (0..points.len()).collect();
    order.sort_by(|a, b| {
        let (a, b) = (&points[*a], &points[*b]);
        let key = |point: &Point| (point.appeared_us(), point.finished_us.unwrap_or(u64::MAX));
        key(a).cmp(&key(b)).then_with(|| a.trace_id.cmp(&b.trace_id)).then_with(|| a.name.cmp(&b.name))
    });
    let nodes: Vec<Node<'_>> = order
        .iter()
        .map(|index| &points[*index])
        .map(|point| Node {
            id: &point.trace_id,
            parent_id: &point.parent_id,
            at_top: base_of(point).is_some_and(|base_id| *base_id == point.parent_id),
        })
        .collect();
    let links = link::link(&nodes);
    arrange(points, &order, links)
}

/// A total order of messages in which only equal messages are equal.
fn compare(a: &Message, b: &Message) -> Ordering {
    // The text comes last: it holds all the rest, and tells apart what is left.
    a.timestamp
        .cmp(&b.timestamp)
        .then_with(|| a.point.cmp(&b.point))
        .then_with(|| a.suffix.cmp(b.suffix))
        .then_with(|| a.trace_id.cmp(&b.trace_id))
        .then_with(|| a.json.cmp(&b.json))
}

/// Puts sorted messages together by point: the earliest start and the latest stop of each.
///
/// Points that share an id and differ in name, which only a broken sender makes, stay apart: neither is lost.
fn pair(messages: Vec<Message>) -> Vec<Pair> {
    let mut pairs: Vec<Pair> = Vec::with_capacity(messages.len() / 2 + 1);
    // Names are few, and numbers take no memory of their own in the keys.
    let mut names: HashMap<String, usize> = HashMap::new();
    let mut places: HashMap<(Id, usize), usize> = HashMap::with_capacity(messages.len() / 2 + 1);
    for message in messages {
        let (name, phase) = message.point();
        let number = names.get(name).copied().unwrap_or_else(|| {
            names.insert(name.to_owned(), names.len());
            names.len() - 1
        });
        let place = *places.entry((message.trace_id.clone(), number)).or_insert_with(|| {
            pairs.push(Pair::default());
            pairs.len() - 1
        });
        match phase {
            Phase::Start if pairs[place].start.is_some() => {}
            Phase::Start => pairs[place].start = Some(message),
            Phase::Stop => pairs[place].stop = Some(message),
        }
    }
    pairs
}

/// Reads the info of all points, which takes longer than all the rest.
fn points(pairs: Vec<Pair>, zero: Timestamp) -> Vec<Point> {
    let threads = parallel::threads(pairs.len() / LEAST_POINTS);
    let length = pairs.len().div_ceil(threads).max(1);
    let mut parts: Vec<Vec<Pair>> = Vec::with_capacity(threads);
    let mut pairs = pairs.into_iter();
    while pairs.len() > 0 {
        parts.push(pairs.by_ref().take(length).collect());
    }
    let read = |part: Vec<Pair>| part.into_iter().filter_map(|pair| point(pair, zero)).collect::<Vec<Point>>();
    let mut read = parallel::map(parts, read);
    if read.len() == 1 { read.swap_remove(0) } else { read.into_iter().flatten().collect() }
}

fn point(Pair { start, stop }: Pair, zero: Timestamp) -> Option<Point> {
    let known = start.as_ref().or(stop.as_ref())?;
    let start_info = start.as_ref().map(Message::info).unwrap_or_default();
    let mut stop_info = stop.as_ref().map(Message::info).unwrap_or_default();
    error_as_text(&mut stop_info);
    let facts = Facts::of(&start_info, &stop_info);
    let host = start_info.get("host").or_else(|| stop_info.get("host"));
    Some(Point {
        name: known.point().0.to_owned(),
        trace_id: known.trace_id.clone(),
        parent_id: known.parent_id.clone(),
        parent: None,
        children: Vec::new(),
        depth: 0,
        project: known.project.clone(),
        service: known.service.clone(),
        host: host.and_then(Value::as_str).map(str::to_owned),
        started_us: start.as_ref().map(|message| since(zero, message.timestamp)),
        finished_us: stop.as_ref().map(|message| since(zero, message.timestamp)),
        start_info,
        stop_info,
        start,
        stop,
        orphan: false,
        cycle: false,
        clock_skew: false,
        facts,
    })
}

/// Makes an error's type and message text. Python's OSProfiler 4.4.0 takes the first argument of an exception for its message,
/// whatever that is, and a program may give any type.
fn error_as_text(stop_info: &mut Map<String, Value>) {
    for key in ["etype", "message"] {
        match stop_info.get_mut(key) {
            None | Some(Value::Null) if key == "etype" => return,
            None | Some(Value::Null | Value::String(_)) => {}
            Some(other) => *other = python_json::text(other).into(),
        }
    }
}

fn base_of(point: &Point) -> Option<&Id> {
    point.start.as_ref().or(point.stop.as_ref()).map(|message| &message.base_id)
}

fn since(zero: Timestamp, at: Timestamp) -> u64 {
    u64::try_from(at.as_micros().saturating_sub(zero.as_micros())).unwrap_or(0)
}

/// Brings the points into preorder and tells each its place.
fn arrange(points: Vec<Point>, order: &[usize], links: link::Links) -> (Vec<Point>, Vec<usize>) {
    let mut place_of = vec![0; points.len()];
    for (place, (index, _)) in links.preorder.iter().enumerate() {
        place_of[*index] = place;
    }
    let mut points: Vec<Option<Point>> = points.into_iter().map(Some).collect();
    let mut arranged: Vec<Point> = Vec::with_capacity(points.len());
    for (index, depth) in links.preorder {
        let Some(mut point) = points[order[index]].take() else { continue };
        point.depth = depth;
        point.parent = links.parents[index].map(|parent| place_of[parent]);
        point.children = links.children[index].iter().map(|child| place_of[*child]).collect();
        point.orphan = links.orphans[index];
        point.cycle = links.cycles[index];
        let backwards = matches!((point.started_us, point.finished_us), (Some(start), Some(stop)) if stop < start);
        let parent_started_us = point.parent.and_then(|parent| arranged.get(parent)?.started_us);
        let before_parent =
            matches!((point.started_us, parent_started_us), (Some(own), Some(parents)) if own < parents);
        point.clock_skew |= backwards || before_parent;
        arranged.push(point);
    }
    let roots = links.roots.into_iter().map(|root| place_of[root]).collect();
    (arranged, roots)
}

/// Each process counts up what it lost, so its largest number counts; a process is told by service and host.
fn lost_messages(messages: &[Message]) -> u64 {
    let mut most: HashMap<(Option<String>, Option<String>), u64> = HashMap::new();
    // Parsing only what can matter keeps this cheap.
    for message in messages.iter().filter(|message| message.info_json().contains("\"lost_messages\"")) {
        let info = message.info();
        let Some(lost) = info.get("lost_messages").and_then(Value::as_u64) else { continue };
        let host = info.get("host").and_then(Value::as_str).map(str::to_owned);
        let entry = most.entry((message.service.as_deref().map(str::to_owned), host)).or_default();
        *entry = lost.max(*entry);
    }
    most.values().fold(0, |sum, lost| sum.saturating_add(*lost))
}

#[cfg(test)]
mod tests;
