//! [`DebugBinds`]: the bound values of a query, from the list that they print.
//!
//! | printed | value |
//! | --- | --- |
//! | `1`, `-2`, `1.5`, `NaN` | a number, if it prints as it stands |
//! | `"it's"` | the text |
//! | `true`, `None` | a boolean, NULL |
//! | `Some(x)` | `x` |
//! | `[1, "x", None]` | a list, if all its elements are such values |
//! | anything else | the printed text |
//!
//! Values are told apart by the `, ` between them, outside of brackets and quotation marks. A type whose `Debug` prints one
//! there by itself looks like two values; one that leaves brackets open makes the values unknown.

use osprofiler::db::long::mark_beginning;
use osprofiler::db::{BoundValues, DbValue, ParamsWriter};

use super::quoted;

/// Their types are in no text.
const TYPE: &str = "UNKNOWN";

/// What is between two values.
const SEPARATOR: &str = ", ";

/// How deep `Some` and lists are followed. What is deeper is shown as it stands.
const DEPTH: usize = 16;

/// Kept values: what they print, without the list's brackets.
#[derive(Debug)]
pub(crate) struct DebugBinds {
    text: String,
    /// Whether the text is not the whole; otherwise it ends before the list's closing bracket.
    cut: bool,
}

impl DebugBinds {
    pub(crate) fn new(text: String, cut: bool) -> Self {
        Self { text, cut }
    }

    /// Values that were not reached.
    pub(super) fn unknown() -> Self {
        Self::new(String::new(), true)
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty() && !self.cut
    }

    /// What each value prints, as far as they can be told apart.
    #[cfg(feature = "mysql-backend")]
    pub(crate) fn elements(&self) -> impl Iterator<Item = &str> {
        let mut rest = Some(self.text.as_str()).filter(|text| !text.is_empty());
        std::iter::from_fn(move || {
            let text = rest.take()?;
            let (stop, at) = scan(text);
            if stop == Stop::Comma {
                rest = Some(&text[at + SEPARATOR.len()..]);
            }
            Some(&text[..at])
        })
    }
}

impl BoundValues for DebugBinds {
    fn weight(&self) -> usize {
        self.text.capacity()
    }

    fn decode(&mut self, params: &mut ParamsWriter<'_>) {
        if self.text.is_empty() {
            if self.cut {
                params.unknown("parameters: the query is too long to print them");
            }
            return;
        }
        let mut rest = self.text.as_str();
        loop {
            let (stop, at) = scan(rest);
            match stop {
                Stop::Comma => {
                    params.value(&read(&rest[..at]), TYPE);
                    rest = &rest[at + SEPARATOR.len()..];
                }
                Stop::End if !self.cut => return params.value(&read(rest), TYPE),
                Stop::End | Stop::Inside if self.cut => {
                    return params.value(&beginning(rest, params.value_cap()), TYPE);
                }
                // The text was cut behind the list.
                Stop::Close if self.cut && "] }".starts_with(&rest[at..]) => {
                    // There is no value in an empty list.
                    if at > 0 || rest.len() < self.text.len() {
                        params.value(&read(&rest[..at]), TYPE);
                    }
                    return;
                }
                Stop::Close | Stop::End | Stop::Inside => {
                    return params.unknown("parameters in a form that this version does not know");
                }
            }
        }
    }
}

/// What ends an element of a list.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Stop {
    /// The comma before the next.
    Comma,
    /// A bracket that was opened before the element.
    Close,
    /// The end of the text.
    End,
    /// The end of the text, with a bracket or quotation mark open.
    Inside,
}

