//! [`TraceSummary`]: one line about a trace.

use std::time::SystemTime;

use serde::Deserialize;
use serde_json::Value;

use super::DriverError;
use crate::error::Chain;
use crate::{Id, Message, Phase, Timestamp};

/// One line about a stored trace.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct TraceSummary {
    /// The trace.
    pub base_id: Id,
    /// The time of its first message.
    pub started: Timestamp,
    /// Microseconds from its first to its last message.
    pub duration_us: u64,
    /// The name of its first point at the top, such as `wsgi`.
    pub name: String,
    /// The HTTP method, where the first point is a request.
    pub method: Option<String>,
    /// The path, where the first point is a request.
    pub path: Option<String>,
    /// The service of the first point.
    pub service: Option<String>,
    /// How many statements ran.
    pub queries: u64,
    /// How many points ended with an error.
    pub errors: u64,
}

/// The few things of a message's info that a summary needs.
#[derive(Default, Deserialize)]
struct Peek {
    request: Option<Request>,
    db: Option<Db>,
    etype: Option<Value>,
}

#[derive(Deserialize)]
struct Request {
    method: Option<String>,
    path: Option<String>,
}

#[derive(Deserialize)]
struct Db {
    statement: Option<Value>,
}

impl TraceSummary {
    /// Sums up the messages of one trace; `None` where there are none.
    #[must_use]
    pub fn of(messages: &[Message]) -> Option<Self> {
        let first = messages.iter().min_by_key(|message| (message.point().1 == Phase::Stop, message.timestamp()))?;
        let root = messages
            .iter()
            .filter(|message| message.point().1 == Phase::Start && message.parent_id() == message.base_id())
            .min_by_key(|message| message.timestamp())
            .unwrap_or(first);
        let started = messages.iter().map(|message| message.timestamp()).min()?;
        let finished = messages.iter().map(|message| message.timestamp()).max()?;
        let request = peek(root).request;
        let (mut queries, mut errors) = (0, 0);
        for message in messages {
            // Parsing only what can matter keeps lists of many traces quick.
            match message.point().1 {
                Phase::Start if message.info_json().contains("\"statement\"") => {
                    queries += u64::from(
                        peek(message).db.is_some_and(|db| db.statement.is_some_and(|statement| statement.is_string())),
                    );
                }
                Phase::Stop if message.info_json().contains("\"etype\"") => {
                    errors += u64::from(peek(message).etype.is_some_and(|etype| etype.is_string()));
                }
                Phase::Start | Phase::Stop => {}
            }
        }
        let (method, path) = request.map_or((None, None), |request| (request.method, request.path));
        Some(Self {
            base_id: root.base_id().clone(),
            started,
            duration_us: u64::try_from(finished.as_micros().saturating_sub(started.as_micros())).unwrap_or(0),
            name: root.point().0.to_owned(),
            method,
            path,
            service: root.service().map(str::to_owned),
            queries,
            errors,
        })
    }
}

impl TraceSummary {
    /// The line of a trace that cannot be read: its name says why.
    pub(crate) fn unreadable(base_id: Id, modified: SystemTime, error: &DriverError) -> Self {
        Self {
            base_id,
            started: modified.into(),
            duration_us: 0,
            name: Chain(error).to_string(),
            method: None,
            path: None,
            service: None,
            queries: 0,
            errors: 0,
        }
    }
}

fn peek(message: &Message) -> Peek {
    serde_json::from_str(message.info_json()).unwrap_or_default()
}
