//! Bytes of a value that a library has no Rust type for, in the binary format.

use std::marker::PhantomData;

use diesel::pg::Pg;
use diesel::serialize::{self, Output, ToSql};
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArgumentBuffer, PgTypeInfo};
use sqlx::{Encode, Postgres, Type};

/// To diesel they are of any type.
#[derive(Clone, Debug)]
pub(super) struct Raw(pub(super) Vec<u8>);

impl<ST> ToSql<ST, Pg> for Raw {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        std::io::Write::write_all(out, &self.0)?;
        Ok(serialize::IsNull::No)
    }
}

/// To sqlx they are of the type that `N` names.
pub(super) struct Theirs<N>(Vec<u8>, PhantomData<fn() -> N>);

pub(super) trait Name: 'static {
    const NAME: &'static str;
}

impl<N> Theirs<N> {
    pub(super) fn new(bytes: &[u8]) -> Self {
        Self(bytes.to_owned(), PhantomData)
    }

    pub(super) fn of(raw: &Raw) -> Self {
        Self::new(&raw.0)
    }
}

impl<N: Name> Type<Postgres> for Theirs<N> {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_name(N::NAME)
    }
}

impl<N: Name> Encode<'_, Postgres> for Theirs<N> {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        buffer.extend_from_slice(&self.0);
        Ok(IsNull::No)
    }
}

/// Declares what names a type.
macro_rules! names {
    ($($name:ident = $text:literal),* $(,)?) => {
        $(
            pub(super) enum $name {}

            impl $crate::roundtrip::postgres::raw::Name for $name {
                const NAME: &'static str = $text;
            }
        )*
    };
}

pub(super) use names;
