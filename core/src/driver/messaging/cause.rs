//! [`Cause`]: why a broker did not do something, and whether it may later.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use lapin::ErrorKind;

use super::session::QUEUE;
use crate::driver::DriverError;
use crate::driver::runtime::WaitError;

/// Codes of AMQP 0-9-1 for what may succeed later: forced close, resource error and internal error. RabbitMQ shuts down with the
/// first.
const LATER: [u16; 3] = [320, 506, 541];

const ACCESS_REFUSED: u16 = 403;
const NOT_FOUND: u16 = 404;
const PRECONDITION_FAILED: u16 = 406;

/// Why not.
#[derive(Debug, thiserror::Error)]
pub(super) enum Cause {
    #[error("no connection within {after:?}")]
    NoConnection { after: Duration },
    /// The broker says no; the text begins with its own name of the code.
    #[error("{text}")]
    Refused { code: u16, text: String },
    #[error("{text}; say durable={} as whoever made it", !durable)]
    NotAsMade { text: String, durable: bool },
    #[error("somebody else reads the queue {QUEUE}")]
    Busy,
    #[error("the broker had no queue for {count} messages")]
    Unroutable { count: usize },
    #[error("the broker took {taken} messages of {count}")]
    NotTaken { taken: usize, count: usize },
    #[error("{0}")]
    Network(Arc<io::Error>),
    #[error("{0}")]
    Client(String),
    #[error("the connection has ended: {0}")]
    Ended(String),
    #[error("the authorities in {} cannot be read", path.display())]
    Authorities { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Wait(#[from] WaitError),
}

impl Cause {
    /// Whether the connection is of no use any more, for no reason that would hold for a new one.
    pub(super) fn is_away(&self) -> bool {
        match self {
            Self::Network(_) | Self::Ended(_) => true,
            Self::Refused { code, .. } => LATER.contains(code),
            _ => false,
        }
    }

    pub(super) fn is_retryable(&self) -> bool {
        match self {
            Self::NoConnection { .. } | Self::Busy | Self::Unroutable { .. } | Self::NotTaken { .. } => true,
            Self::Ended(_) | Self::Wait(_) => true,
            // Certificates are refused so.
            Self::Network(error) => !matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput),
            Self::Refused { code, .. } => LATER.contains(code),
            Self::NotAsMade { .. } | Self::Client(_) | Self::Authorities { .. } => false,
        }
    }

    /// Whether the broker refused one thing, and would take others on a new channel.
    pub(super) fn is_of_one_message(&self) -> bool {
        matches!(self, Self::Refused { code: PRECONDITION_FAILED | 311, .. })
    }

    /// Whether there is no such queue.
    pub(super) fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused { code: NOT_FOUND, .. })
    }

    /// The cause of a consumer that was refused.
    pub(super) fn of_consumer(self) -> Self {
        match self {
            Self::Refused { code: ACCESS_REFUSED, text } if text.contains("exclusive use") => Self::Busy,
            other => other,
        }
    }

    /// The cause of a declaration that was refused.
    pub(super) fn of_declaration(self, durable: bool) -> Self {
        match self {
            Self::Refused { code: PRECONDITION_FAILED, text } if text.contains("'durable'") => {
                Self::NotAsMade { text, durable }
            }
            other => other,
        }
    }

    pub(super) fn into_error(self, action: &'static str, store: &str) -> DriverError {
        let retryable = self.is_retryable();
        DriverError::Server { action, store: store.to_owned(), retryable, source: Box::new(self) }
    }
}

impl From<lapin::Error> for Cause {
    fn from(error: lapin::Error) -> Self {
        match error.kind() {
            ErrorKind::ProtocolError(refusal) => {
                Self::Refused { code: refusal.get_id(), text: refusal.get_message().to_string() }
            }
            ErrorKind::IOError(error) | ErrorKind::RuntimeShutdownError(error) => Self::Network(Arc::clone(error)),
            ErrorKind::InvalidChannelState(..)
            | ErrorKind::InvalidConnectionState(_)
            | ErrorKind::InvalidChannel(_)
            | ErrorKind::MissingHeartbeatError => Self::Ended(error.to_string()),
            _ => Self::Client(error.to_string()),
        }
    }
}