/// Where the element at the beginning of `text` ends.
fn scan(text: &str) -> (Stop, usize) {
    let bytes = text.as_bytes();
    let (mut at, mut depth) = (0_usize, 0_usize);
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' | b'\'' => match quoted::length(&text[at..]) {
                Some(0) => {}
                Some(length) => {
                    at += length;
                    continue;
                }
                None => return (Stop::Inside, text.len()),
            },
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' if depth == 0 => return (Stop::Close, at),
            b')' | b']' | b'}' => depth -= 1,
            b',' if depth == 0 && bytes.get(at + 1) == Some(&b' ') => return (Stop::Comma, at),
            _ => {}
        }
        at += 1;
    }
    (if depth == 0 { Stop::End } else { Stop::Inside }, text.len())
}

fn read(text: &str) -> DbValue<'_> {
    let (inner, depth) = unwrap_some(text, 0);
    known(inner, depth).unwrap_or_else(|| inner.into())
}

/// What is in `Some(...)`, however often that is around it.
fn unwrap_some(text: &str, mut depth: usize) -> (&str, usize) {
    let mut inner = text;
    while depth < DEPTH
        && let Some(rest) = inner.strip_prefix("Some(")
        && scan(rest) == (Stop::Close, rest.len().wrapping_sub(1))
        && let Some(rest) = rest.strip_suffix(')')
    {
        inner = rest;
        depth += 1;
    }
    (inner, depth)
}

/// The value that `text` certainly is.
fn known(text: &str, depth: usize) -> Option<DbValue<'_>> {
    match text {
        "None" => return Some(DbValue::Null),
        "true" => return Some(DbValue::Bool(true)),
        "false" => return Some(DbValue::Bool(false)),
        _ => {}
    }
    match text.as_bytes().first()? {
        b'"' => match quoted::read(text)? {
            (text, Some("")) => Some(DbValue::Text(text)),
            _ => None,
        },
        b'[' if depth < DEPTH => list(&text[1..], depth + 1),
        _ => number(text),
    }
}

/// The list whose elements begin `text`.
fn list(text: &str, depth: usize) -> Option<DbValue<'_>> {
    let mut values = Vec::new();
    let mut rest = text;
    if rest == "]" {
        return Some(DbValue::List(values));
    }
    loop {
        let (stop, at) = scan(rest);
        let (element, depth) = unwrap_some(&rest[..at], depth);
        values.push(known(element, depth)?);
        match stop {
            Stop::Comma => rest = &rest[at + SEPARATOR.len()..],
            Stop::Close if &rest[at..] == "]" => return Some(DbValue::List(values)),
            Stop::Close | Stop::End | Stop::Inside => return None,
        }
    }
}

/// The number that prints as `text`. Others, such as `1.50` and what has more digits than a number holds, stay text.
fn number(text: &str) -> Option<DbValue<'_>> {
    /// No number is longer: `-2.2250738585072014e-308`, `18446744073709551615`.
    const LONGEST: usize = 32;
    match text {
        "NaN" => return Some(DbValue::Float(f64::NAN)),
        "inf" => return Some(DbValue::Float(f64::INFINITY)),
        "-inf" => return Some(DbValue::Float(f64::NEG_INFINITY)),
        _ if text.len() > LONGEST || !text.starts_with(|c: char| c == '-' || c.is_ascii_digit()) => return None,
        _ => {}
    }
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return match text.parse() {
            _ if digits.starts_with('0') && text != "0" => None,
            Ok(number) => Some(DbValue::Integer(number)),
            Err(_) => text.parse().ok().map(DbValue::Unsigned),
        };
    }
    let float: f64 = text.parse().ok()?;
    (format!("{float:?}") == text).then_some(DbValue::Float(float))
}

/// What is known of a value in which the text was cut.
fn beginning(text: &str, cap: usize) -> DbValue<'static> {
    let mut inner = text;
    for _ in 0..DEPTH {
        inner = inner.strip_prefix("Some(").unwrap_or(inner);
    }
    let mut head = match quoted::read(inner) {
        Some((head, None | Some("" | "," | ")" | "),"))) => head.into_owned(),
        _ => inner.strip_suffix(',').unwrap_or(inner).to_owned(),
    };
    mark_beginning(&mut head, cap);
    head.into()
}
