//! Configuration from environment variables.

use std::ffi::{OsStr, OsString};

use super::settings::{NAMES, Setting, Source};
use super::{Config, ConfigError};
use crate::quotable;

const PREFIX: &str = "OSPROFILER_";

/// How errors call the environment.
const PLACE: &str = "the environment";

impl Config {
    /// Overrides settings by the process's environment variables that begin with `OSPROFILER_`; those that are not there
    /// change nothing.
    ///
    /// ```no_run
    /// use osprofiler::Config;
    ///
    /// let config = Config::default().with_enabled(true).with_env()?;
    /// # Ok::<(), osprofiler::ConfigError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`UnknownKey`](ConfigError::UnknownKey) where a variable begins so and means nothing,
    /// [`BadValue`](ConfigError::BadValue), [`Conflict`](ConfigError::Conflict) and
    /// [`NotUnicode`](ConfigError::NotUnicode).
    pub fn with_env(self) -> Result<Self, ConfigError> {
        self.with_variables(std::env::vars_os())
    }

    /// As [`with_env`](Self::with_env), with these variables and their values in place of the process's.
    ///
    /// # Errors
    ///
    /// Those of [`with_env`](Self::with_env).
    pub fn with_variables<K, V>(mut self, variables: impl IntoIterator<Item = (K, V)>) -> Result<Self, ConfigError>
    where
        K: AsRef<OsStr>,
        V: Into<OsString>,
    {
        let mut source = Source::new(PLACE);
        for (variable, value) in variables {
            let variable = variable.as_ref().to_string_lossy();
            let Some(name) = variable.strip_prefix(PREFIX) else { continue };
            let Some(setting) = setting(name) else {
                return Err(unknown(name));
            };
            let Ok(value) = value.into().into_string() else {
                return Err(ConfigError::NotUnicode { variable: variable.into_owned() });
            };
            source.set(&mut self, setting, variable.into_owned(), &value)?;
        }
        Ok(self)
    }
}

/// OSProfiler's old name of `enabled` is one of files only.
fn names() -> impl Iterator<Item = (&'static str, Setting)> {
    NAMES.into_iter().filter(|(name, _)| *name != "profiler_enabled")
}

fn setting(name: &str) -> Option<Setting> {
    names().find(|(known, _)| known.to_ascii_uppercase() == name).map(|(_, setting)| setting)
}

/// The error for a variable that means nothing. One that resembles none of ours may be a part of something else.
fn unknown(name: &str) -> ConfigError {
    let is_upper = !name.bytes().any(|byte| byte.is_ascii_lowercase());
    let is_name = is_upper && quotable::is_name(&name.to_ascii_lowercase(), names().map(|(known, _)| known));
    let key = Some(format!("{PREFIX}{}", if is_name { name } else { "*" }));
    ConfigError::UnknownKey { place: PLACE.to_owned(), key, known: known() }
}

