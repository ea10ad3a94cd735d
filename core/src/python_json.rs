//! JSON as Python's `json` module (CPython 3.11) writes and reads it, which is more than RFC 8259 allows.
//!
//! | Python's | here |
//! | --- | --- |
//! | `NaN`, `Infinity`, `-Infinity` | text, as `DbValue` has them: JSON has no such numbers |
//! | half of a surrogate pair, such as `"\ud83d"` | stays in a message's text; U+FFFD in values |
//! | integers of any length | stay in a message's text; in values see [`number`] |
//! | a key twice in an object | the last one counts, where a message's own keys are read |
//!
//! `serde_json` reads first. Only a text that it refuses, or whose numbers it would round, is spelled anew, by one pass over its
//! tokens, and read again: a text that is no JSON in Python either stays refused. Headers of requests are not read by this.

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::json::write_str;

/// The only key of an object that stands for a number which `Value` cannot hold.
const NUMBER: &str = "osprofiler.number";

/// A number of fewer digits is held by a `Value` as it is, unless its exponent is too large.
const LONG: usize = 18;

/// `serde_json` makes values of no more than 128 levels. The object that a deep value stands in has some, too.
const DEEPEST: usize = 100;

/// How a text is spelled anew, besides Python's names of numbers.
#[derive(Clone, Copy, PartialEq)]
enum Respell {
    /// Nothing else changes: what it says stays exact.
    Names,
    /// Halves of surrogate pairs become U+FFFD.
    Surrogates,
    /// The same; and numbers that would be rounded become objects, and what is nested too deep becomes text.
    Values,
}

/// Reads JSON with `read`, which gets the text as it is and, where it refuses that, as RFC 8259 would have it.
pub(crate) fn read<T>(text: &str, read: impl Fn(&str) -> Result<T, serde_json::Error>) -> Result<T, serde_json::Error> {
    read(text).or_else(|error| {
        let found = [Respell::Names, Respell::Surrogates].iter().find_map(|how| read(&respelled(text, *how)).ok());
        found.ok_or(error)
    })
}

/// The same text without Python's names of numbers, which `RawValue` does not take, and without line breaks.
pub(crate) fn on_one_line(text: &str) -> String {
    respelled(text, Respell::Names)
}

/// Any JSON as a value. Where it is nested too deep, the rest is its text.
pub(crate) fn value(text: &str) -> Result<Value, serde_json::Error> {
    value_and_whether_it_is_all(text).map(|(value, _)| value)
}

/// As [`value`], with whether it says all that the text does.
pub(crate) fn value_and_whether_it_is_all(text: &str) -> Result<(Value, bool), serde_json::Error> {
    let strict = serde_json::from_str::<Value>(text);
    if !has_long_number(text)
        && let Ok(value) = strict
    {
        return Ok((value, true));
    }
    let value = serde_json::from_str(&respelled(text, Respell::Values))?;
    let is_all = strict.is_ok_and(|strict| strict == value);
    Ok((value, is_all))
}

/// The digits of a number that has more of them than a `Value` holds. It stands there as an object with one member,
/// `osprofiler.number`, whose value is the number as it was written.
pub(crate) fn number(value: &Value) -> Option<&str> {
    let members = value.as_object().filter(|members| members.len() == 1)?;
    members.get(NUMBER)?.as_str().filter(|text| is_number(text))
}

/// The JSON text of a value, with all digits of its numbers.
pub(crate) fn text(value: &Value) -> String {
    with_all_digits(value.to_string())
}

/// The JSON text of an object, with all digits of its numbers.
pub(crate) fn text_of_members(members: &Map<String, Value>) -> String {
    with_all_digits(serde_json::to_string(members).unwrap_or_else(|_| "{}".to_owned()))
}

/// Puts numbers in the place of the objects that stand for them. Within a string, the quotation marks of one would have
/// backslashes.
fn with_all_digits(json: String) -> String {
    let begin = format!("{{\"{NUMBER}\":\"");
    let mut parts = json.split(begin.as_str());
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once("\"}").filter(|(digits, _)| is_number(digits)) {
            Some((digits, rest)) => out.extend([digits, rest]),
            None => out.extend([begin.as_str(), part]),
        }
    }
    out
}

