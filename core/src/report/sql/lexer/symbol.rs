//! Numbers, dots and operators.

use super::word::starts_word;
use super::{Dialect, TokenKind, Tokens, is_word};

/// The operators of MySQL and SQLite that are longer than one character, the longest first.
const LONG: [&[u8]; 14] =
    [b"->>", b"<=>", b"->", b"<=", b">=", b"<>", b"!=", b"==", b"||", b"&&", b"<<", b">>", b"^=", b"!<"];

/// Whether an operator may begin with the byte.
pub(super) fn is_operator(byte: u8, dialect: Dialect) -> bool {
    match byte {
        b'+' | b'-' | b'*' | b'/' | b'<' | b'>' | b'=' | b'~' | b'!' | b'@' | b'#' | b'%' | b'^' | b'&' | b'|' => true,
        b'?' | b'`' => dialect == Dialect::Postgres,
        _ => false,
    }
}

impl Tokens<'_> {
    /// The end of an operator. PostgreSQL 17, "Operators": as long as can be, but never into a comment, and `+` or `-`
    /// end it only where it has a character that no operator of the standard has.
    pub(super) fn operator(&self) -> usize {
        let bytes = self.text.as_bytes();
        if matches!(self.dialect, Dialect::Mysql | Dialect::Sqlite) {
            let long = LONG.iter().find(|long| bytes[self.at..].starts_with(long));
            return self.at + long.map_or(1, |long| long.len());
        }
        let mut end = self.at;
        while let Some(&byte) = bytes.get(end) {
            let next = bytes.get(end + 1).copied().unwrap_or(0);
            let comment = matches!((byte, next), (b'-', b'-') | (b'/', b'*'));
            let place = end > self.at
                && self.dialect == Dialect::Generic
                && (byte == b'@' && starts_word(next) || self.format_place(end).is_some());
            if end > self.at && (comment || place) || !is_operator(byte, self.dialect) {
                break;
            }
            end += 1;
        }
        let foreign = bytes[self.at..end].iter().any(|byte| b"~!@#%^&|`?".contains(byte));
        while !foreign && end > self.at + 1 && matches!(bytes[end - 1], b'+' | b'-') {
            end -= 1;
        }
        end.max(self.at + 1)
    }

    /// A number; of MySQL also a name that begins with a digit.
    pub(super) fn number(&self) -> (TokenKind, usize) {
        let radix = |letters: &[u8], digit: fn(u8) -> bool| {
            let end = self.run(self.at + 2, |byte| digit(byte) || byte == b'_');
            (self.byte(0) == b'0' && letters.contains(&self.byte(1)) && end > self.at + 2).then_some(end)
        };
        let end = radix(b"xX", |byte| byte.is_ascii_hexdigit())
            .or_else(|| radix(b"oO", |byte| matches!(byte, b'0'..=b'7')))
            .or_else(|| radix(b"bB", |byte| matches!(byte, b'0' | b'1')))
            .unwrap_or_else(|| self.decimal());
        let whole = self.run(self.at, is_word);
        if self.dialect == Dialect::Mysql && whole > end {
            return (TokenKind::Ident, whole);
        }
        (TokenKind::Number, end)
    }

    /// A dot, `..`, or a number that begins with its dot.
    pub(super) fn dot(&self) -> (TokenKind, usize) {
        match self.byte(1) {
            b'.' => (TokenKind::Punct, self.at + 2),
            // After a name of MySQL's follows a name, also where it begins with a digit.
            b'0'..=b'9' if self.dialect != Dialect::Mysql || !(is_word(self.before()) || self.before() == b'`') => {
                (TokenKind::Number, self.decimal())
            }
            _ => (TokenKind::Punct, self.at + 1),
        }
    }

    fn decimal(&self) -> usize {
        let bytes = self.text.as_bytes();
        let digits = |from: usize| {
            let end = self.run(from, |byte| byte.is_ascii_digit() || byte == b'_');
            // MySQL's names may begin with digits, and no underscore ends a number.
            if self.dialect == Dialect::Mysql || bytes[..end].last() == Some(&b'_') {
                self.run(from, |byte| byte.is_ascii_digit())
            } else {
                end
            }
        };
        let mut end = digits(self.at);
        if bytes.get(end) == Some(&b'.') && bytes.get(end + 1) != Some(&b'.') {
            end = digits(end + 1);
        }
        if matches!(bytes.get(end), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
            let exponent = self.run(end + 1 + sign, |byte| byte.is_ascii_digit());
            if exponent > end + 1 + sign {
                end = exponent;
            }
        }
        end
    }
}
