//! The columns of bound values: literals, types, names, and why a statement cannot be pasted with them.

use std::collections::HashMap;
use std::io::Write;

use serde_json::Value;

use super::json::Json;
use super::statements::{TextEntry, Texts};
use super::strings::{Place, Strings};
use crate::report::html::content::Content;
use crate::report::html::values::Literal;
use crate::report::sql::Dialect;
use crate::report::{Parameter, Point};

/// Between the types of a point, and between the names.
const SEPARATOR: char = '\u{1f}';

/// What a point's values come to.
#[derive(Clone, Copy, Default)]
struct Row {
    types: Place,
    names: Place,
    reason: Place,
}

/// A literal's text, and why it is none.
type Known<'a> = HashMap<(Dialect, Option<&'a str>, &'a Value), (Place, Place)>;

/// Writes `params`, `ptype`, `pname` and `norun`.
pub(super) fn write<'a>(
    content: &Content<'a>,
    texts: &Texts<'a>,
    json: &mut Json<impl Write>,
    strings: &mut Strings<'a>,
) {
    let mut known: Known<'a> = HashMap::new();
    let mut rows = Vec::with_capacity(content.points.len());
    let mut text = String::new();
    let mut begun = false;
    for (place, point) in content.points.iter().enumerate() {
        let entry = content.text_of(place).and_then(|text| texts.place_of[text]).map(|place| &texts.entries[place]);
        let dialect = entry.map_or(Dialect::Generic, |entry| entry.dialect);
        let parameters = if content.values() { point.parameters() } else { Vec::new() };
        let mut row = Row::default();
        if parameters.is_empty() {
            if begun {
                json.int(0);
            }
        } else {
            if !begun {
                json.begin_column("params", 0, place);
                begun = true;
            }
            json.open('[');
            for parameter in &parameters {
                let (literal, reason) = literal(parameter, dialect, &mut known, strings);
                json.int(literal.into());
                row.reason = if row.reason == 0 { reason } else { row.reason };
            }
            json.close(']');
            row.names = names(point, &parameters, &mut text, strings);
        }
        row.types = types(point, &mut text, strings);
        if let Some(entry) = entry {
            if let Some(reason) = cannot_run(content, point, entry, &parameters) {
                row.reason = strings.of(reason);
            }
        } else {
            row.reason = 0;
        }
        rows.push(row);
    }
    if begun {
        json.close(']');
    }
    json.column("ptype", 0, rows.iter().map(|row| row.types.into()));
    json.column("pname", 0, rows.iter().map(|row| row.names.into()));
    json.column("norun", 0, rows.iter().map(|row| row.reason.into()));
}

fn literal<'a>(
    parameter: &Parameter<'a>,
    dialect: Dialect,
    known: &mut Known<'a>,
    strings: &mut Strings<'a>,
) -> (Place, Place) {
    *known.entry((dialect, parameter.type_name, parameter.value)).or_insert_with(|| {
        let literal = Literal::of(parameter, dialect);
        (strings.of_copy(&literal.text), literal.reason.map_or(0, |reason| strings.of_copy(&reason)))
    })
}

/// The names of values that have some.
fn names(point: &Point, parameters: &[Parameter<'_>], text: &mut String, strings: &mut Strings<'_>) -> Place {
    if !point.params().is_some_and(Value::is_object) {
        return 0;
    }
    join(parameters.iter().map(|parameter| parameter.name.as_str()), text, strings)
}

/// The types, which are there without their values where only those were recorded.
fn types(point: &Point, text: &mut String, strings: &mut Strings<'_>) -> Place {
    match point.param_types() {
        Some(Value::Array(types)) => join(types.iter().map(|name| name.as_str().unwrap_or_default()), text, strings),
        Some(Value::Object(types)) => join(types.values().map(|name| name.as_str().unwrap_or_default()), text, strings),
        _ => 0,
    }
}

fn join<'t>(parts: impl Iterator<Item = &'t str>, text: &mut String, strings: &mut Strings<'_>) -> Place {
    text.clear();
    for (index, part) in parts.enumerate() {
        if index > 0 {
            text.push(SEPARATOR);
        }
        text.push_str(part);
    }
    strings.of_copy(text)
}

/// Why a statement cannot be pasted, whatever its values are.
fn cannot_run(
    content: &Content<'_>,
    point: &Point,
    entry: &TextEntry<'_>,
    parameters: &[Parameter<'_>],
) -> Option<&'static str> {
    if !content.values() {
        return Some("this page holds no values");
    }
    if entry.cut {
        return Some("only the beginning of the statement is known");
    }
    let asks = &entry.asks;
    let asks_for = asks.places + asks.names.len();
    if asks_for > 0 && parameters.is_empty() {
        return Some("its values were not recorded");
    }
    let named = point.params().and_then(Value::as_object);
    let same_names = named.is_none_or(|named| named.keys().map(String::as_str).eq(asks.names.iter().copied()));
    let same_count = named.is_some() || parameters.len() == asks.places;
    if asks.unknown || !same_names || !same_count {
        return Some("its values do not fit the places for values");
    }
    None
}
