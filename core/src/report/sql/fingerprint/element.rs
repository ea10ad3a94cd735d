//! [`Element`]: what an element of a list of values may be made of.
//!
//! A value alone, or with casts (`$1::text[]`), `CAST($1 AS text)`, `ROW($1, $2)`, `ARRAY[$1]`, a literal with its type
//! (`DATE '2026-01-01'`), and `DEFAULT`.

use crate::report::sql::lexer::TokenKind;

/// How far an element of a list has been read.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Element {
    /// Nothing of it.
    Start,
    /// Nothing of it, and it is the value of `CAST(`.
    CastStart,
    /// Words that may begin one.
    Words(Word),
    /// A value.
    Value,
    /// The value of `CAST(`.
    CastValue,
    /// A value and `::`, or `AS` within `CAST`.
    Cast,
    /// A value and the type that it is cast to.
    Type,
}

/// The last of the words that may begin an element.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Word {
    Cast,
    Row,
    Array,
    /// The name of a type or of a function.
    Other,
    /// A word of a type's name.
    Type,
}

/// Words of the language that names of types have.
const OF_TYPES: &[&str] = &["WITH", "WITHOUT", "TIME", "ZONE", "TIMESTAMP", "DATE", "INTERVAL", "CHARACTER", "VARYING"];

impl Element {
    /// The element with one more token, which is no parenthesis; `None` where it is no value then.
    pub(super) fn after(self, token: &str, kind: TokenKind, is_value: bool) -> Option<Self> {
        let is_name = matches!(kind, TokenKind::Ident | TokenKind::QuotedIdent);
        let is_type = is_name || OF_TYPES.contains(&token);
        match self {
            Self::Start if is_value || token == "DEFAULT" => Some(Self::Value),
            Self::CastStart if is_value => Some(Self::CastValue),
            Self::Start => match token {
                "CAST" => Some(Self::Words(Word::Cast)),
                "ARRAY" => Some(Self::Words(Word::Array)),
                _ if token.eq_ignore_ascii_case("ROW") => Some(Self::Words(Word::Row)),
                _ if is_name => Some(Self::Words(Word::Other)),
                _ if is_type => Some(Self::Words(Word::Type)),
                _ => None,
            },
            Self::Words(Word::Other | Word::Type) if is_value => Some(Self::Value),
            Self::Words(Word::Other) if token == "." => Some(self),
            Self::Words(Word::Other | Word::Type) if is_type => {
                Some(Self::Words(if is_name { Word::Other } else { Word::Type }))
            }
            Self::Value | Self::Type if token == "," => Some(Self::Start),
            Self::Value | Self::Type if token == "::" => Some(Self::Cast),
            Self::CastValue if token.eq_ignore_ascii_case("AS") => Some(Self::Cast),
            Self::Cast if is_type || kind == TokenKind::Keyword => Some(Self::Type),
            Self::Type if is_type || token == "." => Some(Self::Type),
            _ => None,
        }
    }

    /// Whether it may end here.
    pub(super) fn is_whole(self) -> bool {
        matches!(self, Self::Value | Self::Type)
    }
}
