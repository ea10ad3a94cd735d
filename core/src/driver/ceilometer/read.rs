//! Reading events.

use std::collections::HashMap;
use std::fmt;

use ureq::http::Method;
use url::form_urlencoded;

use super::CeilometerConfig;
use super::event::Event;
use crate::driver::http::{Answer, Client, HttpError};
use crate::driver::{DriverError, ListFilter, StoredTrace, TraceSummary};
use crate::{Id, Message, python_json};

/// Reads a trace.
pub(super) fn trace(client: &Client, config: &CeilometerConfig, base_id: &Id) -> Result<StoredTrace, DriverError> {
    let id = base_id.to_string();
    let mut traces = traces(client, config, Some(&id))?;
    Ok(traces.remove(base_id).unwrap_or_default())
}

/// Lists traces, newest first. All events are read for it, those of other services as well.
pub(super) fn list(
    client: &Client,
    config: &CeilometerConfig,
    filter: &ListFilter,
) -> Result<Vec<TraceSummary>, DriverError> {
    let traces = traces(client, config, None)?;
    let mut summaries: Vec<TraceSummary> =
        traces.values().filter_map(|trace| TraceSummary::of(&trace.messages)).collect();
    summaries.retain(|summary| {
        let begins = |prefix: &String| summary.base_id.to_string().starts_with(prefix.as_str());
        filter.id_prefix.as_ref().is_none_or(begins) && (!filter.errors_only || summary.errors > 0)
    });
    summaries.sort_by_key(|summary| std::cmp::Reverse(summary.started));
    summaries.truncate(filter.limit.unwrap_or(usize::MAX));
    Ok(summaries)
}

/// The traces in the events, of one trace or of all.
fn traces(
    client: &Client,
    config: &CeilometerConfig,
    base_id: Option<&str>,
) -> Result<HashMap<Id, StoredTrace>, DriverError> {
    let failed = |error| client.failed("read from", error);
    let mut traces: HashMap<Id, StoredTrace> = HashMap::new();
    let mut marker: Option<String> = None;
    loop {
        let answer = match page(client, config, base_id, marker.as_deref()) {
            Err(HttpError::Status { status: 400, .. }) if marker.is_some() => return Err(failed(no_pages(config))),
            answer => answer.map_err(failed)?,
        };
        let not_understood = |error: &dyn fmt::Display| {
            failed(HttpError::Answer { reason: format!("the server's answer is not understood: {error}") })
        };
        let text = std::str::from_utf8(&answer.body).map_err(|error| not_understood(&error))?;
        let Events { messages, last } = python_json::read(text, Events::of).map_err(|error| not_understood(&error))?;
        let is_last = messages.len() < config.limit;
        for (base_id, message) in messages {
            // Ceilometer has events of others, too.
            let Some(base_id) = base_id else { continue };
            let trace = traces.entry(base_id).or_default();
            match message {
                Some(message) => trace.messages.push(message),
                None => trace.skipped += 1,
            }
        }
        if is_last {
            return Ok(traces);
        }
        // Whoever says the same again knows of no marker.
        if last.is_none() || last == marker {
            return Err(failed(no_pages(config)));
        }
        marker = last;
    }
}

/// What a page of events says.
struct Events {
    /// The trace of each, and its message; those of other services have none.
    messages: Vec<(Option<Id>, Option<Message>)>,
    /// The id of the last one.
    last: Option<String>,
}

impl Events {
    fn of(page: &str) -> Result<Self, serde_json::Error> {
        let events: Vec<Event<'_>> = serde_json::from_str(page)?;
        Ok(Self {
            messages: events.iter().map(|event| (event.base_id(), event.message())).collect(),
            last: events.last().and_then(Event::message_id).map(str::to_owned),
        })
    }
}

/// The events behind that with the id `marker`, or the first, in the order of their time.
fn page(
    client: &Client,
    config: &CeilometerConfig,
    base_id: Option<&str>,
    marker: Option<&str>,
) -> Result<Answer, HttpError> {
    let mut query = form_urlencoded::Serializer::new(String::new());
    if let Some(base_id) = base_id {
        query.append_pair("q.field", "base_id").append_pair("q.op", "eq").append_pair("q.type", "");
        query.append_pair("q.value", base_id);
    }
    query.append_pair("limit", &config.limit.to_string());
    if let Some(marker) = marker {
        query.append_pair("marker", marker);
    }
    let path = format!("/v2/events?{}", query.finish());
    client.send(&Method::GET, &path, "", &[])?.ok()
}

fn no_pages(config: &CeilometerConfig) -> HttpError {
    let reason = format!(
        "the server has more events than limit={}, and does not know the next of them: set a higher limit",
        config.limit
    );
    HttpError::Answer { reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nan_in_one_event_costs_neither_it_nor_the_others() {
        let event = |params: &str| {
            format!(
                r#"{{"message_id": "m", "traits": [{{"name": "base_id", "value": "b"}}], "raw": {{"payload": {{"name": "db-start", "base_id": "b", "trace_id": "t", "parent_id": "b", "timestamp": "2026-01-02T03:04:05.000000", "info": {{"db": {{"params": {params}}}}}}}}}}}"#
            )
        };
        let page = format!("[{}, {}]", event(r#"[NaN, "\ud83d", 123456789012345678901234567890]"#), event("[]"));
        let Events { messages, last } = python_json::read(&page, Events::of).expect("events");
        let infos: Vec<&str> =
            messages.iter().map(|(_, message)| message.as_ref().expect("a message").info_json()).collect();
        let odd = r#"{"db": {"params": ["NaN", "\ud83d", 123456789012345678901234567890]}}"#;
        assert_eq!((infos, last.as_deref()), (vec![odd, r#"{"db": {"params": []}}"#], Some("m")));
    }
}
