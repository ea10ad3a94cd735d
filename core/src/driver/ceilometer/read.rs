//! Reading events.

use std::collections::HashMap;

use ureq::http::Method;
use url::form_urlencoded;

use super::CeilometerConfig;
use super::event::Event;
use crate::Id;
use crate::driver::http::{Client, HttpError};
use crate::driver::{DriverError, ListFilter, StoredTrace, TraceSummary};

/// Reads a trace. Where there are as many events as were asked for, there may be more: that counts as skipped.
pub(super) fn trace(client: &Client, config: &CeilometerConfig, base_id: &Id) -> Result<StoredTrace, DriverError> {
    let id = base_id.to_string();
    let mut traces = events(client, config, Some(&id))?;
    Ok(traces.remove(base_id).unwrap_or_default())
}

/// Lists traces, newest first, of as many events as are asked for.
pub(super) fn list(
    client: &Client,
    config: &CeilometerConfig,
    filter: &ListFilter,
) -> Result<Vec<TraceSummary>, DriverError> {
    let traces = events(client, config, None)?;
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
fn events(
    client: &Client,
    config: &CeilometerConfig,
    base_id: Option<&str>,
) -> Result<HashMap<Id, StoredTrace>, DriverError> {
    let failed = |error| client.failed("read from", error);
    let mut query = form_urlencoded::Serializer::new(String::new());
    if let Some(base_id) = base_id {
        query.append_pair("q.field", "base_id").append_pair("q.op", "eq").append_pair("q.type", "");
        query.append_pair("q.value", base_id);
    }
    query.append_pair("limit", &config.limit.to_string());
    let path = format!("/v2/events?{}", query.finish());
    let answer = client.send(&Method::GET, &path, "", &[]).and_then(crate::driver::http::Answer::ok).map_err(failed)?;
    let events: Vec<Event<'_>> = serde_json::from_slice(&answer.body).map_err(|error| {
        failed(HttpError::Answer { reason: format!("the server's answer is not understood: {error}") })
    })?;
    let is_cut = events.len() >= config.limit;
    let mut traces: HashMap<Id, StoredTrace> = HashMap::new();
    for event in events {
        // Ceilometer has events of others, too.
        let Some(base_id) = event.base_id() else { continue };
        let trace = traces.entry(base_id).or_default();
        match event.message() {
            Some(message) => trace.messages.push(message),
            None => trace.skipped += 1,
        }
    }
    if is_cut {
        traces.values_mut().for_each(|trace| trace.skipped += 1);
    }
    Ok(traces)
}
