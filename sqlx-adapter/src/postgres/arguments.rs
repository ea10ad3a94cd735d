//! Bound values of PostgreSQL, from sqlx's arguments.
//!
//! Bytes and types are not public. Bytes are shown to a [`probe`]; types are read from what the arguments print, where they come
//! first. The calling thread keeps a copy of the arguments, and the worker does both; where they are long it keeps the first bytes
//! of each value.

use std::fmt::{self, Write};

use osprofiler::db::long::NOT_KEPT;
use osprofiler::db::postgres;
use osprofiler::db::{BoundValues, DbValue, ParamsWriter};
use sqlx_core::arguments::Arguments as _;
use sqlx_postgres::{PgArgumentBuffer, PgArguments, PgTypeInfo, Postgres};

use super::types;
use crate::probe::probe;

/// Arguments of no more bytes are kept as they are, and of no more where the collector is behind.
const SHORT: usize = 32 << 10;
const SHORT_WHEN_BEHIND: usize = 2 << 10;

/// Of long arguments so many bytes of each value are kept, and so many together.
const HEAD: usize = 2 << 10;
const HEADS: usize = 128 << 10;

/// Types take no longer text.
const TYPES: usize = 256 << 10;

/// Kept arguments, and what was known of declared types when they were bound.
#[derive(Debug)]
pub struct Values {
    kept: Kept,
    lessons: u64,
}

#[derive(Debug)]
enum Kept {
    /// Themselves, and how many bytes they have.
    Whole(Box<PgArguments>, usize),
    /// What they print of their types, and the first bytes of each value.
    Heads(Box<Heads>),
}

#[derive(Debug)]
struct Heads {
    types: TypeList,
    values: Vec<Option<Head>>,
    weight: usize,
    /// How many arguments there are.
    count: usize,
}

#[derive(Debug)]
struct Head {
    bytes: Box<[u8]>,
    length: usize,
}

impl Values {
    pub(super) fn of(arguments: &mut PgArguments, small: bool) -> Self {
        let length = probe::<Postgres, _>(arguments, |buffer| shown(buffer).len()).unwrap_or(0);
        if length <= if small { SHORT_WHEN_BEHIND } else { SHORT } {
            return Self::of_kept(Kept::Whole(Box::new(arguments.clone()), length));
        }
        let (types, count) = (types_text(arguments), arguments.len());
        let values: Vec<Option<Head>> =
            probe::<Postgres, _>(arguments, |buffer| heads(shown(buffer))).unwrap_or_default();
        // NULLs take a place too.
        let weight = types.text.len()
            + values.len() * size_of::<Option<Head>>()
            + values.iter().flatten().map(|head| head.bytes.len()).sum::<usize>();
        Self::of_kept(Kept::Heads(Box::new(Heads { types, values, weight, count })))
    }

    fn of_kept(kept: Kept) -> Self {
        Self { kept, lessons: postgres::lessons() }
    }

    /// What was learned since they were bound counts, too.
    pub(super) fn know_more(&mut self) {
        self.lessons = postgres::lessons();
    }
}

impl BoundValues for Values {
    fn weight(&self) -> usize {
        match &self.kept {
            Kept::Whole(arguments, length) => {
                size_of::<PgArguments>() + length + arguments.len() * size_of::<PgTypeInfo>()
            }
            Kept::Heads(heads) => heads.weight,
        }
    }

    fn decode(&mut self, params: &mut ParamsWriter<'_>) {
        let Self { kept, lessons } = self;
        postgres::as_of(*lessons, || kept.decode(params));
    }
}

impl Kept {
    fn decode(&mut self, params: &mut ParamsWriter<'_>) {
        match self {
            Self::Whole(arguments, _) => {
                let (types, count) = (types_text(arguments), arguments.len());
                let bytes = probe::<Postgres, _>(arguments, |buffer| shown(buffer).to_vec()).unwrap_or_default();
                write(params, &types, count, values(&bytes).map(|value| value.map(|bytes| (bytes, bytes.len()))));
            }
            Self::Heads(heads) => {
                let Heads { types, values, count, .. } = &**heads;
                write(
                    params,
                    types,
                    *count,
                    values.iter().map(|head| head.as_ref().map(|head| (&*head.bytes, head.length))),
                );
            }
        }
    }
}

/// Decodes values, each with its bytes, or the first of them, and its length.
fn write<'v>(
    params: &mut ParamsWriter<'_>,
    list: &TypeList,
    count: usize,
    values: impl Iterator<Item = Option<(&'v [u8], usize)>>,
) {
    let known = |types: usize| types == count || (list.cut && types < count);
    let Some(types) = types::read_list(&list.text).filter(|types| known(types.len())) else {
        return params.unknown(format!("{count} parameters in a form that this version does not know"));
    };
    let mut written = 0;
    for (named, value) in types.iter().zip(values) {
        let value = value.map_or(DbValue::Null, |(head, length)| named.ty.decode_head(head, length));
        params.value(&value, &named.name);
        written += 1;
    }
    for named in &types[written..] {
        params.value(&NOT_KEPT.into(), &named.name);
    }
    params.omit(count - types.len());
}

/// The values in the arguments' buffer: each has its length before it, and NULL has -1.
fn values(mut buffer: &[u8]) -> impl Iterator<Item = Option<&[u8]>> {
    std::iter::from_fn(move || {
        let (length, rest) = buffer.split_first_chunk::<4>()?;
        let Ok(length) = usize::try_from(i32::from_be_bytes(*length)) else {
            buffer = rest;
            return Some(None);
        };
        let (value, rest) = rest.split_at_checked(length)?;
        buffer = rest;
        Some(Some(value))
    })
}

