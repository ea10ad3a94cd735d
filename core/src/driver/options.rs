//! [`DriverOptions`]: what a service's configuration says beside the connection string.

use std::fmt;
use std::time::Duration;

use super::SchemeOf;
use crate::quotable;

/// Settings of drivers that are no part of a connection string in OSProfiler. A driver takes those that concern it; an
/// option of the connection string overrides the setting of the same name.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct DriverOptions {
    /// Whether traces with errors are noted apart, as OSProfiler does, by the drivers for Redis, MongoDB and
    /// Elasticsearch. Default: `false`.
    pub filter_error_trace: bool,
    /// The name by which Redis Sentinel knows the service. Default: `mymaster`.
    pub sentinel_service_name: String,
    /// How long Redis Sentinel and the server it names may take for one answer. Default: `None`, and the driver's own
    /// `timeout` counts. OSProfiler's default, 0.1 s, is too short for batches.
    pub socket_timeout: Option<Duration>,
    /// The type of documents in servers of Elasticsearch before 7. Default: `notification`.
    pub es_doc_type: String,
    /// How long Elasticsearch keeps a search open between its pages, as it writes durations. Default: `2m`.
    pub es_scroll_time: String,
    /// How many documents a page of Elasticsearch has. Default: 10,000, which is its own limit.
    pub es_scroll_size: usize,
    /// The broker of `messaging:`, such as `rabbit://user:password@host:5672/`. Default: none.
    pub transport_url: Option<String>,
    /// How long the reader of `messaging:` waits for a further message before it ends. Default: 1 s.
    pub idle_timeout: Duration,
    /// The token for `ceilometer:`. Default: none.
    pub os_auth_token: Option<String>,
    /// The address of `ceilometer:`. Default: none.
    pub ceilometer_url: Option<String>,
}

impl Default for DriverOptions {
    fn default() -> Self {
        Self {
            filter_error_trace: false,
            sentinel_service_name: "mymaster".to_owned(),
            socket_timeout: None,
            es_doc_type: "notification".to_owned(),
            es_scroll_time: "2m".to_owned(),
            es_scroll_size: 10_000,
            transport_url: None,
            idle_timeout: Duration::from_secs(1),
            os_auth_token: None,
            ceilometer_url: None,
        }
    }
}

impl fmt::Debug for DriverOptions {
    /// Without tokens and addresses. Words other than the defaults are not shown: in a file with mistakes they may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = |address: &Option<String>| address.as_deref().map(|address| SchemeOf(address).to_string());
        let Self { sentinel_service_name, es_doc_type, es_scroll_time, .. } = Self::default();
        let word = |word: &str, default: &str| match word == default {
            true => default.to_owned(),
            false => quotable::value(word).unwrap_or_else(|| "***".to_owned()),
        };
        f.debug_struct("DriverOptions")
            .field("filter_error_trace", &self.filter_error_trace)
            .field("sentinel_service_name", &word(&self.sentinel_service_name, &sentinel_service_name))
            .field("socket_timeout", &self.socket_timeout)
            .field("es_doc_type", &word(&self.es_doc_type, &es_doc_type))
            .field("es_scroll_time", &word(&self.es_scroll_time, &es_scroll_time))
            .field("es_scroll_size", &self.es_scroll_size)
            .field("transport_url", &address(&self.transport_url))
            .field("idle_timeout", &self.idle_timeout)
            .field("os_auth_token", &self.os_auth_token.as_ref().map(|_| "***"))
            .field("ceilometer_url", &address(&self.ceilometer_url))
            .finish()
    }
}
