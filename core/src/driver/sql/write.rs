//! Storing messages.

use std::sync::Arc;

use super::database::Database;
use super::failure::Failure;
use super::session::{Session, SessionError};
use super::statements::{self, LONGEST};
use crate::Message;
use crate::driver::{DriverError, WriteError};

const ACTION: &str = "write to";

/// So many rows, or bytes, are inserted by one statement: SQLite takes 32,766 values, and MySQL's servers 1 MiB at least, if
/// nobody has made that less.
const ROWS: usize = 512;
const BYTES: usize = 512 << 10;

/// What a packet of MySQL's has beside a row's values, generously.
const PACKET: usize = 1024;

/// One row's values.
type Values = Vec<Option<String>>;

/// Stores the messages in one transaction. What the table cannot hold is lost, and does not keep the rest from being stored.
pub(super) fn write(session: &Session, batch: &[Message]) -> Result<(), WriteError> {
    let mut rows: Vec<Result<Values, DriverError>> =
        batch.iter().map(|message| values(message, session.database())).collect();
    let mut inserted = insert_fitting(session, &rows);
    if inserted.as_ref().is_err_and(|error| error.failure == Failure::Away) && refuse_too_long(session, &mut rows) {
        inserted = insert_fitting(session, &rows);
    }
    match inserted {
        // What does not fit is counted, below.
        Ok(()) => loss(rows.into_iter().filter_map(Result::err)).map_or(Ok(()), Err),
        Err(error) if error.failure == Failure::Away => Err(WriteError::unwritten(batch.len(), error.error)),
        // One of them is the culprit: each gets a transaction of its own.
        Err(error) if is_of_a_row(error.failure) && batch.len() > 1 => one_by_one(session, rows),
        // What is refused for another reason, such as a password, is refused to all.
        Err(error) => Err(WriteError::lost(batch.len(), error.error)),
    }
}

fn insert_fitting(session: &Session, rows: &[Result<Values, DriverError>]) -> Result<(), SessionError> {
    insert(session, &rows.iter().flatten().collect::<Vec<_>>())
}

/// MySQL ends the connection of whoever sends too much at once, which looks as if the server was away: refuses what is too long
/// for it, and says whether there was any.
fn refuse_too_long(session: &Session, rows: &mut [Result<Values, DriverError>]) -> bool {
    let longest = rows.iter().flatten().map(bytes).max().unwrap_or(0);
    if session.database() != Database::MySql || longest <= BYTES {
        return false;
    }
    let asked = session.run(
        ACTION,
        true,
        Arc::new(|connection| {
            let sql = "SELECT CAST(@@max_allowed_packet AS CHAR(20))".to_owned();
            Box::pin(async move { connection.rows(sql, Vec::new()).await })
        }),
    );
    // Where it really is away, everything is tried again later.
    let limit = asked.ok().and_then(|rows| rows.first()?.first()?.as_deref()?.trim().parse::<usize>().ok());
    let Some(limit) = limit.filter(|limit| longest + PACKET > *limit) else { return false };
    for row in rows {
        let too_long = row.as_ref().ok().map(bytes).filter(|bytes| bytes + PACKET > limit);
        if let Some(bytes) = too_long {
            *row =
                Err(session.refusal(ACTION, format!("a message has {bytes} bytes, and max_allowed_packet is {limit}")));
        }
    }
    true
}

/// How many bytes a row's values have.
fn bytes(row: &Values) -> usize {
    row.iter().flatten().map(String::len).sum()
}

/// Whether other rows may do.
fn is_of_a_row(failure: Failure) -> bool {
    matches!(failure, Failure::Value | Failure::Exists)
}

fn one_by_one(session: &Session, rows: Vec<Result<Values, DriverError>>) -> Result<(), WriteError> {
    let count = rows.len();
    let mut errors = Vec::new();
    for (index, row) in rows.into_iter().enumerate() {
        let error = match row {
            Err(error) => error,
            Ok(row) => match insert(session, &[&row]) {
                Ok(()) => continue,
                Err(error) if is_of_a_row(error.failure) => error.error,
                Err(error) => {
                    let left = WriteError::unwritten(count - index, error.error);
                    return Err(WriteError { failed: left.failed + errors.len(), ..left });
                }
            },
        };
        errors.push(error);
    }
    loss(errors.into_iter()).map_or(Ok(()), Err)
}

