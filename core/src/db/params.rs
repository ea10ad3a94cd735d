//! [`ParamsWriter`]: bound values as JSON, with a cap on each.

use std::cell::Cell;
use std::fmt::Write as _;

use crate::InfoWriter;
use crate::json::{write_json, write_str};

/// Writes bound values in the order of their placeholders, as `info.db.params` and `info.db.param_types`.
#[derive(Debug)]
pub struct ParamsWriter {
    /// The info so far; at its end the values, each followed by a comma.
    values: String,
    /// The types, each followed by a comma.
    types: String,
    /// Where the values begin.
    start: usize,
    /// How many values are left out because there are too many.
    omitted: u64,
    /// Why the values are not known, where they are not.
    unknown: Option<String>,
}

thread_local! {
    /// The types' buffer, kept for the next parameters: the worker writes thousands of them in a row.
    static TYPES: Cell<String> = const { Cell::new(String::new()) };
}

impl ParamsWriter {
    /// How many bytes of a value are kept; what is longer is cut, and marked with how much is missing.
    pub const VALUE_CAP: usize = 1024;

    /// How many bytes the values of one statement take together; further ones are counted as `params_omitted`.
    pub const CAP: usize = 64 << 10;

    /// Writes the members `params` and `param_types`, with what `decode` says, or `params_unknown`.
    pub fn write(db: &mut InfoWriter, decode: impl FnOnce(&mut Self)) {
        let before = db.len();
        db.open_list("params");
        let values = db.take();
        let mut params = Self { start: values.len(), values, types: TYPES.take(), omitted: 0, unknown: None };
        decode(&mut params);
        let Self { values, mut types, omitted, unknown, .. } = params;
        db.put_back(values);
        match unknown {
            None => {
                db.close_list();
                db.list("param_types", &types);
                if omitted > 0 {
                    db.number("params_omitted", omitted);
                }
            }
            Some(reason) => {
                db.undo(before);
                db.string("params_unknown", &reason);
            }
        }
        types.clear();
        TYPES.set(types);
    }

    /// A null of the database type `type_name`.
    pub fn null(&mut self, type_name: &str) {
        if self.is_full() {
            return;
        }
        self.values.push_str("null,");
        self.type_name(type_name);
    }

    /// A whole number.
    pub fn integer(&mut self, value: i64, type_name: &str) {
        if self.is_full() {
            return;
        }
        self.values.push_str(itoa::Buffer::new().format(value));
        self.values.push(',');
        self.type_name(type_name);
    }

    /// A floating-point number. JSON has no NaN and no infinities: these are text.
    pub fn float(&mut self, value: f64, type_name: &str) {
        if self.is_full() {
            return;
        }
        match value {
            value if value.is_nan() => write_str(&mut self.values, "NaN"),
            f64::INFINITY => write_str(&mut self.values, "Infinity"),
            f64::NEG_INFINITY => write_str(&mut self.values, "-Infinity"),
            value => write_json(&mut self.values, &value),
        }
        self.values.push(',');
        self.type_name(type_name);
    }

    /// A text of `length` bytes that begins with `head`.
    pub fn text(&mut self, head: &str, length: usize, type_name: &str) {
        if self.is_full() {
            return;
        }
        let head = &head[..head.floor_char_boundary(Self::VALUE_CAP)];
        if length > head.len() {
            let mut cut = head.to_owned();
            mark_cut(&mut cut, length);
            write_str(&mut self.values, &cut);
        } else {
            write_str(&mut self.values, head);
        }
        self.values.push(',');
        self.type_name(type_name);
    }

    /// `length` bytes that begin with `head`; shown as `\x` and hexadecimal digits.
    pub fn bytes(&mut self, head: &[u8], length: usize, type_name: &str) {
        if self.is_full() {
            return;
        }
        let head = &head[..head.len().min(Self::VALUE_CAP)];
        let mut hex = String::with_capacity(2 + 2 * head.len() + 16);
        hex.push_str("\\x");
        for byte in head {
            let _ = write!(hex, "{byte:02x}");
        }
        if length > head.len() {
            let _ = write!(hex, "…(+{} B)", length - head.len());
        }
        write_str(&mut self.values, &hex);
        self.values.push(',');
        self.type_name(type_name);
    }

    /// The values cannot be known; `reason` says why.
    pub fn unknown(&mut self, reason: impl Into<String>) {
        self.unknown = Some(reason.into());
    }

    /// Whether no more values are taken; counts the one that was to be.
    fn is_full(&mut self) -> bool {
        let full = self.values.len() - self.start >= Self::CAP;
        self.omitted += u64::from(full);
        full
    }

    fn type_name(&mut self, type_name: &str) {
        write_str(&mut self.types, type_name);
        self.types.push(',');
    }
}

/// Marks a text that is the beginning of one of `length` bytes.
pub(super) fn mark_cut(head: &mut String, length: usize) {
    let missing = length - head.len();
    let _ = write!(head, "…(+{missing} B)");
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn written(fill: impl FnOnce(&mut ParamsWriter)) -> Value {
        let mut info = InfoWriter::new();
        ParamsWriter::write(&mut info, fill);
        serde_json::from_str(&info.finish()).expect("JSON")
    }

    #[test]
    fn values_have_their_json_types() {
        let written = written(|params| {
            params.null("NULL");
            params.integer(i64::MIN, "INTEGER");
            params.float(1e300, "REAL");
            params.float(f64::NAN, "REAL");
            params.float(f64::NEG_INFINITY, "REAL");
            params.text("it's \"é\"", 9, "TEXT");
            params.bytes(b"\0\xff", 2, "BLOB");
        });
        assert_eq!(written["params"], json!([null, i64::MIN, 1e300, "NaN", "-Infinity", "it's \"é\"", "\\x00ff"]));
        assert_eq!(written["param_types"], json!(["NULL", "INTEGER", "REAL", "REAL", "REAL", "TEXT", "BLOB"]));
    }

    #[test]
    fn no_values_are_empty_lists() {
        assert_eq!(written(|_| {}), json!({"params": [], "param_types": []}));
    }

    #[test]
    fn long_values_are_cut_on_character_boundaries_and_marked() {
        let written = written(|params| {
            params.text(&format!("x{}", "é".repeat(600)), 5000, "TEXT");
            params.bytes(&[7; 2000], 2000, "BLOB");
            params.text(&"x".repeat(1024), 1024, "TEXT");
        });
        assert_eq!(written["params"][0], format!("x{}…(+3977 B)", "é".repeat(511)));
        assert_eq!(written["params"][1], format!("\\x{}…(+976 B)", "07".repeat(1024)));
        assert_eq!(written["params"][2], "x".repeat(1024));
    }

    #[test]
    fn too_many_values_are_counted() {
        let written = written(|params| (0..1000).for_each(|_| params.text(&"x".repeat(1000), 1000, "TEXT")));
        let kept = written["params"].as_array().expect("a list").len() as u64;
        assert!((60..70).contains(&kept), "{kept}");
        assert_eq!(written["params_omitted"], 1000 - kept);
    }

    #[test]
    fn unknown_values_say_why() {
        let written = written(|params| {
            params.integer(1, "INTEGER");
            params.unknown("because");
        });
        assert_eq!(written, json!({"params_unknown": "because"}));
    }
}
