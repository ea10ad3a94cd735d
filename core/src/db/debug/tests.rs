//! Two forms as libraries have them, a plain one and one of pairs; their edges, cut texts, and forms that are not known.

#![expect(dead_code, reason = "fields and variants are there for what they print")]

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::InfoWriter;
use crate::db::DbOptions;
use crate::db::long::{CAP, NOT_KEPT};

#[derive(Clone, Debug)]
enum Plain {
    Null,
    Text(String),
    Blob(Vec<u8>),
    Double(f64),
    Int(i32),
    Int64(i64),
}

#[derive(Clone, Debug)]
struct Buffer(Vec<Plain>);

#[derive(Clone, Debug)]
struct Arguments {
    values: Buffer,
}

struct PlainForm;

impl DebugForm for PlainForm {
    type Kept = Arguments;

    const INTEGERS: &'static [&'static str] = &["Int64", "Int"];
    const REALS: &'static [&'static str] = &["Double"];
    const TEXTS: &'static [&'static str] = &["Text"];
    const BLOBS: &'static [&'static str] = &["Blob"];
    const NULLS: &'static [&'static str] = &["Null"];

    fn long_values() -> &'static LongValues {
        static LONG_VALUES: LongValues = LongValues::new();
        &LONG_VALUES
    }

    fn weight(_: &Arguments) -> usize {
        100
    }
}

#[derive(Debug)]
enum Type {
    Binary,
    Text,
    Float,
    Double,
    Integer,
    Long,
    SmallInt,
}

/// What a collector of bound values has while they are bound, and what is made of it to be kept.
#[derive(Debug)]
enum Bound<'a> {
    BorrowedString(&'a str),
    String(Box<str>),
    BorrowedBinary(&'a [u8]),
    Binary(Box<[u8]>),
    I32(i32),
    I64(i64),
    F64(f64),
    Null,
}

#[derive(Debug)]
struct BindCollector<'a> {
    binds: Vec<(Bound<'a>, Type)>,
}

struct PairForm;

impl DebugForm for PairForm {
    type Kept = BindCollector<'static>;

    const INTEGERS: &'static [&'static str] = &["I32", "I64"];
    const REALS: &'static [&'static str] = &["F64"];
    const TEXTS: &'static [&'static str] = &["String", "BorrowedString"];
    const BLOBS: &'static [&'static str] = &["Binary", "BorrowedBinary"];
    const NULLS: &'static [&'static str] = &["Null"];
    const PAIRS: bool = true;

    fn long_values() -> &'static LongValues {
        static LONG_VALUES: LongValues = LongValues::new();
        &LONG_VALUES
    }

    fn weight(_: &BindCollector<'static>) -> usize {
        100
    }
}

fn read(values: &mut impl BoundValues) -> Value {
    let mut info = InfoWriter::new();
    ParamsWriter::write(&mut info, "", &DbOptions::default(), |params| values.decode(params));
    serde_json::from_str(&info.finish()).expect("JSON")
}

fn text<F: DebugForm>(text: &str, count: Option<usize>, cut: bool) -> DebugValues<F> {
    DebugValues { kept: Kept::Text(Box::new(Text { text: text.to_owned(), cut })), count }
}

fn shared<F: DebugForm>(kept: F::Kept, count: usize) -> DebugValues<F> {
    DebugValues { kept: Kept::Shared(kept), count: Some(count) }
}

fn plain(values: &[Plain]) -> Arguments {
    Arguments { values: Buffer(values.to_vec()) }
}

/// Decodes kept values, whose text is short, in each way in which they are read; all agree.
fn decoded<F: DebugForm>(kept: F::Kept, count: usize) -> Value {
    let whole = format!("{kept:?}");
    let list = &whole[whole.find('[').expect("a list")..];
    let decoded = read(&mut shared::<F>(kept, count));
    assert_eq!(decoded, read(&mut text::<F>(list, None, false)));
    // However a text is cut into pieces.
    let mut pieces = serde_json::Map::new();
    let mut info = InfoWriter::new();
    ParamsWriter::write(&mut info, "", &DbOptions::default(), |params| {
        let mut reader = Reader::<F>::new(params);
        list.chars().for_each(|c| reader.write_char(c).expect("the known form"));
        assert!(reader.is_at_end());
    });
    pieces.extend(serde_json::from_str::<serde_json::Map<_, _>>(&info.finish()).expect("JSON"));
    assert_eq!(decoded, Value::Object(pieces));
    decoded
}

