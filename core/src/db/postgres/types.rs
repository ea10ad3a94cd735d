//! [`PgType`]: what is known of a value's type.

use std::borrow::Cow;
use std::sync::Arc;

use super::builtin;
use super::decode::Decoder;
use crate::db::DbValue;

/// A type of PostgreSQL, as far as an adapter knows it. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PgType {
    /// A type by its OID. Only the server's own types have the same OID everywhere; others are unknown.
    Oid(u32),
    /// A type of which only the name is known, as `pg_type.typname` has it or as SQL writes it: `int4`, `_int4`,
    /// `mood[]`, `public.mood`, `"public"."Mood"`.
    Named(Arc<str>),
    /// An enumeration. Its values are their labels.
    Enum {
        /// Its name.
        name: Arc<str>,
    },
    /// A domain. Its values are those of its base type.
    Domain {
        /// Its name.
        name: Arc<str>,
        /// What it restricts.
        base: Arc<PgType>,
    },
    /// A composite.
    Composite {
        /// Its name.
        name: Arc<str>,
        /// Names and types of its fields.
        fields: Arc<[(Arc<str>, PgType)]>,
    },
    /// An array of the type, with any number of dimensions.
    Array(Arc<PgType>),
    /// A range.
    Range {
        /// Its name.
        name: Arc<str>,
        /// The type of its bounds.
        element: Arc<PgType>,
    },
    /// A multirange.
    Multirange {
        /// Its name.
        name: Arc<str>,
        /// The type of the bounds of its ranges.
        element: Arc<PgType>,
    },
}

impl PgType {
    /// The name, as `pg_type.typname` has it: `int4`, `timestamptz`. Arrays are `int4[]`, unknown types `oid 12345`.
    #[must_use]
    pub fn name(&self) -> Cow<'_, str> {
        match self {
            Self::Oid(oid) => builtin::name(*oid).unwrap_or_else(|| format!("oid {oid}").into()),
            Self::Named(name)
            | Self::Enum { name }
            | Self::Domain { name, .. }
            | Self::Composite { name, .. }
            | Self::Range { name, .. }
            | Self::Multirange { name, .. } => Cow::Borrowed(name),
            Self::Array(element) => format!("{}[]", element.name()).into(),
        }
    }

    /// Decodes a value in the binary format. What is unknown or malformed is [`DbValue::Bytes`].
    #[must_use]
    pub fn decode<'a>(&self, value: &'a [u8]) -> DbValue<'a> {
        Decoder::new().value(self, value)
    }

    /// Decodes a value in the text format, which rows of the simple protocol have.
    ///
    /// Booleans, numbers, JSON, bytes and arrays are told apart; everything else is the text as it is.
    #[must_use]
    pub fn decode_text<'a>(&self, value: &'a str) -> DbValue<'a> {
        Decoder::new().text(self, Cow::Borrowed(value))
    }
}