fn heads(buffer: &[u8]) -> Vec<Option<Head>> {
    let mut room = HEADS;
    let head = |value: Option<&[u8]>| match value {
        None => Some(None),
        Some(value) => {
            let bytes = &value[..value.len().min(HEAD)];
            room = room.checked_sub(bytes.len())?;
            Some(Some(Head { bytes: bytes.into(), length: value.len() }))
        }
    };
    values(buffer).map_while(head).collect()
}

/// What the arguments print of their types: a list in brackets.
#[derive(Debug)]
struct TypeList {
    text: String,
    /// Whether these are the first types only.
    cut: bool,
}

fn types_text(arguments: &PgArguments) -> TypeList {
    let mut printed = TypesText { text: String::with_capacity(128), done: false };
    let _ = write!(printed, "{arguments:?}");
    let TypesText { text, done } = printed;
    let start = text.find('[').unwrap_or(text.len());
    if done {
        let end = text.rfind(AFTER_TYPES).map_or(start, |end| end + 1);
        return TypeList { text: text[start..end].to_owned(), cut: false };
    }
    // The last of them may have been cut itself.
    let end = text.rfind(", PgTypeInfo(").unwrap_or(start);
    TypeList { text: format!("{}]", &text[start..end.max(start)]), cut: true }
}

/// Whether there are types that are known by their names alone, until the server says what they are.
pub(super) fn has_declared_types(arguments: &PgArguments) -> bool {
    types_text(arguments).text.contains("(Declare")
}

/// What follows the types.
const AFTER_TYPES: &str = "], buffer: PgArgumentBuffer";

/// Takes text until the types are over, and then refuses, so that no long text of bytes is ever made.
struct TypesText {
    text: String,
    done: bool,
}

impl Write for TypesText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.text.push_str(text);
        self.done = self.text.ends_with(AFTER_TYPES);
        if self.done || self.text.len() > TYPES { Err(fmt::Error) } else { Ok(()) }
    }
}

/// The values in a buffer that is shown to a probe: its last four bytes are for the length of the probe itself.
fn shown(buffer: &PgArgumentBuffer) -> &[u8] {
    &buffer[..buffer.len().saturating_sub(4)]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::test_params::read;

    /// Pins the form of sqlx 0.9: where this fails, the reader needs a look before the adapter takes a new sqlx.
    #[test]
    fn the_known_form_is_read_and_the_arguments_stay_as_they_are() {
        let mut arguments = PgArguments::default();
        arguments.add(1_i32).expect("encoded");
        arguments.add("it's").expect("encoded");
        arguments.add(None::<i64>).expect("encoded");
        arguments.add(vec![1_i64, 2]).expect("encoded");
        let before = format!("{arguments:?}");
        assert!(before.starts_with(
            "PgArguments { types: [PgTypeInfo(Int4), PgTypeInfo(Text), PgTypeInfo(Int8), PgTypeInfo(Int8Array)], buffer: \
             PgArgumentBuffer { buffer: [0, 0, 0, 4, 0, 0, 0, 1, 0, "
        ));
        let mut values = Values::of(&mut arguments, false);
        assert_eq!(format!("{arguments:?}"), before);
        assert_eq!(
            read(&mut values),
            json!({"params": [1, "it's", null, [1, 2]], "param_types": ["int4", "text", "int8", "int8[]"]})
        );
    }

    #[test]
    fn long_arguments_keep_the_first_bytes_of_each() {
        let mut arguments = PgArguments::default();
        arguments.add("é".repeat(20_000)).expect("encoded");
        arguments.add(7_i32).expect("encoded");
        arguments.add((0..10_000_i64).collect::<Vec<_>>()).expect("encoded");
        let before = format!("{arguments:?}");
        let mut values = Values::of(&mut arguments, false);
        assert_eq!(format!("{arguments:?}"), before);
        assert!(values.weight() < 10_000, "{}", values.weight());
        let read = read(&mut values);
        assert_eq!(read["params"][0], format!("{}…(+38976 B)", "é".repeat(512)));
        assert_eq!(read["params"][1], 7);
        assert!(read["params"][2].as_str().expect("a text").starts_with("[0,1,2,3,"), "{read}");
    }

    #[test]
    fn many_long_values_are_not_all_kept() {
        let mut arguments = PgArguments::default();
        for _ in 0..100 {
            arguments.add("x".repeat(5000)).expect("encoded");
        }
        let mut values = Values::of(&mut arguments, true);
        assert!(values.weight() < 200_000, "{}", values.weight());
        let read = read(&mut values);
        assert_eq!(
            read["params"].as_array().expect("a list").len() as u64 + read["params_omitted"].as_u64().unwrap_or(0),
            100
        );
    }

    #[test]
    fn nulls_have_a_weight() {
        let mut arguments = PgArguments::default();
        for _ in 0..10_000 {
            arguments.add(None::<i32>).expect("encoded");
        }
        assert!(Values::of(&mut arguments, false).weight() > 10_000 * size_of::<Option<Head>>());
    }

    #[test]
    fn no_arguments_are_an_empty_list() {
        let mut values = Values::of(&mut PgArguments::default(), false);
        assert_eq!(read(&mut values), json!({"params": [], "param_types": []}));
    }
}
