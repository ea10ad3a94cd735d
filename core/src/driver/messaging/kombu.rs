//! Values that JSON does not have, as kombu 5.7.0 writes them: `{"__type__": "decimal", "__value__": "1.5"}`.
//!
//! RabbitMQ alone has them: OSProfiler's other drivers have oslo.serialization make text of such values, and text they become
//! here.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::python_json;

const TYPE: &str = "__type__";
const VALUE: &str = "__value__";

/// The JSON with plain values in the place of kombu's.
pub(super) fn plain(json: &str) -> Cow<'_, str> {
    if !json.contains("\"__type__\"") {
        return Cow::Borrowed(json);
    }
    // Text that is not JSON is refused later.
    match python_json::value(json) {
        Ok(mut value) => {
            simplify(&mut value);
            Cow::Owned(python_json::text(&value))
        }
        Err(_) => Cow::Borrowed(json),
    }
}

/// Takes kombu's objects out of a value, from within: it is nested no deeper than 128 levels.
fn simplify(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(simplify),
        Value::Object(members) => {
            members.values_mut().for_each(simplify);
            if let Some(text) = text_of(members) {
                *value = Value::from(text);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The text of a typed value; `None` where the object is none, or none that kombu itself knows.
fn text_of(members: &Map<String, Value>) -> Option<String> {
    let (kind, value) = (members.get(TYPE)?.as_str()?, members.get(VALUE)?);
    if members.len() != 2 {
        return None;
    }
    match kind {
        "datetime" | "date" | "time" | "decimal" | "bytes" => value.as_str().map(str::to_owned),
        "base64" => {
            let bytes = STANDARD.decode(value.as_str()?).ok()?;
            let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            Some(format!("\\x{digits}"))
        }
        "uuid" => Uuid::parse_str(value.get("hex")?.as_str()?).ok().map(|uuid| uuid.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn typed_values_are_text() {
        for (kind, value, expected) in [
            ("datetime", json!("2026-01-02T03:04:05.000678+02:00"), "2026-01-02T03:04:05.000678+02:00"),
            ("date", json!("2026-01-02"), "2026-01-02"),
            ("time", json!("03:04:05"), "03:04:05"),
            ("decimal", json!("0.1000000000000000000000000001"), "0.1000000000000000000000000001"),
            ("decimal", json!("NaN"), "NaN"),
            ("uuid", json!({"hex": "7a4b3b7e0a7e4f0e9a530123456789ab"}), "7a4b3b7e-0a7e-4f0e-9a53-0123456789ab"),
            ("bytes", json!("it's é"), "it's é"),
            ("base64", json!("AP8="), "\\x00ff"),
        ] {
            let json = json!({"a": [{TYPE: kind, VALUE: value}]}).to_string();
            assert_eq!(plain(&json), json!({"a": [expected]}).to_string(), "{kind}");
        }
    }

    #[test]
    fn other_objects_stay() {
        for json in [
            r#"{"__type__":"set","__value__":[1]}"#,
            r#"{"__type__":"uuid","__value__":{"hex":"7"}}"#,
            r#"{"__type__":"decimal","__value__":1.5}"#,
            r#"{"__type__":"base64","__value__":"?"}"#,
            r#"{"__type__":"decimal","__value__":"1","more":1}"#,
            r#"{"__type__":"decimal"}"#,
            r#"{"text":"\"__type__\"","n":123456789012345678901234567890}"#,
        ] {
            assert_eq!(plain(json), json);
        }
        assert_eq!(plain(r#"{"__type__":"#), r#"{"__type__":"#);
    }

    #[test]
    fn what_python_writes_beside_them_is_read() {
        let json =
            r#"{"v": {"__type__": "decimal", "__value__": "1"}, "nan": NaN, "n": 123456789012345678901234567890}"#;
        assert_eq!(plain(json), r#"{"v":"1","nan":"NaN","n":123456789012345678901234567890}"#);
    }
}
