//! Reading, listing and deleting traces. Each answer of the server has its own time, however many there are.

use std::collections::{HashMap, HashSet};
use std::thread;

use redis::{Cmd, FromRedisValue, Pipeline, RedisResult};

use super::server::{ERROR, LEGACY, LIST, Server};
use crate::driver::{DriverError, ListFilter, StoredTrace, TraceSummary};
use crate::{Id, Message, Timestamp};

const ACTION: &str = "read from";

/// So many keys a server looks at, or is asked for, between two answers.
const KEYS: usize = 1000;

/// The messages of so many traces are asked for at once.
const TRACES: usize = 50;

/// So many messages of a list are asked for at once.
const PART: i64 = 1000;

/// Reads a trace: its list, and what versions of OSProfiler before 3 have stored of it.
pub(super) fn trace(server: &Server, base_id: &Id) -> Result<StoredTrace, DriverError> {
    let mut messages = Vec::new();
    let skipped = trace_in_parts(server, base_id, &mut |part| messages.extend(part))?;
    Ok(StoredTrace { messages, skipped })
}

/// The same, a part of the messages at a time.
pub(super) fn trace_in_parts(
    server: &Server,
    base_id: &Id,
    take: &mut dyn FnMut(Vec<Message>),
) -> Result<u64, DriverError> {
    let mut skipped = 0;
    let mut hand_over = |texts: Vec<Vec<u8>>| {
        let mut messages = Vec::with_capacity(texts.len());
        // The newest is the first of a list.
        for text in texts.into_iter().rev() {
            match Message::from_json(&text) {
                Ok(message) if message.base_id() == base_id => messages.push(message),
                // A legacy key of another trace, whose id begins with this one.
                Ok(_) => {}
                Err(_) => skipped += 1,
            }
        }
        take(messages);
    };
    let key = format!("{LIST}{base_id}");
    let length: i64 = one(server, redis::cmd("LLEN").arg(&key))?;
    // Counted from its end, a list stays as it is while messages are put at its head.
    let part = |newest: i64| one(server, redis::cmd("LRANGE").arg(&key).arg(newest - PART + 1).arg(newest));
    let mut newest = -1;
    let mut texts: Vec<Vec<u8>> = if newest >= -length { part(newest)? } else { Vec::new() };
    while newest - PART >= -length {
        newest -= PART;
        // The next part comes while this one is read.
        texts = thread::scope(|scope| {
            let next = scope.spawn(|| part(newest));
            hand_over(texts);
            next.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })?;
    }
    hand_over(texts);
    if server.config.legacy {
        hand_over(values(server, keys(server, &legacy_pattern(base_id))?)?);
    }
    Ok(skipped)
}

/// The answer to one command. What is stored there with another type is nothing.
fn one<T>(server: &Server, command: &Cmd) -> Result<T, DriverError>
where
    T: FromRedisValue + Default + Send + 'static,
{
    Ok(answers(server, vec![()], |()| command.clone())?.pop().unwrap_or_default())
}

fn legacy_pattern(base_id: &Id) -> String {
    format!("{LEGACY}{}_*", escaped(&base_id.to_string()))
}

/// The texts in each trace's list.
fn list_of(server: &Server, ids: Vec<String>) -> Result<Vec<Vec<Vec<u8>>>, DriverError> {
    answers(server, ids, |id| {
        let mut range = redis::cmd("LRANGE");
        range.arg(format!("{LIST}{id}")).arg(0).arg(-1);
        range
    })
}

/// The texts at keys, as far as there are any.
fn values(server: &Server, keys: Vec<Vec<u8>>) -> Result<Vec<Vec<u8>>, DriverError> {
    let values: Vec<Option<Vec<u8>>> = answers(server, keys, |key| {
        let mut get = redis::cmd("GET");
        get.arg(key);
        get
    })?;
    Ok(values.into_iter().flatten().collect())
}

/// An answer for each of `asked`, many at once. What is stored there with another type is nothing.
fn answers<A, T>(server: &Server, asked: Vec<A>, command: impl Fn(&A) -> Cmd) -> Result<Vec<T>, DriverError>
where
    T: FromRedisValue + Default + Send + 'static,
{
    let mut all = Vec::new();
    for part in asked.chunks(KEYS) {
        let mut pipeline = Pipeline::with_capacity(part.len());
        for asked in part {
            pipeline.add_command(command(asked));
        }
        pipeline.ignore_errors();
        all.extend(server.run(ACTION, move |mut connection| {
            let pipeline = pipeline.clone();
            async move {
                let answers: Vec<RedisResult<T>> = pipeline.query_async(&mut connection).await?;
                let known = |answer| match answer {
                    Err(error) if redis::RedisError::code(&error) == Some("WRONGTYPE") => Ok(T::default()),
                    answer => answer,
                };
                answers.into_iter().map(known).collect::<RedisResult<Vec<T>>>()
            }
        })?);
    }
    Ok(all)
}

