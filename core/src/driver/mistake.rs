//! What is said of a connection string that is wrong, without any secret of it.
//!
//! In a string that is wrong, any part may be the password. So nothing is quoted but its scheme, short values and
//! names that resemble known ones ([`quotable`]).

use std::fmt;

use super::{DriverError, registry};
use crate::quotable;

/// So many characters of a secret are too many.
#[cfg(feature = "_options")]
const PIECE: usize = 6;

/// A connection string that is wrong for `reason`.
pub(crate) fn bad(connection_string: &str, reason: impl Into<String>) -> DriverError {
    let reason = match has_lost_at(connection_string) {
        false => reason.into(),
        // What looks like an option may be the end of a password.
        true => "an @ stands behind a ?, and what else is wrong is not shown: in passwords write %3F for ?, in values %40 for @"
            .to_owned(),
    };
    DriverError::BadConnectionString { connection_string: SchemeOf(connection_string).to_string(), reason }
}

/// Whether an `@` stands behind the `?` after which options begin, so that a password may have been cut in two.
fn has_lost_at(connection_string: &str) -> bool {
    let Some((before, query)) = connection_string.split_once('?') else { return false };
    !before.ends_with("://") && !before.ends_with(':') && query.contains('@')
}

/// The error for a value that the option `key` cannot have; `allowed` says what it can be.
pub(crate) fn bad_option(connection_string: &str, key: &str, value: &str, allowed: &str) -> DriverError {
    let value = quotable::value(value).map(|value| format!(" = {value}")).unwrap_or_default();
    bad(connection_string, format!("{key}{value} is not {allowed}"))
}

/// The error for an option that does not exist. In a connection string whose password has a `?` or an `&`, a part of that stands
/// in the place of its name, which is shown only where it resembles the name of one.
pub(crate) fn unknown_option(connection_string: &str, key: &str, known: &[&str]) -> DriverError {
    let names = known.join(", ");
    let reason = if quotable::is_name(key, known.iter().copied()) {
        format!("unknown option {key}; known are {names}")
    } else {
        format!("unknown option; known are {names}. In passwords and values write %3F for ? and %26 for &")
    };
    bad(connection_string, reason)
}

/// What a client library says of a connection string, unless it quotes a piece of it.
#[cfg(feature = "_options")]
#[cfg_attr(not(feature = "drivers"), allow(dead_code, reason = "not every driver has such a client"))]
pub(crate) fn said(connection_string: &str, text: &str) -> String {
    let (_, rest) = connection_string.split_once(':').unwrap_or(("", connection_string));
    let decoded: String = url::form_urlencoded::parse(rest.replace(['&', '='], "%26").as_bytes())
        .map(|(key, value)| format!("{key}{value}"))
        .collect();
    let (text_low, given) = (text.to_lowercase(), [rest.to_lowercase(), decoded.to_lowercase()]);
    let is_in = |piece: &[u8]| given.iter().any(|given| given.as_bytes().windows(PIECE).any(|other| other == piece));
    if text_low.as_bytes().windows(PIECE).any(is_in) {
        return "the client refuses it, and what it says is not shown because it quotes a part of it: check the values of \
                options, and percent-encode user and password"
            .to_owned();
    }
    text.to_owned()
}

/// A connection string's scheme, where it has one that may be shown: it is known, or `//` follows it.
pub(crate) fn scheme(connection_string: &str) -> Option<&str> {
    let Some((scheme, rest)) = connection_string.split_once(':') else {
        // OSProfiler reads `messaging` as `messaging://`.
        return Some(connection_string).filter(|text| registry::is_known(text));
    };
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || b"+-.".contains(&byte);
    let looks_like_one = || rest.starts_with("//") && (1..=20).contains(&scheme.len()) && scheme.bytes().all(is_plain);
    (registry::is_known(scheme) || looks_like_one()).then_some(scheme)
}

/// Shows a connection string's scheme alone.
pub(crate) struct SchemeOf<'a>(pub(crate) &'a str);

impl fmt::Display for SchemeOf<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(scheme) = scheme(self.0) else { return f.write_str("***") };
        match &self.0[scheme.len()..] {
            "" => f.write_str(scheme),
            rest if rest.starts_with("://") => write!(f, "{scheme}://{}", if rest.len() > 3 { "***" } else { "" }),
            rest => write!(f, "{scheme}:{}", if rest.len() > 1 { "***" } else { "" }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scheme_alone_is_shown() {
        for (given, shown) in [
            ("redis://u:secret@h", "redis://***"),
            ("gopher://u:secret@h", "gopher://***"),
            ("file:traces", "file:***"),
            ("file:", "file:"),
            ("otlp://", "otlp://"),
            ("messaging", "messaging"),
            ("u:secret@h", "***"),
            ("secret", "***"),
            ("S3cret://h", "***"),
            ("", "***"),
        ] {
            assert_eq!(SchemeOf(given).to_string(), shown, "{given}");
        }
    }

    #[cfg(feature = "_options")]
    #[test]
    fn what_a_client_says_is_shown_unless_it_quotes_the_string() {
        let text = "redis://u:p%40ssw0rd@h?mode=maybe";
        assert_eq!(said(text, "unknown mode maybe"), "unknown mode maybe");
        for quoting in ["no host in P@SSW0RD", "bad value p%40ssw0"] {
            assert!(said(text, quoting).contains("percent-encode"), "{quoting}");
        }
    }
}