#[test]
fn values_in_pairs_are_read() {
    let kept = BindCollector {
        binds: vec![
            (Bound::String("x), Null] \"é\"\0\u{202e}".into()), Type::Text),
            (Bound::I32(1), Type::Integer),
            (Bound::I32(-7), Type::SmallInt),
            (Bound::I64(i64::MIN), Type::Long),
            (Bound::F64(1.5), Type::Double),
            (Bound::F64(f64::NEG_INFINITY), Type::Float),
            (Bound::F64(f64::NAN), Type::Float),
            (Bound::Binary([0, 255].into()), Type::Binary),
            (Bound::Binary([].into()), Type::Binary),
            (Bound::Null, Type::Text),
        ],
    };
    assert!(format!("{kept:?}").contains("(I32(1), Integer), (I32(-7), SmallInt)"));
    let decoded = decoded::<PairForm>(kept, 10);
    assert_eq!(
        decoded["params"],
        json!(["x), Null] \"é\"\0\u{202e}", 1, -7, i64::MIN, 1.5, "-Infinity", "NaN", "\\x00ff", "\\x", null])
    );
    assert_eq!(
        decoded["param_types"],
        json!(["TEXT", "INTEGER", "INTEGER", "INTEGER", "REAL", "REAL", "REAL", "BLOB", "BLOB", "NULL"])
    );
}

#[test]
fn what_is_shown_may_be_borrowed() {
    let (name, bytes) = (String::from("it's"), vec![1, 2]);
    let shown = BindCollector {
        binds: vec![
            (Bound::BorrowedString(&name), Type::Text),
            (Bound::BorrowedBinary(&bytes), Type::Binary),
            (Bound::I64(-2), Type::Long),
        ],
    };
    let mut values = DebugValues::<PairForm>::of(&shown, None, || unreachable!("little is kept"), true);
    assert_eq!(read(&mut values)["params"], json!(["it's", "\\x0102", -2]));
}

#[test]
fn no_values_are_no_parameters() {
    assert_eq!(decoded::<PlainForm>(plain(&[]), 0)["params"], json!([]));
    assert_eq!(decoded::<PairForm>(BindCollector { binds: vec![] }, 0)["params"], json!([]));
}

#[test]
fn long_values_are_marked_with_their_length() {
    let values = [Plain::Text("é".repeat(100_000)), Plain::Blob(vec![255; 100_000]), Plain::Int(7)];
    let decoded = read(&mut shared::<PlainForm>(plain(&values), 3));
    assert_eq!(decoded["params"][0], format!("{}…(+198976 B)", "é".repeat(512)));
    assert_eq!(decoded["params"][1], format!("\\x{}…(+98976 B)", "ff".repeat(1024)));
    assert_eq!(decoded["params"][2], 7);
}

/// A form whose long values and permits no other test uses.
macro_rules! form_of_its_own {
    ($name:ident) => {
        struct $name;

        impl DebugForm for $name {
            type Kept = <PlainForm as DebugForm>::Kept;

            const INTEGERS: &'static [&'static str] = PlainForm::INTEGERS;
            const REALS: &'static [&'static str] = PlainForm::REALS;
            const TEXTS: &'static [&'static str] = PlainForm::TEXTS;
            const BLOBS: &'static [&'static str] = PlainForm::BLOBS;
            const NULLS: &'static [&'static str] = PlainForm::NULLS;

            fn long_values() -> &'static LongValues {
                static LONG_VALUES: LongValues = LongValues::new();
                &LONG_VALUES
            }

            fn weight(_: &Arguments) -> usize {
                100
            }
        }
    };
}

#[test]
fn each_thread_looks_at_every_sixteenth_call() {
    form_of_its_own!(Form);
    let calls = || {
        let values = plain(&[Plain::Int(7)]);
        let calls = (0..32).map(|_| DebugValues::<Form>::of(&values, Some(1), || values.clone(), false));
        calls.map(|values| matches!(values.kept, Kept::Text(_))).collect::<Vec<_>>()
    };
    let looked_at = std::thread::spawn(calls).join().expect("no panic");
    assert_eq!(looked_at, (0..32).map(|call| call % 16 == 0).collect::<Vec<_>>());
}

#[test]
fn long_values_are_kept_for_a_few_calls_and_never_guessed() {
    form_of_its_own!(Form);
    let values = plain(&[Plain::Int(7), Plain::Text("x".repeat(20_000)), Plain::Int(8)]);
    let mut first = shared::<Form>(values.clone(), 3);
    assert_eq!(first.weight(), 100);
    // The worker meets a long value.
    assert_eq!(read(&mut first)["params"][2], 8);
    // What goes back waits for a calling thread, however long none comes: `DbStart` gives back what weighs at most 1 KiB.
    assert!(first.weight() > 1024);

    let of = |count| DebugValues::<Form>::of(&values, count, || values.clone(), false);
    let mut kept: Vec<DebugValues<Form>> = (0..100).map(|_| of(Some(3))).collect();
    assert!(kept[..CAP].iter().all(|values| matches!(values.kept, Kept::Long(..))));
    assert!(kept[CAP..].iter().all(|values| matches!(values.kept, Kept::Text(_)) && values.weight() < 20_000));
    assert_eq!(read(&mut kept[0])["params"][2], 8);
    let cut = read(&mut kept[CAP]);
    let text = cut["params"][1].as_str().expect("text");
    assert!(text.starts_with("xxx") && text.ends_with("…(and more)"), "{text}");
    assert_eq!((&cut["params"][0], &cut["params"][2]), (&json!(7), &json!(NOT_KEPT)));
    assert_eq!(read(&mut of(None)), json!({"params_unknown": "parameters: too many long values at once"}));
    drop(kept);
    assert!(matches!(of(None).kept, Kept::Long(..)));
}

