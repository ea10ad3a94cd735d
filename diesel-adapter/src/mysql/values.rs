//! Bound values of MySQL, from diesel's own collector: types and buffers.

use diesel::mysql::{Mysql, MysqlType};
use diesel::query_builder::QueryFragment;
use diesel::query_builder::bind_collector::RawBytesBindCollector;
use osprofiler::db::{BoundValues, DbValue, ParamsWriter};

use super::types;
use crate::backend::Room;
use crate::debug_text::{DebugBinds, DebugText};
use crate::packed::Packed;

/// Kept values.
#[derive(Debug)]
pub struct Values {
    types: Box<[MysqlType]>,
    values: Packed,
    /// What the query prints, where texts may be JSON: diesel's types do not say.
    printed: Option<DebugBinds>,
}

impl Values {
    pub(super) fn of(
        query: &impl QueryFragment<Mysql>,
        collected: &RawBytesBindCollector<Mysql>,
        room: Room<'_>,
    ) -> Self {
        let may_be_json = collected.metadata.iter().zip(&collected.binds).any(|(ty, value)| {
            let first = value.as_ref().and_then(|value| value.first());
            *ty == MysqlType::String && first.is_some_and(|first| begins_json(*first))
        });
        let query = diesel::debug_query::<Mysql, _>(query);
        let printed = if may_be_json { DebugText::of(format_args!("{query:?}")).split().binds } else { None };
        Self { types: collected.metadata.as_slice().into(), values: Packed::of(&collected.binds, room), printed }
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

impl BoundValues for Values {
    fn weight(&self) -> usize {
        self.values.weight() + self.types.len() + self.printed.as_ref().map_or(0, DebugBinds::weight)
    }

    fn decode(&mut self, params: &mut ParamsWriter<'_>) {
        let mut printed: Vec<&str> = self.printed.iter().flat_map(DebugBinds::elements).collect();
        // A value that prints a comma looks like two: which is which nobody knows then.
        if printed.len() > self.types.len() {
            printed.clear();
        }
        for (index, (ty, value)) in self.types.iter().zip(self.values.iter()).enumerate() {
            // Diesel sends a boolean as a number of four bytes.
            let is_bool = *ty == MysqlType::Tiny && value.is_some_and(|(_, length)| length == 4);
            let is_json = printed.get(index).is_some_and(|printed| is_json(printed));
            let wire_type = types::wire(*ty, is_bool, is_json);
            let decode = |(head, length)| types::decode_head(wire_type, *ty, head, length);
            let value = value.map_or(DbValue::Null, decode);
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
