//! Storing messages.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

use mongodb::IndexModel;
use mongodb::bson::{Document, doc};
use mongodb::error::{Error, ErrorKind};

use super::document;
use super::server::{Server, is_retryable};
use crate::Message;
use crate::driver::failure::is_failure;
use crate::driver::{DriverError, WriteError};

const ACTION: &str = "write to";

/// Stores each message as a document. What MongoDB has no room for, or refuses, is lost alone.
pub(super) fn write(server: &Server, is_indexed: &Arc<AtomicBool>, batch: &[Message]) -> Result<(), WriteError> {
    let documents: Vec<Document> = batch.iter().filter_map(document::of).collect();
    let too_large = batch.len() - documents.len();
    let notes = if server.config.filter_error_trace { notes(batch) } else { BTreeMap::new() };
    let is_indexed = Arc::clone(is_indexed);
    let written = server.run(ACTION, move |to| async move {
        if !is_indexed.load(Relaxed) {
            // Whoever may not make an index, or has another, is served more slowly.
            let index = IndexModel::builder().keys(doc! {"base_id": 1}).build();
            if let Err(error) = to.messages.create_index(index).await {
                match error.kind.as_ref() {
                    ErrorKind::Command(_) if !is_retryable(&error) => {
                        tracing::warn!(%error, "no index on base_id: reading traces is slow")
                    }
                    _ => return Err(error),
                }
            }
            is_indexed.store(true, Relaxed);
        }
        let refused = match documents.is_empty() {
            true => 0,
            false => refused(to.messages.insert_many(documents).ordered(false).await.map(drop))?,
        };
        for (base_id, timestamp) in notes {
            let note = doc! {"$set": {"base_id": &base_id, "timestamp": timestamp}};
            to.errors.update_one(doc! {"base_id": base_id}, note).upsert(true).await?;
        }
        Ok(refused)
    });
    // Where the answer is missing, all of it is written again.
    let refused = written.map_err(|error| WriteError::unwritten(batch.len(), error))?;
    let reason = match (too_large, refused) {
        (0, 0) => return Ok(()),
        (0, _) => "the server refused documents",
        _ => "a message is larger than a document can be, which is 16 MiB",
    };
    let (store, source) = (server.config.store.clone(), reason.into());
    let source = DriverError::Server { action: ACTION, store, retryable: false, source };
    Err(WriteError::lost(too_large + refused, source))
}

/// How many documents were refused, each for itself; any other error is one of all.
fn refused(result: Result<(), Error>) -> Result<usize, Error> {
    let Err(error) = result else { return Ok(0) };
    match error.kind.as_ref() {
        ErrorKind::InsertMany(failed) if failed.write_concern_error.is_none() => match &failed.write_errors {
            Some(errors) if !errors.is_empty() => Ok(errors.len()),
            _ => Err(error),
        },
        _ => Err(error),
    }
}

/// The traces in which something failed, and when it last did.
fn notes(batch: &[Message]) -> BTreeMap<String, String> {
    let failures = batch.iter().filter(|message| is_failure(message));
    failures.map(|message| (message.base_id().to_string(), message.timestamp().to_string())).collect()
}