/// So many messages are lost as there are errors, of which the first is told.
fn loss(mut errors: impl Iterator<Item = DriverError>) -> Option<WriteError> {
    let first = errors.next()?;
    Some(WriteError::lost(1 + errors.count(), first))
}

/// Inserts all rows or none, and makes the table where it is missing.
fn insert(session: &Session, rows: &[&Values]) -> Result<(), SessionError> {
    if rows.is_empty() {
        return Ok(());
    }
    let database = session.database();
    let work: Vec<(String, Values)> = parts(rows)
        .map(|part| (statements::insert(database, part.len()), part.iter().flat_map(|row| (*row).clone()).collect()))
        .collect();
    let work = Arc::new(work);
    let insert = || {
        let work = Arc::clone(&work);
        session.run(
            ACTION,
            true,
            Arc::new(move |connection| {
                let work = work.as_ref().clone();
                Box::pin(async move { connection.in_transaction(work).await })
            }),
        )
    };
    match insert() {
        Err(SessionError { failure: Failure::NoTable, .. }) => {
            create(session)?;
            insert().map(drop)
        }
        result => result.map(drop),
    }
}

fn create(session: &Session) -> Result<(), SessionError> {
    let database = session.database();
    for sql in statements::create(database) {
        let created = session.run(
            ACTION,
            true,
            Arc::new(move |connection| {
                let sql = sql.clone();
                Box::pin(async move { connection.execute(sql, Vec::new()).await })
            }),
        );
        match created {
            // Another process was faster.
            Ok(_) | Err(SessionError { failure: Failure::Exists, .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The rows in parts that a statement can take.
fn parts<'a>(rows: &'a [&'a Values]) -> impl Iterator<Item = &'a [&'a Values]> {
    let mut rest = rows;
    std::iter::from_fn(move || {
        let mut part_bytes = 0;
        let fits = |row: &&Values| {
            part_bytes += bytes(row);
            part_bytes <= BYTES
        };
        let count = rest.iter().take(ROWS).map(fits).take_while(|fits| *fits).count().max(1).min(rest.len());
        let part;
        (part, rest) = rest.split_at(count);
        (!part.is_empty()).then_some(part)
    })
}

/// A message's row. `data` holds a JSON text within a JSON text, as OSProfiler writes it.
fn values(message: &Message, database: Database) -> Result<Values, DriverError> {
    let (base_id, trace_id, parent_id) =
        (message.base_id().to_string(), message.trace_id().to_string(), message.parent_id().to_string());
    for id in [&base_id, &trace_id, &parent_id] {
        if id.chars().count() > LONGEST {
            return Err(bad_id(message, "its ids are longer than 255 characters"));
        }
    }
    let info = format!("{{\"info\": {}}}", message.info_json());
    let host = message.info().get("host").and_then(|host| host.as_str().map(str::to_owned));
    let (point, phase) = message.point();
    // A name without a phase is a start, as OSProfiler reads it.
    let suffix = if message.name().len() == point.len() { "" } else { phase.suffix() };
    let row = vec![
        Some(message.timestamp().to_string()),
        Some(base_id),
        Some(parent_id),
        Some(trace_id),
        message.project().map(|project| cut(project, LONGEST)),
        host.as_deref().map(|host| cut(host, LONGEST)),
        message.service().map(|service| cut(service, LONGEST)),
        Some(cut(point, LONGEST - suffix.len()) + suffix),
        Some(serde_json::Value::from(info).to_string()),
    ];
    if database == Database::PostgreSql && row.iter().flatten().any(|text| text.contains('\0')) {
        return Err(bad_id(message, "PostgreSQL's texts hold no NUL"));
    }
    Ok(row)
}

fn bad_id(message: &Message, reason: &'static str) -> DriverError {
    DriverError::BadId { id: message.base_id().clone(), reason }
}

/// The beginning of a text that fits in a column.
fn cut(text: &str, longest: usize) -> String {
    text.chars().take(longest).collect()
}
