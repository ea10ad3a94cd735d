//! Walks through JSON text one level at a time, so that nesting needs no recursion.

use serde::Deserialize;

use super::ReportError;

/// A place in JSON text.
pub(super) struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Takes `token`, or says what was expected in its place.
    pub(super) fn take(&mut self, token: u8, expected: &'static str) -> Result<(), ReportError> {
        match self.peek() {
            Some(byte) if byte == token => {
                self.at += 1;
                Ok(())
            }
            _ => Err(ReportError::NotATrace { offset: self.at, expected }),
        }
    }

    /// Takes `close` if the object or array ends here; otherwise goes on to its next member and says so.
    pub(super) fn has_more(&mut self, close: u8, is_first: &mut bool) -> Result<bool, ReportError> {
        if self.peek() == Some(close) {
            self.at += 1;
            return Ok(false);
        }
        if !std::mem::take(is_first) {
            self.take(b',', "a comma or the end of the object or array")?;
        }
        Ok(true)
    }

    /// Takes one whole value.
    pub(super) fn value<T: Deserialize<'a>>(&mut self) -> Result<T, ReportError> {
        let offset = self.at;
        let mut values = serde_json::Deserializer::from_str(&self.text[self.at..]).into_iter::<T>();
        let value = values.next().ok_or(ReportError::NotATrace { offset, expected: "a value" })?;
        self.at += values.byte_offset();
        value.map_err(|source| ReportError::BadJson { offset, source })
    }

    /// Whether nothing but white space is left.
    pub(super) fn is_at_end(&mut self) -> bool {
        self.peek().is_none()
    }

    /// The place in the text.
    pub(super) fn offset(&self) -> usize {
        self.at
    }

    fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while bytes.get(self.at).is_some_and(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }
}
