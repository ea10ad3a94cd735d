//! Places for values, and what only looks like one.

use super::word::starts_word;
use super::{Dialect, TokenKind, Tokens, is_word};

impl Tokens<'_> {
    /// `$1`, `$name`, or a text between dollar signs.
    pub(super) fn dollar(&self) -> (TokenKind, usize) {
        if let Some(end) = self.dollar_quoted() {
            return (TokenKind::Text, end);
        }
        match self.dialect {
            Dialect::Sqlite => self.named(),
            Dialect::Postgres | Dialect::Generic if self.byte(1).is_ascii_digit() => {
                (TokenKind::Placeholder, self.run(self.at + 1, |byte| byte.is_ascii_digit()))
            }
            Dialect::Generic if starts_word(self.byte(1)) => self.named(),
            Dialect::Mysql => self.word(),
            _ => (TokenKind::Punct, self.at + 1),
        }
    }

    /// `:name`, `::`, `:=`, or the colon of a slice.
    pub(super) fn colon(&self) -> (TokenKind, usize) {
        match self.byte(1) {
            b':' | b'=' => (TokenKind::Operator, self.at + 2),
            next if self.dialect == Dialect::Sqlite && is_word(next) => self.named(),
            // Right after a value it is the colon of a slice: `a[1:n]`.
            next if self.dialect == Dialect::Generic
                && is_word(next)
                && !is_word(self.before())
                && !matches!(self.before(), b')' | b']' | b'"' | b'\'' | b'?') =>
            {
                self.named()
            }
            _ => (TokenKind::Punct, self.at + 1),
        }
    }

    /// `?`, `?1`, or an operator for JSON.
    pub(super) fn question(&self) -> (TokenKind, usize) {
        match self.dialect {
            Dialect::Postgres => (TokenKind::Operator, self.operator()),
            Dialect::Sqlite => (TokenKind::Placeholder, self.run(self.at + 1, |byte| byte.is_ascii_digit())),
            Dialect::Mysql => (TokenKind::Placeholder, self.at + 1),
            Dialect::Generic => match (self.byte(1), self.byte(2)) {
                // `?||'a'` is a value, before the operator that joins texts.
                (b'|', b'|') | (b'&', b'&') => (TokenKind::Placeholder, self.at + 1),
                (b'|' | b'&' | b'?', _) => (TokenKind::Operator, self.at + 2),
                _ => (TokenKind::Placeholder, self.at + 1),
            },
        }
    }

    /// `@name`, a variable of MySQL's, or an operator.
    pub(super) fn at_sign(&self) -> (TokenKind, usize) {
        let next = self.byte(1);
        match self.dialect {
            Dialect::Sqlite if is_word(next) => self.named(),
            Dialect::Mysql => match (next, self.byte(2)) {
                (b'@', third) if is_word(third) => (TokenKind::Ident, self.run(self.at + 2, is_word)),
                (b'\'' | b'"', _) => (TokenKind::QuotedIdent, self.quoted(self.at + 2, next, self.reading.backslashes)),
                (b'`', _) => (TokenKind::QuotedIdent, self.quoted(self.at + 2, next, false)),
                _ => {
                    let end = self.run(self.at + 1, |byte| is_word(byte) || byte == b'.');
                    (if end > self.at + 1 { TokenKind::Ident } else { TokenKind::Operator }, end)
                }
            },
            Dialect::Generic if next == b'@' && starts_word(self.byte(2)) => {
                (TokenKind::Ident, self.run(self.at + 2, is_word))
            }
            Dialect::Generic if starts_word(next) && !is_word(self.before()) => self.named(),
            _ => (TokenKind::Operator, self.operator()),
        }
    }

    /// Python's `%s` and `%(name)s`, or an operator.
    pub(super) fn percent(&self) -> (TokenKind, usize) {
        match self.format_place(self.at) {
            Some(end) => (TokenKind::Placeholder, end),
            None => (TokenKind::Operator, self.operator()),
        }
    }

    /// The end of Python's `%s` or `%(name)s` at `at`.
    pub(super) fn format_place(&self, at: usize) -> Option<usize> {
        if self.dialect != Dialect::Generic {
            return None;
        }
        let bytes = self.text.as_bytes();
        if bytes.get(at)? != &b'%' {
            return None;
        }
        let letter = match bytes.get(at + 1)? {
            b'(' => {
                let close = self.run(at + 2, |byte| is_word(byte) || matches!(byte, b' ' | b'.' | b'-' | b':'));
                (bytes.get(close)? == &b')').then_some(close + 1)?
            }
            _ => at + 1,
        };
        (bytes.get(letter)? == &b's' && !bytes.get(letter + 1).is_some_and(|byte| is_word(*byte))).then_some(letter + 1)
    }

    /// A name after its sign. SQLite 3.46, `sqlite3GetToken`: it may have `::` and end with `(...)`.
    fn named(&self) -> (TokenKind, usize) {
        let mut end = self.run(self.at + 1, is_word);
        if self.dialect == Dialect::Sqlite {
            let bytes = self.text.as_bytes();
            while bytes.get(end..end + 2) == Some(b"::") {
                end = self.run(end + 2, is_word);
            }
            if bytes.get(end) == Some(&b'(') && end > self.at + 1 {
                end = self.run(end, |byte| !byte.is_ascii_whitespace() && byte != b')');
                end += usize::from(bytes.get(end) == Some(&b')'));
            }
        }
        (if end > self.at + 1 { TokenKind::Placeholder } else { TokenKind::Punct }, end)
    }
}