/// The keys that a pattern fits, each once.
fn keys(server: &Server, pattern: &str) -> Result<Vec<Vec<u8>>, DriverError> {
    let (mut keys, mut cursor) = (HashSet::new(), 0_u64);
    loop {
        let mut scan = redis::cmd("SCAN");
        scan.arg(cursor).arg("MATCH").arg(pattern).arg("COUNT").arg(KEYS);
        let (next, page): (u64, Vec<Vec<u8>>) = server.run(ACTION, move |mut connection| {
            let scan = scan.clone();
            async move { scan.query_async(&mut connection).await }
        })?;
        keys.extend(page);
        cursor = next;
        if cursor == 0 {
            return Ok(keys.into_iter().collect());
        }
    }
}

/// The ids behind the prefix of these keys.
fn ids(keys: &[Vec<u8>], prefix: &str) -> Vec<String> {
    keys.iter().filter_map(|key| String::from_utf8_lossy(key).strip_prefix(prefix).map(str::to_owned)).collect()
}

/// What is known of a trace before its list is read.
#[derive(Default)]
struct Candidate {
    /// The time of the oldest message that was stored.
    started: Option<Timestamp>,
    has_list: bool,
    /// What versions of OSProfiler before 3 have stored.
    legacy: Vec<Message>,
}

/// Lists traces, newest first.
pub(super) fn list(server: &Server, filter: &ListFilter) -> Result<Vec<TraceSummary>, DriverError> {
    let pattern = format!("{}*", escaped(filter.id_prefix.as_deref().unwrap_or_default()));
    let mut candidates = candidates(server, &pattern, filter)?;
    let noted: HashSet<String> = match filter.errors_only {
        true => ids(&keys(server, &format!("{ERROR}{pattern}"))?, ERROR).into_iter().collect(),
        false => HashSet::new(),
    };
    let mut order: Vec<(Option<Timestamp>, String)> =
        candidates.iter().map(|(id, candidate)| (candidate.started, id.clone())).collect();
    order.sort_by(|(one, id), (other, other_id)| other.cmp(one).then_with(|| id.cmp(other_id)));
    let most = filter.limit.unwrap_or(usize::MAX);
    let mut summaries: Vec<TraceSummary> = Vec::new();
    for part in order.chunks(TRACES.min(most.max(1))) {
        let ids: Vec<String> = part.iter().map(|(_, id)| id.clone()).collect();
        for (id, texts) in ids.iter().zip(list_of(server, ids.clone())?) {
            let mut messages = candidates.remove(id).map(|candidate| candidate.legacy).unwrap_or_default();
            let base_id = Id::from(id.as_str());
            messages.extend(texts.iter().filter_map(|text| Message::from_json(text).ok()));
            messages.retain(|message| *message.base_id() == base_id);
            let summary = TraceSummary::of(&messages);
            summaries
                .extend(summary.filter(|found| !filter.errors_only || found.errors > 0 || noted.contains(id.as_str())));
        }
        if summaries.len() >= most {
            break;
        }
    }
    summaries.sort_by_key(|summary| std::cmp::Reverse(summary.started));
    summaries.truncate(most);
    Ok(summaries)
}

/// All traces that there are, by their ids.
fn candidates(server: &Server, pattern: &str, filter: &ListFilter) -> Result<HashMap<String, Candidate>, DriverError> {
    let lists = ids(&keys(server, &format!("{LIST}{pattern}"))?, LIST);
    let oldest: Vec<Option<Vec<u8>>> = answers(server, lists.clone(), |id| {
        let mut index = redis::cmd("LINDEX");
        index.arg(format!("{LIST}{id}")).arg(-1);
        index
    })?;
    let mut candidates = HashMap::new();
    for (id, oldest) in lists.into_iter().zip(oldest) {
        let started = oldest.and_then(|text| Message::from_json(&text).ok()).map(|message| message.timestamp());
        candidates.insert(id, Candidate { started, has_list: true, legacy: Vec::new() });
    }
    if server.config.legacy {
        // Ids may have underscores, so that keys do not say where they end: the messages do.
        for text in values(server, keys(server, &format!("{LEGACY}{pattern}"))?)? {
            let Ok(message) = Message::from_json(&text) else { continue };
            let candidate = candidates.entry(message.base_id().to_string()).or_insert_with(Candidate::default);
            candidate.started = candidate.started.into_iter().chain([message.timestamp()]).min();
            candidate.legacy.push(message);
        }
    }
    let prefix = filter.id_prefix.as_deref().unwrap_or_default();
    candidates.retain(|id, candidate| candidate.has_list || id.starts_with(prefix));
    Ok(candidates)
}

/// Deletes a trace, what is noted of it, and what versions of OSProfiler before 3 have stored of it.
pub(super) fn delete(server: &Server, base_id: &Id) -> Result<bool, DriverError> {
    let mut doomed = vec![format!("{LIST}{base_id}").into_bytes()];
    if server.config.legacy {
        for key in keys(server, &legacy_pattern(base_id))? {
            let texts = values(server, vec![key.clone()])?;
            // Another trace's id may begin with this one.
            if texts.iter().any(|text| Message::from_json(text).is_ok_and(|message| message.base_id() == base_id)) {
                doomed.push(key);
            }
        }
    }
    let remove = |keys: Vec<Vec<u8>>| -> Result<u64, DriverError> {
        server.run("delete from", move |mut connection| {
            let keys = keys.clone();
            async move { redis::cmd("DEL").arg(keys).query_async(&mut connection).await }
        })
    };
    remove(vec![format!("{ERROR}{base_id}").into_bytes()])?;
    Ok(remove(doomed)? > 0)
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
