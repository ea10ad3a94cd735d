//! [`TraceBuilder`]: from messages to points.
//!
//! Here: which messages are one point's, in which order points stand, and what is known once they all are. Below: what is kept of
//! a message until then (`kept`). Not here: who is whose parent (`link`), and what infos say (`facts`).

mod kept;

use std::collections::HashMap;
use std::hash::BuildHasher as _;
use std::sync::Arc;

use hashbrown::{DefaultHashBuilder, HashTable};
use serde_json::{Map, Value};

use self::kept::{Finished, First, Kept, Texts};
use super::facts::{Facts, Known};
use super::link::{self, Links, Node};
use super::recorded::RecordedMessage;
use super::values::BeforeHiding;
use super::{Point, Trace, clocks, handed_out, implicit};
use crate::message::{Phase, read_info};
use crate::{Id, Message, Timestamp, parallel};

/// A thread has at least so many points to read.
const LEAST_POINTS: usize = 2_000;

/// Builds a [`Trace`] of messages that come one by one, in any order.
///
/// ```
/// use osprofiler::report::TraceBuilder;
/// use osprofiler::Message;
///
/// let text = r#"{"name": "db-start", "base_id": "t", "trace_id": "a", "parent_id": "t", "timestamp": "2026-01-02T03:04:05", "info": {}}"#;
/// let mut builder = TraceBuilder::default();
/// builder.push(Message::from_json(text.as_bytes())?);
/// assert_eq!(builder.build().points()[0].name, "db");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct TraceBuilder {
    texts: Texts,
    pairs: Vec<Pair>,
    /// The places of pairs, by id and name.
    places: HashTable<u32>,
    hasher: DefaultHashBuilder,
    /// The first message of all.
    first: Option<First>,
    last: Option<Timestamp>,
    last_start: Option<Timestamp>,
    told: Told,
    skipped: u64,
}

/// The messages of one point: the earliest start and the latest stop.
///
/// Points that share an id and differ in name, which only a broken sender makes, stay apart: neither is lost.
#[derive(Debug)]
struct Pair {
    trace_id: Id,
    /// The number of the point's name.
    name: u32,
    start: Option<Kept>,
    stop: Option<Kept>,
}

impl TraceBuilder {
    /// Adds a message.
    pub fn push(&mut self, message: Message) {
        let timestamp = message.timestamp;
        let Some((kept, name)) = self.texts.keep(&message) else {
            self.skipped += 1;
            return;
        };
        self.last = self.last.max(Some(timestamp));
        let phase = message.point().1;
        if phase == Phase::Start {
            self.last_start = self.last_start.max(Some(timestamp));
        }
        if self.first.as_ref().is_none_or(|first| self.texts.is_before(&message, first)) {
            self.first = Some(First::new(&message, &kept));
        }
        let place = self.place(message.trace_id.clone(), name);
        let pair = &mut self.pairs[place];
        let half = match phase {
            Phase::Start => &mut pair.start,
            Phase::Stop => &mut pair.stop,
        };
        let dropped = match half {
            None => half.replace(kept),
            Some(before) if self.texts.is_earlier(&kept, before) == (phase == Phase::Start) => half.replace(kept),
            Some(_) => Some(kept),
        };
        // What a point does not keep may say something of its process all the same.
        if let Some(dropped) = dropped {
            let service = self.texts.head_of(&dropped).service.as_deref();
            self.told.note(&read_info(self.texts.info(&dropped)), service);
        }
    }

    /// Counts entries of the store that could not be read.
    pub fn skip(&mut self, entries: u64) {
        self.skipped += entries;
    }

    /// Whether there is no message.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// How many entries of the store could not be read.
    #[must_use]
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Builds the trace, as [`Trace::build`] does.
    #[must_use]
    pub fn build(mut self) -> Trace {
        let (Some(first), Some(last)) = (self.first.take(), self.last) else {
            return Trace { skipped_lines: self.skipped, ..Trace::default() };
        };
        let mut zero = first.timestamp;
        // What is not needed any more gives its memory to what comes.
        self.places = HashTable::new();
        let texts = std::mem::take(&mut self.texts).finish();
        let order = order(&self.pairs, &texts, zero);
        let links = link::link(&nodes(&self.pairs, &texts, &order));
        let (mut points, mut roots) = arrange(self.pairs, &texts, &order, links, zero);
        for (info, service) in read(&mut points) {
            self.told.note(&info, service.as_deref());
        }
        let mut duration_us = since(zero, last);
        let mut last_started_us = self.last_start.map_or(0, |at| since(zero, at));
        implicit::tell(&mut points);
        if let Some(moved_us) = clocks::align(&mut points) {
            (points, roots) = arranged_anew(points);
            zero = Timestamp::from_micros(zero.as_micros().saturating_add(moved_us));
            let times = |of: fn(&Point) -> [Option<u64>; 2]| points.iter().flat_map(of).flatten().max().unwrap_or(0);
            duration_us = times(|point| [point.started_us, point.finished_us]);
            last_started_us = times(|point| [point.started_us, None]);
        }
        Trace {
            base_id: Some(first.base_id),
            started: Some(zero),
            duration_us,
            last_started_us,
            points,
            roots,
            lost_messages: self.told.lost_messages(),
            handed_out: self.told.handed_out.finish(),
            skipped_lines: self.skipped,
            has_no_values: false,
            before_hiding: BeforeHiding::default(),
        }
    }

