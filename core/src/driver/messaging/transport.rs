//! [`Transport`]: brokers, as oslo.messaging's transport URLs name them.

use std::fmt;
use std::path::PathBuf;

use url::form_urlencoded;

use crate::driver::DriverError;
use crate::driver::mistake::{bad, scheme};

const NO_URL: &str = "is no URL such as rabbit://user:password@host:5672/";

/// One broker, or several of a cluster that are tried in turn.
///
/// `rabbit://user:password@host:5672/virtual_host`, or `amqp://`, or `amqps://` for TLS. As in oslo.messaging 18.3.1: hosts are
/// separated by commas, each with its credentials (default: `guest`, with the password `guest`), and no host is `localhost`; the
/// port is 5672 (5671 for `amqps://`); `/` at the end is the virtual host `/`, and `/x` is `x`; `ssl=true` in the query is TLS, and
/// `ssl_ca_file` a file with further authorities in PEM. Other options of the query are for other programs.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Transport {
    /// At least one.
    pub hosts: Vec<TransportHost>,
    /// The virtual host.
    pub virtual_host: String,
    /// Whether connections use TLS, with the authorities of Mozilla's list and those of `ca_file`.
    pub tls: bool,
    /// Further authorities, in PEM.
    pub ca_file: Option<PathBuf>,
}

/// One host of a [`Transport`].
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TransportHost {
    /// The name or address; that of IPv6 without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The user.
    pub user: String,
    /// The password.
    pub password: String,
}

impl Transport {
    /// Reads a transport URL.
    ///
    /// # Errors
    ///
    /// [`DriverError::BadConnectionString`], which says what to change.
    pub fn parse(url: &str) -> Result<Self, DriverError> {
        // Of a text that is no such URL, nobody knows where a password is.
        Self::read(url).map_err(|reason| bad("transport_url", reason))
    }

    /// As [`parse`](Self::parse); the error says what is wrong with it, after its name.
    pub(super) fn read(url: &str) -> Result<Self, String> {
        let (begin, rest) = url.split_once("://").ok_or(NO_URL)?;
        let mut tls = match begin {
            "rabbit" | "amqp" => false,
            "amqps" => true,
            // What stands before the colon of another text may be anything.
            _ => {
                return Err(scheme(url).map_or(NO_URL.to_owned(), |scheme| {
                    format!("begins with {scheme}://; known are rabbit://, amqp:// and amqps://")
                }));
            }
        };
        let port = if tls { 5671 } else { 5672 };
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (hosts, path) = rest.split_once('/').unwrap_or((rest, ""));
        if path.contains('@') || query.contains('@') {
            return Err(
                "has an @ behind its first / or ?: in passwords write %2F for / and %3F for ?, elsewhere %40 for @"
                    .to_owned(),
            );
        }
        let virtual_host = match decode(path)? {
            empty if empty.is_empty() => "/".to_owned(),
            name => name,
        };
        let mut ca_file = None;
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            match key.as_ref() {
                "ssl" => tls = tls || matches!(value.to_ascii_lowercase().as_str(), "true" | "1" | "yes" | "on"),
                "ssl_ca_file" => ca_file = Some(PathBuf::from(value.as_ref())),
                _ => {}
            }
        }
        let mut hosts = hosts.split(',').filter(|host| !host.is_empty()).map(|host| TransportHost::parse(host, port));
        let hosts = match hosts.next() {
            None => vec![TransportHost::parse("localhost", port)?],
            Some(first) => std::iter::once(first).chain(hosts).collect::<Result<_, _>>()?,
        };
        Ok(Self { hosts, virtual_host, tls, ca_file })
    }
}

impl TransportHost {
    fn parse(text: &str, port: u16) -> Result<Self, String> {
        let (credentials, address) = text.rsplit_once('@').map_or((None, text), |(before, at)| (Some(before), at));
        let (user, password) = credentials.map_or(("", None), |credentials| {
            credentials.split_once(':').map_or((credentials, None), |(user, password)| (user, Some(password)))
        });
        let (host, after) = match address.strip_prefix('[') {
            Some(rest) => rest.split_once(']').ok_or("has a bracket that does not end")?,
            None => address.find(':').map_or((address, ""), |colon| address.split_at(colon)),
        };
        let port = match after.strip_prefix(':') {
            Some(port) => port.parse().map_err(|_| "has a port that is no number up to 65535")?,
            None if after.is_empty() => port,
            None => return Err("has something else than a port after its address in brackets".to_owned()),
        };
        let or = |text: String, default: &str| if text.is_empty() { default.to_owned() } else { text };
        Ok(Self {
            host: or(host.to_owned(), "localhost"),
            port,
            user: or(decode(user)?, "guest"),
            password: or(decode(password.unwrap_or_default())?, "guest"),
        })
    }
}

