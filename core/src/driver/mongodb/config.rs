//! [`MongoDbConfig`]: the connection string of `mongodb`.

use std::fmt;
use std::time::Duration;

use mongodb::options::ClientOptions;

use crate::driver::mistake::{bad, said};
use crate::driver::query::Query;
use crate::driver::runtime;
use crate::driver::{DriverError, DriverOptions, Redacted};

/// The options that are ours, and not MongoDB's.
const OURS: [&str; 3] = ["filter_error_trace", "connect_timeout", "timeout"];

/// Where the collections are.
///
/// The connection string is MongoDB's own, `mongodb://USER:PASSWORD@HOST:PORT,HOST2:PORT2/?replicaSet=...`, with its options, such as
/// `authSource`, `tls`, `tlsCAFile` or `connectTimeoutMS`. The database is `osprofiler`, as in OSProfiler, whatever database it names: that one is
/// asked about the user.
///
/// | option | meaning | default |
/// | --- | --- | --- |
/// | `filter_error_trace` | whether traces with errors are noted in a collection of their own | as [`DriverOptions`] says |
/// | `connect_timeout` | how long it may take to connect and find a server to talk to, where MongoDB's options do not say | `5s` |
/// | `timeout` | how long storing a batch, or one question, may take | `10s` |
#[derive(Clone)]
#[non_exhaustive]
pub struct MongoDbConfig {
    pub(super) client: ClientOptions,
    /// The connection string, without credentials.
    pub(super) store: String,
    /// Whether traces with errors are noted in a collection of their own.
    pub filter_error_trace: bool,
    /// How long it may take to connect and find a server to talk to.
    pub connect_timeout: Duration,
    /// How long storing a batch, or one question, may take.
    pub timeout: Duration,
}

impl MongoDbConfig {
    /// Reads a connection string.
    ///
    /// # Errors
    ///
    /// [`DriverError::BadConnectionString`], which says what to change.
    pub fn parse(connection_string: &str, options: &DriverOptions) -> Result<Self, DriverError> {
        let mut query = Query::of(connection_string);
        let filter_error_trace = query.switch("filter_error_trace")?.unwrap_or(options.filter_error_trace);
        let connect_timeout = query.duration("connect_timeout")?.unwrap_or(Duration::from_secs(5));
        let timeout = query.duration("timeout")?.unwrap_or(Duration::from_secs(10));
        let url = without_ours(connection_string);
        // Nothing is asked of the network: names are looked up when a connection is made.
        let parsed = runtime::wait(timeout, async move { ClientOptions::parse(url).await })
            .map_err(|error| bad(connection_string, said(connection_string, &error.to_string())))?;
        let mut client = parsed.map_err(|error| bad(connection_string, reason(connection_string, &error)))?;
        client.app_name.get_or_insert_with(|| "osprofiler".to_owned());
        client.connect_timeout.get_or_insert(connect_timeout);
        client.server_selection_timeout.get_or_insert(connect_timeout);
        let store = Redacted(connection_string).to_string();
        Ok(Self { client, store, filter_error_trace, connect_timeout, timeout })
    }
}

/// The connection string as MongoDB's client has it.
fn without_ours(connection_string: &str) -> String {
    let Some((address, query)) = connection_string.split_once('?') else { return connection_string.to_owned() };
    let is_ours = |option: &&str| OURS.contains(&option.split('=').next().unwrap_or_default());
    let rest: Vec<&str> = query.split('&').filter(|option| !option.is_empty() && !is_ours(option)).collect();
    // MongoDB's options follow a slash.
    let slash = if address.trim_start_matches("mongodb://").contains('/') { "" } else { "/" };
    format!("{address}{slash}?{}", rest.join("&")).trim_end_matches('?').to_owned()
}

/// What the client says of a connection string, unless it quotes a part of it.
fn reason(connection_string: &str, error: &mongodb::error::Error) -> String {
    let text = match error.kind.as_ref() {
        mongodb::error::ErrorKind::InvalidArgument { message, .. } => message.clone(),
        other => other.to_string(),
    };
    said(connection_string, &text)
}

impl fmt::Debug for MongoDbConfig {
    /// Without what the client keeps, which has the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MongoDbConfig")
            .field("store", &self.store)
            .field("filter_error_trace", &self.filter_error_trace)
            .field("connect_timeout", &self.connect_timeout)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_both_are_read() -> Result<(), DriverError> {
        let text =
            "mongodb://u:p%40ss@a:1,b:2/admin?timeout=2s&replicaSet=rs&connectTimeoutMS=250&filter_error_trace=1";
        let config = MongoDbConfig::parse(text, &DriverOptions::default())?;
        assert_eq!((config.timeout, config.filter_error_trace), (Duration::from_secs(2), true));
        assert_eq!(config.client.repl_set_name.as_deref(), Some("rs"));
        assert_eq!(config.client.connect_timeout, Some(Duration::from_millis(250)));
        assert_eq!(config.client.server_selection_timeout, Some(Duration::from_secs(5)));
        assert!(!format!("{config:?}").contains("p%40ss"));
        MongoDbConfig::parse("mongodb://h?timeout=2s", &DriverOptions::default()).map(drop)
    }

    #[test]
    fn mistakes_say_what_to_change_and_show_no_password() {
        for text in [
            "mongodb://",
            "mongodb://u:s3cr@et@h",
            "mongodb://u:s3cret@h:port",
            "mongodb://u:s3cret@h/?tiemout=1",
            "mongodb://u:s3cret@h/?timeout=1",
        ] {
            let error = MongoDbConfig::parse(text, &DriverOptions::default()).expect_err(text).to_string();
            assert!(!error.contains("s3cr"), "{error}");
        }
    }
}
