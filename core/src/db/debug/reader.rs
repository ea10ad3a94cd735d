//! [`Reader`]: reads what values print, as it is printed.

use std::fmt::{self, Write};
use std::marker::PhantomData;

use super::DebugForm;
use crate::db::long::{NOT_KEPT, mark_beginning};
use crate::db::{DbValue, ParamsWriter};

/// Reads the `Debug` form as it is written, so that no long text is ever made; an unknown form is an error.
pub(super) struct Reader<'a, 'w, F> {
    params: &'a mut ParamsWriter<'w>,
    /// How many bytes of a value are kept.
    cap: usize,
    /// How many values were given.
    count: usize,
    state: State,
    /// The name of a value or its digits.
    word: String,
    /// The first bytes of a text or blob, and its whole length.
    head: String,
    bytes: Vec<u8>,
    length: usize,
    form: PhantomData<F>,
}

enum State {
    /// Before the list.
    Before,
    /// Between two values, or at the list's end.
    Between,
    /// In a value's name.
    Name,
    /// In the number of a value, to the closing parenthesis.
    Number(Number),
    /// After `Text(`, to the quotation mark.
    BeforeText,
    /// In a text.
    Text,
    /// After a backslash in a text.
    Escape,
    /// In `\u{...}`.
    Unicode,
    /// In a blob's bytes.
    Blob,
    /// After a text or blob, to the closing parenthesis.
    Close,
    /// After the value of a pair, to the end of its type.
    Type,
    /// After the list.
    After,
}

#[derive(Clone, Copy)]
enum Number {
    Integer,
    Real,
}

impl<'a, 'w, F: DebugForm> Reader<'a, 'w, F> {
    /// The state after a value.
    const NEXT: State = if F::PAIRS { State::Type } else { State::Between };

    pub(super) fn new(params: &'a mut ParamsWriter<'w>) -> Self {
        Self {
            cap: params.value_cap(),
            params,
            count: 0,
            state: State::Before,
            word: String::new(),
            head: String::new(),
            bytes: Vec::new(),
            length: 0,
            form: PhantomData,
        }
    }

    /// How many values were given.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Whether the list is over.
    pub(super) fn is_at_end(&self) -> bool {
        matches!(self.state, State::After)
    }

    /// Gives what is known of the value in which the text was cut, and says that the others of `count` were not kept.
    pub(super) fn end_of_cut_text(&mut self, count: usize) {
        match self.state {
            State::Text | State::Escape | State::Unicode => {
                mark_beginning(&mut self.head, self.cap);
                let text = std::mem::take(&mut self.head);
                self.value(&text.into(), "TEXT");
            }
            // The bytes that are known; one more says that there are more.
            State::Blob => self.blob(self.length + 1),
            _ => {}
        }
        while self.count < count {
            self.value(&NOT_KEPT.into(), "UNKNOWN");
        }
    }

    #[inline]
    fn value(&mut self, value: &DbValue<'_>, type_name: &str) {
        self.params.value(value, type_name);
        // It counts from here on: a text may be cut before the value's closing parenthesis.
        self.count += 1;
    }

