//! [`ParamsWriter`]: bound values as JSON, with a cap on each; [`RowsWriter`]: rows in the same form.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::Value;

use super::{DbOptions, DbValue, ParamsPolicy, Recorded};
use crate::InfoWriter;
use crate::json::{write_json, write_str};

/// Writes bound values in the order of their placeholders, as `info.db.params` and `info.db.param_types`.
#[derive(Debug)]
pub struct ParamsWriter<'a> {
    values: Values<'a>,
    /// The types, each followed by a comma.
    types: String,
    /// Why the values are not known, where they are not.
    unknown: Option<String>,
}

/// Where values go, and what happens to them on the way.
#[derive(Debug)]
struct Values<'a> {
    /// The info so far; at its end the values, each followed by a comma.
    out: String,
    /// Where the values begin.
    start: usize,
    /// How many there were so far.
    count: usize,
    /// How many of them are left out because there are too many.
    omitted: u64,
    statement: &'a str,
    options: &'a DbOptions,
    /// Whether values are written at all.
    written: bool,
    /// Whether the statement matches a pattern, so that no value of it is recorded.
    redacted: bool,
}

thread_local! {
    /// The types' buffer, kept for the next parameters: the worker writes thousands of them in a row.
    static TYPES: Cell<String> = const { Cell::new(String::new()) };
}

