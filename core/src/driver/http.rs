//! What the drivers that speak HTTP share: where a connection string points to, requests that end in time, and what a
//! status means for whoever would try again. Credentials go into a header and into no address, so that no error has them.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ureq::Agent;
use ureq::http::{Method, Request};
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use url::Url;

use super::mistake::{bad, said};
use super::query::Query;
use super::{DriverError, Redacted};

/// How much of an answer's text an error quotes, in characters.
const QUOTED: usize = 300;

/// No answer may be longer: a page of 10,000 messages with long values fits.
const ANSWER_BYTES: u64 = 1 << 30;

/// The options that all servers have which speak HTTP, in the query of their connection strings by the same names.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HttpOptions {
    /// How long a connection may take. Default: 5 s.
    pub connect_timeout: Duration,
    /// How long one request may take. Default: 10 s.
    pub timeout: Duration,
    /// A file with the certificates that the server's may be signed with, in PEM. Default: those of the web.
    pub ca_cert: Option<PathBuf>,
}

impl HttpOptions {
    /// What the options are called.
    pub(super) const KNOWN: [&'static str; 3] = ["connect_timeout", "timeout", "ca_cert"];

    /// Takes the options out of a query.
    pub(super) fn take(query: &mut Query<'_>) -> Result<Self, DriverError> {
        Ok(Self {
            connect_timeout: query.duration("connect_timeout")?.unwrap_or(Duration::from_secs(5)),
            timeout: query.duration("timeout")?.unwrap_or(Duration::from_secs(10)),
            ca_cert: query.take("ca_cert").map(PathBuf::from),
        })
    }

    /// The authorities that a server's certificate is looked at with.
    fn roots(&self) -> Result<RootCerts, String> {
        let Some(path) = &self.ca_cert else { return Ok(RootCerts::WebPki) };
        let wrong = |reason: &dyn fmt::Display| format!("the file that ca_cert names cannot be used: {reason}");
        let text = std::fs::read(path).map_err(|error| wrong(&error))?;
        let mut certificates = Vec::new();
        for item in parse_pem(&text) {
            if let PemItem::Certificate(certificate) = item.map_err(|error| wrong(&error))? {
                certificates.push(certificate);
            }
        }
        if certificates.is_empty() {
            return Err(wrong(&"it has no certificate in PEM"));
        }
        Ok(RootCerts::from(certificates))
    }
}

/// Where a server is and how it is spoken to.
pub(super) struct Client {
    agent: Agent,
    /// The address without credentials, query and slash at the end.
    address: String,
    headers: Vec<(String, String)>,
    /// The connection string as errors show it.
    store: String,
    timeout: Duration,
}

/// What a server said.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

/// Why there is no answer, or not the one that was hoped for.
#[derive(Debug, thiserror::Error)]
pub(super) enum HttpError {
    #[error("the server answered with status {status}: {text}")]
    Status { status: u16, text: String },
    #[error("no answer within {after:?}")]
    TimedOut { after: Duration },
    #[error("{reason}")]
    Answer { reason: String },
    #[error("{reason}")]
    Partial { reason: String },
    #[error(transparent)]
    Client(ureq::Error),
}

impl HttpError {
    /// Whether the same request may succeed later.
    pub(super) fn is_retryable(&self) -> bool {
        match self {
            Self::Status { status, .. } => is_retryable(*status),
            Self::TimedOut { .. } | Self::Partial { .. } => true,
            Self::Answer { .. } => false,
            // Certificates are refused so, and whatever is no TLS.
            Self::Client(ureq::Error::Io(error)) => error.kind() != io::ErrorKind::InvalidData,
            Self::Client(error) => {
                matches!(error, ureq::Error::HostNotFound | ureq::Error::ConnectionFailed | ureq::Error::Protocol(_))
            }
        }
    }

    /// Whether the connection had ended: servers close those that are idle.
    fn is_closed(&self) -> bool {
        use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
        matches!(self, Self::Client(ureq::Error::Io(error))
            if matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof))
    }
}

/// Whether the status says that the server is busy or away, and did not refuse.
pub(super) fn is_retryable(status: u16) -> bool {
    matches!(status, 408 | 429 | 502 | 503 | 504)
}

impl Answer {
    /// The answer, where the status says that it went well.
    pub(super) fn ok(self) -> Result<Self, HttpError> {
        if (200..300).contains(&self.status) {
            return Ok(self);
        }
        let text: String = String::from_utf8_lossy(&self.body).chars().take(QUOTED).collect();
        Err(HttpError::Status { status: self.status, text })
    }
}

