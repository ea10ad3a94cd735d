//! What a `messaging:` connection string says.

use std::time::Duration;

use super::transport::Transport;
use crate::driver::mistake::bad;
use crate::driver::query::Query;
use crate::driver::{DriverError, DriverOptions};

const KNOWN: [&str; 6] = ["transport_url", "durable", "consume", "idle_timeout", "connect_timeout", "timeout"];

/// Which broker messages go to, and how they are read from it.
///
/// Connection string: `messaging://`, or `messaging` alone, with options; the broker is the option `transport_url` or
/// [`DriverOptions::transport_url`].
///
/// | option | meaning | default |
/// | --- | --- | --- |
/// | `transport_url` | the broker as in oslo.messaging, percent-encoded; see [`Transport`] | that of [`DriverOptions`] |
/// | `durable` | whether the exchange and the queue are made to outlive a restart of the broker; they must be as whoever made them first said | `false`, as in OSProfiler |
/// | `consume` | whether a trace that is read is taken out of the queue | `false` |
/// | `idle_timeout` | how long a reader waits for a further message before it ends | that of [`DriverOptions`], 1 s |
/// | `connect_timeout` | how long a connection may take to be made | `5s` |
/// | `timeout` | how long a batch, or one answer to a reader, may take | `10s` |
///
/// ```
/// use osprofiler::driver::DriverOptions;
/// use osprofiler::driver::messaging::MessagingConfig;
/// use std::time::Duration;
///
/// let url = "messaging://?transport_url=rabbit%3A%2F%2Fuser%3Apassword%40host%3A5672%2F&timeout=3s";
/// let config = MessagingConfig::parse(url, &DriverOptions::default())?;
/// assert_eq!(config.transport.virtual_host, "/");
/// assert_eq!(config.timeout, Duration::from_secs(3));
/// # Ok::<(), osprofiler::driver::DriverError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MessagingConfig {
    /// The broker.
    pub transport: Transport,
    /// Whether the exchange and the queue outlive a restart of the broker. Default: `false`.
    pub durable: bool,
    /// Whether a trace that is read is taken out of the queue. Default: `false`.
    pub consume: bool,
    /// How long a reader waits for a further message. Default: 1 s.
    pub idle_timeout: Duration,
    /// How long a connection may take to be made. Default: 5 s.
    pub connect_timeout: Duration,
    /// How long a batch, or one answer to a reader, may take. Default: 10 s.
    pub timeout: Duration,
}

impl MessagingConfig {
    /// The defaults for a broker.
    #[must_use]
    pub fn new(transport: Transport) -> Self {
        Self {
            transport,
            durable: false,
            consume: false,
            idle_timeout: Duration::from_secs(1),
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(10),
        }
    }

    /// Reads a connection string.
    ///
    /// # Errors
    ///
    /// [`DriverError::BadConnectionString`], which says what to change.
    pub fn parse(connection_string: &str, options: &DriverOptions) -> Result<Self, DriverError> {
        let mut query = Query::of(connection_string);
        let given = query.take("transport_url").or_else(|| options.transport_url.clone());
        let before = connection_string.split_once('?').map_or(connection_string, |(before, _)| before);
        if !matches!(before, "messaging" | "messaging:" | "messaging://" | "messaging:///") {
            // What stands there may be a broker, with its password.
            return Err(bad("messaging://", "the broker is no part of it: give it as transport_url"));
        }
        let Some(given) = given else {
            return Err(
                query.bad("the broker is missing: give transport_url, such as rabbit://user:password@host:5672/")
            );
        };
        let transport = Transport::read(&given).map_err(|reason| query.bad(format!("transport_url {reason}")))?;
        let mut config = Self { idle_timeout: options.idle_timeout, ..Self::new(transport) };
        config.durable = query.switch("durable")?.unwrap_or(config.durable);
        config.consume = query.switch("consume")?.unwrap_or(config.consume);
        config.idle_timeout = query.duration("idle_timeout")?.unwrap_or(config.idle_timeout);
        config.connect_timeout = query.duration("connect_timeout")?.unwrap_or(config.connect_timeout);
        config.timeout = query.duration("timeout")?.unwrap_or(config.timeout);
        query.finish(&KNOWN)?;
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broker_comes_from_the_options_or_the_string() -> Result<(), DriverError> {
        let options = DriverOptions {
            transport_url: Some("rabbit://one/".to_owned()),
            idle_timeout: Duration::from_secs(7),
            ..DriverOptions::default()
        };
        for text in ["messaging", "messaging:", "messaging://"] {
            let config = MessagingConfig::parse(text, &options)?;
            assert_eq!(config.transport.to_string(), "rabbit://one:5672/");
            assert_eq!((config.idle_timeout, config.durable, config.consume), (Duration::from_secs(7), false, false));
        }
        let text = "messaging://?transport_url=rabbit://two:1/x&durable=true&consume=yes&idle_timeout=20ms";
        let config = MessagingConfig::parse(text, &options)?;
        assert_eq!(config.transport.to_string(), "rabbit://two:1/x");
        assert_eq!((config.idle_timeout, config.durable, config.consume), (Duration::from_millis(20), true, true));
        Ok(())
    }

    #[test]
    fn mistakes_say_what_to_change_and_no_password() {
        for (text, says) in [
            ("messaging://", "the broker is missing: give transport_url"),
            ("messaging://u:secret@host/", "give it as transport_url"),
            ("messaging://host?transport_url=rabbit://u:secret@h/", "give it as transport_url"),
            ("messaging://?transport_url=kafka://u:secret@h/", "transport_url begins with kafka://"),
            ("messaging://?transport_url=rabbit://u:secret@h:x/", "transport_url has a port that is no number"),
            ("messaging://?transport_url=rabbit://u:secret@h/&durable=2", "durable = 2 is not true or false"),
            (
                "messaging://?transport_url=rabbit://u:secret@h/&durabel=x",
                "unknown option durabel; known are transport_url",
            ),
        ] {
            let error = MessagingConfig::parse(text, &DriverOptions::default()).expect_err(text).to_string();
            assert!(error.contains(says) && !error.contains("secret"), "{error}");
        }
    }
}
