//! Reading, listing and deleting traces.

use std::collections::{BTreeSet, HashSet};

use redis::aio::MultiplexedConnection;
use redis::{Pipeline, RedisError, RedisResult};

use super::server::{ERROR, LEGACY, LIST, Server};
use crate::driver::{DriverError, ListFilter, StoredTrace, TraceSummary};
use crate::{Id, Message, Timestamp};

const ACTION: &str = "read from";

/// So many keys a server looks at between two answers.
const KEYS: usize = 1000;

/// The messages of so many traces are asked for at once.
const TRACES: usize = 50;

/// Reads a trace: its list, and what versions of OSProfiler before 3 have stored of it.
pub(super) fn trace(server: &Server, base_id: &Id) -> Result<StoredTrace, DriverError> {
    let id = base_id.to_string();
    let mut found = server.run(ACTION, move |connection| texts(connection, vec![id.clone()], true))?;
    let mut trace = StoredTrace::default();
    // The newest is the first of a list.
    for text in found.drain(..).flatten().rev() {
        match Message::from_json(&text) {
            Ok(message) if message.base_id() == base_id => trace.messages.push(message),
            // A legacy key of another trace, whose id begins with this one.
            Ok(_) => {}
            Err(_) => trace.skipped += 1,
        }
    }
    Ok(trace)
}

/// What is stored of each trace.
async fn texts(
    mut connection: MultiplexedConnection,
    ids: Vec<String>,
    with_legacy: bool,
) -> Result<Vec<Vec<Vec<u8>>>, RedisError> {
    let mut pipeline = Pipeline::new();
    for id in &ids {
        pipeline.cmd("LRANGE").arg(format!("{LIST}{id}")).arg(0).arg(-1);
    }
    pipeline.ignore_errors();
    // What is no list has no messages.
    let lists: Vec<RedisResult<Vec<Vec<u8>>>> = pipeline.query_async(&mut connection).await?;
    let mut found: Vec<Vec<Vec<u8>>> = lists.into_iter().map(Result::unwrap_or_default).collect();
    if with_legacy {
        for (id, texts) in ids.iter().zip(&mut found) {
            let keys = keys(&mut connection, &format!("{LEGACY}{}_*", escaped(id))).await?;
            texts.extend(values(&mut connection, keys).await?);
        }
    }
    Ok(found)
}

/// The keys that a pattern fits.
async fn keys(connection: &mut MultiplexedConnection, pattern: &str) -> Result<BTreeSet<Vec<u8>>, RedisError> {
    let (mut keys, mut cursor) = (BTreeSet::new(), 0_u64);
    loop {
        let mut scan = redis::cmd("SCAN");
        scan.arg(cursor).arg("MATCH").arg(pattern).arg("COUNT").arg(KEYS);
        let (next, page): (u64, Vec<Vec<u8>>) = scan.query_async(connection).await?;
        keys.extend(page);
        cursor = next;
        if cursor == 0 {
            return Ok(keys);
        }
    }
}

/// The texts at these keys, as far as there are any.
async fn values(
    connection: &mut MultiplexedConnection,
    keys: impl IntoIterator<Item = Vec<u8>>,
) -> Result<Vec<Vec<u8>>, RedisError> {
    let mut pipeline = Pipeline::new();
    let mut is_empty = true;
    for key in keys {
        pipeline.cmd("GET").arg(key);
        is_empty = false;
    }
    if is_empty {
        return Ok(Vec::new());
    }
    pipeline.ignore_errors();
    let values: Vec<RedisResult<Option<Vec<u8>>>> = pipeline.query_async(connection).await?;
    Ok(values.into_iter().filter_map(|value| value.ok().flatten()).collect())
}

/// What a list needs to know of a trace before it reads it.
struct Candidate {
    id: String,
    /// The time of the oldest message that was stored.
    started: Option<Timestamp>,
    is_legacy: bool,
}

