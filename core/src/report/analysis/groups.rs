//! Alike statements together: how often they ran, and how long they took.

use std::collections::HashMap;

use super::intervals::{self, Interval};
use super::texts::Statements;
use super::{Connection, Group};
use crate::report::Point;
use crate::report::sql::fingerprint;

/// How many hex digits an id has at least.
const ID: usize = 8;

/// Groups the executions, and tells each statement its group. What took longest comes first.
pub(super) fn group(points: &[Point], window: Interval, statements: &mut Statements<'_>) -> Vec<Group> {
    let numbers_of_texts = statements.fingerprints();
    let mut members: Vec<Vec<usize>> = Vec::new();
    let mut numbers: HashMap<(usize, usize), usize> = HashMap::new();
    for index in 0..statements.list.len() {
        if !statements.is_execution(index) {
            continue;
        }
        let statement = &statements.list[index];
        let number = *numbers.entry((statement.connection, numbers_of_texts[statement.text])).or_insert_with(|| {
            members.push(Vec::new());
            members.len() - 1
        });
        members[number].push(index);
        statements.list[index].group = Some(number);
    }
    // Members come in the order of their start, which may differ from that of the tree.
    members.iter_mut().for_each(Vec::clear);
    for index in &statements.in_order {
        if let Some(number) = statements.list[*index].group {
            members[number].push(*index);
        }
    }
    let mut groups: Vec<Group> = members.iter().map(|members| summed(points, window, statements, members)).collect();
    name(&mut groups, statements);

    // The sort is stable: what took equally long stays in the order in which it first appears in the tree.
    let mut order: Vec<usize> = (0..groups.len()).collect();
    order.sort_by_key(|number| std::cmp::Reverse(groups[*number].total_us));
    let mut place_of = vec![0; groups.len()];
    for (place, number) in order.iter().enumerate() {
        place_of[*number] = place;
    }
    for statement in &mut statements.list {
        statement.group = statement.group.map(|number| place_of[number]);
    }
    let mut unsorted: Vec<Option<Group>> = groups.into_iter().map(Some).collect();
    order.into_iter().filter_map(|number| unsorted[number].take()).collect()
}

fn summed(points: &[Point], window: Interval, statements: &Statements<'_>, members: &[usize]) -> Group {
    let places: Vec<usize> = members.iter().map(|index| statements.list[*index].point).collect();
    let executions = || places.iter().map(|place| &points[*place]);
    let mut durations: Vec<u64> = executions().filter_map(Point::statement_us).collect();
    durations.sort_unstable();
    let open: Vec<Interval> = executions().filter_map(Point::interval).collect();
    let working = executions().filter_map(|point| intervals::clipped(point.statement_interval()?, window));
    let working = intervals::union(working.collect());
    let first = members.first().map(|index| &statements.list[*index]);
    Group {
        id: String::new(),
        connection: first.map_or(0, |first| first.connection),
        text: first.map_or(0, |first| first.text),
        total_us: durations.iter().fold(0, |sum, duration| sum.saturating_add(*duration)),
        p50_us: percentile(&durations, 50),
        p95_us: percentile(&durations, 95),
        max_us: durations.last().copied().unwrap_or(0),
        rows: executions().filter_map(Point::rows).reduce(u64::saturating_add),
        rows_affected: executions().filter_map(Point::rows_affected).reduce(u64::saturating_add),
        errors: executions().filter(|point| point.error().is_some()).count() as u64,
        at_once: intervals::at_once(&open),
        union_us: intervals::length(&working),
        points: places,
    }
}

/// The least of the sorted numbers that at least so many of a hundred do not exceed; 0 where there are none.
fn percentile(sorted: &[u64], percent: usize) -> u64 {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0)
}

/// Gives each group an id that no other group has, and that depends on nothing but the fingerprint where that is possible.
fn name(groups: &mut [Group], statements: &Statements<'_>) {
    let hash_of = |group: &Group| statements.texts[group.text].analyzed.hash;
    let mut alike: HashMap<u64, usize> = HashMap::new();
    for group in groups.iter() {
        *alike.entry(hash_of(group)).or_default() += 1;
    }
    let mut ids: Vec<(String, usize)> = Vec::with_capacity(groups.len());
    for (number, group) in groups.iter().enumerate() {
        let hash = hash_of(group);
        // The same statement on another database is another group.
        let hash = if alike[&hash] > 1 { elsewhere(hash, &statements.connections[group.connection]) } else { hash };
        ids.push((format!("{hash:016x}"), number));
    }
    ids.sort_unstable();
    let shared = |a: &str, b: &str| a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    for (place, (id, number)) in ids.iter().enumerate() {
        let before = place.checked_sub(1).map_or(0, |before| shared(&ids[before].0, id));
        let after = ids.get(place + 1).map_or(0, |after| shared(&after.0, id));
        let needed = (before.max(after) + 1).max(ID);
        groups[*number].id = match id.get(..needed) {
            Some(id) => id.to_owned(),
            // Two hashes of 64 bits are equal once in a very long time.
            None => format!("{id}-{number}"),
        };
    }
}

/// The hash of a fingerprint on one of several databases.
fn elsewhere(hash: u64, connection: &Connection<'_>) -> u64 {
    let parts = [connection.service, connection.system, connection.database, connection.server];
    parts.into_iter().fold(fingerprint::hash_on(fingerprint::hash(""), &hash.to_le_bytes()), |hash, part| {
        // No text has the byte that ends it.
        let end = [0xff, u8::from(part.is_some())];
        fingerprint::hash_on(fingerprint::hash_on(hash, part.unwrap_or_default().as_bytes()), &end)
    })
}
