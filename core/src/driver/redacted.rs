//! [`redacted`]: connection strings that a driver has taken, as logs and errors show them.
//!
//! What is shown of strings that are wrong is in `mistake`.

use std::fmt;

use super::{mistake, registry};

/// The connection string as it may be shown: without user, password and query. Several are shown with a space between them.
///
/// What does not look like hosts and a path is not shown either: where an `@` is missing, a password stands there.
///
/// ```
/// assert_eq!(osprofiler::driver::redacted("redis://user:secret@host/0").to_string(), "redis://***@host/0");
/// ```
#[must_use]
pub fn redacted(connection_string: &str) -> String {
    let shown: Vec<String> =
        registry::split(connection_string).into_iter().map(|one| Redacted(one).to_string()).collect();
    shown.join(" ")
}

/// One connection string, as [`redacted`] shows it.
pub(crate) struct Redacted<'a>(pub(crate) &'a str);

impl fmt::Display for Redacted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hidden = || mistake::SchemeOf(self.0);
        let Some(scheme) = mistake::scheme(self.0) else { return write!(f, "{}", hidden()) };
        let rest = &self.0[scheme.len()..];
        let Some(rest) = rest.strip_prefix("://").filter(|_| !is_file(scheme)) else {
            // A path, which has no credentials.
            let path = rest.split_once('?').map_or(rest, |(before, _)| before);
            return if path.contains(['@', '=']) { write!(f, "{}", hidden()) } else { write!(f, "{scheme}{path}") };
        };
        // Passwords may hold any character, so whatever stands before the last @ is not shown. Where a question mark stands
        // before it, either may be part of a secret, and nothing is shown.
        let (credentials, rest) = match rest.rsplit_once('@') {
            Some((before, _)) if before.contains('?') => return write!(f, "{}", hidden()),
            Some((_, rest)) => ("***@", rest),
            None => ("", rest),
        };
        let address = rest.split_once('?').map_or(rest, |(before, _)| before);
        if address.is_empty() && !credentials.is_empty() || !is_address(address) {
            return write!(f, "{}", hidden());
        }
        write!(f, "{scheme}://{credentials}{address}")
    }
}

/// Whether the scheme's strings name a file.
fn is_file(scheme: &str) -> bool {
    matches!(scheme, "file" | "sqlite")
}

/// Whether a text is hosts, each perhaps with a port, and a path.
fn is_address(text: &str) -> bool {
    let (hosts, path) = text.split_once('/').unwrap_or((text, ""));
    let is_plain = |text: &str, others: &[u8]| text.bytes().all(|b| b.is_ascii_alphanumeric() || others.contains(&b));
    hosts.split(',').all(|host| {
        let (name, port) = match host.rsplit_once(':').filter(|_| !host.ends_with(']')) {
            Some((name, port)) => (name, port),
            None => (host, ""),
        };
        let is_v6 =
            name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).is_some_and(|v6| is_plain(v6, b":.%"));
        (is_v6 || is_plain(name, b"-_.")) && port.len() <= 5 && port.bytes().all(|byte| byte.is_ascii_digit())
    }) && is_plain(path, b"-_./~")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_not_shown() {
        for (given, shown) in [
            ("redis://user:p@ss@host:6379/0?password=x", "redis://***@host:6379/0"),
            ("redis://u:se?cret@host", "redis://***"),
            ("redis://u:secret@host?password=p@ss", "redis://***"),
            ("otlp://host?headers=user=me@example.org,key=secret", "otlp://***"),
            ("redis://u:secrethost:6379", "redis://***"),
            ("redis://u:1/secret=host", "redis://***"),
            ("me:secret@host", "***"),
            ("me@host", "***"),
            ("secret", "***"),
            ("file:traces?max_age=1d", "file:traces"),
            ("file:///var/t", "file:///var/t"),
            ("file:t hmac_keys = secret", "file:***"),
            ("sqlite::memory:", "sqlite::memory:"),
            ("postgresql://host/db", "postgresql://host/db"),
            ("mongodb://u:secret@a:1,[::1]:2/", "mongodb://***@a:1,[::1]:2/"),
            ("messaging", "messaging"),
            ("", "***"),
        ] {
            assert_eq!(Redacted(given).to_string(), shown);
        }
    }
}
