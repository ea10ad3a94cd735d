//! Configuration from the `[profiler]` section of an INI file, as OpenStack services have it.
//!
//! Below: `parse` reads a text, `lines` finds the lines that errors name.

mod lines;
mod parse;

use std::path::Path;

use self::lines::Lines;
use self::parse::Entry;
use super::settings::{NAMES, Setting, Source};
use super::{Config, ConfigError};
use crate::quotable;
use crate::web::HmacKey;

const SECTION: &str = "profiler";

impl Config {
    /// Overrides settings by the section `[profiler]` of an INI file (feature `ini`).
    ///
    /// Other sections are of no concern, and a file without this one changes nothing, as in OSProfiler. Comments have
    /// lines of their own, beginning with `#` or `;`. A value goes to the end of its line and may stand in quotes;
    /// a backslash is a backslash. An indented line continues the value above it, as in oslo.config, which is of use for
    /// several connection strings and for keys behind a comma; anywhere else it is an error.
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
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let syntax = |reason| ConfigError::Syntax { place: place.to_owned(), reason };
        let mut source = Source::new(place);
        let mut seen: Vec<(&str, Option<usize>)> = Vec::new();
        let entries = parse::entries(text, SECTION).map_err(syntax)?;
        for Entry { key, value, line } in &entries {
            source.line = *line;
            let Some((_, setting)) = NAMES.into_iter().find(|(name, _)| name == key) else {
                return Err(unknown(key, &source).unwrap_or_else(syntax));
            };
            if let Some((_, earlier)) = seen.iter().find(|(name, _)| name == key) {
                return Err(ConfigError::DuplicateKey { place: source.places(*earlier), key: key.to_owned() });
            }
            seen.push((key, *line));
            if let Some(swallowed) = swallowed(setting, value) {
                let what = match line {
                    Some(line) => format!("the value of {key} in line {line}"),
                    None => format!("the value of {key}"),
                };
                return Err(syntax(parse::continues(&Lines::behind(text, *line), swallowed, &what)));
            }
            source.set(&mut self, setting, key.to_owned(), value)?;
        }
        Ok(self)
    }
}

/// The error for a key that means nothing; what is wrong with the line, where it is no key at all.
fn unknown(key: &str, source: &Source<'_>) -> Result<ConfigError, String> {
    let names = || NAMES.into_iter().map(|(name, _)| name);
    if key.contains(char::is_whitespace) {
        let line = lines::named(source.line, "a line");
        // `=` within a value comes too late, and so does `:`.
        return Err(match names().find(|name| key.split_whitespace().next() == Some(name)) {
            Some(name) => format!("{line} has no `=` behind {name}"),
            None => format!("{line} has several words before its first `=` or `:`"),
        });
    }
    let shown = quotable::is_name(key, names()).then(|| key.to_owned());
    Ok(ConfigError::UnknownKey { place: source.place(), key: shown, known: names().collect::<Vec<_>>().join(", ") })
}

