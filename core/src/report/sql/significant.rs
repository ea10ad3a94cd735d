//! [`Significant`]: the tokens that mean something, without white space and comments.

use super::Dialect;
use super::lexer::{Token, TokenKind, tokens};

/// A text's tokens without white space and comments. Hints stay.
pub(super) struct Significant<'a> {
    pub(super) text: &'a str,
    pub(super) parts: Vec<Part>,
}

/// One of them.
#[derive(Clone, Copy)]
pub(super) struct Part {
    pub(super) token: Token,
    /// Whether white space or a comment stands before it.
    pub(super) spaced: bool,
}

impl<'a> Significant<'a> {
    pub(super) fn of(text: &'a str, dialect: Dialect) -> Self {
        let mut parts = Vec::new();
        let mut spaced = false;
        for token in tokens(text, dialect) {
            let skipped = token.kind == TokenKind::Space || token.kind == TokenKind::Comment && !token.is_hint(text);
            if !skipped {
                parts.push(Part { token, spaced });
            }
            spaced = skipped;
        }
        Self { text, parts }
    }

    pub(super) fn kind(&self, index: usize) -> Option<TokenKind> {
        self.parts.get(index).map(|part| part.token.kind)
    }

    /// The text of a token; empty past the end.
    pub(super) fn word(&self, index: usize) -> &'a str {
        self.parts.get(index).map_or("", |part| part.token.of(self.text))
    }

    /// Whether the token is one of these words or marks, and not quoted.
    pub(super) fn is(&self, index: usize, words: &[&str]) -> bool {
        let word = self.word(index);
        words.iter().any(|wanted| word.eq_ignore_ascii_case(wanted))
    }

    /// Whether the token is a word, in quotes or not.
    pub(super) fn is_name(&self, index: usize) -> bool {
        matches!(self.kind(index), Some(TokenKind::Ident | TokenKind::QuotedIdent))
    }
}
