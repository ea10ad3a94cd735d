//! [`Server`]: requests in JSON, and whether the server's paths have types.

use std::fmt;
use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::{Value, json};
use ureq::http::Method;

use super::config::ElasticsearchConfig;
use crate::driver::DriverError;
use crate::driver::http::{Answer, Client, HttpError};
use crate::python_json;

/// OSProfiler's index of messages, and that of traces with errors.
pub(super) const MESSAGES: &str = "osprofiler-notifications";
pub(super) const ERRORS: &str = "osprofiler-notifications-error";

const JSON: &str = "application/json";
pub(super) const LINES: &str = "application/x-ndjson";

/// The server, and what is known of it.
pub(super) struct Server {
    pub(super) config: ElasticsearchConfig,
    client: Client,
    has_types: OnceLock<bool>,
    /// Whether the index was made, or was there.
    is_made: OnceLock<()>,
}

impl Server {
    pub(super) fn new(config: ElasticsearchConfig) -> Result<Self, DriverError> {
        let client = config.client()?;
        Ok(Self { config, client, has_types: OnceLock::new(), is_made: OnceLock::new() })
    }

    /// The document type where the server's paths have one: Elasticsearch had them until 7, OpenSearch never.
    pub(super) fn document_type(&self) -> Result<Option<&str>, HttpError> {
        let has_types = match (self.config.types, self.has_types.get()) {
            (Some(has_types), _) | (None, Some(&has_types)) => has_types,
            (None, None) => {
                #[derive(Deserialize)]
                struct Root {
                    version: Version,
                }
                #[derive(Deserialize)]
                struct Version {
                    number: String,
                    distribution: Option<String>,
                }
                let is_old = match self.get("/") {
                    // Who may only write documents may not know the version: it is taken for one of today's.
                    Err(HttpError::Status { status: 403, .. }) => false,
                    answer => {
                        let Root { version } = parse(&answer?)?;
                        let major = version.number.split('.').next().and_then(|major| major.parse::<u32>().ok());
                        version.distribution.is_none() && major.is_some_and(|major| major < 7)
                    }
                };
                *self.has_types.get_or_init(|| is_old)
            }
        };
        Ok(has_types.then_some(self.config.es_doc_type.as_str()))
    }

    /// Makes the index, where it is missing: ids as they are, and infos kept and not looked into. Left to itself a server makes a
    /// field of each key, and refuses a value of another type than the first.
    pub(super) fn make_index(&self) -> Result<(), HttpError> {
        if self.is_made.get().is_some() {
            return Ok(());
        }
        let keyword = json!({"type": "keyword"});
        let properties = json!({
            "name": keyword, "base_id": keyword, "trace_id": keyword, "parent_id": keyword, "project": keyword, "service": keyword,
            "timestamp": {"type": "date"}, "info": {"type": "object", "enabled": false},
        });
        let mappings = match self.document_type()? {
            Some(document_type) => json!({document_type: {"properties": properties}}),
            None => json!({"properties": properties}),
        };
        let answer = self.send(&Method::PUT, &format!("/{MESSAGES}"), &json!({"mappings": mappings}))?;
        // Or an alias has its name.
        let text = String::from_utf8_lossy(&answer.body);
        let exists =
            answer.status == 400 && ["already_exists", "already exists"].iter().any(|said| text.contains(said));
        // Who may only write documents may not make an index: the server then makes it, if it may.
        if !exists && answer.status != 403 {
            answer.ok()?;
        }
        let _ = self.is_made.set(());
        Ok(())
    }

    pub(super) fn get(&self, path: &str) -> Result<Answer, HttpError> {
        self.client.send(&Method::GET, path, JSON, &[])?.ok()
    }

    /// Sends JSON, whatever the status of the answer is.
    pub(super) fn send(&self, method: &Method, path: &str, body: &Value) -> Result<Answer, HttpError> {
        self.client.send(method, path, JSON, body.to_string().as_bytes())
    }

    /// As [`send`](Self::send), once: asked again the server would answer with what comes next.
    pub(super) fn send_once(&self, method: &Method, path: &str, body: &Value) -> Result<Answer, HttpError> {
        self.client.send_once(method, path, JSON, body.to_string().as_bytes())
    }

    pub(super) fn send_lines(&self, path: &str, lines: &[u8]) -> Result<Answer, HttpError> {
        self.client.send(&Method::POST, path, LINES, lines)?.ok()
    }

    /// The path of searches in an index.
    pub(super) fn search_path(&self, index: &str) -> Result<String, HttpError> {
        Ok(match self.document_type()? {
            Some(document_type) => format!("/{index}/{document_type}/_search"),
            None => format!("/{index}/_search"),
        })
    }

    pub(super) fn failed(&self, action: &'static str, error: HttpError) -> DriverError {
        self.client.failed(action, error)
    }
}

/// What an answer says that holds documents. The server keeps them as they were sent, and Elasticsearch takes `NaN` in them.
pub(super) fn read_documents<T>(
    answer: &Answer,
    read: impl Fn(&str) -> Result<T, serde_json::Error>,
) -> Result<T, HttpError> {
    let text = std::str::from_utf8(&answer.body).map_err(not_understood)?;
    python_json::read(text, read).map_err(not_understood)
}

/// The JSON of an answer.
pub(super) fn parse<'a, T: Deserialize<'a>>(answer: &'a Answer) -> Result<T, HttpError> {
    serde_json::from_slice(&answer.body).map_err(not_understood)
}

fn not_understood(error: impl fmt::Display) -> HttpError {
    HttpError::Answer { reason: format!("the server's answer is not understood: {error}") }
}
