//! What the texts of a source mean: which setting a key names, and which value its text is.

use super::{Config, ConfigError};
use crate::web::HmacKey;

/// Every name of every setting in an INI file. Environment variables are these in upper case, after a prefix.
pub(super) const NAMES: [(&str, Setting); 8] = [
    ("enabled", Setting::Enabled),
    ("profiler_enabled", Setting::Enabled),
    ("trace_sql", Setting::TraceSql),
    ("trace_sqlalchemy", Setting::TraceSql),
    ("hmac_keys", Setting::HmacKeys),
    ("connection_string", Setting::ConnectionString),
    ("always", Setting::Always),
    ("sample", Setting::Sample),
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
}

/// Gathers what one source says, so that it can be held against itself.
pub(super) struct Source {
    pub(super) place: String,
    /// Switches that were given, by which name, and their value.
    switches: Vec<(Setting, String, bool)>,
}

impl Source {
    pub(super) fn new(place: impl Into<String>) -> Self {
        Self { place: place.into(), switches: Vec::new() }
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
        }
        Ok(())
    }

    fn switch(&mut self, setting: Setting, key: String, value: &str) -> Result<bool, ConfigError> {
        let on = match value.trim().to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => true,
            "false" | "no" | "off" | "0" => false,
            _ => return Err(self.bad_value(key, value, SWITCH)),
        };
        let mut given = self.switches.iter();
        if let Some((_, other, _)) = given.find(|(other, _, other_on)| *other == setting && *other_on != on) {
            return Err(ConfigError::Conflict { place: self.place.clone(), key: other.clone(), other: key });
        }
        self.switches.push((setting, key, on));
        Ok(on)
    }

    fn bad_value(&self, key: String, value: &str, allowed: &'static str) -> ConfigError {
        ConfigError::BadValue { place: self.place.clone(), key, value: value.to_owned(), allowed }
    }
}
