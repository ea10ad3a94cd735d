//! Reading, listing and deleting traces.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::value::RawValue;

use super::database::Columns;
use super::failure::Failure;
use super::session::{Session, SessionError};
use super::statements;
use crate::driver::{DriverError, ListFilter, StoredTrace, TraceSummary};
use crate::{Id, Message, MessageFields, Timestamp, json, python_json};

const ACTION: &str = "read from";

/// The messages of so many traces are asked for at once, or of one, or of several that have so many together.
const TRACES: usize = 50;
const MESSAGES: usize = 5000;

/// Reads a trace; where there is no table, there is no trace.
pub(super) fn trace(session: &Session, base_id: &Id) -> Result<StoredTrace, DriverError> {
    let mut traces = traces(session, std::slice::from_ref(base_id))?;
    Ok(traces.remove(base_id).unwrap_or_default())
}

/// Reads several traces. Only what is theirs exactly: in MySQL's usual collations more may be equal.
fn traces(session: &Session, ids: &[Id]) -> Result<HashMap<Id, StoredTrace>, DriverError> {
    let sql = statements::messages(session.database(), ids.len());
    let values = ids.iter().map(|id| Some(id.to_string())).collect();
    let mut traces: HashMap<Id, StoredTrace> = HashMap::new();
    for row in rows(session, sql, values)? {
        let Some(base_id) = row.get(1).and_then(Option::as_deref).map(Id::from) else { continue };
        if !ids.contains(&base_id) {
            continue;
        }
        let trace = traces.entry(base_id).or_default();
        match message(&row) {
            Some(message) => trace.messages.push(message),
            None => trace.skipped += 1,
        }
    }
    Ok(traces)
}

/// Lists traces, newest first.
pub(super) fn list(session: &Session, filter: &ListFilter) -> Result<Vec<TraceSummary>, DriverError> {
    let most = filter.limit.unwrap_or(usize::MAX);
    // Of those that look like errors some may be none, so that the limit counts later.
    let limit = filter.limit.filter(|_| !filter.errors_only);
    let prefix = filter.id_prefix.as_deref().filter(|prefix| !prefix.is_empty());
    let sql = statements::traces(session.database(), prefix, filter.errors_only, limit);
    let values = prefix.map(|prefix| Some(prefix.to_owned())).into_iter().collect();
    let counted: Vec<(Id, usize)> = rows(session, sql, values)?
        .iter()
        .filter_map(|row| {
            let count = row.get(1)?.as_deref().and_then(|count| count.trim().parse().ok());
            Some((Id::from(row.first()?.as_deref()?), count.unwrap_or(MESSAGES)))
        })
        .collect();
    let mut summaries: Vec<TraceSummary> = Vec::new();
    let mut rest = counted.as_slice();
    while !rest.is_empty() {
        let mut messages = 0;
        let fitting = rest.iter().take(TRACES.min(most.max(1))).take_while(|(_, count)| {
            messages += count;
            messages <= MESSAGES
        });
        let (these, others) = rest.split_at(fitting.count().max(1));
        rest = others;
        let ids: Vec<Id> = these.iter().map(|(id, _)| id.clone()).collect();
        let stored = traces(session, &ids)?;
        let found = stored.values().filter_map(|trace| TraceSummary::of(&trace.messages));
        summaries.extend(found.filter(|summary| !filter.errors_only || summary.errors > 0));
        if summaries.len() >= most {
            break;
        }
    }
    summaries.sort_by_key(|summary| std::cmp::Reverse(summary.started));
    summaries.truncate(most);
    Ok(summaries)
}

pub(super) fn delete(session: &Session, base_id: &Id) -> Result<bool, DriverError> {
    let (sql, id) = (statements::delete(session.database()), base_id.to_string());
    // MySQL's statement names the id twice.
    let values = vec![Some(id); sql.matches(['?', '$']).count()];
    Ok(change(session, sql, values)? > 0)
}

/// Deletes the traces without a message at or after `before`.
pub(super) fn prune(session: &Session, before: Timestamp) -> Result<u64, DriverError> {
    let database = session.database();
    let values = vec![Some(before.to_string())];
    let counted = rows(session, statements::count_older(database), values.clone())?;
    let count = counted.first().and_then(|row| row.first()?.as_deref()?.trim().parse().ok()).unwrap_or(0);
    if count > 0 {
        change(session, statements::delete_older(database), values)?;
    }
    Ok(count)
}

/// A question's rows; none where there is no table.
fn rows(session: &Session, sql: String, values: Columns) -> Result<Vec<Columns>, DriverError> {
    let asked = session.run(
        ACTION,
        false,
        Arc::new(move |connection| {
            let (sql, values) = (sql.clone(), values.clone());
            Box::pin(async move { connection.rows(sql, values).await })
        }),
    );
    or_nothing(asked)
}

/// How many rows a statement changed; none where there is no table.
fn change(session: &Session, sql: String, values: Columns) -> Result<u64, DriverError> {
    let changed = session.run(
        "delete from",
        false,
        Arc::new(move |connection| {
            let (sql, values) = (sql.clone(), values.clone());
            Box::pin(async move { connection.execute(sql, values).await })
        }),
    );
    or_nothing(changed)
}

fn or_nothing<T: Default>(result: Result<T, SessionError>) -> Result<T, DriverError> {
    match result {
        Err(SessionError { failure: Failure::NoTable, .. }) => Ok(T::default()),
        result => result.map_err(|error| error.error),
    }
}

/// The message of a row, in the order of the table's columns.
fn message(row: &Columns) -> Option<Message> {
    let column = |index: usize| row.get(index).and_then(Option::as_deref);
    let info = info(column(8).unwrap_or("{}"))?;
    Message::new(&MessageFields {
        timestamp: column(0)?.parse().ok()?,
        base_id: &Id::from(column(1)?),
        parent_id: &Id::from(column(2)?),
        trace_id: &Id::from(column(3)?),
        project: column(4),
        service: column(6),
        name: column(7)?,
        info: &info,
    })
    .ok()
}

/// The info in `data`: a JSON text within a JSON text, as OSProfiler writes it, or an object.
fn info(data: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Data<'a> {
        #[serde(borrow)]
        info: Option<&'a RawValue>,
    }
    let within: Option<String> = serde_json::from_str(data).ok();
    let info = |text: &str| {
        let data: Data<'_> = json::object(text)?;
        Ok(data.info.map_or("{}", RawValue::get).to_owned())
    };
    python_json::read(within.as_deref().unwrap_or(data), info).ok()
}

#[cfg(test)]
mod tests {
    use super::info;

    #[test]
    fn both_encodings_are_read_and_anything_else_is_not() {
        for (data, expected) in [
            (r#""{\"info\": {\"a\": \"\\u00e9\"}}""#, Some("{\"a\": \"\\u00e9\"}")),
            (r#"{"info": {"a": 1}}"#, Some("{\"a\": 1}")),
            (r#"{"other": 1}"#, Some("{}")),
            (r#"{"info": [1]}"#, Some("[1]")),
            (r#""{\"info\": [NaN, \"\\ud83d\"]}""#, Some(r#"["NaN", "\ud83d"]"#)),
            ("[1]", None),
            ("\"{\"", None),
            ("", None),
        ] {
            assert_eq!(info(data).as_deref(), expected, "{data}");
        }
    }
}
