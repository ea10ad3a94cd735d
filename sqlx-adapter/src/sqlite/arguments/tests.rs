//! The known form of what SQLite's arguments print, and its edges. Forms that are not known have their tests at the reader.

use std::sync::{Mutex, MutexGuard, PoisonError};

use osprofiler::db::BoundValues;
use osprofiler::db::long::{CAP, NOT_KEPT};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::test_params::read;

/// Held by tests of long values: the permits to keep them are the whole program's.
static LONG: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    LONG.lock().unwrap_or_else(PoisonError::into_inner)
}

fn arguments(add: impl FnOnce(&mut SqliteArguments)) -> SqliteArguments {
    let mut arguments = SqliteArguments::default();
    add(&mut arguments);
    arguments
}

/// Decodes both kept forms, which must agree while the text is short.
fn decoded(arguments: &SqliteArguments) -> Value {
    let shared = read(&mut keep(arguments, false));
    assert_eq!(shared, read(&mut keep(arguments, true)));
    shared
}

fn add<'q, T>(arguments: &mut SqliteArguments, value: T)
where
    T: sqlx_core::encode::Encode<'q, sqlx_sqlite::Sqlite> + sqlx_core::types::Type<sqlx_sqlite::Sqlite>,
{
    sqlx_core::arguments::Arguments::add(arguments, value).expect("SQLite encodes everything");
}

/// Pins the form of sqlx 0.9: where this fails, the reader needs a look before the adapter takes a new sqlx.
#[test]
fn debug_form_is_the_known_one() {
    let arguments = arguments(|arguments| {
        add(arguments, 42_i32);
        add(arguments, i64::MIN);
        add(arguments, "it's \"q\"");
        add(arguments, None::<String>);
        add(arguments, vec![1_u8, 2]);
        add(arguments, 1e300);
    });
    assert_eq!(
        format!("{arguments:?}"),
        r#"SqliteArguments { values: SqliteArgumentsBuffer([Int(42), Int64(-9223372036854775808), Text("it's \"q\""), Null, Blob([1, 2]), Double(1e300)]) }"#
    );
    let decoded = decoded(&arguments);
    assert_eq!(decoded["params"], json!([42, i64::MIN, "it's \"q\"", null, "\\x0102", 1e300]));
    assert_eq!(decoded["param_types"], json!(["INTEGER", "INTEGER", "TEXT", "NULL", "BLOB", "REAL"]));
}

#[test]
fn edges_are_read() {
    let arguments = arguments(|arguments| {
        add(arguments, "");
        add(arguments, Vec::<u8>::new());
        add(arguments, "), Null]) }");
        add(arguments, "\0\t\r\n\\\u{301}\u{202e}\u{1f600}");
        add(arguments, f64::NAN);
        add(arguments, f64::INFINITY);
        add(arguments, -0.0_f64);
        add(arguments, true);
    });
    assert_eq!(
        decoded(&arguments)["params"],
        json!(["", "\\x", "), Null]) }", "\0\t\r\n\\\u{301}\u{202e}\u{1f600}", "NaN", "Infinity", -0.0, 1])
    );
}

#[test]
fn no_arguments_are_no_parameters() {
    assert_eq!(decoded(&SqliteArguments::default())["params"], json!([]));
}

#[test]
fn large_values_are_kept_shared_and_marked_with_their_length() {
    let _alone = alone();
    let arguments = arguments(|arguments| {
        add(arguments, "é".repeat(100_000));
        add(arguments, vec![255_u8; 1_000_000]);
        add(arguments, 7_i32);
    });
    let decoded = read(&mut keep(&arguments, false));
    assert_eq!(decoded["params"][0], format!("{}…(+198976 B)", "é".repeat(512)));
    assert_eq!(decoded["params"][1], format!("\\x{}…(+998976 B)", "ff".repeat(1024)));
    assert_eq!(decoded["params"][2], 7);
}

/// However slow the store is, only a few long values are in memory for it; of the others the beginning is.
#[test]
fn long_values_are_kept_for_a_few_calls_at_a_time() {
    let _alone = alone();
    let arguments = arguments(|arguments| {
        add(arguments, 7_i32);
        add(arguments, "x".repeat(1_000_000));
        add(arguments, 8_i32);
    });
    // The worker has met a long value.
    read(&mut keep(&arguments, false));
    let kept: Vec<Values> = (0..100).map(|_| keep(&arguments, false)).collect();
    assert!(kept.iter().all(|values| values.weight() < 20_000));
    let mut long = 0;
    for mut values in kept {
        let decoded = read(&mut values);
        let text = decoded["params"][1].as_str().expect("text");
        assert_eq!((text.starts_with("xxx"), &decoded["params"][0]), (true, &json!(7)));
        if text.ends_with("…(and more)") {
            assert_eq!(decoded["params"][2], NOT_KEPT);
        } else {
            assert!(text.ends_with("…(+998976 B)"), "{text}");
            assert_eq!(decoded["params"][2], 8);
            long += 1;
        }
    }
    assert!(long <= CAP, "{long} are kept");
}

proptest! {
    #[test]
    fn any_text_and_any_bytes_come_back(text in ".{0,200}", bytes in prop::collection::vec(any::<u8>(), 0..200), number: i64, real: f64) {
        let arguments = arguments(|arguments| {
            add(arguments, text.clone());
            add(arguments, bytes.clone());
            add(arguments, number);
            add(arguments, real);
        });
        let decoded = decoded(&arguments);
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        prop_assert_eq!(&decoded["params"][0], &json!(text));
        prop_assert_eq!(&decoded["params"][1], &json!(format!("\\x{hex}")));
        prop_assert_eq!(&decoded["params"][2], &json!(number));
        if real.is_finite() {
            prop_assert_eq!(decoded["params"][3].as_f64(), Some(real));
        }
    }
}

/// What goes back waits for a calling thread, however long none comes.
#[test]
fn long_values_do_not_go_back_to_a_calling_thread() {
    let _alone = alone();
    let mut arguments = SqliteArguments::default();
    arguments.add("x".repeat(1 << 20)).expect("encoded");
    let mut values = keep(&arguments, false);
    read(&mut values);
    // `DbStart` gives back what weighs at most 1 KiB once it was decoded.
    assert!(values.weight() > 1024);
}
