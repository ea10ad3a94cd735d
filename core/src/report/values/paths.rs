//! [`Paths`]: which parts of requests' paths are values.
//!
//! A path names what a program offers, and often what a user asked for: `/users/42/orders`. Which part is which a trace does
//! not say. Plain words stay, unless a statement of the trace has one as a value.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::report::Trace;
use crate::report::sql::Dialect;
use crate::report::sql::lexer::{TokenKind, tokens};

/// Longer words are tokens and the like.
const LONGEST: usize = 32;

/// The parts of the paths of requests, as they are without percent-encoding.
#[derive(Default)]
pub(super) struct Paths {
    /// For each part what it is as a value of a statement, as JSON; `None` where it is none.
    parts: HashMap<String, Option<String>>,
}

impl Paths {
    pub(super) fn of(traces: &[&mut Trace]) -> Self {
        let mut parts = HashMap::new();
        for point in traces.iter().flat_map(|trace| trace.points()) {
            for request in ["request", "requests"] {
                let path = point.start_info.get(request).and_then(|request| request.get("path")?.as_str());
                parts.extend(path.unwrap_or_default().split('/').map(|part| (decoded(part).into_owned(), None)));
            }
        }
        parts.remove("");
        let mut paths = Self { parts };
        if paths.parts.is_empty() {
            return paths;
        }
        let mut seen = HashSet::new();
        for point in traces.iter().flat_map(|trace| trace.points()) {
            match point.params() {
                Some(Value::Array(values)) => values.iter().for_each(|value| paths.note(value)),
                Some(Value::Object(values)) => values.values().for_each(|value| paths.note(value)),
                _ => {}
            }
            if let Some(sql) = point.statement()
                && seen.insert(sql)
            {
                paths.note_literals(sql, Dialect::of_system(point.system()));
            }
        }
        paths
    }

    /// What a part of a path is as a value, as JSON; `None` where it stays.
    pub(super) fn value(&self, part: &str) -> Option<String> {
        let decoded = decoded(part);
        match self.parts.get(&*decoded) {
            Some(Some(value)) => Some(value.clone()),
            _ if is_plain(part) || is_numbered(part) => None,
            _ => Some(Value::from(decoded).to_string()),
        }
    }

    fn note(&mut self, value: &Value) {
        let text = match value {
            Value::String(text) => Cow::Borrowed(text.as_str()),
            Value::Number(number) => number.to_string().into(),
            _ => return,
        };
        if let Some(part) = self.parts.get_mut(&*text) {
            part.get_or_insert_with(|| value.to_string());
        }
    }

    fn note_literals(&mut self, sql: &str, dialect: Dialect) {
        for token in tokens(sql, dialect) {
            if matches!(token.kind, TokenKind::Text | TokenKind::QuotedIdent) {
                self.note(&token.of(sql).trim_matches(['\'', '"']).into());
            }
        }
    }
}

/// Whether it is a word that a program's author would choose, or a version: `v1`.
fn is_plain(part: &str) -> bool {
    let version =
        part.strip_prefix('v').is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'));
    let word = part.bytes().all(|byte| byte.is_ascii_alphabetic() || b"-_.".contains(&byte));
    part.len() <= LONGEST && (word || version)
}

/// Whether it stands for a value already.
fn is_numbered(part: &str) -> bool {
    let number = part.strip_prefix('‹').and_then(|part| part.strip_suffix('›'));
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Without percent-encoding, where that leaves text.
fn decoded(part: &str) -> Cow<'_, str> {
    if !part.contains('%') {
        return part.into();
    }
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let code = || u8::from_str_radix(std::str::from_utf8(after.get(..2)?).ok()?, 16).ok();
        let (byte, after) = match (byte, code()) {
            (b'%', Some(code)) => (code, &after[2..]),
            _ => (byte, after),
        };
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8(bytes).map_or(part.into(), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_words_stay_and_others_are_values() {
        let paths = Paths::default();
        for plain in ["", "users", "sign-in", "v1", "v2.1", "robots.txt", "api_docs", "‹3›"] {
            assert_eq!(paths.value(plain), None, "{plain}");
        }
        let long = "a".repeat(33);
        for value in ["42", "a@b.c", "a%40b", "é", "67e55044-10b1-426f-9247-bb680e5fe0c8", "a1", "x=1", &long] {
            assert!(paths.value(value).is_some(), "{value}");
        }
    }

    #[test]
    fn a_word_that_is_a_value_of_a_statement_is_one() {
        let parts = ["pemberton", "7", "ann", "users"].map(|part| (part.to_owned(), None));
        let mut paths = Paths { parts: parts.into() };
        paths.note(&"pemberton".into());
        paths.note(&7.into());
        paths.note_literals("SELECT 1 FROM users WHERE name = 'ann'", Dialect::Postgres);
        assert_eq!(paths.value("pemberton").as_deref(), Some("\"pemberton\""));
        assert_eq!(paths.value("%70emberton").as_deref(), Some("\"pemberton\""));
        assert_eq!(paths.value("7").as_deref(), Some("7"));
        assert_eq!((paths.value("ann").as_deref(), paths.value("users")), (Some("\"ann\""), None));
    }

    #[test]
    fn what_is_no_encoding_stays() {
        assert_eq!(decoded("a%2"), "a%2");
        assert_eq!(decoded("a%zz%41%"), "a%zzA%");
        assert_eq!(decoded("%ff"), "%ff");
    }
}
