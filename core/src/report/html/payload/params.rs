//! The columns of bound values: literals, types, names, and why a statement cannot be pasted with them.

use std::collections::{BTreeMap, HashMap};
use std::io::Write;

use serde_json::Value;

use super::json::Json;
use super::statements::TextEntry;
use super::strings::{Place, Strings};
use crate::db::CUT;
use crate::report::html::content::Content;
use crate::report::html::values::Literal;
use crate::report::sql::Dialect;
use crate::report::sql::fingerprint::without_mark;
use crate::report::{Parameter, Point};

/// Between the types of a point, and between the names.
const SEPARATOR: char = '\u{1f}';

/// What a point's values come to.
#[derive(Clone, Copy, Default)]
pub(super) struct Values {
    /// How many there are.
    pub(super) count: usize,
    pub(super) types: Place,
    pub(super) names: Place,
    /// Why the statement cannot be pasted with them.
    pub(super) reason: Place,
}

/// A literal's text, and why it is none.
type Known<'a> = HashMap<(Dialect, Option<&'a str>, &'a Value), (Place, Place)>;

/// How long values are, by the place of their literals.
#[derive(Default)]
struct Lengths {
    bytes: BTreeMap<Place, usize>,
    elements: BTreeMap<Place, usize>,
}

/// The literals of all points, one after the other.
#[derive(Default)]
pub(super) struct Params<'a> {
    known: Known<'a>,
    lengths: Lengths,
    literals: Vec<Place>,
    text: String,
}

impl<'a> Params<'a> {
    /// Adds a point's values; `entry` is its text.
    pub(super) fn row(
        &mut self,
        content: &Content<'a>,
        point: &'a Point,
        entry: Option<&TextEntry<'a>>,
        strings: &mut Strings<'a>,
    ) -> Values {
        let dialect = entry.map_or(Dialect::Generic, |entry| entry.dialect);
        let parameters = point.parameters();
        let mut values = Values { count: parameters.len(), ..Values::default() };
        for parameter in &parameters {
            let (literal, reason) = literal(parameter, dialect, &mut self.known, &mut self.lengths, strings);
            self.literals.push(literal);
            values.reason = if values.reason == 0 { reason } else { values.reason };
        }
        values.names = names(point, &parameters, &mut self.text, strings);
        values.types = types(point, &mut self.text, strings);
        match entry {
            None => values.reason = 0,
            Some(entry) => {
                if let Some(reason) = cannot_run(content, point, entry, &parameters) {
                    values.reason = strings.of_copy(reason);
                }
            }
        }
        values
    }

    /// Writes `params`; `counts` says how many values each point has.
    pub(super) fn write(&self, counts: impl Iterator<Item = usize>, json: &mut Json<impl Write>) {
        if self.literals.is_empty() {
            return;
        }
        let mut literals = self.literals.iter();
        json.key("params");
        json.open('[');
        for count in counts {
            if count == 0 {
                json.int(0);
                continue;
            }
            json.open('[');
            for literal in literals.by_ref().take(count) {
                json.int((*literal).into());
            }
            json.close(']');
        }
        json.close(']');
        for (key, lengths) in [("bytes", &self.lengths.bytes), ("elements", &self.lengths.elements)] {
            if lengths.is_empty() {
                continue;
            }
            json.key(key);
            json.open('[');
            for (place, length) in lengths {
                json.int((*place).into());
                json.int(i64::try_from(*length).unwrap_or(i64::MAX));
            }
            json.close(']');
        }
    }
}

fn literal<'a>(
    parameter: &Parameter<'a>,
    dialect: Dialect,
    known: &mut Known<'a>,
    lengths: &mut Lengths,
    strings: &mut Strings<'a>,
) -> (Place, Place) {
    *known.entry((dialect, parameter.type_name, parameter.value)).or_insert_with(|| {
        let literal = Literal::of(parameter, dialect);
        let place = strings.of_copy(&literal.text);
        match length(parameter.value) {
            Some(Length::Bytes(bytes)) => drop(lengths.bytes.insert(place, bytes)),
            Some(Length::Elements(elements)) => drop(lengths.elements.insert(place, elements)),
            None => {}
        }
        (place, literal.reason.map_or(0, |reason| strings.of_copy(&reason)))
    })
}

/// The length of a value, which its literal does not have: quotes and escapes are no part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Length {
    Bytes(usize),
    Elements(usize),
}

/// The length of texts, bytes and lists. Of what was cut when it was recorded, what is missing counts too.
fn length(value: &Value) -> Option<Length> {
    let text = match value {
        Value::String(text) => text.as_str(),
        Value::Array(values) => return Some(Length::Elements(values.len())),
        _ => return None,
    };
    let shown = without_mark(text).unwrap_or(text);
    let mark = text[shown.len()..].trim_start_matches(CUT).trim_end_matches(" B)");
    let missing = mark.parse::<usize>().unwrap_or(0);
    let bytes =
        shown.strip_prefix("\\x").filter(|hex| hex.len() % 2 == 0 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()));
    Some(Length::Bytes(bytes.map_or(shown.len(), |hex| hex.len() / 2).saturating_add(missing)))
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
fn cannot_run<'e>(
    content: &Content<'_>,
    point: &Point,
    entry: &'e TextEntry<'_>,
    parameters: &[Parameter<'_>],
) -> Option<&'e str> {
    if entry.cut {
        return Some("only the statement's beginning is known");
    }
    if entry.places.numbers.is_empty() && parameters.is_empty() {
        return None;
    }
    if parameters.is_empty() {
        return Some("its values were not recorded");
    }
    if !content.values() {
        return Some("this page holds no values");
    }
    if let Some(reason) = &entry.places.reason {
        return Some(reason);
    }
    let alike = entry.first.is_some_and(|first| std::ptr::eq(first, point) || have_same_names(first, point));
    (!alike).then_some("its values are not those that the statement has places for")
}

/// Whether values of two points stand in the same places of their lists.
fn have_same_names(one: &Point, other: &Point) -> bool {
    match (one.params(), other.params()) {
        (Some(Value::Array(one)), Some(Value::Array(other))) => one.len() == other.len(),
        (Some(Value::Object(one)), Some(Value::Object(other))) => one.keys().eq(other.keys()),
        (Some(one), Some(other)) => !(one.is_array() || one.is_object() || other.is_array() || other.is_object()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lengths_are_those_of_values_and_not_of_literals() {
        for (value, expected) in [
            (json!("it's"), Some(Length::Bytes(4))),
            (json!("né"), Some(Length::Bytes(3))),
            (json!("\\x00ff10"), Some(Length::Bytes(3))),
            (json!("\\x0g"), Some(Length::Bytes(4))),
            (json!("abc…(+100 B)"), Some(Length::Bytes(103))),
            (json!("\\x00ff…(+100 B)"), Some(Length::Bytes(102))),
            (json!([1, 2, 3]), Some(Length::Elements(3))),
            (json!(123), None),
            (json!(null), None),
            (json!({"a": 1}), None),
        ] {
            assert_eq!(length(&value), expected, "{value}");
        }
    }
}
