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

    /// The end of a text that goes on at `from`. PostgreSQL 17, "String Constants": where only white space with a line break
    /// stands between two, they are one, and the second is read as the first.
    pub(super) fn text(&self, from: usize, backslash: bool) -> usize {
        let mut end = self.quoted(from, b'\'', backslash);
        while let Some(quote) = self.continuation(end) {
            end = self.quoted(quote + 1, b'\'', backslash);
        }
        end
    }

    /// The quote at which PostgreSQL's text goes on that ended at `from`. Comments to the end of a line are white space.
    fn continuation(&self, from: usize) -> Option<usize> {
        if !matches!(self.dialect, Dialect::Postgres | Dialect::Generic) {
            return None;
        }
        let bytes = self.text.as_bytes();
        let (mut at, mut is_broken) = (from, false);
        loop {
            match bytes.get(at)? {
                b'\n' | b'\r' => (at, is_broken) = (at + 1, true),
                b' ' | b'\t' | 0x0b | 0x0c => at += 1,
                b'-' if bytes.get(at + 1) == Some(&b'-') => at = self.run(at, |byte| !matches!(byte, b'\n' | b'\r')),
                b'\'' if is_broken => return Some(at),
                _ => return None,
            }
        }
    }

    /// The end of SQLite's `[name]`.
    pub(super) fn bracketed(&self) -> usize {
        (self.run(self.at, |byte| byte != b']') + 1).min(self.text.len())
    }

    /// What begins with a prefix before its quote: `E'...'`, `X'...'`, `U&"..."`.
    pub(super) fn prefixed(&self) -> Option<(TokenKind, usize)> {
        let postgres = matches!(self.dialect, Dialect::Postgres | Dialect::Generic);
        let end = match (self.byte(0).to_ascii_lowercase(), self.byte(1), self.byte(2)) {
            (b'q', b'\'', _) if self.reading.alternative_quotes => self.alternative(self.at + 2),
            (b'n', b'q' | b'Q', b'\'') if self.reading.alternative_quotes => self.alternative(self.at + 3),
            (b'x' | b'b', b'\'', _) => self.text(self.at + 2, false),
            (b'n', b'\'', _) if self.dialect != Dialect::Sqlite => self.text(self.at + 2, self.reading.backslashes),
            (b'e', b'\'', _) if postgres => self.text(self.at + 2, true),
            (b'u', b'&', b'\'') if postgres => self.text(self.at + 3, false),
            (b'u', b'&', b'"') if postgres => {
                return Some((TokenKind::QuotedIdent, self.quoted(self.at + 3, b'"', false)));
            }
            _ => return None,
        };
        Some((TokenKind::Text, end))
    }

    /// The end of Oracle's `q'[...]'`, whose opening mark is at `mark`: the mark's partner, and a quote.
    fn alternative(&self, mark: usize) -> usize {
        let Some(open) = self.text[mark..].chars().next() else { return self.text.len() };
        let close = match open {
            '[' => ']',
            '{' => '}',
            '(' => ')',
            '<' => '>',
            other => other,
        };
        let body = mark + open.len_utf8();
        let end = format!("{close}'");
        self.text[body..].find(&end).map_or(self.text.len(), |length| body + length + end.len())
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
