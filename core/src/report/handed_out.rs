//! [`HandedOut`]: where a traced type gave away what it wraps, so that statements may be missing.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::label;

/// The key of `info` under which messages tell of it.
const KEY: &str = "handed_out";

/// What was handed out at one place, and how often. Statements that ran on it are not in the trace.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct HandedOut {
    /// What it is, such as "sqlx's own connection".
    pub what: String,
    /// File and line of the program; `None` where it was a library that asked for it, or that is not known.
    pub place: Option<(String, u64)>,
    /// Whether something listened that records what runs on it, as `SqlxEventLayer` does.
    pub seen: bool,
    /// How often.
    pub count: u64,
}

/// What messages tell. Each counter counts up, so its largest number counts. Where it has no number, it is told by service and
/// host.
#[derive(Debug, Default)]
pub(super) struct Tally {
    most: BTreeMap<(HandedOut, Counter), u64>,
}

type Counter = (Option<u64>, Option<String>, Option<String>);

impl Tally {
    /// Takes in what the info of a message says.
    pub(super) fn note(&mut self, info: &Map<String, Value>, service: Option<&str>, host: Option<&str>) {
        let Some(Value::Array(list)) = info.get(KEY) else { return };
        for one in list.iter().filter_map(Value::as_object) {
            let Some(read) = read(one) else { continue };
            let number = one.get("counter").and_then(Value::as_u64);
            let counter = (number, service.map(str::to_owned), host.map(str::to_owned));
            let entry = self.most.entry((HandedOut { count: 0, ..read.clone() }, counter)).or_default();
            *entry = read.count.max(*entry);
        }
    }

    /// All of it, what was handed out most often first.
    pub(super) fn finish(self) -> Vec<HandedOut> {
        let mut sums: BTreeMap<HandedOut, u64> = BTreeMap::new();
        for ((one, _), count) in self.most {
            let sum = sums.entry(one).or_default();
            *sum = sum.saturating_add(count);
        }
        let mut list: Vec<_> = sums.into_iter().map(|(one, count)| HandedOut { count, ..one }).collect();
        list.sort_by_key(|one| std::cmp::Reverse(one.count));
        list
    }
}

fn read(one: &Map<String, Value>) -> Option<HandedOut> {
    let place = one.get("file").and_then(Value::as_str).zip(one.get("line").and_then(Value::as_u64));
    Some(HandedOut {
        what: one.get("what")?.as_str()?.to_owned(),
        place: place.map(|(file, line)| (file.to_owned(), line)),
        seen: one.get("seen") == Some(&Value::Bool(true)),
        count: one.get("count")?.as_u64()?,
    })
}

/// What a process says that is not told by a message yet.
#[cfg(feature = "testing")]
pub(crate) fn from_json(list: &[Value]) -> Vec<HandedOut> {
    list.iter().filter_map(Value::as_object).filter_map(read).collect()
}

/// "sqlx's own connection was handed out 12 times (src/repo.rs:30)".
fn sentence(what: &str, places: &[&HandedOut]) -> String {
    /// So many places are named.
    const MAX_PLACES: usize = 3;
    let count = places.iter().fold(0, |sum: u64, one| sum.saturating_add(one.count));
    let named: Vec<_> = places
        .iter()
        .filter_map(|one| one.place.as_ref())
        .take(MAX_PLACES)
        .map(|(file, line)| format!("{file}:{line}"))
        .collect();
    let more = if places.len() > named.len() && !named.is_empty() { ", …" } else { "" };
    let at = if named.is_empty() { String::new() } else { format!(" ({}{more})", named.join(", ")) };
    format!("{what} was handed out {}{at}", label::count(count, "time", "times"))
}

/// A sentence for each kind of thing.
pub(crate) fn sentences<'a>(list: impl IntoIterator<Item = &'a HandedOut>) -> Vec<String> {
    let mut kinds: Vec<(&str, Vec<&HandedOut>)> = Vec::new();
    for one in list {
        match kinds.iter_mut().find(|(what, _)| *what == one.what) {
            Some((_, places)) => places.push(one),
            None => kinds.push((&one.what, vec![one])),
        }
    }
    kinds.iter().map(|(what, places)| sentence(what, places)).collect()
}

/// The same as a member of `info`.
pub(super) fn to_json(list: &[HandedOut]) -> Value {
    let one = |one: &HandedOut| {
        let mut members = Map::new();
        members.insert("what".to_owned(), one.what.as_str().into());
        members.insert("count".to_owned(), one.count.into());
        if let Some((file, line)) = &one.place {
            members.insert("file".to_owned(), file.as_str().into());
            members.insert("line".to_owned(), (*line).into());
        }
        if one.seen {
            members.insert("seen".to_owned(), true.into());
        }
        Value::Object(members)
    };
    list.iter().map(one).collect()
}

/// Such a member without the values of the program.
pub(super) fn without_values(value: Value) -> Option<Value> {
    let Value::Array(list) = value else { return None };
    let one = |one: &Map<String, Value>| {
        let mut kept = to_json(&[read(one)?])[0].take();
        if let Some(counter) = one.get("counter").and_then(Value::as_u64) {
            kept["counter"] = counter.into();
        }
        Some(kept)
    };
    Some(list.iter().filter_map(Value::as_object).filter_map(one).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Message;
    use crate::report::Trace;
    use crate::report::samples::{BASE, message};

    fn told(id: &str, host: &str, list: Value) -> Message {
        message("p-stop", id, BASE, 0, json!({"host": host, "handed_out": list}))
    }

    #[test]
    fn the_last_word_of_each_counter_counts() {
        let place = |count: u64| json!({"what": "sqlx's own pool", "count": count, "file": "src/a.rs", "line": 3});
        let trace = Trace::build(vec![
            told("a", "h1", json!([place(2)])),
            told("b", "h1", json!([place(5), {"what": "sqlx's own connection", "count": 1}])),
            told("c", "h2", json!([place(1), 7, {"what": 1, "count": 2}, {"what": "x", "count": -1}])),
            told("d", "h2", json!("odd")),
            // Another request of the same process.
            told(
                "e",
                "h1",
                json!([{"what": "sqlx's own pool", "count": 4, "file": "src/a.rs", "line": 3, "counter": 9}]),
            ),
        ]);
        let [pool, connection] = trace.handed_out() else { panic!("{:?}", trace.handed_out()) };
        assert_eq!((pool.what.as_str(), pool.count), ("sqlx's own pool", 10));
        assert_eq!(pool.place, Some(("src/a.rs".to_owned(), 3)));
        assert_eq!(
            (connection.what.as_str(), connection.count, &connection.place),
            ("sqlx's own connection", 1, &None)
        );
    }

    #[test]
    fn values_are_taken_out_and_what_was_handed_out_stays() {
        let list = json!([{"what": "sqlx's own pool", "count": 1, "file": "src/a.rs", "line": 3, "secret": "x"}]);
        let trace = Trace::build(vec![told("a", "h", list)]).without_values();
        assert_eq!(trace.handed_out()[0].count, 1);
        let text = format!("{:?}", trace.points()[0].stop_info);
        assert!(text.contains("src/a.rs") && !text.contains("secret"), "{text}");
    }
}
