//! Messages as documents, and back.
//!
//! A document has the message's keys in their order, as pymongo writes them. BSON holds less than JSON: numbers beyond 64 bits,
//! halves of surrogate pairs, keys with a NUL and very deep nesting it does not. Such things stand in the document as text, and the message's own text is
//! kept beside them, which OSProfiler takes for one key more.

use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Bson, DateTime, Document};
use serde_json::{Number, Value};
use uuid::Uuid;

use crate::{Message, Timestamp, python_json};

/// The message's text, where the document is not all of it.
const TEXT: &str = "osprofiler_json";

/// MongoDB takes documents of up to 16 MiB.
const LARGEST: usize = 16 << 20;

/// It nests them up to 100 levels, of which some are the document itself and its info.
const DEEPEST: usize = 90;

/// The document of a message; `None` where MongoDB has no room for it.
pub(super) fn of(message: &Message) -> Option<Document> {
    let (value, mut is_whole) = python_json::value_and_whether_it_is_all(message.json()).ok()?;
    let Value::Object(map) = value else { return None };
    let mut document = Document::new();
    for (key, value) in map {
        // `_id` is MongoDB's own.
        let key = if key == "_id" || key == TEXT { None } else { key_of(&key) };
        is_whole &= key.is_some();
        let Some(key) = key else { continue };
        document.insert(key, bson(value, DEEPEST, &mut is_whole));
    }
    if !is_whole {
        document.insert(TEXT, message.json());
    }
    let size = mongodb::bson::serialize_to_vec(&document).ok()?.len();
    (size < LARGEST).then_some(document)
}

/// The key, unless BSON cannot hold it.
fn key_of(key: &str) -> Option<String> {
    (!key.contains('\0')).then(|| key.to_owned())
}

fn bson(value: Value, levels: usize, is_whole: &mut bool) -> Bson {
    if levels == 0 && (value.is_array() || value.is_object()) {
        *is_whole = false;
        return Bson::String(value.to_string());
    }
    if let Some(number) = python_json::number(&value) {
        *is_whole = false;
        return Bson::String(number.to_owned());
    }
    match value {
        Value::Null => Bson::Null,
        Value::Bool(value) => Bson::Boolean(value),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            // As pymongo: 32 bits where they suffice.
            (Some(number), _) => i32::try_from(number).map_or(Bson::Int64(number), Bson::Int32),
            (None, Some(float)) if number.is_f64() => Bson::Double(float),
            _ => {
                *is_whole = false;
                Bson::String(number.to_string())
            }
        },
        Value::String(text) => Bson::String(text),
        Value::Array(values) => {
            Bson::Array(values.into_iter().map(|value| bson(value, levels - 1, is_whole)).collect())
        }
        Value::Object(map) => {
            let mut document = Document::new();
            for (key, value) in map {
                match key_of(&key) {
                    Some(key) => {
                        document.insert(key, bson(value, levels - 1, is_whole));
                    }
                    None => *is_whole = false,
                }
            }
            Bson::Document(document)
        }
    }
}

/// The message of a document; `None` where it is none.
pub(super) fn message(mut document: Document) -> Option<Message> {
    let base_id = document.get_str("base_id").ok()?.to_owned();
    if let Some(Bson::String(text)) = document.remove(TEXT) {
        let message = Message::from_json(text.as_bytes()).ok();
        // Whoever may write documents could otherwise put messages in traces that they are not in.
        if let Some(message) = message.filter(|message| message.base_id().to_string() == base_id) {
            return Some(message);
        }
    }
    document.remove("_id");
    Message::from_json(json(Bson::Document(document)).to_string().as_bytes()).ok()
}

/// A value that some program has stored, as JSON.
fn json(value: Bson) -> Value {
    match value {
        Bson::Document(document) => document.into_iter().map(|(key, value)| (key, json(value))).collect(),
        Bson::Array(values) => values.into_iter().map(json).collect(),
        Bson::Double(float) => Number::from_f64(float).map_or_else(|| Value::from(name(float)), Value::Number),
        Bson::Int32(number) => Value::from(number),
        Bson::Int64(number) => Value::from(number),
        Bson::String(text) => Value::from(text),
        Bson::Boolean(value) => Value::from(value),
        Bson::Null | Bson::Undefined => Value::Null,
        Bson::DateTime(time) => Value::from(iso(time)),
        Bson::Binary(binary) => Value::from(match (binary.subtype, binary.bytes.as_slice().try_into()) {
            (BinarySubtype::Uuid | BinarySubtype::UuidOld, Ok(bytes)) => Uuid::from_bytes(bytes).to_string(),
            _ => hexadecimal(&binary.bytes),
        }),
        Bson::ObjectId(id) => Value::from(id.to_hex()),
        Bson::Decimal128(number) => Value::from(number.to_string()),
        // OSProfiler writes none of the others.
        other => Value::from(other.to_string()),
    }
}

/// Infinities and NaN, which JSON has no numbers for, as Python's `json` names them.
fn name(float: f64) -> &'static str {
    match float {
        f64::INFINITY => "Infinity",
        f64::NEG_INFINITY => "-Infinity",
        _ => "NaN",
    }
}

