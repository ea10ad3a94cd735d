//! [`Query`]: the options of a connection string, which every driver reads in the same way.

use std::time::Duration;

use url::form_urlencoded;

use super::{DriverError, mistake, parse_duration};

/// The query of a connection string. Drivers take out what they know; [`finish`](Self::finish) refuses the rest.
pub(crate) struct Query<'a> {
    connection_string: &'a str,
    pairs: Vec<(String, String)>,
}

impl<'a> Query<'a> {
    pub(crate) fn of(connection_string: &'a str) -> Self {
        let query = connection_string.split_once('?').map_or("", |(_, query)| query);
        let pairs = form_urlencoded::parse(query.as_bytes()).map(|(key, value)| (key.into_owned(), value.into_owned()));
        Self { connection_string, pairs: pairs.collect() }
    }

    /// Takes out the option, the last of several.
    pub(crate) fn take(&mut self, key: &str) -> Option<String> {
        let value = self.pairs.iter().rev().find(|(known, _)| known == key).map(|(_, value)| value.clone());
        self.pairs.retain(|(known, _)| known != key);
        value
    }

    /// A duration above zero, such as `5s` or `100ms`.
    pub(crate) fn duration(&mut self, key: &str) -> Result<Option<Duration>, DriverError> {
        let Some(value) = self.take(key) else { return Ok(None) };
        match parse_duration(&value) {
            Some(duration) if !duration.is_zero() => Ok(Some(duration)),
            _ => Err(self.bad_option(key, &value, "a number above zero with ms, s, m, h, d or w")),
        }
    }

    /// A switch, as in the configuration.
    pub(crate) fn switch(&mut self, key: &str) -> Result<Option<bool>, DriverError> {
        let Some(value) = self.take(key) else { return Ok(None) };
        match value.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Ok(Some(true)),
            "false" | "no" | "off" | "0" => Ok(Some(false)),
            _ => Err(self.bad_option(key, &value, "true or false")),
        }
    }

    /// A whole number above zero.
    pub(crate) fn number(&mut self, key: &str) -> Result<Option<usize>, DriverError> {
        let Some(value) = self.take(key) else { return Ok(None) };
        match value.parse() {
            Ok(number) if number > 0 => Ok(Some(number)),
            _ => Err(self.bad_option(key, &value, "a whole number above zero")),
        }
    }

    /// Refuses what nobody took.
    pub(crate) fn finish(self, known: &[&str]) -> Result<(), DriverError> {
        match self.pairs.first() {
            None => Ok(()),
            Some((key, _)) => Err(mistake::unknown_option(self.connection_string, key, known)),
        }
    }

    pub(crate) fn bad(&self, reason: impl Into<String>) -> DriverError {
        mistake::bad(self.connection_string, reason)
    }

    /// The error for a value that an option cannot have.
    pub(crate) fn bad_option(&self, key: &str, value: &str, allowed: &str) -> DriverError {
        mistake::bad_option(self.connection_string, key, value, allowed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_decoded_and_the_last_counts() -> Result<(), DriverError> {
        let mut query = Query::of("x://h/p?a=1&b=%2Fc&a=2&t=250ms&on=Yes");
        assert_eq!(query.take("a").as_deref(), Some("2"));
        assert_eq!(query.take("b").as_deref(), Some("/c"));
        assert_eq!(query.duration("t")?, Some(Duration::from_millis(250)));
        assert_eq!(query.switch("on")?, Some(true));
        assert_eq!(query.take("a"), None);
        query.finish(&[])
    }

    #[test]
    fn parts_of_secrets_are_no_names_of_options() {
        for (text, says) in [
            ("x://u:pa?secret@h", "%3F for ?"),
            ("x://u:pa?secret=x&y@h", "%3F for ?"),
            ("x://u:pa?t=secret@h", "%3F for ?"),
            ("x://h?t=1s&Secret==", "unknown option; known are t."),
            ("x://h?t=1s&secret", "unknown option; known are t."),
            ("x://?t=1s&secret=@h", "unknown option; known are t."),
        ] {
            let mut query = Query::of(text);
            let error = query.duration("t").and_then(|_| query.finish(&["t"])).expect_err(text).to_string();
            assert!(error.contains(says) && !error.to_lowercase().contains("secret"), "{error}");
        }
    }

    #[test]
    fn mistakes_name_the_option_and_no_password() {
        for (text, says) in [
            ("x://u:secret@h?t=5", "t = 5 is not a number"),
            ("x://u:secret@h?t=0s", "t = 0s is not a number"),
            ("x://u:secret@h?on=maybe", "on = maybe is not true or false"),
            ("x://u:secret@h?n=-1", "n = -1 is not a whole number"),
            ("x://u:secret@h?timeou=1s", "unknown option timeou; known are timeout, t, on, n"),
        ] {
            let mut query = Query::of(text);
            let read = query.duration("t").and_then(|_| query.switch("on")).and_then(|_| query.number("n"));
            let error = read.and_then(|_| query.finish(&["timeout", "t", "on", "n"])).expect_err(text).to_string();
            assert!(error.contains(says) && !error.contains("secret"), "{error}");
        }
    }
}