fn is_number(text: &str) -> bool {
    text.bytes().all(is_of_number) && serde_json::from_str::<&RawValue>(text).is_ok()
}

fn is_of_number(byte: u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E')
}

/// Whether so many digits stand side by side that they may be a number which would be rounded. A run of them is hit by steps
/// of its length, wherever it begins.
fn has_long_number(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_of_run = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
    (LONG - 1..bytes.len()).step_by(LONG).filter(|at| is_of_run(&bytes[*at])).any(|at| {
        let before = bytes[..at].iter().rev().take_while(|byte| is_of_run(byte)).count();
        let behind = bytes[at..].iter().take_while(|byte| is_of_run(byte)).count();
        before + behind >= LONG
    })
}

/// Whether a `Value` holds a number so that it is written again as it was, or means the same.
fn is_held(number: &str) -> bool {
    let Ok(float) = number.parse::<f64>() else { return true };
    if number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
        // Of hundreds of zeros, as PostgreSQL writes a float in jsonb, the short form says more.
        let is_short = number.len() <= 40;
        return number.parse::<i64>().is_ok() || number.parse::<u64>().is_ok() || !is_short && means(number, float);
    }
    let digits = number.bytes().take_while(|byte| !matches!(byte, b'e' | b'E')).filter(u8::is_ascii_digit).count();
    float.is_finite() && (digits < LONG || means(number, float))
}

/// Whether a decimal number is just what the float is written as.
fn means(number: &str, float: f64) -> bool {
    float.is_finite() && decimal(number) == decimal(&Value::from(float).to_string())
}

/// A decimal number as its sign, its digits without the zeros around them, and the power of ten of the last one.
fn decimal(number: &str) -> (bool, String, i64) {
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: String = [whole.trim_start_matches('-'), part].concat();
    let kept = digits.trim_end_matches('0');
    let zeros = digits.len() - kept.len();
    let power = exponent.parse::<i64>().unwrap_or(0) - part.len() as i64 + zeros as i64;
    let kept = kept.trim_start_matches('0').to_owned();
    (mantissa.starts_with('-'), kept.clone(), if kept.is_empty() { 0 } else { power })
}

/// Spells a text anew, token by token. What is wrong with it stays wrong.
fn respelled(text: &str, how: Respell) -> String {
    let bytes = text.as_bytes();
    let (mut out, mut at, mut depth) = (String::with_capacity(text.len()), 0_usize, 0_usize);
    while let Some(byte) = bytes.get(at) {
        let rest = &text[at..];
        at += match byte {
            b'"' => {
                let length = string(rest);
                match how {
                    Respell::Names => out.push_str(&rest[..length]),
                    Respell::Surrogates | Respell::Values => push_whole(&mut out, &rest[..length]),
                }
                length
            }
            b'{' | b'[' if how == Respell::Values && depth == DEEPEST => {
                let length = nested(rest);
                write_str(&mut out, &rest[..length]);
                length
            }
            b'\n' | b'\r' => {
                out.push(' ');
                1
            }
            b'-' | b'0'..=b'9' | b'N' | b'I' => {
                if let Some(name) = ["NaN", "Infinity", "-Infinity"].into_iter().find(|name| rest.starts_with(name)) {
                    out.extend(["\"", name, "\""]);
                    name.len()
                } else {
                    let length = rest.bytes().take_while(|byte| is_of_number(*byte)).count().max(1);
                    let number = &rest[..length];
                    match how {
                        Respell::Values if is_number(number) && !is_held(number) => {
                            out.extend(["{\"", NUMBER, "\":\"", number, "\"}"]);
                        }
                        _ => out.push_str(number),
                    }
                    length
                }
            }
            _ => {
                depth = match byte {
                    b'{' | b'[' => depth + 1,
                    b'}' | b']' => depth.saturating_sub(1),
                    _ => depth,
                };
                // Characters of more than one byte are no tokens: one of them is wrong, and stays.
                let length = rest.chars().next().map_or(1, char::len_utf8);
                out.push_str(&rest[..length]);
                length
            }
        };
    }
    out
}

