//! Searching, page by page, and deleting.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use ureq::http::Method;

use super::server::{self, ERRORS, MESSAGES, Server};
use crate::driver::http::HttpError;
use crate::driver::{DriverError, ListFilter, StoredTrace, TraceSummary};
use crate::{Id, Message};

const ACTION: &str = "read from";

/// So many traces are listed by one request.
const TRACES: usize = 1000;

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(rename = "_scroll_id")]
    scroll_id: Option<String>,
    #[serde(default)]
    timed_out: bool,
    #[serde(rename = "_shards")]
    shards: Option<Shards>,
    #[serde(borrow)]
    hits: Hits<'a>,
}

/// The parts of an index.
#[derive(Default, Deserialize)]
struct Shards {
    #[serde(default)]
    failed: u64,
}

/// Refuses an answer that is only a part of what there is.
fn check(timed_out: bool, shards: Option<Shards>) -> Result<(), HttpError> {
    match shards.unwrap_or_default() {
        Shards { failed: 0 } if !timed_out => Ok(()),
        Shards { failed: 0 } => {
            Err(HttpError::Partial { reason: "the search took too long for the server".to_owned() })
        }
        Shards { failed } => {
            Err(HttpError::Partial { reason: format!("{failed} shards of the index cannot be searched") })
        }
    }
}

#[derive(Deserialize)]
struct Hits<'a> {
    #[serde(borrow)]
    hits: Vec<Hit<'a>>,
}

#[derive(Deserialize)]
struct Hit<'a> {
    #[serde(rename = "_source", borrow)]
    source: &'a RawValue,
}

/// Reads a trace; where there is no index, there is no trace.
pub(super) fn trace(server: &Server, base_id: &Id) -> Result<StoredTrace, DriverError> {
    refresh(server, MESSAGES);
    let mut trace = StoredTrace::default();
    let read =
        scroll(server, MESSAGES, &is(base_id), Message::from_text).map_err(|error| server.failed(ACTION, error))?;
    for message in read {
        match message {
            Ok(message) => trace.messages.push(message),
            Err(_) => trace.skipped += 1,
        }
    }
    Ok(trace)
}

/// The query for what belongs to a trace. In indexes that a server has made by itself, as with OSProfiler, ids are texts in
/// pieces, with the whole beside them.
fn is(base_id: &Id) -> Value {
    let id = base_id.to_string();
    json!({"bool": {"should": [{"term": {"base_id": id}}, {"term": {"base_id.keyword": id}}], "minimum_should_match": 1}})
}

/// What `of` makes of each document that the query finds.
fn scroll<T>(server: &Server, index: &str, query: &Value, of: impl Fn(&str) -> T) -> Result<Vec<T>, HttpError> {
    let (time, size) = (&server.config.es_scroll_time, server.config.es_scroll_size);
    let path = format!("{}?scroll={time}&size={size}", server.search_path(index)?);
    let mut answer = server.send(&Method::POST, &path, &json!({"query": query, "sort": ["_doc"]}))?;
    if answer.status == 404 {
        return Ok(Vec::new());
    }
    let (mut last, mut found) = (None, Vec::new());
    let scrolled = loop {
        answer = answer.ok()?;
        let (scroll_id, checked, sources) = server::read_documents(&answer, |text| {
            let page: Page<'_> = serde_json::from_str(text)?;
            let sources: Vec<T> = page.hits.hits.iter().map(|hit| of(hit.source.get())).collect();
            Ok((page.scroll_id, check(page.timed_out, page.shards), sources))
        })?;
        last = scroll_id.or(last);
        if checked.is_err() {
            break checked;
        }
        let is_end = sources.is_empty();
        found.extend(sources);
        let Some(scroll_id) = last.as_ref().filter(|_| !is_end) else { break Ok(()) };
        answer =
            server.send_once(&Method::POST, "/_search/scroll", &json!({"scroll": time, "scroll_id": scroll_id}))?;
    };
    if let Some(scroll_id) = last {
        // It would end by itself.
        let _ = server.send(&Method::DELETE, "/_search/scroll", &json!({"scroll_id": [scroll_id]}));
    }
    scrolled.map(|()| found)
}

