//! [`ElasticsearchConfig`]: the connection string of `elasticsearch` and `elasticsearchs`.

use std::fmt;

use crate::driver::http::{Client, HttpOptions};
use crate::driver::query::Query;
use crate::driver::{DriverError, DriverOptions, Redacted, mistake};

/// Where the documents are, and how they are asked for.
///
/// | option | meaning | default |
/// | --- | --- | --- |
/// | `filter_error_trace` | whether traces with errors are noted in an index of their own | as [`DriverOptions`] says |
/// | `es_doc_type` | the documents' type, for servers before 7 | as [`DriverOptions`] says |
/// | `es_scroll_time`, `es_scroll_size` | how long a search stays open between its pages, and how many documents a page has | as [`DriverOptions`] says |
/// | `types` | whether paths have a type: `true` for Elasticsearch before 7, `false` for what came later | what the server says of its version |
/// | `connect_timeout` | how long a connection may take | `5s` |
/// | `timeout` | how long one request may take | `10s` |
/// | `ca_cert` | a PEM file with the certificates that the server's may be signed with | those of the web |
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct ElasticsearchConfig {
    /// The connection string: scheme, host, port and perhaps `user:password@`.
    pub connection_string: String,
    /// Whether traces with errors are noted in an index of their own. Default: `false`.
    pub filter_error_trace: bool,
    /// The documents' type, for servers before 7. Default: `notification`.
    pub es_doc_type: String,
    /// How long a search stays open between its pages, as Elasticsearch writes durations. Default: `2m`.
    pub es_scroll_time: String,
    /// How many documents a page has. Default: 10,000.
    pub es_scroll_size: usize,
    /// Whether paths have a type; `None` asks the server for its version. Default: `None`.
    pub types: Option<bool>,
    /// What is said of connections and requests.
    pub http: HttpOptions,
}

const KNOWN: [&str; 5] = ["filter_error_trace", "es_doc_type", "es_scroll_time", "es_scroll_size", "types"];

impl ElasticsearchConfig {
    /// Reads a connection string.
    ///
    /// # Errors
    ///
    /// [`DriverError::BadConnectionString`] where the host is missing or an option is unknown or wrong.
    pub fn parse(connection_string: &str, options: &DriverOptions) -> Result<Self, DriverError> {
        let mut query = Query::of(connection_string);
        let config = Self {
            connection_string: connection_string.to_owned(),
            filter_error_trace: query.switch("filter_error_trace")?.unwrap_or(options.filter_error_trace),
            es_doc_type: query.take("es_doc_type").unwrap_or_else(|| options.es_doc_type.clone()),
            es_scroll_time: query.take("es_scroll_time").unwrap_or_else(|| options.es_scroll_time.clone()),
            es_scroll_size: query.number("es_scroll_size")?.unwrap_or(options.es_scroll_size),
            types: query.switch("types")?,
            http: HttpOptions::take(&mut query)?,
        };
        query.finish(&[&KNOWN[..], &HttpOptions::KNOWN].concat())?;
        for (key, word) in [("es_doc_type", &config.es_doc_type), ("es_scroll_time", &config.es_scroll_time)] {
            // Both stand in paths.
            if word.is_empty() || !word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)) {
                return Err(mistake::bad_option(connection_string, key, word, "a word of letters, digits, -, _ and ."));
            }
        }
        config.client()?;
        Ok(config)
    }

    pub(super) fn client(&self) -> Result<Client, DriverError> {
        let is_tls = self.connection_string.starts_with("elasticsearchs:");
        Client::new(&self.connection_string, is_tls, Some(9200), &self.http)
    }
}

impl fmt::Debug for ElasticsearchConfig {
    /// Without the credentials of the connection string.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ElasticsearchConfig")
            .field("connection_string", &format_args!("{}", Redacted(&self.connection_string)))
            .field("filter_error_trace", &self.filter_error_trace)
            .field("es_doc_type", &self.es_doc_type)
            .field("es_scroll_time", &self.es_scroll_time)
            .field("es_scroll_size", &self.es_scroll_size)
            .field("types", &self.types)
            .field("http", &self.http)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_override_what_the_configuration_says() -> Result<(), DriverError> {
        let options = DriverOptions { filter_error_trace: true, es_scroll_size: 5, ..DriverOptions::default() };
        let text = "elasticsearch://u:s3cret@h?es_scroll_size=7&types=yes&es_doc_type=event";
        let config = ElasticsearchConfig::parse(text, &options)?;
        assert!(config.filter_error_trace && config.types == Some(true));
        assert_eq!((config.es_scroll_size, config.es_doc_type.as_str()), (7, "event"));
        assert!(!format!("{config:?}").contains("s3cret"));
        Ok(())
    }

    #[test]
    fn mistakes_say_what_to_change() {
        for (text, says) in [
            ("elasticsearch://", "host"),
            ("elasticsearch://h?es_scroll=x", "unknown option es_scroll; known are filter_error_trace"),
            ("elasticsearch://h?es_scroll_time=2m/x", "es_scroll_time is not a word"),
            ("elasticsearch://h?es_scroll_size=0", "es_scroll_size = 0"),
        ] {
            let error = ElasticsearchConfig::parse(text, &DriverOptions::default()).expect_err(text).to_string();
            assert!(error.contains(says), "{text}: {error}");
        }
    }
}