    /// The place of the pair of an id and a name.
    fn place(&mut self, trace_id: Id, name: u32) -> usize {
        let Self { pairs, places, hasher, .. } = self;
        let hash = |id: &Id, name: u32| hasher.hash_one((id, name));
        let own = hash(&trace_id, name);
        let is_it = |place: &u32| {
            let pair: &Pair = &pairs[*place as usize];
            pair.name == name && pair.trace_id == trace_id
        };
        if let Some(place) = places.find(own, is_it) {
            return *place as usize;
        }
        let place = pairs.len();
        pairs.push(Pair { trace_id, name, start: None, stop: None });
        places.insert_unique(own, place as u32, |place| {
            let pair: &Pair = &pairs[*place as usize];
            hash(&pair.trace_id, pair.name)
        });
        place
    }
}

impl Pair {
    fn any(&self) -> Option<&Kept> {
        self.start.as_ref().or(self.stop.as_ref())
    }
}

/// The places of pairs in the order in which siblings stand.
fn order(pairs: &[Pair], texts: &Finished, zero: Timestamp) -> Vec<usize> {
    let mut order: Vec<(u64, u64, usize)> = pairs
        .iter()
        .enumerate()
        .map(|(index, pair)| {
            let us = |kept: &Option<Kept>| kept.as_ref().map(|kept| since(zero, kept.timestamp));
            let finished_us = us(&pair.stop);
            let appeared_us = us(&pair.start).or(finished_us).unwrap_or(0);
            (appeared_us, finished_us.unwrap_or(u64::MAX), index)
        })
        .collect();
    let name = |pair: &Pair| pair.any().map(|kept| texts.head(kept).point.as_str());
    order.sort_unstable_by(|a, b| {
        let ((from_a, to_a, a), (from_b, to_b, b)) = (*a, *b);
        (from_a, to_a).cmp(&(from_b, to_b)).then_with(|| {
            let (a, b) = (&pairs[a], &pairs[b]);
            a.trace_id.cmp(&b.trace_id).then_with(|| name(a).cmp(&name(b)))
        })
    });
    order.into_iter().map(|(_, _, index)| index).collect()
}

fn nodes<'a>(pairs: &'a [Pair], texts: &Finished, order: &[usize]) -> Vec<Node<'a>> {
    order
        .iter()
        .filter_map(|index| {
            let pair = &pairs[*index];
            let kept = pair.any()?;
            let at_top = texts.head(kept).base_id == kept.parent_id;
            Some(Node { id: &pair.trace_id, parent_id: &kept.parent_id, at_top })
        })
        .collect()
}

/// Makes points, in preorder, and tells each its place.
fn arrange(
    pairs: Vec<Pair>,
    texts: &Finished,
    order: &[usize],
    links: Links,
    zero: Timestamp,
) -> (Vec<Point>, Vec<usize>) {
    let mut pairs: Vec<Option<Pair>> = pairs.into_iter().map(Some).collect();
    placed(links, |index| pairs[order[index]].take().and_then(|pair| point(pair, texts, zero)))
}

/// Puts points whose times were changed in their order again.
fn arranged_anew(points: Vec<Point>) -> (Vec<Point>, Vec<usize>) {
    // Points are large: their numbers are sorted, and they are moved once.
    let mut order: Vec<usize> = (0..points.len()).collect();
    order.sort_by(|a, b| {
        let (a, b) = (&points[*a], &points[*b]);
        let key = |point: &Point| (point.appeared_us(), point.finished_us.unwrap_or(u64::MAX));
        key(a).cmp(&key(b)).then_with(|| a.trace_id.cmp(&b.trace_id)).then_with(|| a.name.cmp(&b.name))
    });
    let node = |index: &usize| {
        let point = &points[*index];
        let base_id = point.start.as_ref().or(point.stop.as_ref()).map(RecordedMessage::base_id);
        let at_top = base_id.is_some_and(|base_id| *base_id == point.parent_id);
        Node { id: &point.trace_id, parent_id: &point.parent_id, at_top }
    };
    let links = link::link(&order.iter().map(node).collect::<Vec<_>>());
    let mut points: Vec<Option<Point>> = points.into_iter().map(Some).collect();
    placed(links, |index| points[order[index]].take())
}

