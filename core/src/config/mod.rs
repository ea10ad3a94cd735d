//! [`Config`]: what a service decides about tracing, from code, a file or the environment.
//!
//! Here: the settings and how they are set from code. Below: what a text means (`settings`), where texts come from (`ini`,
//! `environment`) and what can be wrong with them (`error`). Not here: putting a configuration into effect
//! ([`initializer`](crate::initializer)).

mod environment;
mod error;
#[cfg(feature = "ini")]
mod ini;
mod settings;

use std::fmt;

pub use error::ConfigError;

use crate::driver::{DEFAULT_CONNECTION_STRING, DriverOptions, SchemeOf, split};
use crate::web::HmacKey;

/// A service's configuration: by default nothing is traced.
///
/// Later calls override earlier ones, so that the environment overrides a file like this:
///
/// ```
/// # #[cfg(feature = "ini")] {
/// use osprofiler::Config;
///
/// let config = Config::default()
///     .with_ini("[profiler]\nenabled = yes\ntrace_sql = true\nhmac_keys = new_key, old_key\n")?
///     .with_variables([("OSPROFILER_CONNECTION_STRING", "file:///var/lib/traces")])?;
/// assert!(config.enabled && config.trace_sql);
/// assert_eq!(config.hmac_keys.len(), 2);
/// assert_eq!(config.connection_string(), "file:///var/lib/traces");
/// # }
/// # Ok::<(), osprofiler::ConfigError>(())
/// ```
///
/// | setting | key in `[profiler]` | environment variable | default |
/// | --- | --- | --- | --- |
/// | `enabled` | `enabled`, or OSProfiler's old `profiler_enabled` | `OSPROFILER_ENABLED` | `false` |
/// | `trace_sql` | `trace_sql`, or OSProfiler's `trace_sqlalchemy` | `OSPROFILER_TRACE_SQL`, `OSPROFILER_TRACE_SQLALCHEMY` | `false` |
/// | `hmac_keys` | `hmac_keys` | `OSPROFILER_HMAC_KEYS` | none |
/// | `connection_string` | `connection_string` | `OSPROFILER_CONNECTION_STRING` | [`DEFAULT_CONNECTION_STRING`] |
/// | `always` | `always` | `OSPROFILER_ALWAYS` | `false` |
/// | `sample` | `sample` | `OSPROFILER_SAMPLE` | `0` |
/// | `driver.filter_error_trace` | `filter_error_trace` | `OSPROFILER_FILTER_ERROR_TRACE` | `false` |
/// | `driver.sentinel_service_name` | `sentinel_service_name` | `OSPROFILER_SENTINEL_SERVICE_NAME` | `mymaster` |
/// | `driver.socket_timeout` | `socket_timeout`, in seconds | `OSPROFILER_SOCKET_TIMEOUT` | the driver's `timeout` |
/// | `driver.es_doc_type` | `es_doc_type` | `OSPROFILER_ES_DOC_TYPE` | `notification` |
/// | `driver.es_scroll_time` | `es_scroll_time` | `OSPROFILER_ES_SCROLL_TIME` | `2m` |
/// | `driver.es_scroll_size` | `es_scroll_size` | `OSPROFILER_ES_SCROLL_SIZE` | `10000` |
/// | `driver.transport_url` | `transport_url` | `OSPROFILER_TRANSPORT_URL` | none |
///
/// White space separates several connection strings, such as `file:traces otlp://127.0.0.1:4318`: all of them get all messages.
///
/// Switches are `true`, `yes`, `on` or `1`, and `false`, `no`, `off` or `0`, in upper or lower case, as in oslo.config;
/// keys are separated by commas, and `sample` is a number from 0 to 1. Both names of a setting in one source must not contradict each other.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct Config {
    /// Whether anything is traced at all. Default: `false`.
    pub enabled: bool,
    /// Whether adapters trace SQL. Default: `false`.
    pub trace_sql: bool,
    /// The keys that sign trace headers. Default: none, unlike OSProfiler, whose default key everybody knows.
    ///
    /// Without keys no web request is traced for its headers; what [`always`](Self::always) or [`sample`](Self::sample)
    /// begins is recorded, and so are traces that the program begins itself.
    pub hmac_keys: Vec<HmacKey>,
    /// Where traces are stored; `None` is [`DEFAULT_CONNECTION_STRING`].
    pub connection_string: Option<String>,
    /// Whether every web request is traced, signed or not: for development. Default: `false`.
    pub always: bool,
    /// The part of all web requests that is traced, signed or not, from 0 to 1. Default: 0.
    pub sample: f64,
    /// What drivers are told beside the connection string.
    pub driver: DriverOptions,
}