impl<'a> ParamsWriter<'a> {
    /// Writes the members `params` and `param_types`, with what `decode` says, or `params_unknown`; as far as `options`
    /// allow it.
    pub fn write(
        db: &mut InfoWriter,
        statement: &'a str,
        options: &'a DbOptions,
        decode: impl FnOnce(&mut ParamsWriter<'a>),
    ) {
        if options.params == ParamsPolicy::Off {
            return;
        }
        let before = db.len();
        let written = options.params == ParamsPolicy::Full;
        if written {
            db.open_list("params");
        }
        let values = Values::after(db.take(), statement, options, written);
        let mut params = Self { values, types: TYPES.take(), unknown: None };
        decode(&mut params);
        let Self { values, mut types, unknown } = params;
        db.put_back(values.out);
        match unknown {
            None => {
                if written {
                    db.close_list();
                }
                db.list("param_types", &types);
                if values.omitted > 0 {
                    db.number("params_omitted", values.omitted);
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

    /// How many bytes of a value are kept; what is longer is cut, and marked with how much is missing.
    #[must_use]
    pub fn value_cap(&self) -> usize {
        self.values.options.value_cap
    }

    /// A value of the database type `type_name`.
    #[inline]
    pub fn value(&mut self, value: &DbValue<'_>, type_name: &str) {
        // Types are bounded like values: each has one.
        if self.values.push(None, type_name, value) {
            write_str(&mut self.types, type_name);
            self.types.push(',');
        }
    }

    /// So many more values are not shown.
    pub fn omit(&mut self, count: usize) {
        self.values.omitted += count as u64;
    }

    /// The values cannot be known; `reason` says why.
    pub fn unknown(&mut self, reason: impl Into<String>) {
        self.unknown = Some(reason.into());
    }
}

impl<'a> Values<'a> {
    fn after(out: String, statement: &'a str, options: &'a DbOptions, written: bool) -> Self {
        let redacted = options.patterns.iter().any(|pattern| pattern.is_match(statement));
        Self { start: out.len(), out, count: 0, omitted: 0, statement, options, written, redacted }
    }

    /// Takes one value; `false` where there are too many.
    #[inline]
    fn push(&mut self, column: Option<&str>, type_name: &str, value: &DbValue<'_>) -> bool {
        let index = self.count;
        self.count += 1;
        if self.out.len() - self.start >= self.options.statement_cap || index > self.options.statement_cap {
            self.omitted += 1;
            return false;
        }
        if !self.written {
            return true;
        }
        if self.redacted {
            write_str(&mut self.out, DbOptions::REDACTED);
        } else {
            let (start, cap) = (self.out.len(), self.options.value_cap);
            // Cut, a list or object is a text, in which a function would not find what it looks for.
            let nested = matches!(value, DbValue::Json(_) | DbValue::List(_) | DbValue::Object(_));
            let shown_whole = nested && !self.options.redactors.is_empty();
            value.write(&mut self.out, if shown_whole { usize::MAX } else { cap });
            if self.options.redacts() {
                let replaced = self.redact(start, index, column, type_name, value.is_cut(cap));
                if shown_whole && !replaced && self.out.len() - start > cap {
                    self.out.truncate(start);
                    value.write(&mut self.out, cap);
                }
            }
        }
        self.out.push(',');
        true
    }

    /// Lets the program look at the value that was just written, and replace it; says whether it is another now.
    #[inline(never)]
    fn redact(&mut self, start: usize, index: usize, column: Option<&str>, type_name: &str, cut: bool) -> bool {
        let written = self.out.split_off(start);
        let ask = || {
            let mut value: Value = serde_json::from_str(&written).ok()?;
            let mut replaced = false;
            for redactor in &self.options.redactors {
                let recorded = Recorded { statement: self.statement, index, column, type_name, value: &value, cut };
                if let Some(other) = redactor.redact(recorded) {
                    value = other;
                    replaced = true;
                }
            }
            Some((value, replaced))
        };
        match catch_unwind(AssertUnwindSafe(ask)) {
            Ok(Some((_, false))) => {
                self.out.push_str(&written);
                return false;
            }
            Ok(Some((value, true))) => write_json(&mut self.out, &value),
            // Better to record too little than what was to be hidden.
            Ok(None) | Err(_) => write_str(&mut self.out, "[redactor failed]"),
        }
        true
    }
}

/// Writes a result's first rows, as `info.db.result`: a list with an object for each row.
#[derive(Debug)]
pub struct RowsWriter<'a> {
    values: Values<'a>,
}

impl<'a> RowsWriter<'a> {
    pub(super) fn write(
        db: &mut InfoWriter,
        statement: &'a str,
        options: &'a DbOptions,
        decode: impl FnOnce(&mut RowsWriter<'a>),
    ) {
        db.open_list("result");
        let mut rows = Self { values: Values::after(db.take(), statement, options, true) };
        decode(&mut rows);
        let omitted = rows.values.omitted;
        db.put_back(rows.values.out);
        db.close_list();
        if omitted > 0 {
            db.number("result_omitted", omitted);
        }
    }

    /// A row with its columns: name, database type and value. Of columns with the same name the later ones get a number.
    pub fn row<'v>(&mut self, columns: impl IntoIterator<Item = (&'v str, &'v str, DbValue<'v>)>) {
        let values = &mut self.values;
        values.count = 0;
        let mut keys: HashSet<Cow<'_, str>> = HashSet::new();
        // The last number that each name got: thousands of columns may have the same.
        let mut numbers: HashMap<&str, usize> = HashMap::new();
        values.out.push('{');
        for (name, type_name, value) in columns {
            let number = numbers.entry(name).or_insert(1);
            let mut key = Cow::Borrowed(name);
            while !keys.insert(key.clone()) {
                *number += 1;
                key = Cow::Owned(format!("{name}#{number}"));
            }
            let before = values.out.len();
            write_str(&mut values.out, &key);
            values.out.push(':');
            if !values.push(Some(name), type_name, &value) {
                values.out.truncate(before);
            }
        }
        if values.out.ends_with(',') {
            values.out.pop();
        }
        values.out.push_str("},");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn written_with(options: &DbOptions, fill: impl FnOnce(&mut ParamsWriter<'_>)) -> Value {
        let mut info = InfoWriter::new();
        ParamsWriter::write(&mut info, "INSERT INTO secrets VALUES (?)", options, fill);
        serde_json::from_str(&info.finish()).expect("JSON")
    }

    fn written(fill: impl FnOnce(&mut ParamsWriter<'_>)) -> Value {
        written_with(&DbOptions::default(), fill)
    }

    fn two(params: &mut ParamsWriter<'_>) {
        params.value(&DbValue::Integer(7), "INTEGER");
        params.value(&"it's".into(), "TEXT");
    }

    #[test]
    fn values_and_types_are_in_order() {
        let written = written(|params| {
            two(params);
            params.value(&DbValue::Null, "NULL");
            params.value(&DbValue::BytesHead(b"\0\xff".into(), 3), "BLOB");
        });
        assert_eq!(written["params"], json!([7, "it's", null, "\\x00ff…(+1 B)"]));
        assert_eq!(written["param_types"], json!(["INTEGER", "TEXT", "NULL", "BLOB"]));
    }

    #[test]
    fn no_values_are_empty_lists() {
        assert_eq!(written(|_| {}), json!({"params": [], "param_types": []}));
    }

    #[test]
    fn caps_are_options() {
        let options = DbOptions::default().value_cap(3).statement_cap(10);
        let written = written_with(&options, |params| (0..5).for_each(|_| params.value(&"abcdef".into(), "TEXT")));
        assert_eq!(written["params"], json!(["abc…(+3 B)"]));
        assert_eq!(written["params_omitted"], 4);
    }

    #[test]
    fn too_many_values_are_counted() {
        let written = written(|params| (0..1000).for_each(|_| params.value(&"x".repeat(1000).into(), "TEXT")));
        let kept = written["params"].as_array().expect("a list").len() as u64;
        assert!((60..70).contains(&kept), "{kept}");
        assert_eq!(written["params_omitted"], 1000 - kept);
    }

    #[test]
    fn unknown_values_say_why() {
        let written = written(|params| {
            two(params);
            params.unknown("because");
        });
        assert_eq!(written, json!({"params_unknown": "because"}));
    }

    #[test]
    fn the_policy_says_what_is_written() {
        let types = DbOptions::default().params(ParamsPolicy::Types);
        assert_eq!(written_with(&types, two), json!({"param_types": ["INTEGER", "TEXT"]}));
        let off = DbOptions::default().params(ParamsPolicy::Off);
        assert_eq!(written_with(&off, |_| panic!("nothing is decoded")), json!({}));
    }

    #[test]
    fn values_of_statements_that_match_a_pattern_are_replaced() {
        let options = DbOptions::default().redact("(?i)into SECRETS").expect("a pattern");
        assert_eq!(written_with(&options, two)["params"], json!(["[redacted]", "[redacted]"]));
        let other = DbOptions::default().redact("passwords").expect("a pattern");
        assert_eq!(written_with(&other, two)["params"], json!([7, "it's"]));
        let wrong = DbOptions::default().redact("(").expect_err("no pattern");
        assert_eq!(wrong.to_string(), "the pattern \"(\" is no regular expression");
    }

    #[test]
    fn a_redactor_sees_and_replaces_values() {
        let options = DbOptions::default().redact_with(|recorded| {
            assert_eq!((recorded.statement, recorded.column), ("INSERT INTO secrets VALUES (?)", None));
            (recorded.index == 1 && recorded.type_name == "TEXT" && recorded.value == "it's").then(|| json!({"x": 1}))
        });
        assert_eq!(written_with(&options, two)["params"], json!([7, {"x": 1}]));
        let options = DbOptions::default().redact_with(|recorded| panic!("{}", recorded.index));
        assert_eq!(written_with(&options, two)["params"], json!(["[redactor failed]", "[redactor failed]"]));
    }

    #[test]
    fn a_redactor_sees_long_lists_and_objects_whole() {
        let options = DbOptions::default().redact_with(|recorded| recorded.value.get("password").map(|_| json!("***")));
        let long = "x".repeat(5000);
        let written = written_with(&options, |params| {
            params.value(&DbValue::Json(format!(r#"{{"password":"p","z":"{long}"}}"#).into()), "jsonb");
            params.value(&DbValue::Json(format!(r#"{{"z":"{long}"}}"#).into()), "jsonb");
        });
        assert_eq!(written["params"][0], "***");
        let other = written["params"][1].as_str().expect("a text");
        assert!(other.starts_with(r#"{"z":"xxx"#) && other.ends_with("…(+3984 B)"), "{other}");
    }

    #[test]
    fn rows_are_objects() {
        let options = DbOptions::default().redact_with(|recorded| (recorded.column == Some("b")).then(|| json!("***")));
        let mut info = InfoWriter::new();
        RowsWriter::write(&mut info, "SELECT", &options, |rows| {
            rows.row([("a", "INTEGER", DbValue::Integer(1)), ("a", "NULL", DbValue::Null)]);
            rows.row([("b", "TEXT", "x".into())]);
            rows.row([]);
        });
        assert_eq!(info.finish(), r#"{"result":[{"a":1,"a#2":null},{"b":"***"},{}]}"#);
    }

    #[test]
    fn thousands_of_columns_may_have_one_name() {
        let mut info = InfoWriter::new();
        let began = std::time::Instant::now();
        RowsWriter::write(&mut info, "SELECT", &DbOptions::default(), |rows| {
            rows.row((0..2000).map(|number| ("a", "INTEGER", DbValue::Integer(number))));
            rows.row([("a#2", "", DbValue::Null), ("a", "", DbValue::Null), ("a", "", DbValue::Null)]);
        });
        let written: Value = serde_json::from_str(&info.finish()).expect("JSON");
        assert_eq!(written["result"][0].as_object().expect("a row").len(), 2000);
        assert_eq!(written["result"][0]["a#2000"], 1999);
        assert_eq!(written["result"][1], json!({"a#2": null, "a": null, "a#3": null}));
        assert!(began.elapsed() < std::time::Duration::from_secs(2), "{:?}", began.elapsed());
    }
}