/// The first line that continues a value and does not belong to it. Connection strings may have several lines, and keys
/// behind a comma.
fn swallowed(setting: Setting, value: &str) -> Option<&str> {
    let is_other = |line: &&str| {
        let name = line.split(['=', ':']).next().unwrap_or_default().trim();
        line.trim_start().starts_with(['#', ';', '[']) || NAMES.iter().any(|(known, _)| *known == name)
    };
    let mut continued = value.lines().skip(1).filter(|line| !line.trim().is_empty());
    match setting {
        Setting::ConnectionString => continued.find(is_other),
        Setting::HmacKeys if HmacKey::split(value).iter().all(|key| !key.as_ref().contains('\n')) => {
            continued.find(is_other)
        }
        _ => continued.next(),
    }
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
    fn a_backslash_at_the_end_of_a_line_is_a_backslash() -> Result<(), ConfigError> {
        for newline in ["\n", "\r\n"] {
            let config =
                read(&format!("[profiler]{newline}connection_string = file:C:\\{newline}enabled = true{newline}"))?;
            assert_eq!((config.connection_string(), config.enabled), ("file:C:\\", true));
        }
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
            (
                "enabled = maybe",
                "enabled = \"maybe\" in line 2 of the given text is not allowed; allowed is true, yes, on or 1",
            ),
            ("enabled =", "enabled = \"\" in line 2 of the given text is not allowed"),
            (
                "hmac_key = s3cret",
                "unknown key hmac_key in line 2 of the given text; known are enabled, profiler_enabled, trace_sql",
            ),
            ("enabled = 1\nenabled = 1", "enabled is given more than once in lines 2 and 3 of the given text"),
            ("enabled = 1\n[profiler]\nenabled = 0", "enabled is given more than once in lines 2 and 4 of"),
            (
                "enabled = 1\nprofiler_enabled = 0",
                "enabled and profiler_enabled in lines 2 and 3 of the given text are the same setting",
            ),
            ("trace_sql = 0\ntrace_sqlalchemy = 1", "trace_sql and trace_sqlalchemy in lines 2 and 3 of"),
            ("connection_string = ", "connection_string = \"\" in line 2 of the given text is not allowed"),
            ("s3cret\nenabled = 1", "given text: line 2 has no `=` and is no comment or section"),
            (
                "sample = NaN",
                "sample = \"NaN\" in line 2 of the given text is not allowed; allowed is a number from 0 to 1",
            ),
            ("sample = -0.5", "sample = \"-0.5\" in line 2 of the given text is not allowed"),
            ("sample = 10%", "sample = \"10%\" in line 2 of the given text is not allowed"),
            ("= 1", "malformed configuration in the given text: line 2 has nothing before its `=`"),
            ("enabled = s3cret", "enabled: the value in line 2 of the given text is not allowed; allowed is true"),
            ("enabled = 1 s3cret", "enabled = \"1…\" in line 2"),
            ("\ns3cretkey = x", "unknown key in line 3 of the given text; known are enabled"),
            ("\nenabled true\nhmac_keys s3cret", "line 3 has no `=` and is no comment or section"),
            ("  enabled true", "line 2 has no `=` and is no comment or section"),
            ("hmac_keys s3cret==", "line 2 has no `=` behind hmac_keys"),
            ("connection_string redis://u:s3cret@h", "line 2 has no `=` behind connection_string"),
            ("my s3cret = x", "line 2 has several words before its first `=` or `:`"),
            (
                "sample = 0.5\n  hmac_keys = s3cret",
                "line 3 is indented and so continues the value of sample in line 2; remove",
            ),
            (
                "hmac_keys = s3cret\n  enabled = 1",
                "line 3 is indented and so continues the value of hmac_keys in line 2",
            ),
            ("hmac_keys = s3cret\n\n\t# a comment", "line 4 is indented and so continues the value of hmac_keys"),
            ("hmac_keys = s3cret\n  other", "line 3 is indented and so continues"),
            ("connection_string = file:a\n  sample = 1", "line 3 is indented and so continues"),
            (
                "[other]\nlist = a,\n b\n  [profiler]\nenabled = 1",
                "line 5 is indented and so continues the value above",
            ),
            ("hmac_keys = \"s3cret\nenabled = 1\nsample = 2", "line 2 has a quote that is not closed"),
            (
                "hmac_keys = \"s3cret\nenabled = 1\n\"",
                "line 3 stands in a quote that begins in the value of hmac_keys in line 2; close",
            ),
            ("[profiler\nhmac_keys = s3cret\n[other]", "line 2 has a `[` without a `]`"),
            ("[other", "line 2 has a `[` without a `]`"),
            ("enabled = 1\n[other] # s3cret", "line 3 has a comment behind something else"),
            ("enabled = 1\rs3cret", "line 2 has no `=`"),
            ("enabled = 1\r\rs3cret", "line 2 has a carriage return"),
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