impl Config {
    /// Sets [`enabled`](Self::enabled).
    #[must_use]
    pub fn with_enabled(mut self, enabled: bool) -> Self {
        self.enabled = enabled;
        self
    }

    /// Sets [`trace_sql`](Self::trace_sql).
    #[must_use]
    pub fn with_trace_sql(mut self, trace_sql: bool) -> Self {
        self.trace_sql = trace_sql;
        self
    }

    /// Sets [`hmac_keys`](Self::hmac_keys), each a key of its own; commas mean nothing here.
    #[must_use]
    pub fn with_hmac_keys<K: Into<HmacKey>>(mut self, hmac_keys: impl IntoIterator<Item = K>) -> Self {
        self.hmac_keys = hmac_keys.into_iter().map(Into::into).collect();
        self
    }

    /// Sets [`connection_string`](Self::connection_string).
    #[must_use]
    pub fn with_connection_string(mut self, connection_string: impl Into<String>) -> Self {
        self.connection_string = Some(connection_string.into());
        self
    }

    /// Sets [`always`](Self::always).
    #[must_use]
    pub fn with_always(mut self, always: bool) -> Self {
        self.always = always;
        self
    }

    /// Sets [`sample`](Self::sample). A rate below 0 or that is no number counts as 0, and one above 1 as 1.
    #[must_use]
    pub fn with_sample(mut self, rate: f64) -> Self {
        self.sample = rate;
        self
    }

    /// Sets [`driver`](Self::driver) by changing it.
    ///
    /// ```
    /// let config = osprofiler::Config::default().with_driver(|options| options.filter_error_trace = true);
    /// assert!(config.driver.filter_error_trace);
    /// ```
    #[must_use]
    pub fn with_driver(mut self, change: impl FnOnce(&mut DriverOptions)) -> Self {
        change(&mut self.driver);
        self
    }

    /// Where traces are stored.
    #[must_use]
    pub fn connection_string(&self) -> &str {
        self.connection_string.as_deref().unwrap_or(DEFAULT_CONNECTION_STRING)
    }
}

impl fmt::Debug for Config {
    /// Without keys, and of connection strings only the schemes: in a file with mistakes anything else may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stores: Vec<String> =
            split(self.connection_string()).into_iter().map(|one| SchemeOf(one).to_string()).collect();
        f.debug_struct("Config")
            .field("enabled", &self.enabled)
            .field("trace_sql", &self.trace_sql)
            .field("hmac_keys", &self.hmac_keys)
            .field("connection_string", &format_args!("{}", stores.join(" ")))
            .field("always", &self.always)
            .field("sample", &self.sample)
            .field("driver", &self.driver)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_traced_by_default() {
        let config = Config::default();
        assert!(!config.enabled && !config.trace_sql && config.hmac_keys.is_empty());
        assert_eq!(config.connection_string(), DEFAULT_CONNECTION_STRING);
    }

    #[test]
    fn debug_output_shows_no_secret() {
        let config = Config::default().with_hmac_keys(["s3cret"]).with_connection_string("redis://u:s3cret@h?p=s3cret");
        let config = config.with_driver(|driver| {
            driver.transport_url = Some("rabbit://u:s3cret@h".to_owned());
            driver.os_auth_token = Some("s3cret".to_owned());
        });
        let shown = format!("{config:?}");
        assert!(shown.contains("redis://***,") && !shown.contains("s3cret"), "{shown}");
    }
}