#[test]
fn a_cut_text_has_as_many_values_wherever_it_is_cut() {
    let texts = [
        r#"[Int(7), Text("a\n\u{301}b"), Blob([1, 22]), Double(1.5), Null, Text("")] }"#,
        r#"[(I32(7), Integer), (String("a\nb"), Text), (Binary([1, 22]), Binary), (F64(1.5), Double), (Null, Text), (String(""), Text)] }"#,
    ];
    for (pairs, whole) in texts.into_iter().enumerate() {
        for at in 0..whole.rfind(']').expect("a list") {
            let decoded = match pairs {
                0 => read(&mut text::<PlainForm>(&whole[..at], Some(6), true)),
                _ => read(&mut text::<PairForm>(&whole[..at], Some(6), true)),
            };
            assert_eq!(decoded["params"].as_array().map(Vec::len), Some(6), "{}", &whole[..at]);
            assert!([&json!(7), &json!(NOT_KEPT)].contains(&&decoded["params"][0]), "{}", &whole[..at]);
        }
    }
}

#[test]
fn an_unknown_form_is_said_to_be_one() {
    const UNKNOWN: &str = "1 parameters in a form that this version does not know";
    for list in [
        "",
        "Arguments",
        "[Decimal(1)] }",
        "[Int(x)] }",
        "[Int(1), Int(2)] }",
        "[Int(1",
        "[Text(1)] }",
        "[Text(\"\\q\")] }",
        "[Blob([999])] }",
        "[(Int(1), Integer)] }",
    ] {
        assert_eq!(read(&mut text::<PlainForm>(list, Some(1), false)), json!({"params_unknown": UNKNOWN}), "{list}");
    }
    for list in [
        "[I32(1)] }",
        "[(I32(1), Integer] }",
        "[(I32(1), Integer(2))] }",
        "[(I32(1), Some { x: 1 })] }",
        "[(Null)] }",
        "[(Null] }",
        "[Null] }",
        "[(I128(1), Integer)] }",
        "[(I32(1), Integer), (Some(1), Integer)] }",
    ] {
        assert_eq!(read(&mut text::<PairForm>(list, Some(1), false)), json!({"params_unknown": UNKNOWN}), "{list}");
        let uncounted = read(&mut text::<PairForm>(list, None, false));
        assert_eq!(
            uncounted,
            json!({"params_unknown": "parameters in a form that this version does not know"}),
            "{list}"
        );
    }
}

proptest! {
    #[test]
    fn any_text_and_any_bytes_come_back(
        shown in ".{0,200}",
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        number: i64,
        short: i32,
        real: f64,
    ) {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let real_json = match real {
            real if real.is_nan() => json!("NaN"),
            f64::INFINITY => json!("Infinity"),
            f64::NEG_INFINITY => json!("-Infinity"),
            real => json!(real),
        };
        let expected = json!([shown, format!("\\x{hex}"), number, null, short, real_json]);
        let values = [
            Plain::Text(shown.clone()),
            Plain::Blob(bytes.clone()),
            Plain::Int64(number),
            Plain::Null,
            Plain::Int(short),
            Plain::Double(real),
        ];
        prop_assert_eq!(&decoded::<PlainForm>(plain(&values), 6)["params"], &expected);
        let binds = vec![
            (Bound::String(shown.into()), Type::Text),
            (Bound::Binary(bytes.into()), Type::Binary),
            (Bound::I64(number), Type::Long),
            (Bound::Null, Type::Integer),
            (Bound::I32(short), Type::Integer),
            (Bound::F64(real), Type::Double),
        ];
        prop_assert_eq!(&decoded::<PairForm>(BindCollector { binds }, 6)["params"], &expected);
    }

    #[test]
    fn no_text_panics_the_reader(
        list in "\\[(Int|I32|Text|String|Blob|Null|Double|Integer|[(\\[\\]\",)\\\\u{}0-9 ]){0,40}",
        cut: bool,
    ) {
        read(&mut text::<PlainForm>(&list, Some(3), cut));
        read(&mut text::<PlainForm>(&list, None, cut));
        read(&mut text::<PairForm>(&list, Some(3), cut));
    }
}
