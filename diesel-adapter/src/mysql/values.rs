//! Bound values of MySQL, from diesel's own collector: types and buffers.

use diesel::mysql::{Mysql, MysqlType};
use diesel::query_builder::QueryFragment;
use diesel::query_builder::bind_collector::RawBytesBindCollector;
use osprofiler::db::{BoundValues, DbValue, ParamsWriter};

use super::types;
use crate::backend::Room;
use crate::debug_text::{DebugBinds, DebugText};

/// Kept values.
#[derive(Debug)]
pub struct Values {
    types: Box<[MysqlType]>,
    /// Of each value the length, how much of it is kept, and that, one after the other.
    bytes: Vec<u8>,
    /// What the query prints, where texts may be JSON: diesel's types do not say.
    printed: Option<DebugBinds>,
}

/// The length of NULL.
const NULL: u32 = u32::MAX;

const HEADER: usize = 8;

impl Values {
    pub(super) fn of(
        query: &impl QueryFragment<Mysql>,
        collected: &RawBytesBindCollector<Mysql>,
        room: Room<'_>,
    ) -> Self {
        let room = room.for_values(&collected.binds);
        let head = |bind: &Option<Vec<u8>>| bind.as_ref().map_or(0, |bytes| bytes.len().min(room.value));
        let all: usize = collected.binds.iter().map(head).sum();
        let mut left = room.all;
        let mut bytes = Vec::with_capacity(collected.binds.len() * HEADER + all.min(left));
        let mut may_be_json = false;
        for (ty, bind) in collected.metadata.iter().zip(&collected.binds) {
            let length = bind.as_ref().map_or(NULL, |bind| u32::try_from(bind.len()).unwrap_or(NULL - 1));
            let kept = head(bind).min(left);
            left -= kept;
            for number in [length, u32::try_from(kept).unwrap_or(0)] {
                bytes.extend_from_slice(&number.to_ne_bytes());
            }
            let bind = bind.as_deref().unwrap_or_default();
            bytes.extend_from_slice(&bind[..kept]);
            may_be_json |= *ty == MysqlType::String && bind.first().is_some_and(|first| begins_json(*first));
        }
        let query = diesel::debug_query::<Mysql, _>(query);
        let printed = if may_be_json { DebugText::of(format_args!("{query:?}")).split().binds } else { None };
        Self { types: collected.metadata.as_slice().into(), bytes, printed }
    }
}

/// Whether a JSON text may begin so.
fn begins_json(first: u8) -> bool {
    matches!(first, b'{' | b'[' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n')
}

/// Whether a value that prints so is a `serde_json::Value`.
fn is_json(printed: &str) -> bool {
    let printed = printed.strip_prefix("Some(").unwrap_or(printed);
    let begins = ["Object {", "Array [", "String(\"", "Number(", "Bool("];
    printed == "Null" || printed == "Null)" || begins.iter().any(|begin| printed.starts_with(begin))
}

/// A number, which is there.
fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((u32::from_ne_bytes(*number), rest))
}

impl BoundValues for Values {
    fn weight(&self) -> usize {
        self.bytes.capacity() + self.types.len() + self.printed.as_ref().map_or(0, DebugBinds::weight)
    }

    fn decode(&mut self, params: &mut ParamsWriter<'_>) {
        let mut printed: Vec<&str> = self.printed.iter().flat_map(DebugBinds::elements).collect();
        // A value that prints a comma looks like two: which is which nobody knows then.
        if printed.len() > self.types.len() {
            printed.clear();
        }
        let mut rest = self.bytes.as_slice();
        for (index, ty) in self.types.iter().enumerate() {
            let Some((length, after)) = number(rest) else { return };
            let Some((kept, after)) = number(after) else { return };
            let Some((head, after)) = after.split_at_checked(kept as usize) else { return };
            rest = after;
            // Diesel sends a boolean as a number of four bytes.
            let is_bool = *ty == MysqlType::Tiny && length == 4;
            let is_json = printed.get(index).is_some_and(|printed| is_json(printed));
            let wire_type = types::wire(*ty, is_bool, is_json);
            let value = match length {
                NULL => DbValue::Null,
                length => types::decode_head(wire_type, *ty, head, length as usize),
            };
            params.value(&value, wire_type.name());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use diesel::serialize::{IsNull, Output, ToSql};
    use diesel::sql_types::{Json, Text};
    use osprofiler::InfoWriter;
    use osprofiler::db::DbOptions;
    use serde_json::json;

    use super::*;

    /// Looks like two values where it is printed.
    struct Pair;

    impl fmt::Debug for Pair {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("1, Null")
        }
    }

    impl ToSql<Text, Mysql> for Pair {
        fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Mysql>) -> diesel::serialize::Result {
            std::io::Write::write_all(out, b"1")?;
            Ok(IsNull::No)
        }
    }

    fn recorded(query: &impl QueryFragment<Mysql>) -> serde_json::Value {
        let mut collected = RawBytesBindCollector::new();
        query.collect_binds(&mut collected, &mut (), &Mysql).expect("they can be collected");
        let room = Room { value: 4096, all: 4096, small: false, link: None };
        let mut values = Values::of(query, &collected, room);
        let mut info = InfoWriter::new();
        ParamsWriter::write(&mut info, "", &DbOptions::default(), |params| values.decode(params));
        serde_json::from_str(&info.finish()).expect("JSON")
    }

    #[test]
    fn json_is_told_from_text_where_values_are_told_apart() {
        let query = diesel::sql_query("SELECT ?, ?").bind::<Json, _>(json!([1])).bind::<Text, _>("[1]");
        assert_eq!(recorded(&query), json!({"params": [[1], "[1]"], "param_types": ["JSON", "VARCHAR"]}));
        let query = diesel::sql_query("SELECT ?, ?").bind::<Text, _>(Pair).bind::<Text, _>("[1]");
        assert_eq!(recorded(&query), json!({"params": ["1", "[1]"], "param_types": ["VARCHAR", "VARCHAR"]}));
    }
}
