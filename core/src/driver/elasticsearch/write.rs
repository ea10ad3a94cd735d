//! Storing messages by bulk requests.

use serde::Deserialize;
use serde_json::{Value, json};
use sha1::{Digest as _, Sha1};

use super::server::{self, ERRORS, MESSAGES, Server};
use crate::Message;
use crate::driver::failure::is_failure;
use crate::driver::http::{HttpError, is_retryable};
use crate::driver::{DriverError, WriteError};

const ACTION: &str = "write to";

#[derive(Deserialize)]
struct Answer {
    errors: bool,
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    index: Outcome,
}

#[derive(Deserialize)]
struct Outcome {
    status: u16,
    error: Option<Value>,
}

/// Stores each message as a document. Its id comes from its text, so that what is written again stays one document.
pub(super) fn write(server: &Server, batch: &[Message]) -> Result<(), WriteError> {
    if batch.is_empty() {
        return Ok(());
    }
    let failed = |error| WriteError::unwritten(batch.len(), server.failed(ACTION, error));
    let document_type = server.make_index().and_then(|()| server.document_type()).map_err(failed)?;
    let mut lines = Vec::new();
    let mut is_message = Vec::new();
    for message in batch {
        line(&mut lines, MESSAGES, document_type, message.json(), message.json());
        is_message.push(true);
        if server.config.filter_error_trace && is_failure(message) {
            let base_id = message.base_id().to_string();
            let note = json!({"base_id": base_id, "timestamp": message.timestamp().to_string()}).to_string();
            line(&mut lines, ERRORS, document_type, &base_id, &note);
            is_message.push(false);
        }
    }
    let answer = server.send_lines("/_bulk", &lines).map_err(failed)?;
    let answer: Answer = server::parse(&answer).map_err(failed)?;
    if !answer.errors {
        return Ok(());
    }
    if answer.items.len() != is_message.len() {
        let reason = format!("the server tells of {} of {} documents", answer.items.len(), is_message.len());
        return Err(failed(HttpError::Answer { reason }));
    }
    let outcomes: Vec<Outcome> = answer.items.into_iter().map(|item| item.index).collect();
    judge(&outcomes, &is_message, |error| server.failed(ACTION, error)).map_or(Ok(()), Err)
}

/// What the outcomes of a batch's documents mean for its messages.
fn judge(
    outcomes: &[Outcome],
    is_message: &[bool],
    driver_error: impl Fn(HttpError) -> DriverError,
) -> Option<WriteError> {
    // A note that was not taken is as if its message was not: it comes again with the message.
    let mut message = 0;
    let (mut first_bad, mut failed, mut retryable, mut cause) = (None, 0, false, None);
    for (outcome, is_message) in outcomes.iter().zip(is_message) {
        message += usize::from(*is_message);
        if (200..300).contains(&outcome.status) {
            continue;
        }
        first_bad.get_or_insert(message - 1);
        retryable |= is_retryable(outcome.status);
        failed += usize::from(*is_message);
        let text = outcome.error.as_ref().map(reason).unwrap_or_default();
        cause.get_or_insert(HttpError::Status { status: outcome.status, text });
    }
    let messages = is_message.iter().filter(|is_message| **is_message).count();
    let (first_bad, cause) = (first_bad?, cause?);
    // What is there already is overwritten by the same, and what was refused will be again.
    let retry_last = if retryable { messages - first_bad } else { 0 };
    Some(WriteError { failed, retry_last, source: driver_error(cause) })
}

/// The server's words for an error, with the cause that it names.
fn reason(error: &Value) -> String {
    let words = |error: &Value| Some(error.get("reason")?.as_str()?.chars().take(300).collect::<String>());
    let reason = words(error).unwrap_or_else(|| error.to_string().chars().take(300).collect());
    match error.get("caused_by").and_then(words) {
        Some(cause) => format!("{reason}: {cause}"),
        None => reason,
    }
}

/// Two lines of a bulk request. `key` decides the document's id.
fn line(lines: &mut Vec<u8>, index: &str, document_type: Option<&str>, key: &str, document: &str) {
    let id: String = Sha1::digest(key.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    let mut action = json!({"_index": index, "_id": id});
    if let Some(document_type) = document_type {
        action["_type"] = json!(document_type);
    }
    lines.extend(json!({"index": action}).to_string().into_bytes());
    lines.push(b'\n');
    lines.extend(document.as_bytes());
    lines.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(statuses: &[u16], is_message: &[bool]) -> Option<(usize, usize)> {
        let outcomes: Vec<Outcome> = statuses.iter().map(|status| Outcome { status: *status, error: None }).collect();
        let error = |_| DriverError::Unsupported { driver: "x", operation: "y" };
        judge(&outcomes, is_message, error).map(|error| (error.failed, error.retry_last))
    }

    #[test]
    fn refused_documents_are_lost_and_those_of_a_busy_server_come_again() {
        let all = [true; 4];
        assert_eq!(judged(&[201, 201, 201, 201], &all), None);
        assert_eq!(judged(&[201, 400, 201, 400], &all), Some((2, 0)));
        assert_eq!(judged(&[201, 201, 429, 201], &all), Some((1, 2)));
        assert_eq!(judged(&[201, 400, 429, 201], &all), Some((2, 3)), "the refused one is refused again");
        assert_eq!(judged(&[201, 429, 201, 201], &[true, false, true, true]), Some((0, 3)), "a note");
        assert_eq!(judged(&[201, 400, 201, 201], &[true, false, true, true]), Some((0, 0)), "a refused note");
    }
}
