//! [`comment_tags`]: what a program said of a statement in its comments, as sqlcommenter has it.

use std::borrow::Cow;

use crate::report::sql::Dialect;
use crate::report::sql::lexer::{TokenKind, tokens};

/// The tags in a text's comments: `/*controller='index',traceparent='00-..'*/`. In the order of the text, with
/// percent-encoding undone.
///
/// <https://google.github.io/sqlcommenter/spec/>, "Format": keys and values are percent-encoded, values stand in single
/// quotes, and a quote in them has a backslash before it.
#[must_use]
pub fn comment_tags(text: &str) -> Vec<(String, String)> {
    let comments =
        tokens(text, Dialect::Generic).filter(|token| token.kind == TokenKind::Comment && !token.is_hint(text));
    comments.filter_map(|token| of_comment(token.of(text).strip_prefix("/*")?.strip_suffix("*/")?)).flatten().collect()
}

/// The tags of one comment; `None` where it is any other.
fn of_comment(comment: &str) -> Option<Vec<(String, String)>> {
    let mut tags = Vec::new();
    let mut rest = comment.trim();
    loop {
        let (key, after) = rest.split_once("='")?;
        let end = closing(after)?;
        if key.is_empty() || key.contains(|c: char| c.is_whitespace() || c == '\'') {
            return None;
        }
        tags.push((decoded(key), decoded(&after[..end].replace("\\'", "'"))));
        let after = after[end + 1..].trim_start();
        if after.is_empty() {
            return Some(tags);
        }
        rest = after.strip_prefix(',')?.trim_start();
    }
}

/// Where the quote that ends the value is.
fn closing(value: &str) -> Option<usize> {
    let mut escaped = false;
    value.bytes().position(|byte| {
        let ends = byte == b'\'' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })
}

/// The text without percent-encoding. What is none stays.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let hex = bytes.get(at + 1..at + 3).filter(|hex| byte == b'%' && hex.iter().all(u8::is_ascii_hexdigit));
        match hex.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok()) {
            Some(value) => {
                decoded.push(value);
                at += 3;
            }
            None => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    match String::from_utf8_lossy(&decoded) {
        Cow::Borrowed(text) => text.to_owned(),
        Cow::Owned(text) => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_read_and_decoded() {
        let text = "SELECT 1 /*controller='index',route='%2Fpolls%201',traceparent='00-5bd6-01'*/";
        let tags = comment_tags(text);
        let tags: Vec<_> = tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        assert_eq!(tags, [("controller", "index"), ("route", "/polls 1"), ("traceparent", "00-5bd6-01")]);
    }

    #[test]
    fn other_comments_have_no_tags() {
        for text in
            ["SELECT '/*a=''b''*/'", "/* a */ SELECT 1", "/*a='b*/", "-- a='b'", "/*a='b' c*/", "/*='b'*/", "/*"]
        {
            assert_eq!(comment_tags(text), [], "{text}");
        }
    }

    #[test]
    fn a_quote_in_a_value_does_not_end_it() {
        assert_eq!(comment_tags(r"/*a='it\'s %zz'*/"), [("a".to_owned(), "it's %zz".to_owned())]);
    }
}
