//! Arrays of the binary format. `array_send` of PostgreSQL's `arrayfuncs.c`.

use super::PgType;
use super::builtin;
use super::decode::Decoder;
use super::reader::Reader;
use crate::db::DbValue;

/// PostgreSQL's `MAXDIM`.
pub(super) const MAX_DIMENSIONS: usize = 6;

impl Decoder {
    /// The elements, in as many lists as there are dimensions.
    pub(super) fn array<'a>(&mut self, declared: &PgType, value: &'a [u8]) -> Option<DbValue<'a>> {
        let mut reader = Reader::new(value);
        let dimensions = reader.count(0).filter(|dimensions| *dimensions <= MAX_DIMENSIONS)?;
        let _has_nulls = reader.i32()?;
        let oid = reader.u32()?;
        let mut lengths = [0; MAX_DIMENSIONS];
        let lengths = &mut lengths[..dimensions];
        for length in lengths.iter_mut() {
            *length = usize::try_from(reader.i32()?).ok()?;
            let _lower_bound = reader.i32()?;
        }
        let count = match dimensions {
            0 => 0,
            _ => lengths.iter().try_fold(1_usize, |count, length| count.checked_mul(*length))?,
        };
        // Each element has a length of four bytes at least.
        if count > reader.left() / 4 {
            return None;
        }
        let element = element(declared, oid);
        let mut values = Vec::with_capacity(count);
        for _ in 0..count {
            values.push(reader.nullable()?.map_or(DbValue::Null, |value| self.value(&element, value)));
        }
        reader.end()?;
        if count == 0 {
            return Some(DbValue::List(Vec::new()));
        }
        for length in lengths.iter().skip(1).rev() {
            let mut rest = values.into_iter();
            values = Vec::new();
            while rest.len() > 0 {
                values.push(DbValue::List(rest.by_ref().take(*length).collect()));
            }
        }
        Some(DbValue::List(values))
    }
}

/// What the elements are: the bytes know it for the server's own types. The OID of others says nothing here, and sqlx
/// leaves it open (0) where it knows only a name.
pub(super) fn element(declared: &PgType, oid: u32) -> PgType {
    if builtin::is_builtin(oid) { PgType::Oid(oid) } else { declared.clone() }
}
