//! Texts, bytes and names in quotes.

use super::{Dialect, TokenKind, Tokens};

impl Tokens<'_> {
    /// The end of what is quoted and goes on at `from`. A doubled quote is a part of it, and what a backslash is before
    /// where those count.
    pub(super) fn quoted(&self, from: usize, quote: u8, backslash: bool) -> usize {
        let bytes = self.text.as_bytes();
        let mut at = from;
        while let Some(&byte) = bytes.get(at) {
            if byte == b'\\' && backslash {
                at += 1;
            } else if byte == quote {
                if bytes.get(at + 1) != Some(&quote) {
                    return at + 1;
                }
                at += 1;
            }
            at += 1;
        }
        bytes.len()
    }

    /// The end of SQLite's `[name]`.
    pub(super) fn bracketed(&self) -> usize {
        (self.run(self.at, |byte| byte != b']') + 1).min(self.text.len())
    }

    /// What begins with a prefix before its quote: `E'...'`, `X'...'`, `U&"..."`.
    pub(super) fn prefixed(&self) -> Option<(TokenKind, usize)> {
        let postgres = matches!(self.dialect, Dialect::Postgres | Dialect::Generic);
        let kind = match (self.byte(0).to_ascii_lowercase(), self.byte(1), self.byte(2)) {
            (b'x' | b'b', b'\'', _) => return Some((TokenKind::Text, self.quoted(self.at + 2, b'\'', false))),
            (b'n', b'\'', _) if self.dialect != Dialect::Sqlite => {
                return Some((TokenKind::Text, self.quoted(self.at + 2, b'\'', self.dialect == Dialect::Mysql)));
            }
            (b'e', b'\'', _) if postgres => {
                return Some((TokenKind::Text, self.quoted(self.at + 2, b'\'', true)));
            }
            (b'u', b'&', b'\'') if postgres => TokenKind::Text,
            (b'u', b'&', b'"') if postgres => TokenKind::QuotedIdent,
            _ => return None,
        };
        Some((kind, self.quoted(self.at + 3, self.byte(2), false)))
    }

    /// The end of PostgreSQL's `$tag$ ... $tag$`; `None` where no tag stands here.
    pub(super) fn dollar_quoted(&self) -> Option<usize> {
        if !matches!(self.dialect, Dialect::Postgres | Dialect::Generic) || self.byte(1).is_ascii_digit() {
            return None;
        }
        let tag_end = self.run(self.at + 1, |byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80);
        let tag = self.text.get(self.at..=tag_end).filter(|tag| tag.ends_with('$'))?;
        let body = tag_end + 1;
        Some(self.text[body..].find(tag).map_or(self.text.len(), |length| body + length + tag.len()))
    }
}