/// Undoes percent-encoding; a plus stays one, unlike in a query.
fn decode(text: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.filter(|_| byte == b'%').and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(decoded) => {
                bytes.push(decoded);
                rest = &after[2..];
            }
            None => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).map_err(|_| "has a user, password or virtual host that is not UTF-8".to_owned())
}

impl fmt::Display for Transport {
    /// Without credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.tls { "amqps://" } else { "rabbit://" })?;
        for (index, host) in self.hosts.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            match host.host.contains(':') {
                true => write!(f, "{comma}[{}]:{}", host.host, host.port)?,
                false => write!(f, "{comma}{}:{}", host.host, host.port)?,
            }
        }
        write!(f, "/{}", if self.virtual_host == "/" { "" } else { &self.virtual_host })
    }
}

impl fmt::Debug for Transport {
    /// Without credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Transport({self})")
    }
}

impl fmt::Debug for TransportHost {
    /// Without credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TransportHost({}:{})", self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn password_that_is_not_encoded_is_not_shown() {
        for url in ["rabbit://u:12/s3cret@h/", "rabbit://u:12?s3cret@h/"] {
            let error = Transport::read(url).expect_err("an @ behind a / or ?");
            assert!(error.contains("%2F") && !error.contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn hosts_credentials_and_virtual_hosts_are_read_as_oslo_messaging_reads_them() -> Result<(), String> {
        let host = |url: &str| -> Result<(String, u16, String, String), String> {
            let TransportHost { host, port, user, password } = Transport::read(url)?.hosts.remove(0);
            Ok((host, port, user, password))
        };
        let owned = |host: &str, port, user: &str, password: &str| {
            (host.to_owned(), port, user.to_owned(), password.to_owned())
        };
        assert_eq!(host("rabbit://u:p@h:1/")?, owned("h", 1, "u", "p"));
        assert_eq!(host("rabbit://")?, owned("localhost", 5672, "guest", "guest"));
        assert_eq!(host("amqps://h")?, owned("h", 5671, "guest", "guest"));
        assert_eq!(host("rabbit://u%40d:p%3A%2f+@h/x")?, owned("h", 5672, "u@d", "p:/+"));
        assert_eq!(host("rabbit://u@d:p@[::1]:7/")?, owned("::1", 7, "u@d", "p"));
        for (url, virtual_host) in [
            ("rabbit://h", "/"),
            ("rabbit://h/", "/"),
            ("rabbit://h//", "/"),
            ("rabbit://h/%2F", "/"),
            ("rabbit://h/x", "x"),
            ("rabbit://h/a%20b?ssl=1", "a b"),
        ] {
            assert_eq!(Transport::read(url)?.virtual_host, virtual_host, "{url}");
        }
        let several = Transport::read("rabbit://u:secret@a:1,u:secret@b,[::1]:3/v?ssl=true&ssl_ca_file=ca.pem&x=y")?;
        assert_eq!(
            format!("{several:?} {:?}", several.hosts[0]),
            "Transport(amqps://a:1,b:5672,[::1]:3/v) TransportHost(a:1)"
        );
        assert_eq!(several.ca_file, Some(PathBuf::from("ca.pem")));
        Ok(())
    }

    #[test]
    fn what_is_no_transport_url_is_refused() {
        for url in [
            "",
            "h",
            "rabbit:h",
            "kombu+memory://",
            "secret:x://h",
            "rabbit://h:70000/",
            "rabbit://[::1/",
            "rabbit://[::1]5/",
            "rabbit://%ff:p@h/",
        ] {
            let error = Transport::read(url).expect_err(url);
            assert!(!error.contains("secret"), "{error}");
        }
        // Half a percent sign is what it is.
        assert_eq!(
            Transport::read("rabbit://u:%4@h/").map(|transport| transport.hosts[0].password.clone()),
            Ok("%4".to_owned())
        );
    }
}
