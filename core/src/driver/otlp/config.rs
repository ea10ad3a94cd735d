//! [`OtlpConfig`]: the connection string of `otlp` and `otlps`.

use std::fmt;

use crate::driver::http::{Client, HttpOptions};
use crate::driver::mistake::bad;
use crate::driver::query::Query;
use crate::driver::{DriverError, DriverOptions, Redacted};

/// Where spans go, and how.
///
/// | option | default | meaning |
/// | --- | --- | --- |
/// | `path` | `/v1/traces` | the path of requests |
/// | `headers` | none | further headers: `k=v,k2=v2`, with `%26` for `&` and `%2B` for `+` |
/// | `open_points` | 65536 | how many points may wait for their end, with 32 MiB together; the oldest beyond are sent as they are |
/// | `connect_timeout` | `5s` | how long a connection may take |
/// | `timeout` | `10s` | how long one request may take |
/// | `ca_cert` | those of the web | a PEM file with the certificates that the server's may be signed with |
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct OtlpConfig {
    /// The connection string: scheme, host, port and perhaps `user:password@`.
    pub connection_string: String,
    /// The path of requests. Default: `/v1/traces`.
    pub path: String,
    /// Further headers of requests. Default: none.
    pub headers: Vec<(String, String)>,
    /// How many points may wait for their end; they have 32 MiB together at most. Default: 65,536.
    pub open_points: usize,
    /// What is said of connections and requests.
    pub http: HttpOptions,
}

impl OtlpConfig {
    /// Reads a connection string.
    ///
    /// # Errors
    ///
    /// [`DriverError::BadConnectionString`] where the host is missing or an option is unknown or wrong.
    pub fn parse(connection_string: &str, _options: &DriverOptions) -> Result<Self, DriverError> {
        let mut query = Query::of(connection_string);
        let path = query.take("path").unwrap_or_else(|| "/v1/traces".to_owned());
        let headers = query.take("headers").unwrap_or_default();
        let config = Self {
            connection_string: connection_string.to_owned(),
            path: if path.starts_with('/') { path } else { format!("/{path}") },
            headers: parse_headers(&headers)
                .ok_or_else(|| bad(connection_string, "headers are written name=value,name=value"))?,
            open_points: query.number("open_points")?.unwrap_or(65_536),
            http: HttpOptions::take(&mut query)?,
        };
        query.finish(&[&["path", "headers", "open_points"][..], &HttpOptions::KNOWN].concat())?;
        config.client()?;
        Ok(config)
    }

    pub(super) fn client(&self) -> Result<Client, DriverError> {
        let is_tls = self.connection_string.starts_with("otlps:");
        let mut client = Client::new(&self.connection_string, is_tls, Some(4318), &self.http)?;
        for (name, value) in &self.headers {
            client.add_header(name, value);
        }
        Ok(client)
    }
}

/// The headers of a text such as `a=1,b=2`; `None` where one has no name or no value, or what no header may have.
fn parse_headers(text: &str) -> Option<Vec<(String, String)>> {
    let parts = text.split(',').filter(|part| !part.trim().is_empty());
    parts
        .map(|part| {
            let (name, value) = part.split_once('=')?;
            let (name, value) = (name.trim(), value.trim());
            let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
            let is_value = value.bytes().all(|byte| (b' '..=b'~').contains(&byte));
            (is_name && is_value).then(|| (name.to_owned(), value.to_owned()))
        })
        .collect()
}

impl fmt::Debug for OtlpConfig {
    /// Without the values of headers, which may be tokens.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OtlpConfig")
            .field("connection_string", &Redacted(&self.connection_string).to_string())
            .field("path", &self.path)
            .field("headers", &self.headers.iter().map(|(name, _)| name).collect::<Vec<_>>())
            .field("open_points", &self.open_points)
            .field("http", &self.http)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn parse(text: &str) -> Result<OtlpConfig, DriverError> {
        OtlpConfig::parse(text, &DriverOptions::default())
    }

    #[test]
    fn options_are_read() -> Result<(), DriverError> {
        let config = parse("otlps://h?path=x/y&headers=api-key=secret%3D,b=2&open_points=7&timeout=1s")?;
        assert_eq!(
            (config.path.as_str(), config.open_points, config.http.timeout),
            ("/x/y", 7, Duration::from_secs(1))
        );
        assert_eq!(config.headers[0], ("api-key".to_owned(), "secret=".to_owned()));
        assert!(!format!("{config:?}").contains("secret"));
        assert_eq!(parse("otlp://h")?.path, "/v1/traces");
        Ok(())
    }

    #[test]
    fn mistakes_are_named() {
        for (text, says) in [
            ("otlp://h?headers=secret", "name=value"),
            ("otlp://h?headers=a=b%0Ac:secret", "name=value"),
            ("otlp://h?open_points=0", "open_points"),
            ("otlp://h?headrs=x", "unknown option headrs"),
            ("otlp:", "host"),
        ] {
            let error = parse(text).expect_err(text).to_string();
            assert!(error.contains(says) && !error.contains("secret"), "{error}");
        }
    }
}