/// Lists traces, newest first.
pub(super) fn list(server: &Server, filter: &ListFilter) -> Result<Vec<TraceSummary>, DriverError> {
    let prefix = filter.id_prefix.clone().unwrap_or_default();
    let errors_only = filter.errors_only;
    let (mut candidates, noted) =
        server.run(ACTION, move |connection| candidates(connection, prefix.clone(), errors_only))?;
    candidates.sort_by(|one, other| other.started.cmp(&one.started).then_with(|| one.id.cmp(&other.id)));
    let most = filter.limit.unwrap_or(usize::MAX);
    let mut summaries: Vec<TraceSummary> = Vec::new();
    for part in candidates.chunks(TRACES.min(most.max(1))) {
        let ids: Vec<String> = part.iter().map(|candidate| candidate.id.clone()).collect();
        let with_legacy = part.iter().any(|candidate| candidate.is_legacy);
        let found = server.run(ACTION, move |connection| texts(connection, ids.clone(), with_legacy))?;
        for (candidate, texts) in part.iter().zip(found) {
            let id = Id::from(candidate.id.as_str());
            let messages: Vec<Message> = texts
                .iter()
                .filter_map(|text| Message::from_json(text).ok())
                .filter(|message| *message.base_id() == id)
                .collect();
            let summary = TraceSummary::of(&messages);
            summaries.extend(summary.filter(|found| !errors_only || found.errors > 0 || noted.contains(&candidate.id)));
        }
        if summaries.len() >= most {
            break;
        }
    }
    summaries.sort_by_key(|summary| std::cmp::Reverse(summary.started));
    summaries.truncate(most);
    Ok(summaries)
}

async fn candidates(
    mut connection: MultiplexedConnection,
    prefix: String,
    with_notes: bool,
) -> Result<(Vec<Candidate>, HashSet<String>), RedisError> {
    let text = |key: &[u8], prefix: &str| String::from_utf8_lossy(key).strip_prefix(prefix).map(str::to_owned);
    let pattern = format!("{}*", escaped(&prefix));
    let lists = keys(&mut connection, &format!("{LIST}{pattern}")).await?;
    let mut ids: Vec<String> = lists.iter().filter_map(|key| text(key, LIST)).collect();
    let mut pipeline = Pipeline::new();
    for id in &ids {
        pipeline.cmd("LINDEX").arg(format!("{LIST}{id}")).arg(-1);
    }
    pipeline.ignore_errors();
    let oldest: Vec<RedisResult<Option<Vec<u8>>>> =
        if ids.is_empty() { Vec::new() } else { pipeline.query_async(&mut connection).await? };
    let started = |text: &[u8]| Message::from_json(text).ok().map(|message| message.timestamp());
    let mut candidates: Vec<Candidate> = ids
        .drain(..)
        .zip(oldest)
        .map(|(id, oldest)| {
            let started = oldest.ok().flatten().and_then(|text| started(&text));
            Candidate { id, started, is_legacy: false }
        })
        .collect();

    // Ids may have underscores, so that keys do not say where they end: the messages do.
    let legacy = keys(&mut connection, &format!("{LEGACY}{pattern}")).await?;
    for text in values(&mut connection, legacy).await? {
        let Ok(message) = Message::from_json(&text) else { continue };
        let id = message.base_id().to_string();
        match candidates.iter_mut().find(|candidate| candidate.id == id) {
            Some(candidate) => {
                candidate.is_legacy = true;
                candidate.started = candidate.started.into_iter().chain([message.timestamp()]).min();
            }
            None if id.starts_with(&prefix) => {
                candidates.push(Candidate { id, started: Some(message.timestamp()), is_legacy: true });
            }
            None => {}
        }
    }
    let noted = match with_notes {
        true => keys(&mut connection, &format!("{ERROR}{pattern}")).await?,
        false => BTreeSet::new(),
    };
    Ok((candidates, noted.iter().filter_map(|key| text(key, ERROR)).collect()))
}

/// Deletes a trace, what is noted of it, and what versions of OSProfiler before 3 have stored of it.
pub(super) fn delete(server: &Server, base_id: &Id) -> Result<bool, DriverError> {
    let id = base_id.to_string();
    server.run("delete from", move |mut connection| {
        let id = id.clone();
        async move {
            let mut delete = redis::cmd("DEL");
            delete.arg(format!("{LIST}{id}"));
            for key in keys(&mut connection, &format!("{LEGACY}{}_*", escaped(&id))).await? {
                let text = values(&mut connection, [key.clone()]).await?.pop().unwrap_or_default();
                // Another trace's id may begin with this one.
                if Message::from_json(&text).is_ok_and(|message| message.base_id().to_string() == id) {
                    delete.arg(key);
                }
            }
            let deleted: u64 = delete.query_async(&mut connection).await?;
            let _: u64 = redis::cmd("DEL").arg(format!("{ERROR}{id}")).query_async(&mut connection).await?;
            Ok(deleted > 0)
        }
    })
}

/// A text of which a pattern takes no character for anything else.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        if "*?[]\\^-".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}