/// A time as Python's `isoformat` shows it: without a fraction where that is zero.
fn iso(time: DateTime) -> String {
    let text = Timestamp::from_micros(time.timestamp_millis().saturating_mul(1000)).to_string();
    text.strip_suffix(".000000").map(str::to_owned).unwrap_or(text)
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digits = bytes.iter().map(|byte| format!("{byte:02x}"));
    format!("\\x{}", digits.collect::<String>())
}

#[cfg(test)]
mod tests {
    use mongodb::bson::{Binary, Bson, DateTime, doc};

    use super::*;

    fn message_with(info: &str) -> Message {
        let text = format!(
            r#"{{"name":"a-start","base_id":"b","trace_id":"t","parent_id":"b","timestamp":"2026-01-02T03:04:05.000001","info":{info},"project":null,"service":"s"}}"#
        );
        Message::from_json(text.as_bytes()).expect("a message")
    }

    #[test]
    fn types_are_pymongos_and_keys_keep_their_order() {
        let document =
            of(&message_with(r#"{"i":1,"l":3000000000,"f":1.5,"n":null,"b":true,"s":"é"}"#)).expect("it fits");
        let keys: Vec<&String> = document.keys().collect();
        assert_eq!(keys, ["name", "base_id", "trace_id", "parent_id", "timestamp", "info", "project", "service"]);
        let info = document.get_document("info").expect("an object");
        assert_eq!(info, &doc! {"i": 1, "l": 3_000_000_000_i64, "f": 1.5, "n": Bson::Null, "b": true, "s": "é"});
    }

    #[test]
    fn what_bson_cannot_hold_is_kept_as_text_beside() {
        let deep = format!("{}1{}", "[".repeat(110), "]".repeat(110));
        let deeper = format!("{}1{}", "[".repeat(300), "]".repeat(300));
        for info in [
            r#"{"big":18446744073709551615}"#.to_owned(),
            r#"{"bigger":123456789012345678901234567890}"#.to_owned(),
            r#"{"half":"\ud83d"}"#.to_owned(),
            r#"{"a\u0000b":1}"#.to_owned(),
            format!(r#"{{"deep":{deep}}}"#),
            format!(r#"{{"deep":{deeper}}}"#),
        ] {
            let message = message_with(&info);
            let document = of(&message).expect("it fits");
            assert!(document.contains_key(TEXT), "{info}");
            assert_eq!(super::message(document).expect("a message"), message);
        }
        for info in [r#"{"a":1}"#, r#"{"text":"12345678901234567890123"}"#] {
            assert!(!of(&message_with(info)).expect("it fits").contains_key(TEXT), "{info}");
        }
        // What Python reads of it is as near as it can be.
        let document = of(&message_with(r#"{"n":123456789012345678901234567890,"half":"\ud83d"}"#)).expect("it fits");
        let info = document.get_document("info").expect("an object");
        assert_eq!(info, &doc! {"n": "123456789012345678901234567890", "half": "\u{fffd}"});
    }

    #[test]
    fn too_large_documents_are_none() {
        assert!(of(&message_with(&format!("\"{}\"", "x".repeat(17 << 20)))).is_none());
    }

    #[test]
    fn other_programs_documents_are_read_as_far_as_they_are_messages() {
        let mut document = of(&message_with("{}")).expect("it fits");
        let uuid = "7a4b3b7e-0a7e-4f0e-9a53-0123456789ab";
        let binary = |subtype, bytes: &[u8]| Binary { subtype, bytes: bytes.to_owned() };
        let values = doc! {
            "at": DateTime::from_millis(0), "later": DateTime::from_millis(1_767_323_045_678),
            "floats": [f64::NAN, f64::INFINITY, f64::NEG_INFINITY],
            "bytes": binary(BinarySubtype::Generic, b"\0\xff"),
            "uuid": binary(BinarySubtype::Uuid, Uuid::parse_str(uuid).expect("a UUID").as_bytes()),
            "short": binary(BinarySubtype::Uuid, b"a"),
            "decimal": "12.50".parse::<mongodb::bson::Decimal128>().expect("a number"),
        };
        document.insert("info", values);
        let info = super::message(document.clone()).expect("a message").info();
        let expected = serde_json::json!({
            "at": "1970-01-01T00:00:00", "later": "2026-01-02T03:04:05.678000", "floats": ["NaN", "Infinity", "-Infinity"],
            "bytes": "\\x00ff", "uuid": uuid, "short": "\\x61", "decimal": "12.50",
        });
        assert_eq!(Value::Object(info), expected);
        document.insert("timestamp", DateTime::from_millis(1_767_323_045_678));
        let at = super::message(document.clone()).expect("a message").timestamp();
        assert_eq!(at.to_string(), "2026-01-02T03:04:05.678000");
        document.insert(TEXT, message_with("{}").json().replace("\"base_id\":\"b\"", "\"base_id\":\"other\""));
        assert_eq!(super::message(document.clone()).expect("a message").base_id().to_string(), "b");
        document.insert("timestamp", 5);
        assert_eq!(super::message(document), None);
    }
}
