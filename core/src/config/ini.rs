//! Configuration from the `[profiler]` section of an INI file, as OpenStack services have it.

use std::path::Path;

use ini::{Ini, ParseOption};

use super::settings::{NAMES, Source};
use super::{Config, ConfigError};

const SECTION: &str = "profiler";

impl Config {
    /// Overrides settings by the section `[profiler]` of an INI file (feature `ini`).
    ///
    /// Other sections are of no concern, and a file without this one changes nothing, as in OSProfiler. Comments have
    /// lines of their own, beginning with `#` or `;`. A value goes to the end of its line and may stand in quotes;
    /// a backslash is a backslash.
    ///
    /// ```no_run
    /// use osprofiler::Config;
    ///
    /// let config = Config::default().with_ini_file("/etc/blog/blog.conf")?.with_env()?;
    /// # Ok::<(), osprofiler::ConfigError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Read`](ConfigError::Read) where the file is missing, and those of [`with_ini`](Self::with_ini).
    pub fn with_ini_file(self, path: impl AsRef<Path>) -> Result<Self, ConfigError> {
        let path = path.as_ref();
        let text =
            std::fs::read_to_string(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
        self.with_ini_from(&text, &path.display().to_string())
    }

    /// As [`with_ini_file`](Self::with_ini_file), with the text of a file.
    ///
    /// # Errors
    ///
    /// [`Syntax`](ConfigError::Syntax); and within the section [`UnknownKey`](ConfigError::UnknownKey),
    /// [`DuplicateKey`](ConfigError::DuplicateKey), [`BadValue`](ConfigError::BadValue) and
    /// [`Conflict`](ConfigError::Conflict).
    pub fn with_ini(self, text: &str) -> Result<Self, ConfigError> {
        self.with_ini_from(text, "the given text")
    }

    fn with_ini_from(mut self, text: &str, place: &str) -> Result<Self, ConfigError> {
        let ini = parse(text, place)?;
        let mut source = Source::new(place);
        let mut seen: Vec<&str> = Vec::new();
        for (key, value) in ini.section_all(Some(SECTION)).flat_map(|section| section.iter()) {
            let Some((_, setting)) = NAMES.into_iter().find(|(name, _)| *name == key) else {
                return Err(ConfigError::UnknownKey {
                    place: place.to_owned(),
                    key: key.to_owned(),
                    known: NAMES.map(|(name, _)| name).join(", "),
                });
            };
            if seen.contains(&key) {
                return Err(ConfigError::DuplicateKey { place: place.to_owned(), key: key.to_owned() });
            }
            seen.push(key);
            source.set(&mut self, setting, key.to_owned(), value)?;
        }
        Ok(self)
    }
}

fn parse(text: &str, place: &str) -> Result<Ini, ConfigError> {
    let syntax = |reason| ConfigError::Syntax { place: place.to_owned(), reason };
    // As oslo.config: backslashes are not special, and an indented line goes on with the value before.
    let options =
        ParseOption { enabled_escape: false, enabled_indented_mutiline_value: true, ..ParseOption::default() };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let ini =
        Ini::load_from_str_opt(text, options).map_err(|error| syntax(format!("line {}: {}", error.line, error.msg)))?;
    // The parser takes a line without `=` for the beginning of the next key. What stands there is not shown: it may be a
    // part of a secret.
    for key in ini.iter().flat_map(|(_, section)| section.iter()).map(|(key, _)| key) {
        if let Some((_, next)) = key.rsplit_once(['\n', '\r']) {
            return Err(syntax(format!("a line before {next:?} has no `=` and is no comment or section")));
        }
    }
    Ok(ini)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config, ConfigError> {
        Config::default().with_ini(text)
    }

    #[test]
    fn section_is_read_and_others_are_not() -> Result<(), ConfigError> {
        let config = read(
            "[DEFAULT]\nenabled = true\ndebug = x\nlist = a,\n  b\n\n[profiler]\n# a comment\n; another\n\
             enabled = TRUE\ntrace_sqlalchemy: yes\nhmac_keys = \"a, b#c\"\nconnection_string = file:C:\\new;x\n\n\
             [other]\nenabled = maybe\nenabled = false\n",
        )?;
        assert!(config.enabled && config.trace_sql);
        assert_eq!(config.hmac_keys.iter().map(AsRef::as_ref).collect::<Vec<&str>>(), ["a", "b#c"]);
        assert_eq!(config.connection_string(), "file:C:\\new;x");
        Ok(())
    }

    #[test]
    fn switches_are_those_of_oslo_config() -> Result<(), ConfigError> {
        for (text, on) in [
            ("true", true),
            ("YES", true),
            ("On", true),
            ("1", true),
            ("'yes'", true),
            ("false", false),
            ("No", false),
            ("OFF", false),
            ("0", false),
        ] {
            assert_eq!(read(&format!("[profiler]\nenabled = {text}"))?.enabled, on, "{text}");
        }
        Ok(())
    }

    #[test]
    fn indented_lines_go_on_with_the_value() -> Result<(), ConfigError> {
        let config = read("[profiler]\nhmac_keys = a,\n  b\nenabled = true\n")?;
        assert_eq!(config.hmac_keys.iter().map(AsRef::as_ref).collect::<Vec<&str>>(), ["a", "b"]);
        assert!(config.enabled);
        Ok(())
    }

    #[test]
    fn nothing_is_changed_without_the_section() -> Result<(), ConfigError> {
        for text in ["", "[other]\nx = 1\n", "[profiler]\n", "enabled = true\n"] {
            assert!(!read(text)?.enabled, "{text:?}");
        }
        Ok(())
    }

    #[test]
    fn old_and_other_names_are_taken_unless_they_contradict() -> Result<(), ConfigError> {
        assert!(read("[profiler]\nprofiler_enabled = true\n")?.enabled);
        assert!(read("[profiler]\ntrace_sql = 1\ntrace_sqlalchemy = yes\n")?.trace_sql);
        Ok(())
    }

    #[test]
    fn mistakes_say_what_to_change() {
        for (text, says) in [
            ("enabled = maybe", "enabled = \"maybe\" in the given text is not allowed; allowed is true, yes, on or 1"),
            ("enabled =", "enabled = \"\" in the given text is not allowed"),
            (
                "hmac_key = s3cret",
                "unknown key hmac_key in the given text; known are enabled, profiler_enabled, trace_sql",
            ),
            ("enabled = 1\nenabled = 1", "enabled is given more than once in the given text"),
            ("enabled = 1\n[profiler]\nenabled = 0", "enabled is given more than once"),
            (
                "enabled = 1\nprofiler_enabled = 0",
                "enabled and profiler_enabled in the given text are the same setting",
            ),
            ("trace_sql = 0\ntrace_sqlalchemy = 1", "trace_sql and trace_sqlalchemy in the given text are the same"),
            ("connection_string = ", "connection_string = \"\" in the given text is not allowed"),
            ("s3cret\nenabled = 1", "a line before \"enabled\" has no `=`"),
            ("sample = NaN", "sample = \"NaN\" in the given text is not allowed; allowed is a number from 0 to 1"),
            ("sample = -0.5", "sample = \"-0.5\" in the given text is not allowed"),
            ("sample = 10%", "sample = \"10%\" in the given text is not allowed"),
            ("= 1", "malformed configuration in the given text: line 2"),
        ] {
            let error = read(&format!("[profiler]\n{text}\n")).expect_err(text).to_string();
            assert!(error.contains(says) && !error.contains("s3cret"), "{text}: {error}");
        }
    }

    #[test]
    fn section_behind_an_indented_comment_is_not_lost_in_silence() {
        let read = read("[other]\n  # a comment\n[profiler]\nenabled = true\n");
        assert!(read.is_err() || read.is_ok_and(|config| config.enabled));
    }

    #[test]
    fn missing_file_is_an_error_that_names_it() {
        let error = Config::default().with_ini_file("/nowhere/blog.conf").expect_err("no such file");
        assert_eq!(error.to_string(), "cannot read the configuration file /nowhere/blog.conf");
    }

    #[test]
    fn file_is_read_and_named_in_errors() -> Result<(), Box<dyn std::error::Error>> {
        let file = tempfile::NamedTempFile::new()?;
        std::fs::write(&file, "\u{feff}[profiler]\nenabled = true\n")?;
        assert!(Config::default().with_ini_file(&file)?.enabled);
        std::fs::write(&file, "[profiler]\nenabled = 2\n")?;
        let error = Config::default().with_ini_file(&file).expect_err("no switch").to_string();
        assert!(error.contains(&*file.path().to_string_lossy()), "{error}");
        Ok(())
    }
}
