//! Reading, listing and deleting traces.

use std::collections::HashMap;

use futures_core::Stream;
use mongodb::Cursor;
use mongodb::bson::{Bson, Document, doc};
use mongodb::error::Error;

use super::document;
use super::server::Server;
use crate::driver::{DriverError, ListFilter, StoredTrace, TraceSummary};
use crate::{Id, Timestamp};

const ACTION: &str = "read from";

/// The messages of so many traces are asked for at once.
const TRACES: usize = 50;

pub(super) fn trace(server: &Server, base_id: &Id) -> Result<StoredTrace, DriverError> {
    let mut traces = traces(server, vec![base_id.to_string()])?;
    Ok(traces.remove(&base_id.to_string()).unwrap_or_default())
}

/// Reads several traces.
fn traces(server: &Server, ids: Vec<String>) -> Result<HashMap<String, StoredTrace>, DriverError> {
    let documents =
        server.run(ACTION, |of| async move { all(of.messages.find(doc! {"base_id": {"$in": ids}}).await?).await })?;
    let mut traces: HashMap<String, StoredTrace> = HashMap::new();
    for document in documents {
        let Ok(base_id) = document.get_str("base_id") else { continue };
        let trace = traces.entry(base_id.to_owned()).or_default();
        match document::message(document) {
            Some(message) => trace.messages.push(message),
            None => trace.skipped += 1,
        }
    }
    Ok(traces)
}

/// All documents of a cursor, which asks for them page by page.
async fn all(mut cursor: Cursor<Document>) -> Result<Vec<Document>, Error> {
    let mut documents = Vec::new();
    let mut cursor = std::pin::Pin::new(&mut cursor);
    while let Some(document) = std::future::poll_fn(|context| cursor.as_mut().poll_next(context)).await {
        documents.push(document?);
    }
    Ok(documents)
}

/// Lists traces, newest first.
pub(super) fn list(server: &Server, filter: &ListFilter) -> Result<Vec<TraceSummary>, DriverError> {
    let most = filter.limit.unwrap_or(usize::MAX);
    let mut pipeline = Vec::new();
    if let Some(prefix) = filter.id_prefix.as_ref().filter(|prefix| !prefix.is_empty()) {
        pipeline.push(doc! {"$match": {"base_id": {"$regex": format!("^{}", escaped(prefix))}}});
    }
    let errors_only = filter.errors_only;
    // Whether any message has an error, and when the first one was.
    let fails = doc! {"$max": {"$cond": [{"$gt": ["$info.etype", Bson::Null]}, 1, 0]}};
    pipeline.push(doc! {"$match": {"base_id": {"$type": "string"}}});
    pipeline.push(doc! {"$group": {"_id": "$base_id", "started": {"$min": "$timestamp"}, "fails": fails}});
    pipeline.push(doc! {"$sort": {"started": -1, "_id": 1}});
    if let Some(limit) = filter.limit.filter(|_| !errors_only) {
        pipeline.push(doc! {"$limit": i64::try_from(limit.max(1)).unwrap_or(i64::MAX)});
    }
    let (found, noted) = server.run(ACTION, move |of| async move {
        let found = all(of.messages.aggregate(pipeline).allow_disk_use(true).await?).await?;
        let noted = if errors_only { all(of.errors.find(doc! {}).await?).await? } else { Vec::new() };
        Ok((found, noted))
    })?;
    let noted: Vec<&str> = noted.iter().filter_map(|note| note.get_str("base_id").ok()).collect();
    let is_wanted = |trace: &&Document, id: &str| {
        !errors_only || trace.get_i32("fails").is_ok_and(|fails| fails == 1) || noted.contains(&id)
    };
    let ids: Vec<String> = found
        .iter()
        .filter_map(|trace| Some((trace, trace.get_str("_id").ok()?)))
        .filter(|(trace, id)| is_wanted(trace, id))
        .map(|(_, id)| id.to_owned())
        .collect();
    let mut summaries: Vec<TraceSummary> = Vec::new();
    for ids in ids.chunks(TRACES.min(most.max(1))) {
        for (id, trace) in traces(server, ids.to_vec())? {
            let summary = TraceSummary::of(&trace.messages);
            summaries.extend(summary.filter(|found| !errors_only || found.errors > 0 || noted.contains(&id.as_str())));
        }
        if summaries.len() >= most {
            break;
        }
    }
    summaries.sort_by_key(|summary| std::cmp::Reverse(summary.started));
    summaries.truncate(most);
    Ok(summaries)
}

/// A text of which a regular expression takes no character for anything else.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        if c.is_ascii_punctuation() {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

pub(super) fn delete(server: &Server, base_id: &Id) -> Result<bool, DriverError> {
    Ok(delete_all(server, vec![base_id.to_string()])? > 0)
}

/// Deletes the messages and notes of traces, and says how many messages there were.
fn delete_all(server: &Server, ids: Vec<String>) -> Result<u64, DriverError> {
    server.run("delete from", |of| async move {
        let these = doc! {"base_id": {"$in": ids}};
        of.errors.delete_many(these.clone()).await?;
        Ok(of.messages.delete_many(these).await?.deleted_count)
    })
}

/// Deletes the traces without a message at or after `before`.
pub(super) fn prune(server: &Server, before: Timestamp) -> Result<u64, DriverError> {
    let pipeline = [
        doc! {"$group": {"_id": "$base_id", "last": {"$max": "$timestamp"}}},
        doc! {"$match": {"last": {"$lt": before.to_string()}}},
    ];
    let old = server
        .run(ACTION, |of| async move { all(of.messages.aggregate(pipeline).allow_disk_use(true).await?).await })?;
    let ids: Vec<String> = old.iter().filter_map(|trace| Some(trace.get_str("_id").ok()?.to_owned())).collect();
    for ids in ids.chunks(1000) {
        delete_all(server, ids.to_vec())?;
    }
    Ok(ids.len() as u64)
}