/// Lists traces, newest first.
pub(super) fn list(server: &Server, filter: &ListFilter) -> Result<Vec<TraceSummary>, DriverError> {
    refresh(server, MESSAGES);
    let mut traces = traces(server).map_err(|error| server.failed(ACTION, error))?;
    if let Some(prefix) = &filter.id_prefix {
        traces.retain(|(_, id)| id.starts_with(prefix));
    }
    traces.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    let noted = if filter.errors_only { noted(server)? } else { BTreeSet::new() };
    let most = filter.limit.unwrap_or(usize::MAX);
    let mut summaries: Vec<TraceSummary> = Vec::new();
    let mut of_last_ms = None;
    for (started_ms, id) in traces {
        // Begun within one millisecond, the newest may come later.
        if summaries.len() >= most && of_last_ms != Some(started_ms) {
            break;
        }
        let Some(summary) = TraceSummary::of(&trace(server, &Id::from(id.as_str()))?.messages) else { continue };
        if !filter.errors_only || summary.errors > 0 || noted.contains(&id) {
            summaries.push(summary);
            of_last_ms = Some(started_ms);
        }
    }
    summaries.sort_by_key(|summary| std::cmp::Reverse(summary.started));
    summaries.truncate(most);
    Ok(summaries)
}

/// When each trace began, in milliseconds, and its id.
fn traces(server: &Server) -> Result<Vec<(f64, String)>, HttpError> {
    match buckets(server, "base_id") {
        // A text in pieces cannot be counted by; the whole beside it can.
        Err(HttpError::Status { status: 400, .. }) => buckets(server, "base_id.keyword"),
        result => result,
    }
}

fn buckets(server: &Server, field: &str) -> Result<Vec<(f64, String)>, HttpError> {
    #[derive(Deserialize)]
    struct Answer {
        aggregations: Option<Aggregations>,
        #[serde(default)]
        timed_out: bool,
        #[serde(rename = "_shards")]
        shards: Option<Shards>,
    }
    #[derive(Deserialize)]
    struct Aggregations {
        traces: Traces,
    }
    #[derive(Deserialize)]
    struct Traces {
        after_key: Option<Value>,
        buckets: Vec<Bucket>,
    }
    #[derive(Deserialize)]
    struct Bucket {
        key: Key,
        started: Started,
    }
    #[derive(Deserialize)]
    struct Key {
        base_id: String,
    }
    #[derive(Deserialize)]
    struct Started {
        value: Option<f64>,
    }
    let path = server.search_path(MESSAGES)?;
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let mut composite = json!({"size": TRACES, "sources": [{"base_id": {"terms": {"field": field}}}]});
        if let Some(after) = after {
            composite["after"] = after;
        }
        let started = json!({"started": {"min": {"field": "timestamp"}}});
        let body = json!({"size": 0, "aggs": {"traces": {"composite": composite, "aggs": started}}});
        let answer = server.send(&Method::POST, &path, &body)?;
        if answer.status == 404 {
            return Ok(found);
        }
        let answer = answer.ok()?;
        let answer: Answer = server::parse(&answer)?;
        check(answer.timed_out, answer.shards)?;
        let Some(Aggregations { traces }) = answer.aggregations else { return Ok(found) };
        let is_last = traces.buckets.len() < TRACES;
        let buckets = traces.buckets.into_iter();
        found.extend(buckets.map(|bucket| (bucket.started.value.unwrap_or(0.0), bucket.key.base_id)));
        after = traces.after_key;
        if is_last || after.is_none() {
            return Ok(found);
        }
    }
}

/// The traces that are noted for their errors.
fn noted(server: &Server) -> Result<BTreeSet<String>, DriverError> {
    #[derive(Deserialize)]
    struct Note {
        base_id: String,
    }
    refresh(server, ERRORS);
    let of = |source: &str| serde_json::from_str(source).ok().map(|note: Note| note.base_id);
    let noted = scroll(server, ERRORS, &json!({"match_all": {}}), of).map_err(|error| server.failed(ACTION, error))?;
    Ok(noted.into_iter().flatten().collect())
}

/// Deletes a trace and what is noted of it.
pub(super) fn delete(server: &Server, base_id: &Id) -> Result<bool, DriverError> {
    #[derive(Deserialize)]
    struct Deleted {
        deleted: u64,
    }
    let mut found = false;
    for index in [MESSAGES, ERRORS] {
        refresh(server, index);
        let path = match server.document_type() {
            Ok(Some(document_type)) => format!("/{index}/{document_type}/_delete_by_query"),
            _ => format!("/{index}/_delete_by_query"),
        };
        let path = format!("{path}?conflicts=proceed&refresh=true");
        let deleted =
            server.send(&Method::POST, &path, &json!({"query": is(base_id)})).and_then(|answer| match answer.status {
                404 => Ok(0),
                _ => Ok(server::parse::<Deleted>(&answer.ok()?)?.deleted),
            });
        found |= index == MESSAGES && deleted.map_err(|error| server.failed("delete from", error))? > 0;
    }
    Ok(found)
}

/// Has the server show what was written up to now; by itself it does so every second. Where that is not allowed, a reader
/// waits for that.
fn refresh(server: &Server, index: &str) {
    let _ = server.send(&Method::POST, &format!("/{index}/_refresh"), &json!({}));
}