/// The points in preorder, each with its place; `take` gives that with a number in the order of siblings.
fn placed(links: Links, mut take: impl FnMut(usize) -> Option<Point>) -> (Vec<Point>, Vec<usize>) {
    let mut place_of = vec![0; links.preorder.len()];
    for (place, (index, _)) in links.preorder.iter().enumerate() {
        place_of[*index] = place;
    }
    let mut points: Vec<Point> = Vec::with_capacity(place_of.len());
    for (index, depth) in links.preorder {
        let Some(mut point) = take(index) else { continue };
        point.depth = depth;
        point.parent = links.parents[index].map(|parent| place_of[parent]);
        point.children = links.children[index].iter().map(|child| place_of[*child]).collect();
        point.orphan = links.orphans[index];
        point.cycle = links.cycles[index];
        let backwards = matches!((point.started_us, point.finished_us), (Some(start), Some(stop)) if stop < start);
        let parent_started_us = point.parent.and_then(|parent| points.get(parent)?.started_us);
        let before_parent =
            matches!((point.started_us, parent_started_us), (Some(own), Some(parents)) if own < parents);
        point.clock_skew |= backwards || before_parent;
        points.push(point);
    }
    let roots = links.roots.into_iter().map(|root| place_of[root]).collect();
    (points, roots)
}

/// A point whose info is not read yet.
fn point(Pair { trace_id, start, stop, .. }: Pair, texts: &Finished, zero: Timestamp) -> Option<Point> {
    let known = start.as_ref().or(stop.as_ref())?;
    let head = texts.head(known);
    let us = |kept: &Option<Kept>| kept.as_ref().map(|kept| since(zero, kept.timestamp));
    let message = |kept: &Option<Kept>| kept.as_ref().map(|kept| texts.message(kept));
    let (started, stopped) = (message(&start), message(&stop));
    let info = |message: &Option<RecordedMessage>| message.as_ref().map(RecordedMessage::info).unwrap_or_default();
    Some(Point {
        name: head.point.clone(),
        trace_id,
        parent_id: known.parent_id.clone(),
        parent: None,
        children: Vec::new(),
        depth: 0,
        project: head.project.clone(),
        service: head.service.clone(),
        host: None,
        started_us: us(&start),
        finished_us: us(&stop),
        start_info: info(&started),
        stop_info: info(&stopped),
        start: started,
        stop: stopped,
        orphan: false,
        cycle: false,
        clock_skew: false,
        facts: Facts::default(),
    })
}

/// An info that tells of more than its point, and the service that sent it.
type Aside = (Map<String, Value>, Option<Arc<str>>);

/// Reads the infos of all points, which takes longer than all the rest, and returns those that tell of more than their point,
/// each with its service.
fn read(points: &mut [Point]) -> Vec<Aside> {
    let threads = parallel::threads(points.len() / LEAST_POINTS);
    let length = points.len().div_ceil(threads).max(1);
    let told = parallel::map(points.chunks_mut(length).collect(), |points: &mut [Point]| {
        let mut known = Known::default();
        let mut told = Vec::new();
        for point in points {
            let facts = Facts::of(&point.start_info, &point.stop_info, &mut known);
            point.host = facts.host(&point.start_info, &point.stop_info).map(str::to_owned);
            for (tells, message) in [(facts.tells.0, &point.start), (facts.tells.1, &point.stop)] {
                let message = message.as_ref().filter(|_| tells);
                told.extend(message.map(|message| (read_info(message.info_json()), message.head().service.clone())));
            }
            point.facts = facts;
        }
        told
    });
    told.into_iter().flatten().collect()
}

fn since(zero: Timestamp, at: Timestamp) -> u64 {
    u64::try_from(at.as_micros().saturating_sub(zero.as_micros())).unwrap_or(0)
}

/// What processes say of themselves.
#[derive(Debug, Default)]
struct Told {
    /// Each process counts up what it lost; a process is told by service and host.
    lost: HashMap<(Option<String>, Option<String>), u64>,
    handed_out: handed_out::Tally,
}

impl Told {
    fn note(&mut self, info: &Map<String, Value>, service: Option<&str>) {
        let host = info.get("host").and_then(Value::as_str);
        if let Some(lost) = info.get("lost_messages").and_then(Value::as_u64) {
            let entry = self.lost.entry((service.map(str::to_owned), host.map(str::to_owned))).or_default();
            *entry = lost.max(*entry);
        }
        self.handed_out.note(info, service, host);
    }

    /// The largest number of each process counts.
    fn lost_messages(&self) -> u64 {
        self.lost.values().fold(0, |sum, lost| sum.saturating_add(*lost))
    }
}

#[cfg(test)]
mod tests;