fn known() -> String {
    let known: Vec<String> = names().map(|(name, _)| format!("{PREFIX}{}", name.to_ascii_uppercase())).collect();
    known.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::default().with_variables(variables.iter().copied())
    }

    #[test]
    fn every_setting_has_its_variable() -> Result<(), ConfigError> {
        let config = read(&[
            ("PATH", "/bin"),
            ("OSPROFILER_ENABLED", "1"),
            ("OSPROFILER_TRACE_SQL", "On"),
            ("OSPROFILER_HMAC_KEYS", "a, b"),
            ("OSPROFILER_CONNECTION_STRING", "file:t"),
            ("OSPROFILER_ALWAYS", "yes"),
            ("OSPROFILER_SAMPLE", " 0.25"),
            ("OSPROFILER_FILTER_ERROR_TRACE", "1"),
            ("OSPROFILER_SENTINEL_SERVICE_NAME", "main"),
            ("OSPROFILER_SOCKET_TIMEOUT", "0.1"),
            ("OSPROFILER_ES_DOC_TYPE", "event"),
            ("OSPROFILER_ES_SCROLL_TIME", "5m"),
            ("OSPROFILER_ES_SCROLL_SIZE", "100"),
            ("OSPROFILER_TRANSPORT_URL", "rabbit://h"),
        ])?;
        let driver = &config.driver;
        assert!(driver.filter_error_trace && driver.sentinel_service_name == "main" && driver.es_doc_type == "event");
        assert_eq!(driver.socket_timeout, Some(std::time::Duration::from_millis(100)));
        assert_eq!((driver.es_scroll_time.as_str(), driver.es_scroll_size), ("5m", 100));
        assert_eq!(driver.transport_url.as_deref(), Some("rabbit://h"));
        assert!(config.enabled && config.trace_sql && config.always);
        assert!((config.sample - 0.25).abs() < f64::EPSILON);
        assert_eq!(config.hmac_keys[1].as_ref(), "b");
        assert_eq!(config.connection_string(), "file:t");
        assert!(read(&[("OSPROFILER_TRACE_SQLALCHEMY", "yes")])?.trace_sql);
        Ok(())
    }

    #[test]
    fn only_what_is_there_is_overridden() -> Result<(), ConfigError> {
        let config = Config::default().with_enabled(true).with_hmac_keys(["a"]);
        let config = config.with_variables([("OSPROFILER_TRACE_SQL", "true"), ("OSPROFILER_HMAC_KEYS", "")])?;
        assert!(config.enabled && config.trace_sql && config.hmac_keys.is_empty());
        Ok(())
    }

    #[test]
    fn mistakes_name_variable_value_and_what_is_allowed() {
        for (variables, says) in [
            (
                &[("OSPROFILER_ENABLED", "maybe")][..],
                "OSPROFILER_ENABLED = \"maybe\" in the environment is not allowed; \
                 allowed is true, yes, on or 1, or false, no, off or 0",
            ),
            (
                &[("OSPROFILER_HMAC_KEY", "s3cret")],
                "unknown key OSPROFILER_HMAC_KEY in the environment; known are OSPROFILER_ENABLED, \
                 OSPROFILER_TRACE_SQL, OSPROFILER_TRACE_SQLALCHEMY, OSPROFILER_HMAC_KEYS, OSPROFILER_CONNECTION_STRING, \
                 OSPROFILER_ALWAYS, OSPROFILER_SAMPLE, OSPROFILER_FILTER_ERROR_TRACE, OSPROFILER_SENTINEL_SERVICE_NAME, \
                 OSPROFILER_SOCKET_TIMEOUT, OSPROFILER_ES_DOC_TYPE, OSPROFILER_ES_SCROLL_TIME, OSPROFILER_ES_SCROLL_SIZE, \
                 OSPROFILER_TRANSPORT_URL",
            ),
            (
                &[("OSPROFILER_S3CRET", "x")],
                "unknown key OSPROFILER_* in the environment; known are OSPROFILER_ENABLED, \
                 OSPROFILER_TRACE_SQL, OSPROFILER_TRACE_SQLALCHEMY, OSPROFILER_HMAC_KEYS, OSPROFILER_CONNECTION_STRING, \
                 OSPROFILER_ALWAYS, OSPROFILER_SAMPLE, OSPROFILER_FILTER_ERROR_TRACE, OSPROFILER_SENTINEL_SERVICE_NAME, \
                 OSPROFILER_SOCKET_TIMEOUT, OSPROFILER_ES_DOC_TYPE, OSPROFILER_ES_SCROLL_TIME, OSPROFILER_ES_SCROLL_SIZE, \
                 OSPROFILER_TRANSPORT_URL",
            ),
            (
                &[("OSPROFILER_ALWAYS", "s3cret")],
                "OSPROFILER_ALWAYS: the value in the environment is not allowed; \
                 allowed is true, yes, on or 1, or false, no, off or 0",
            ),
            (
                &[("OSPROFILER_TRACE_SQL", "1"), ("OSPROFILER_TRACE_SQLALCHEMY", "0")],
                "OSPROFILER_TRACE_SQL and OSPROFILER_TRACE_SQLALCHEMY in the environment are the same setting and \
                 contradict each other; keep one",
            ),
            (
                &[("OSPROFILER_CONNECTION_STRING", "")],
                "OSPROFILER_CONNECTION_STRING = \"\" in the environment is not allowed; \
                 allowed is a connection string, such as file:DIRECTORY",
            ),
            (
                &[("OSPROFILER_SAMPLE", "1.5")],
                "OSPROFILER_SAMPLE = \"1.5\" in the environment is not allowed; \
                 allowed is a number from 0 to 1, such as 0.01",
            ),
            (
                &[("OSPROFILER_SOCKET_TIMEOUT", "-1")],
                "OSPROFILER_SOCKET_TIMEOUT = \"-1\" in the environment is not allowed; \
                 allowed is a number of seconds above 0, such as 0.5",
            ),
            (
                &[("OSPROFILER_ES_SCROLL_SIZE", "0")],
                "OSPROFILER_ES_SCROLL_SIZE = \"0\" in the environment is not allowed; \
                 allowed is a whole number above 0, such as 10000",
            ),
            (
                &[("OSPROFILER_ALWAYS", "often")],
                "OSPROFILER_ALWAYS = \"often\" in the environment is not allowed; \
                 allowed is true, yes, on or 1, or false, no, off or 0",
            ),
        ] {
            assert_eq!(read(variables).expect_err(says).to_string(), says);
        }
    }

    #[cfg(unix)]
    #[test]
    fn value_that_is_no_text_is_an_error() {
        use std::os::unix::ffi::OsStringExt;

        let value = OsString::from_vec(vec![0xff]);
        let error = Config::default().with_variables([("OSPROFILER_ENABLED", value)]).expect_err("no text");
        assert_eq!(error.to_string(), "the environment variable OSPROFILER_ENABLED is not valid Unicode");
    }
}
