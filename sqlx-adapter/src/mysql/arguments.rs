//! Bound values of MySQL, from sqlx's arguments.
//!
//! Bytes are shown to a [`probe`]. Types and NULLs are read from what the arguments print, where
//! they come after the bytes: so long arguments are kept whole, for a few calls at a time.

use std::fmt::{self, Write};

use osprofiler::db::long::{Permit, Permits};
use osprofiler::db::{BoundValues, DbValue, ParamsWriter};
use sqlx_core::arguments::Arguments as _;
use sqlx_mysql::{MySql, MySqlArguments, MySqlTypeInfo};

use super::types;
use crate::probe::probe;

/// Arguments of no more bytes are kept as they are, and of no more where the collector is behind.
const SHORT: usize = 32 << 10;
const SHORT_WHEN_BEHIND: usize = 2 << 10;

/// Types and NULLs take no longer text: MySQL has 65,535 parameters at most, with about 110 bytes for each.
const TEXT: usize = 16 << 20;

static PERMITS: Permits = Permits::new();

/// Kept arguments.
#[derive(Debug)]
pub enum Values {
    /// Themselves, how many bytes they have, and leave to keep them where they are long.
    Whole(Box<MySqlArguments>, usize, Option<Permit>),
    /// How many there were.
    NotKept(usize),
}

impl Values {
    pub(super) fn of(arguments: &mut MySqlArguments, small: bool) -> Self {
        let length = probe::<MySql, _>(arguments, Vec::len).unwrap_or(0);
        let permit = match length {
            _ if length <= if small { SHORT_WHEN_BEHIND } else { SHORT } => None,
            _ => match PERMITS.take() {
                None => return Self::NotKept(arguments.len()),
                permit => permit,
            },
        };
        Self::Whole(Box::new(arguments.clone()), length, permit)
    }
}

impl BoundValues for Values {
    fn weight(&self) -> usize {
        match self {
            Self::Whole(arguments, length, _) => {
                size_of::<MySqlArguments>() + length + arguments.len() * size_of::<MySqlTypeInfo>()
            }
            Self::NotKept(_) => 0,
        }
    }

    fn decode(&mut self, params: &mut ParamsWriter<'_>) {
        let arguments = match self {
            Self::Whole(arguments, ..) => arguments,
            Self::NotKept(count) => return params.unknown(format!("{count} parameters: too many long values at once")),
        };
        let count = arguments.len();
        let mut text = TypesText::default();
        let known = match write!(text, "{arguments:?}") {
            Ok(()) => text.read().filter(|values| values.len() == count),
            Err(fmt::Error) => None,
        };
        let Some(values) = known else {
            return params.unknown(format!("{count} parameters in a form that this version does not know"));
        };
        let bytes = probe::<MySql, _>(arguments, Vec::clone).unwrap_or_default();
        let mut rest = bytes.as_slice();
        for (ty, is_null) in values {
            if is_null {
                params.value(&DbValue::Null, ty.name());
            } else if let Some(value) = ty.decode_param(&mut rest) {
                params.value(&value, ty.name());
            } else {
                // Where one has no known end, what follows has no known beginning.
                return params.unknown(format!("{count} parameters, one of them malformed"));
            }
        }
    }
}

/// What the arguments print after their bytes.
#[derive(Default)]
struct TypesText {
    text: String,
    /// Whether the bytes are over.
    begun: bool,
}

impl Write for TypesText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.begun |= text == "types";
        if self.begun {
            self.text.push_str(text);
        }
        if self.text.len() > TEXT { Err(fmt::Error) } else { Ok(()) }
    }
}

impl TypesText {
    /// Each value's type, and whether it is NULL.
    fn read(&self) -> Option<Vec<(osprofiler::db::mysql::MysqlType, bool)>> {
        let (types, nulls) = self.text.split_once("], null_bitmap: NullBitMap { bytes: [")?;
        let (bytes, rest) = nulls.split_once("], length: ")?;
        let count: usize = rest.split_once(' ')?.0.parse().ok()?;
        let bytes = bytes.split(", ").filter(|byte| !byte.is_empty());
        let bytes: Vec<u8> = bytes.map(str::parse).collect::<Result<_, _>>().ok()?;
        let is_null = |index: usize| Some(bytes.get(index / 8)? >> (index % 8) & 1 == 1);
        let types = types.strip_prefix("types: [")?;
        let mut values = Vec::with_capacity(count.min(1024));
        for (index, ty) in types.split("MySqlTypeInfo { type: ").skip(1).enumerate() {
            values.push((types::read_bound(ty)?, is_null(index)?));
        }
        (values.len() == count).then_some(values)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::test_params::read;

    /// Pins the form of sqlx 0.9: where this fails, the reader needs a look before the adapter takes a new sqlx.
    #[test]
    fn the_known_form_is_read_and_the_arguments_stay_as_they_are() {
        let mut arguments = MySqlArguments::default();
        arguments.add(1_i32).expect("encoded");
        arguments.add(u64::MAX).expect("encoded");
        arguments.add("it's types: [").expect("encoded");
        arguments.add(None::<i64>).expect("encoded");
        arguments.add(true).expect("encoded");
        arguments.add(vec![1_u8, 255]).expect("encoded");
        arguments.add(1.5_f32).expect("encoded");
        let before = format!("{arguments:?}");
        assert!(before.ends_with(
            "MySqlTypeInfo { type: Float, flags: ColumnFlags(BINARY), collation: Collation(63), max_size: None }], \
             null_bitmap: NullBitMap { bytes: [8], length: 7 } }"
        ));
        let mut values = Values::of(&mut arguments, false);
        assert_eq!(format!("{arguments:?}"), before);
        assert_eq!(
            read(&mut values),
            json!({
                "params": [1, u64::MAX, "it's types: [", null, true, "\\x01ff", 1.5],
                "param_types": ["INT", "BIGINT UNSIGNED", "VARCHAR", "BIGINT", "BOOLEAN", "BLOB", "FLOAT"]
            })
        );
    }

    #[test]
    fn no_arguments_are_an_empty_list() {
        let mut values = Values::of(&mut MySqlArguments::default(), false);
        assert_eq!(read(&mut values), json!({"params": [], "param_types": []}));
    }

    #[test]
    fn few_long_arguments_are_kept_at_a_time() {
        let mut arguments = MySqlArguments::default();
        arguments.add("x".repeat(100_000)).expect("encoded");
        let mut kept: Vec<Values> = (0..40).map(|_| Values::of(&mut arguments, false)).collect();
        let whole = kept.iter().filter(|values| matches!(values, Values::Whole(..))).count();
        assert!((1..=osprofiler::db::long::CAP).contains(&whole), "{whole}");
        let read_all: Vec<Value> = kept.iter_mut().map(read).collect();
        assert!(read_all.contains(&json!({"params_unknown": "1 parameters: too many long values at once"})));
        assert_eq!(read_all[0]["params"][0], format!("{}…(+98976 B)", "x".repeat(1024)));
    }
}
