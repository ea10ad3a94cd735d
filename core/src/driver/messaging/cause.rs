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

const CONTENT_TOO_LARGE: u16 = 311;
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

    /// Whether the broker refused one thing for what it is, and would take others on a new channel.
    pub(super) fn is_of_one_thing(&self) -> bool {
        matches!(self, Self::Refused { code: CONTENT_TOO_LARGE | PRECONDITION_FAILED, .. })
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

#[cfg(test)]
mod tests {
    use lapin::protocol::{AMQPError, AMQPErrorKind};

    use super::*;

    fn refused(code: u16, text: &str) -> Cause {
        let kind = AMQPErrorKind::from_id(code).expect("a code of AMQP");
        Cause::from(lapin::Error::from(ErrorKind::ProtocolError(AMQPError::new(kind, text.into()))))
    }

    #[test]
    fn what_may_succeed_later_is_known_by_its_code() {
        for (code, retryable) in [(320, true), (541, true), (506, true), (403, false), (404, false), (530, false)] {
            assert_eq!(refused(code, "text").is_retryable(), retryable, "{code}");
        }
        assert!(Cause::from(lapin::Error::from(io::Error::from(io::ErrorKind::ConnectionReset))).is_away());
        let certificate = lapin::Error::from(io::Error::new(io::ErrorKind::InvalidData, "unknown issuer"));
        assert!(!Cause::from(certificate).is_retryable());
    }

    #[test]
    fn refusals_say_what_to_change() {
        let text = "PRECONDITION_FAILED - inequivalent arg 'durable' for queue 'profiler.info'";
        let cause = refused(406, text).of_declaration(false);
        assert_eq!(cause.to_string(), format!("{text}; say durable=true as whoever made it"));
        assert!(!cause.is_retryable() && !cause.is_of_one_thing());
        assert!(refused(406, "PRECONDITION_FAILED - message size 2 is larger than 1").is_of_one_thing());
        let busy = refused(403, "ACCESS_REFUSED - queue 'profiler.info' in vhost '/' in exclusive use").of_consumer();
        assert!(matches!(busy, Cause::Busy) && busy.is_retryable());
        assert!(matches!(refused(403, "ACCESS_REFUSED - no").of_consumer(), Cause::Refused { .. }));
    }
}
