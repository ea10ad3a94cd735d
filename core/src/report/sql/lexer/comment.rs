//! Comments, hints, and what MySQL runs although it looks like a comment.

use super::{Dialect, TokenKind, Tokens};

impl Tokens<'_> {
    /// The comment that begins here, or a mark around what MySQL runs; `None` where neither does.
    pub(super) fn comment(&mut self, first: u8) -> Option<(TokenKind, usize)> {
        match (first, self.byte(1)) {
            // MySQL 8.4, "Comments": two dashes need white space after them.
            (b'-', b'-') if self.dialect != Dialect::Mysql || self.byte(2) <= b' ' => Some(self.line()),
            (b'#', b'>' | b'-') if self.reading.json_operators => None,
            (b'#', _) if self.dialect == Dialect::Mysql => Some(self.line()),
            (b'/', b'*') => Some(self.executed().unwrap_or_else(|| (TokenKind::Comment, self.block()))),
            (b'*', b'/') if self.executed => {
                self.executed = false;
                Some((TokenKind::Punct, self.at + 2))
            }
            _ => None,
        }
    }

    fn line(&self) -> (TokenKind, usize) {
        let returns = self.dialect == Dialect::Postgres;
        (TokenKind::Comment, self.run(self.at, |byte| byte != b'\n' && !(returns && byte == b'\r')))
    }

    /// The mark that opens what MySQL or MariaDB runs: `/*!50110` or `/*M!100100`.
    fn executed(&mut self) -> Option<(TokenKind, usize)> {
        if !self.reading.executes {
            return None;
        }
        let after = match (self.byte(2), self.byte(3)) {
            (b'!', _) => self.at + 3,
            (b'M', b'!') => self.at + 4,
            _ => return None,
        };
        self.executed = true;
        let digits = self.run(after, |byte| byte.is_ascii_digit()) - after;
        Some((TokenKind::Punct, after + if digits < 5 { 0 } else { digits.min(6) }))
    }

    /// The end of a comment between `/*` and `*/`. Those of PostgreSQL may lie in each other, and others in what MySQL does
    /// not run.
    fn block(&self) -> usize {
        let skipped =
            self.dialect == Dialect::Mysql && (self.byte(2) == b'!' || self.byte(2) == b'M' && self.byte(3) == b'!');
        let nested = self.dialect == Dialect::Postgres || skipped;
        let bytes = self.text.as_bytes();
        let (mut at, mut depth) = (self.at + 2, 1_usize);
        while at + 1 < bytes.len() {
            match (bytes[at], bytes[at + 1]) {
                (b'*', b'/') if depth == 1 => return at + 2,
                (b'*', b'/') => depth -= 1,
                (b'/', b'*') if nested => depth += 1,
                _ => {
                    at += 1;
                    continue;
                }
            }
            at += 2;
        }
        bytes.len()
    }
}