    /// Reads a whole number at the beginning of `text`, the commonest of values, and returns what follows.
    #[inline]
    fn integer<'t>(&mut self, text: &'t str) -> Option<&'t str> {
        let value = if F::PAIRS { text.strip_prefix('(')? } else { text };
        let number = F::INTEGERS.iter().find_map(|name| value.strip_prefix(name)?.strip_prefix('('))?;
        let (digits, rest) = number.split_at_checked(number.bytes().position(|byte| byte == b')')?)?;
        let mut rest = &rest[1..];
        if F::PAIRS {
            let (ty, after) = rest.strip_prefix(", ")?.split_once(')')?;
            if !ty.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                return None;
            }
            rest = after;
        }
        self.value(&DbValue::Integer(digits.parse().ok()?), "INTEGER");
        Some(rest)
    }

    fn read(&mut self, c: char) -> Option<State> {
        Some(match (&self.state, c) {
            (State::Before, '[') => State::Between,
            (State::Before, _) => return None,
            (State::Between, ',' | ' ') => State::Between,
            (State::Between, ']') => State::After,
            (State::Between, '(') if F::PAIRS => {
                self.word.clear();
                State::Name
            }
            (State::Between, _) if F::PAIRS => return None,
            (State::Between, c) => {
                self.word.clear();
                self.word.push(c);
                State::Name
            }
            (State::Name, '(') => self.value_begins()?,
            (State::Name, ',' | ']') if F::NULLS.contains(&self.word.as_str()) => {
                self.value(&DbValue::Null, "NULL");
                match c {
                    ',' => Self::NEXT,
                    _ if F::PAIRS => return None,
                    _ => State::After,
                }
            }
            (State::Name, c) => {
                self.word.push(c);
                State::Name
            }
            (State::Number(number), ')') => {
                match number {
                    Number::Integer => self.value(&DbValue::Integer(self.word.parse().ok()?), "INTEGER"),
                    Number::Real => self.value(&DbValue::Float(self.word.parse().ok()?), "REAL"),
                }
                Self::NEXT
            }
            (State::Number(number), c) => {
                let number = *number;
                self.word.push(c);
                State::Number(number)
            }
            (State::BeforeText, '"') => State::Text,
            (State::BeforeText, _) => return None,
            (State::Text, '"') => {
                let head = std::mem::take(&mut self.head);
                self.value(&DbValue::TextHead(head.as_str().into(), self.length), "TEXT");
                // The next text is written into the same memory.
                self.head = head;
                State::Close
            }
            (State::Text, '\\') => State::Escape,
            (State::Text, c) => self.text(c),
            (State::Escape, 'u') => {
                self.word.clear();
                State::Unicode
            }
            (State::Escape, c) => {
                let c = match c {
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    '0' => '\0',
                    '\\' | '"' | '\'' => c,
                    _ => return None,
                };
                self.text(c)
            }
            (State::Unicode, '{') => State::Unicode,
            (State::Unicode, '}') => {
                let c = char::from_u32(u32::from_str_radix(&self.word, 16).ok()?)?;
                self.text(c)
            }
            (State::Unicode, c) => {
                self.word.push(c);
                State::Unicode
            }
            (State::Blob, '[' | ' ') => State::Blob,
            (State::Blob, ',') => {
                self.byte()?;
                State::Blob
            }
            (State::Blob, ']') => {
                if !self.word.is_empty() {
                    self.byte()?;
                }
                self.blob(self.length);
                State::Close
            }
            (State::Blob, c) => {
                self.word.push(c);
                State::Blob
            }
            (State::Close, ')') => Self::NEXT,
            (State::Close, _) => return None,
            (State::Type, ')') => State::Between,
            (State::Type, c) if c == ',' || c == ' ' || c.is_ascii_alphanumeric() => State::Type,
            (State::Type, _) => return None,
            (State::After, _) => State::After,
        })
    }

    fn value_begins(&mut self) -> Option<State> {
        self.head.clear();
        self.bytes.clear();
        self.length = 0;
        let name = self.word.as_str();
        let next = if F::INTEGERS.contains(&name) {
            State::Number(Number::Integer)
        } else if F::REALS.contains(&name) {
            State::Number(Number::Real)
        } else if F::TEXTS.contains(&name) {
            State::BeforeText
        } else if F::BLOBS.contains(&name) {
            State::Blob
        } else {
            return None;
        };
        self.word.clear();
        Some(next)
    }

    fn text(&mut self, c: char) -> State {
        self.length += c.len_utf8();
        if self.head.len() < self.cap {
            self.head.push(c);
        }
        State::Text
    }

    fn blob(&mut self, length: usize) {
        let bytes = std::mem::take(&mut self.bytes);
        self.value(&DbValue::BytesHead(bytes.as_slice().into(), length), "BLOB");
        self.bytes = bytes;
    }

    fn byte(&mut self) -> Option<()> {
        let byte = self.word.parse().ok()?;
        self.word.clear();
        self.length += 1;
        if self.bytes.len() < self.cap {
            self.bytes.push(byte);
        }
        Some(())
    }
}

impl<F: DebugForm> Write for Reader<'_, '_, F> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut text = text;
        if let State::Before = self.state {
            // `Debug` writes the bracket in a piece of its own, and kept texts begin with it.
            if !text.starts_with('[') {
                return Ok(());
            }
        }
        while let Some(c) = text.chars().next() {
            if let State::After = self.state {
                break;
            }
            if let State::Between = self.state
                && let Some(rest) = self.integer(text)
            {
                text = rest;
                continue;
            }
            self.state = self.read(c).ok_or(fmt::Error)?;
            text = &text[c.len_utf8()..];
        }
        Ok(())
    }
}
