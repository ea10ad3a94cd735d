//! [`CeilometerConfig`]: the connection string of `ceilometer`.

use std::fmt;

use crate::driver::http::{Client, HttpOptions};
use crate::driver::mistake::bad;
use crate::driver::query::Query;
use crate::driver::{DriverError, DriverOptions, Redacted};

/// Where Panko listens, as Ceilometer's events have it since they left Ceilometer.
const PORT: u16 = 8977;

/// Where the events are. The address is that of the connection string, `ceilometer://HOST:PORT`, or that of
/// [`DriverOptions::ceilometer_url`], which may be `https`.
///
/// | option | meaning | default |
/// | --- | --- | --- |
/// | `token` | the token of Keystone's that requests have | as [`DriverOptions::os_auth_token`] says |
/// | `limit` | how many events a request asks for; the next have theirs, which Panko knows and what was before it does not | `1000` |
/// | `connect_timeout` | how long a connection may take | `5s` |
/// | `timeout` | how long one request may take | `10s` |
/// | `ca_cert` | a PEM file with the certificates that the server's may be signed with | those of the web |
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct CeilometerConfig {
    /// The address: `http://HOST:PORT` or `https://HOST:PORT`, and perhaps a path.
    pub url: String,
    /// The port of an address that names none; `None` is that of the URL's scheme.
    default_port: Option<u16>,
    /// The token of Keystone's that requests have. Default: none.
    pub token: Option<String>,
    /// How many events a request asks for. Default: 1,000.
    pub limit: usize,
    /// What is said of connections and requests.
    pub http: HttpOptions,
}

impl CeilometerConfig {
    /// Reads a connection string.
    ///
    /// # Errors
    ///
    /// [`DriverError::BadConnectionString`] where there is no address, or an option is unknown or wrong.
    pub fn parse(connection_string: &str, options: &DriverOptions) -> Result<Self, DriverError> {
        let mut query = Query::of(connection_string);
        let rest = connection_string.split_once("://").map_or("", |(_, rest)| rest);
        let address = rest.split('?').next().unwrap_or_default();
        let (url, default_port) = match (address, &options.ceilometer_url) {
            // A URL has the port of its scheme, where it names none.
            ("", Some(url)) => (url.clone(), None),
            ("", None) => {
                let reason =
                    "the address is missing; write ceilometer://HOST:PORT, or give --ceilometer-url or CEILOMETER_URL";
                return Err(bad(connection_string, reason));
            }
            (address, _) => (format!("http://{address}"), Some(PORT)),
        };
        if !url.starts_with("http://") && !url.starts_with("https://") {
            return Err(bad(connection_string, "the address of Ceilometer is no http:// or https:// URL"));
        }
        let config = Self {
            url,
            default_port,
            token: query.take("token").or_else(|| options.os_auth_token.clone()),
            limit: query.number("limit")?.unwrap_or(1000),
            http: HttpOptions::take(&mut query)?,
        };
        query.finish(&[&["token", "limit"][..], &HttpOptions::KNOWN].concat())?;
        config.client()?;
        Ok(config)
    }

    pub(super) fn client(&self) -> Result<Client, DriverError> {
        let is_tls = self.url.starts_with("https:");
        let mut client = Client::new(&self.url, is_tls, self.default_port, &self.http)?;
        if let Some(token) = &self.token {
            client.add_header("x-auth-token", token);
        }
        Ok(client)
    }
}

impl fmt::Debug for CeilometerConfig {
    /// Without the token, and without credentials in the address.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CeilometerConfig")
            .field("url", &format_args!("{}", Redacted(&self.url)))
            .field("token", &self.token.as_ref().map(|_| "***"))
            .field("limit", &self.limit)
            .field("http", &self.http)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_and_token_come_from_the_string_or_the_options() -> Result<(), DriverError> {
        let options = DriverOptions {
            ceilometer_url: Some("https://events.example/panko".to_owned()),
            os_auth_token: Some("s3cret".to_owned()),
            ..DriverOptions::default()
        };
        let config = CeilometerConfig::parse("ceilometer://", &options)?;
        assert_eq!((config.url.as_str(), config.token.as_deref()), ("https://events.example/panko", Some("s3cret")));
        let config = CeilometerConfig::parse("ceilometer://h:1/x?token=other", &options)?;
        assert_eq!((config.url.as_str(), config.token.as_deref()), ("http://h:1/x", Some("other")));
        assert!(!format!("{config:?}").contains("other"));
        Ok(())
    }

    #[test]
    fn mistakes_say_what_to_change() {
        for (text, says) in [
            ("ceilometer://", "CEILOMETER_URL"),
            ("ceilometer", "CEILOMETER_URL"),
            ("ceilometer://h?tokn=s3cret", "unknown option tokn"),
        ] {
            let error = CeilometerConfig::parse(text, &DriverOptions::default()).expect_err(text).to_string();
            assert!(error.contains(says) && !error.contains("s3cret"), "{text}: {error}");
        }
    }
}
