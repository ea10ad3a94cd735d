//! What the texts of a source mean: which setting a key names, and which value its text is.

use std::time::Duration;

use super::{Config, ConfigError};
use crate::quotable;
use crate::web::HmacKey;

/// Every name of every setting in an INI file. Environment variables are these in upper case, after a prefix.
pub(super) const NAMES: [(&str, Setting); 15] = [
    ("enabled", Setting::Enabled),
    ("profiler_enabled", Setting::Enabled),
    ("trace_sql", Setting::TraceSql),
    ("trace_sqlalchemy", Setting::TraceSql),
    ("hmac_keys", Setting::HmacKeys),
    ("connection_string", Setting::ConnectionString),
    ("always", Setting::Always),
    ("sample", Setting::Sample),
    ("filter_error_trace", Setting::FilterErrorTrace),
    ("sentinel_service_name", Setting::SentinelServiceName),
    ("socket_timeout", Setting::SocketTimeout),
    ("es_doc_type", Setting::EsDocType),
    ("es_scroll_time", Setting::EsScrollTime),
    ("es_scroll_size", Setting::EsScrollSize),
    ("transport_url", Setting::TransportUrl),
];

const SWITCH: &str = "true, yes, on or 1, or false, no, off or 0";

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Setting {
    Enabled,
    TraceSql,
    HmacKeys,
    ConnectionString,
    Always,
    Sample,
    FilterErrorTrace,
    SentinelServiceName,
    SocketTimeout,
    EsDocType,
    EsScrollTime,
    EsScrollSize,
    TransportUrl,
}

/// Gathers what one source says, so that it can be held against itself.
pub(super) struct Source<'a> {
    place: &'a str,
    /// The line that is being read, where the source has lines.
    pub(super) line: Option<usize>,
    /// Switches that were given, by which name, in which line, and their value.
    switches: Vec<(Setting, String, Option<usize>, bool)>,
}

impl<'a> Source<'a> {
    pub(super) fn new(place: &'a str) -> Self {
        Self { place, line: None, switches: Vec::new() }
    }

    /// How an error calls the place of what is being read.
    pub(super) fn place(&self) -> String {
        self.line.map_or_else(|| self.place.to_owned(), |line| format!("line {line} of {}", self.place))
    }

    /// As [`place`](Self::place), of two lines.
    pub(super) fn places(&self, earlier: Option<usize>) -> String {
        match (earlier, self.line) {
            (Some(earlier), Some(line)) if earlier != line => format!("lines {earlier} and {line} of {}", self.place),
            _ => self.place(),
        }
    }

    /// Sets in `config` what the source says for `setting`, which it calls `key`.
    pub(super) fn set(
        &mut self,
        config: &mut Config,
        setting: Setting,
        key: String,
        value: &str,
    ) -> Result<(), ConfigError> {
        match setting {
            Setting::Enabled => config.enabled = self.switch(setting, key, value)?,
            Setting::TraceSql => config.trace_sql = self.switch(setting, key, value)?,
            Setting::Always => config.always = self.switch(setting, key, value)?,
            Setting::Sample => match value.trim().parse() {
                Ok(rate) if (0.0..=1.0).contains(&rate) => config.sample = rate,
                _ => return Err(self.bad_value(key, value, "a number from 0 to 1, such as 0.01")),
            },
            Setting::HmacKeys => config.hmac_keys = HmacKey::split(value),
            Setting::ConnectionString => match value.trim() {
                "" => return Err(self.bad_value(key, value, "a connection string, such as file:DIRECTORY")),
                text => config.connection_string = Some(text.to_owned()),
            },
            Setting::FilterErrorTrace => config.driver.filter_error_trace = self.switch(setting, key, value)?,
            Setting::SentinelServiceName => {
                config.driver.sentinel_service_name =
                    self.word(key, value, "the name that Sentinel has, such as mymaster")?;
            }
            Setting::SocketTimeout => match value.trim().parse::<f64>().map(Duration::try_from_secs_f64) {
                Ok(Ok(timeout)) if !timeout.is_zero() => config.driver.socket_timeout = Some(timeout),
                _ => return Err(self.bad_value(key, value, "a number of seconds above 0, such as 0.5")),
            },
            Setting::EsDocType => config.driver.es_doc_type = self.word(key, value, "a word, such as notification")?,
            Setting::EsScrollTime => {
                config.driver.es_scroll_time =
                    self.word(key, value, "a duration as Elasticsearch has it, such as 2m")?;
            }
            Setting::EsScrollSize => match value.trim().parse() {
                Ok(size) if size > 0 => config.driver.es_scroll_size = size,
                _ => return Err(self.bad_value(key, value, "a whole number above 0, such as 10000")),
            },
            Setting::TransportUrl => match value.trim() {
                "" => config.driver.transport_url = None,
                url => config.driver.transport_url = Some(url.to_owned()),
            },
        }
        Ok(())
    }

    /// A text of one word.
    fn word(&self, key: String, value: &str, allowed: &'static str) -> Result<String, ConfigError> {
        match value.trim() {
            word if !word.is_empty() && !word.contains(char::is_whitespace) => Ok(word.to_owned()),
            _ => Err(self.bad_value(key, value, allowed)),
        }
    }

    fn switch(&mut self, setting: Setting, key: String, value: &str) -> Result<bool, ConfigError> {
        let on = match value.trim().to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => true,
            "false" | "no" | "off" | "0" => false,
            _ => return Err(self.bad_value(key, value, SWITCH)),
        };
        let mut given = self.switches.iter();
        if let Some((_, other, line, _)) = given.find(|(other, _, _, other_on)| *other == setting && *other_on != on) {
            return Err(ConfigError::Conflict { place: self.places(*line), key: other.clone(), other: key });
        }
        self.switches.push((setting, key, self.line, on));
        Ok(on)
    }

    fn bad_value(&self, key: String, value: &str, allowed: &'static str) -> ConfigError {
        ConfigError::BadValue { place: self.place(), key, value: quotable::value(value), allowed }
    }
}
