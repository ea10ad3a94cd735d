//! [`tokens`]: a text as tokens, in one pass.
//!
//! Here: which character begins what. Below: words and their kinds (`word`), texts in quotes (`quoted`), comments
//! (`comment`), places for values (`place`), numbers and operators (`symbol`), and what a server's settings change
//! (`settings`). Not here: what tokens mean together.
//!
//! Tokens cover the whole text without gaps. A literal or comment that is never closed goes to the end. No character is
//! looked at more than a few times.

mod comment;
mod place;
mod quoted;
mod settings;
mod symbol;
mod word;

#[cfg(test)]
mod tests;

use super::Dialect;

pub(super) use settings::Reading;
pub(super) use word::is_word;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenKind {
    /// White space.
    Space,
    /// A word of the language, such as `SELECT`.
    Keyword,
    /// A name, or a variable of MySQL's such as `@total`.
    Ident,
    /// A name in quotes.
    QuotedIdent,
    /// A text or bytes in quotes, with its prefix.
    Text,
    /// A number without its sign.
    Number,
    /// A place for a value.
    Placeholder,
    /// An operator.
    Operator,
    /// Parentheses, commas and the like; also the marks around what only MySQL runs.
    Punct,
    /// A comment or a hint.
    Comment,
}

/// One token of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// The byte that it begins at.
    pub start: usize,
    /// The byte after its last.
    pub end: usize,
}

impl Token {
    /// The token's text.
    #[must_use]
    pub fn of<'a>(&self, text: &'a str) -> &'a str {
        &text[self.start..self.end]
    }

    /// Whether it is a comment that databases read: `/*+ INDEX(a) */`.
    #[must_use]
    pub fn is_hint(&self, text: &str) -> bool {
        self.kind == TokenKind::Comment && self.of(text).starts_with("/*+")
    }
}

/// The tokens of a text, as a database reads it.
///
/// ```
/// use osprofiler::report::sql::{Dialect, lexer::tokens};
///
/// let text = "SELECT $1";
/// let found: Vec<&str> = tokens(text, Dialect::Postgres).map(|token| token.of(text)).collect();
/// assert_eq!(found, ["SELECT", " ", "$1"]);
/// ```
#[must_use]
pub fn tokens(text: &str, dialect: Dialect) -> Tokens<'_> {
    read(text, Reading::usual(dialect))
}

/// The tokens of a text, as a server with other settings reads it.
pub(super) fn read(text: &str, reading: Reading) -> Tokens<'_> {
    Tokens { text, dialect: reading.dialect, reading, at: 0, fresh: true, executed: false }
}

/// The tokens of a text, in their order.
#[derive(Clone, Debug)]
pub struct Tokens<'a> {
    text: &'a str,
    dialect: Dialect,
    reading: Reading,
    at: usize,
    /// Whether a statement begins here: some words are verbs only there.
    fresh: bool,
    /// Whether a comment that MySQL runs is open.
    executed: bool,
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let start = self.at;
        let (kind, end) = self.scan(*self.text.as_bytes().get(start)?);
        // Whatever a scan says, tokens end on the text's character boundaries, and each is longer than nothing.
        let end = self.text.ceil_char_boundary(end.max(start + 1));
        self.at = end;
        let token = Token { kind, start, end };
        match kind {
            TokenKind::Space | TokenKind::Comment => {}
            TokenKind::Punct => self.fresh = matches!(token.of(self.text), ";") || self.fresh,
            _ => self.fresh = false,
        }
        Some(token)
    }
}

impl Tokens<'_> {
    /// The kind and the end of the token that begins here, with `first`.
    fn scan(&mut self, first: u8) -> (TokenKind, usize) {
        let Reading { backslashes, double_is_text, .. } = self.reading;
        match first {
            b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c => (TokenKind::Space, self.space()),
            // A byte order mark is no part of what follows it.
            0xef if self.at == 0 && self.text.starts_with('\u{feff}') => (TokenKind::Space, 3),
            b'\'' => (TokenKind::Text, self.text(self.at + 1, backslashes)),
            b'"' if double_is_text => (TokenKind::Text, self.quoted(self.at + 1, b'"', backslashes)),
            b'"' => (TokenKind::QuotedIdent, self.quoted(self.at + 1, b'"', false)),
            b'`' if self.dialect != Dialect::Postgres => {
                (TokenKind::QuotedIdent, self.quoted(self.at + 1, b'`', false))
            }
            b'[' if self.dialect == Dialect::Sqlite => (TokenKind::QuotedIdent, self.bracketed()),
            b'-' | b'#' | b'/' | b'*' => self.comment(first).unwrap_or_else(|| (TokenKind::Operator, self.operator())),
            b'$' => self.dollar(),
            b':' => self.colon(),
            b'?' => self.question(),
            b'@' => self.at_sign(),
            b'%' => self.percent(),
            b'0'..=b'9' => self.number(),
            b'.' => self.dot(),
            _ if is_word(first) => self.word(),
            _ if symbol::is_operator(first, self.dialect) => (TokenKind::Operator, self.operator()),
            _ => (TokenKind::Punct, self.at + 1),
        }
    }

    /// The byte `offset` bytes after the token's first; 0 past the end.
    fn byte(&self, offset: usize) -> u8 {
        self.text.as_bytes().get(self.at + offset).copied().unwrap_or(0)
    }

    /// The byte before the token; a space at the beginning.
    fn before(&self) -> u8 {
        self.at.checked_sub(1).map_or(b' ', |before| self.text.as_bytes()[before])
    }

    /// Where the bytes from `from` on no longer are as `wanted`.
    fn run(&self, from: usize, wanted: impl Fn(u8) -> bool) -> usize {
        let bytes = self.text.as_bytes();
        let from = from.min(bytes.len());
        from + bytes[from..].iter().take_while(|byte| wanted(**byte)).count()
    }

    fn space(&self) -> usize {
        self.run(self.at, |byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c))
    }
}