/// How long the string is that the text begins with, with its quotation marks.
fn string(text: &str) -> usize {
    let mut escaped = false;
    let end = text.bytes().skip(1).position(|byte| {
        let is_end = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        is_end
    });
    end.map_or(text.len(), |end| end + 2)
}

/// How long the object or array is that the text begins with.
fn nested(text: &str) -> usize {
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(byte) = text.as_bytes().get(at) {
        at += if *byte == b'"' { string(&text[at..]) } else { 1 };
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// Appends a string in which no surrogate is alone.
fn push_whole(out: &mut String, string: &str) {
    let unit = |text: &str| text.strip_prefix("\\u").and_then(|text| u16::from_str_radix(text.get(..4)?, 16).ok());
    let mut rest = string;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        let length = match (unit(escape), escape.get(6..).and_then(unit)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => {
                out.push('\u{fffd}');
                rest = &escape[6..];
                continue;
            }
            // An escaped backslash begins no other escape.
            _ => 1 + escape[1..].chars().next().map_or(0, char::len_utf8),
        };
        out.push_str(&escape[..length]);
        rest = &escape[length..];
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read_as_value(text: &str) -> Result<Value, serde_json::Error> {
        read(text, |text| serde_json::from_str(text))
    }

    #[test]
    fn names_of_numbers_are_text() -> serde_json::Result<()> {
        let text = r#"{"a": NaN, "b": [Infinity,-Infinity], "NaN": "NaN, \"Infinity"}"#;
        assert_eq!(read_as_value(text)?, json!({"a": "NaN", "b": ["Infinity", "-Infinity"], "NaN": "NaN, \"Infinity"}));
        assert_eq!(value(text)?, read_as_value(text)?);
        Ok(())
    }

    #[test]
    fn half_of_a_surrogate_pair_is_u_fffd_and_whole_pairs_stay() -> serde_json::Result<()> {
        for (text, expected) in [
            (r#""cut \ud83d""#, "cut \u{fffd}"),
            (r#""\uDE00\ud83d\ude00\uD83D""#, "\u{fffd}😀\u{fffd}"),
            (r#""\ud83d\ud83d\ude00""#, "\u{fffd}😀"),
            (r#""\\ud83d\\\udc00é""#, "\\ud83d\\\u{fffd}é"),
            (r#""\ud83d\n""#, "\u{fffd}\n"),
        ] {
            assert_eq!(value(text)?, expected, "{text}");
            assert_eq!(read_as_value(text)?, expected, "{text}");
        }
        Ok(())
    }

    #[test]
    fn what_python_refuses_is_refused() {
        // By `json.loads` of CPython 3.11.7.
        for text in [
            "",
            "nan",
            "NaNs",
            "+Infinity",
            "--Infinity",
            "-NaN",
            "1NaN",
            "[NaN",
            "{\"a\" NaN}",
            "01",
            "1.",
            "\"\\ud8\"",
            "\"\\ud83d",
            "\"a\nb\"",
            "\"\\x\"",
            "[1 2]",
            "[1\n2]",
            "é",
            "\"\\",
            "[NaN,]",
        ] {
            assert!(read_as_value(text).is_err(), "{text}");
            assert!(value(text).is_err(), "{text}");
        }
    }

    #[test]
    fn numbers_keep_all_digits() -> serde_json::Result<()> {
        for digits in [
            "123456789012345678901234567890",
            "-9223372036854775809",
            "18446744073709551616",
            "1e400",
            "-1E+999",
            "0.10000000000000000000000001",
        ] {
            let nested = format!("{{\"n\":[{digits},1]}}");
            let found = value(&nested)?;
            assert_eq!(number(&found["n"][0]), Some(digits));
            assert_eq!(text(&found), nested);
            assert_eq!(value(digits).map(|value| text(&value))?, digits);
        }
        Ok(())
    }

    #[test]
    fn numbers_that_fit_are_numbers() -> serde_json::Result<()> {
        for digits in ["18446744073709551615", "-9223372036854775808", "0.30000000000000004", "9007199254740993", "1.5"]
        {
            let found = value(&format!("[{digits}]"))?;
            assert!(found[0].is_number(), "{digits}");
            assert_eq!(found[0].to_string(), digits);
        }
        Ok(())
    }

    /// PostgreSQL writes the numbers of jsonb without exponents.
    #[test]
    fn a_float_that_is_written_out_is_that_float() -> serde_json::Result<()> {
        for float in [-6.845591935036488e219, 2.161567e-318, 6.3347973741466735e296, 1.5] {
            let written = format!("{float}");
            assert_eq!(value(&written)?, Value::from(float), "{written}");
        }
        assert!(number(&value("123456789012345678901234567890123456789012345678901234567890")?).is_some());
        Ok(())
    }

    #[test]
    fn text_of_another_is_no_number() {
        for other in [
            json!("1"),
            json!({NUMBER: 1}),
            json!({NUMBER: "1; DROP"}),
            json!({NUMBER: ""}),
            json!({NUMBER: "1", "a": 1}),
        ] {
            assert_eq!(number(&other), None);
            assert_eq!(text(&other), other.to_string());
        }
        // Within a string, it is a part of it.
        let quoted = json!([json!({NUMBER: "12"}).to_string()]);
        assert_eq!(text(&quoted), quoted.to_string());
    }

    #[test]
    fn what_is_nested_too_deep_is_text_and_the_rest_is_not() -> serde_json::Result<()> {
        let deep = format!("{}{}{}", "[".repeat(5000), r#""]", NaN"#, "]".repeat(5000));
        let found = value(&format!("{{\"deep\":{deep},\"statement\":\"SELECT 1\"}}"))?;
        assert_eq!(found["statement"], "SELECT 1");
        let mut inner = &found["deep"];
        while let Value::Array(values) = inner {
            inner = &values[0];
        }
        let kept = inner.as_str().expect("the text of what is left");
        assert!(kept.starts_with("[[") && kept.contains(r#""]", NaN"#) && kept.ends_with("]]"));
        Ok(())
    }

    #[test]
    fn line_breaks_are_spaces() {
        assert_eq!(on_one_line("{\r\n\"a\":\n1}"), "{  \"a\": 1}");
    }

    #[test]
    fn long_numbers_are_found_wherever_they_begin() {
        for place in 0..60 {
            let text = |digits: usize| format!("{}{}{}", "x".repeat(place), "7".repeat(digits), "y".repeat(40));
            assert!(has_long_number(&text(LONG)), "{place}");
            assert!(!has_long_number(&text(LONG - 1)), "{place}");
        }
    }

    proptest! {
        #[test]
        fn json_stays_what_it_is(text in r#"[\[\]{},: \n"\\a-cu0-9NI\-.eE]{0,16}"#) {
            if let Ok(strict) = serde_json::from_str::<Value>(&text) {
                for how in [Respell::Names, Respell::Surrogates] {
                    let again: Value = serde_json::from_str(&respelled(&text, how)).expect("still JSON");
                    prop_assert_eq!(&again, &strict);
                }
                prop_assert!(value(&text).is_ok());
            }
        }

        #[test]
        fn any_text_is_respelled_without_a_panic(text in any::<String>(), quoted in r#"["\\ud83dDcé{}\[\]]{0,20}"#) {
            for text in [text, quoted] {
                for how in [Respell::Names, Respell::Surrogates, Respell::Values] {
                    respelled(&text, how);
                }
            }
        }

        #[test]
        fn numbers_come_back(digits in "-?[1-9][0-9]{0,40}(\\.[0-9]{1,30})?") {
            let found = value(&digits).expect("JSON");
            let shown = text(&found);
            prop_assert!(shown == digits || shown.parse::<f64>() == digits.parse::<f64>());
            if !digits.contains('.') {
                prop_assert_eq!(shown, digits);
            }
        }
    }
}