impl Client {
    /// A client for the host, port and credentials of `connection_string`; no connection is made.
    pub(super) fn new(
        connection_string: &str,
        is_tls: bool,
        default_port: Option<u16>,
        options: &HttpOptions,
    ) -> Result<Self, DriverError> {
        let wrong = |reason: &str| bad(connection_string, reason);
        let (_, rest) = connection_string.split_once("://").ok_or_else(|| wrong("a host must follow ://"))?;
        let scheme = if is_tls { "https" } else { "http" };
        let mut url = Url::parse(&format!("{scheme}://{rest}")).map_err(|error| {
            wrong(&format!("host and port cannot be read: {}", said(connection_string, &error.to_string())))
        })?;
        // An address without a port has the server's, which is not the one that HTTP has.
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let has_port = authority.rsplit('@').next().is_some_and(|host| {
            host.rsplit_once(':').is_some_and(|(_, port)| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()))
        });
        if !has_port && default_port.is_some() && url.set_port(default_port).is_err() {
            return Err(wrong("a host must follow ://"));
        }
        let mut headers = Vec::new();
        if !url.username().is_empty() || url.password().is_some() {
            let decode = |text: &str| percent_decoded(text);
            let pair = [decode(url.username()), b":".to_vec(), decode(url.password().unwrap_or_default())].concat();
            headers.push(("authorization".to_owned(), format!("Basic {}", STANDARD.encode(pair))));
        }
        // These fail for addresses without a host only, which have been refused.
        let _ = (url.set_username(""), url.set_password(None));
        url.set_query(None);
        url.set_fragment(None);
        if options.ca_cert.is_some() && !is_tls {
            return Err(wrong("ca_cert is of use with TLS alone"));
        }
        let roots = options.roots().map_err(|reason| wrong(&reason))?;
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .timeout_connect(Some(options.connect_timeout))
            .timeout_global(Some(options.timeout))
            .user_agent(concat!("osprofiler-rust/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Self {
            agent: config.into(),
            address: url.as_str().trim_end_matches('/').to_owned(),
            headers,
            store: Redacted(connection_string).to_string(),
            timeout: options.timeout,
        })
    }

    /// Sends a further header with every request.
    pub(super) fn add_header(&mut self, name: &str, value: &str) {
        self.headers.push((name.to_owned(), value.to_owned()));
    }

    /// Sends one request, and once more where a connection was found closed. `path` begins with a slash.
    pub(super) fn send(&self, method: &Method, path: &str, kind: &str, body: &[u8]) -> Result<Answer, HttpError> {
        match self.send_once(method, path, kind, body) {
            Err(error) if error.is_closed() => self.send_once(method, path, kind, body),
            result => result,
        }
    }

    /// Sends one request, once.
    pub(super) fn send_once(&self, method: &Method, path: &str, kind: &str, body: &[u8]) -> Result<Answer, HttpError> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.address));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let sent = if body.is_empty() {
            request.body(()).map_err(ureq::Error::Http).and_then(|request| self.agent.run(request))
        } else {
            let request = request.header("content-type", kind).body(body).map_err(ureq::Error::Http);
            request.and_then(|request| self.agent.run(request))
        };
        let mut answer = sent.map_err(|error| self.error(error))?;
        let status = answer.status().as_u16();
        let body = answer.body_mut().with_config().limit(ANSWER_BYTES).read_to_vec();
        Ok(Answer { status, body: body.map_err(|error| self.error(error))? })
    }

    fn error(&self, error: ureq::Error) -> HttpError {
        match error {
            ureq::Error::Timeout(_) => HttpError::TimedOut { after: self.timeout },
            error => HttpError::Client(error),
        }
    }

    /// The error of a driver that tried to `action` the store.
    pub(super) fn failed(&self, action: &'static str, error: HttpError) -> DriverError {
        let retryable = error.is_retryable();
        DriverError::Server { action, store: self.store.clone(), retryable, source: Box::new(error) }
    }
}

impl fmt::Debug for Client {
    /// Without headers, which hold passwords and tokens.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("address", &self.address).field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        match (bytes[at], digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push(u8::try_from(high * 16 + low).unwrap_or_default());
                at += 3;
            }
            (byte, ..) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(connection_string: &str) -> Result<Client, DriverError> {
        let options = HttpOptions::take(&mut Query::of(connection_string))?;
        Client::new(connection_string, connection_string.starts_with("otlps:"), Some(4318), &options)
    }

    #[test]
    fn address_has_a_port_and_no_credentials() -> Result<(), DriverError> {
        for (text, address) in [
            ("otlp://h", "http://h:4318"),
            ("otlp://u:p%40ss@h:80/a/?x=1", "http://h/a"),
            ("otlp://[::1]:99", "http://[::1]:99"),
            ("otlp://[::1]", "http://[::1]:4318"),
        ] {
            assert_eq!(client(text)?.address, address, "{text}");
        }
        let with_password = client("otlp://u:p%40ss@h")?;
        assert_eq!(with_password.headers[0].1, format!("Basic {}", STANDARD.encode("u:p@ss")));
        assert!(!format!("{with_password:?}").contains("Basic"));
        Ok(())
    }

    #[test]
    fn missing_host_is_refused_without_the_password() {
        for text in ["otlp:", "otlp://", "otlp://u:secret@", "otlp://u:secret@h:port"] {
            let error = client(text).expect_err(text).to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn authorities_that_cannot_be_had_are_refused() -> Result<(), Box<dyn std::error::Error>> {
        let directory = tempfile::tempdir()?;
        let (empty, broken) = (directory.path().join("empty"), directory.path().join("broken"));
        std::fs::write(&empty, "nothing\n")?;
        std::fs::write(&broken, "-----BEGIN CERTIFICATE-----\n****\n-----END CERTIFICATE-----\n")?;
        for (text, says) in [
            ("otlp://h?ca_cert=x".to_owned(), "with TLS alone"),
            ("otlps://h?ca_cert=/no/such/file".to_owned(), "cannot be used: No such file"),
            (format!("otlps://h?ca_cert={}", empty.display()), "no certificate"),
            (format!("otlps://h?ca_cert={}", broken.display()), "cannot be used: "),
        ] {
            let error = client(&text).expect_err(&text).to_string();
            assert!(error.contains(says), "{error}");
        }
        Ok(())
    }
}
