//! What diesel's queries print, values of all kinds wherever the text is cut, and texts that nobody knows.

use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use diesel::sqlite::Sqlite;
use osprofiler::InfoWriter;
use osprofiler::db::{BoundValues, DbOptions, DbValue, ParamsWriter};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

diesel::table! {
    users {
        id -> Integer,
        name -> Text,
        note -> Nullable<Text>,
    }
}

fn written(decode: impl FnOnce(&mut ParamsWriter<'_>)) -> Value {
    let mut info = InfoWriter::new();
    ParamsWriter::write(&mut info, "", &DbOptions::default(), decode);
    serde_json::from_str(&info.finish()).expect("JSON")
}

/// What the worker writes of the list of values that a query has printed.
fn read(binds: &str) -> Value {
    let mut binds = DebugBinds::new(binds.to_owned(), false);
    written(|params| binds.decode(params))
}

/// The statement, and what the worker writes of the values.
fn split(text: &str, cut: bool) -> (String, Option<Value>) {
    let parts = DebugText { text: text.to_owned(), cut }.split();
    (parts.statement, parts.binds.map(|mut binds| written(|params| binds.decode(params))))
}

/// Pins the form of diesel 2.3: where this fails, the reader needs a look before the adapter takes a new diesel.
#[test]
fn queries_print_the_known_form() {
    let query = users::table
        .filter(users::name.eq("Sean\" ], ").and(users::id.eq_any([1, 2])).and(users::note.eq(Some("x"))))
        .limit(3)
        .select(users::id);
    let query = diesel::debug_query::<Sqlite, _>(&query);
    let text = format!("{query:?}");
    assert!(text.starts_with("Query { sql: \"SELECT `users`.`id` FROM `users` WHERE "), "{text}");
    assert!(text.ends_with(", binds: [\"Sean\\\" ], \", 1, 2, Some(\"x\"), 3] }"), "{text}");
    let parts = DebugText::of(format_args!("{query:?}")).split();
    assert!(parts.statement.ends_with(" LIMIT ?"), "{}", parts.statement);
    let mut binds = parts.binds.expect("values");
    assert_eq!(
        written(|params| binds.decode(params)),
        json!({"params": ["Sean\" ], ", 1, 2, "x", 3], "param_types": vec!["UNKNOWN"; 5]})
    );
}

#[test]
fn sql_queries_print_the_known_form() {
    let none = None::<String>;
    let query = diesel::sql_query("SELECT \"a\", ?\n, ?").bind::<Text, _>("it's").bind::<Nullable<Text>, _>(none);
    let (statement, binds) = split(&format!("{:?}", diesel::debug_query::<Sqlite, _>(&query)), false);
    assert_eq!(statement, "SELECT \"a\", ?\n, ?");
    assert_eq!(binds.expect("values")["params"], json!(["it's", null]));
}

#[test]
fn a_text_query_prints_itself() {
    assert_eq!(split(&format!("{:?}", "SELECT \"é\"\n"), false), ("SELECT \"é\"\n".to_owned(), None));
}

#[test]
fn values_are_read_as_far_as_they_are_known() {
    #[derive(Debug)]
    #[expect(dead_code, reason = "fields are there for what they print")]
    struct Foo {
        a: &'static str,
        b: char,
        c: char,
    }

    let foo = Foo { a: "], ", b: '"', c: '\'' };
    let values: [&dyn fmt::Debug; 24] = [
        &1,
        &i64::MIN,
        &u64::MAX,
        &i128::MAX,
        &1.5,
        &0.1_f32,
        &-0.0,
        &1e300,
        &f64::NAN,
        &f64::NEG_INFINITY,
        &true,
        &"a\", b\0\u{301}",
        &Some("x"),
        &Some(Some(1)),
        &None::<i32>,
        &[Some(1), None],
        &[["a, ]"], ["b"]],
        &[] as &[i32; 0],
        &foo,
        &Some(&foo),
        &[&foo],
        &format_args!("2020-01-01T00:00:00"),
        &format_args!("it's 1.50"),
        &format_args!("1.50"),
    ];
    let text = format!("{values:?}");
    let foo = r#"Foo { a: "], ", b: '"', c: '\'' }"#;
    assert_eq!(
        read(&text[1..text.len() - 1])["params"],
        json!([
            1,
            i64::MIN,
            u64::MAX,
            i128::MAX.to_string(),
            1.5,
            0.1,
            -0.0,
            1e300,
            "NaN",
            "-Infinity",
            true,
            "a\", b\0\u{301}",
            "x",
            1,
            null,
            [1, null],
            [["a, ]"], ["b"]],
            [],
            foo,
            foo,
            format!("[{foo}]"),
            "2020-01-01T00:00:00",
            "it's 1.50",
            "1.50"
        ])
    );
}

#[test]
fn brackets_that_do_not_match_make_values_unknown() {
    for binds in ["1, )", "[1", "\"a", "1], [2", "Foo {"] {
        assert_eq!(
            read(binds),
            json!({"params_unknown": "parameters in a form that this version does not know"}),
            "{binds}"
        );
    }
}

#[test]
fn deep_values_are_shown_as_they_stand() {
    for (open, close) in [("[", "]"), ("Some(", ")"), ("[Some(", ")]")] {
        let deep = format!("{}1{}", open.repeat(1000), close.repeat(1000));
        let text = read(&deep)["params"][0].clone();
        assert!(text.as_str().is_some_and(|text| text.starts_with(open)), "{text}");
        let deep = format!("{}1{}", open.repeat(20_000), close.repeat(20_000));
        read(&deep);
        read(&open.repeat(20_000));
    }
}

#[test]
fn long_queries_are_cut_and_say_so() {
    let statement = "é".repeat(CAP);
    let parts = DebugText::of(format_args!("Query {{ sql: {statement:?}, binds: [1] }}")).split();
    assert!(parts.statement.starts_with("éé") && parts.statement.ends_with("é…(and more)"));
    let mut binds = parts.binds.expect("values that are not known");
    let unknown = json!({"params_unknown": "parameters: the query is too long to print them"});
    assert_eq!(written(|params| binds.decode(params)), unknown);

    let long = "x".repeat(CAP);
    let parts = DebugText::of(format_args!("Query {{ sql: \"SELECT ?\", binds: [7, Some({long:?}), 8] }}")).split();
    assert_eq!(parts.statement, "SELECT ?");
    let mut binds = parts.binds.expect("values");
    assert!(binds.weight() <= CAP);
    let text = format!("{}…(and more)", "x".repeat(1024 - AND_MORE.len()));
    assert_eq!(written(|params| binds.decode(params))["params"], json!([7, text]));
}

#[test]
fn what_has_another_form_is_a_statement() {
    for text in [
        "",
        "SELECT 1",
        "Query",
        "Query { sql: 1 }",
        "Query { sql: \"SELECT",
        "Query { sql: \"SELECT\", binds: [1",
        "Query { sql: \"SELECT\" }",
        "Query { sql: \"\\q\", binds: [] }",
        "\"SELECT 1",
        "\"SELECT 1\" 2",
    ] {
        assert_eq!(split(text, false), (text.to_owned(), None));
    }
}

/// Values as Rust's standard library prints them.
#[derive(Clone)]
enum Shown {
    Integer(i64),
    Unsigned(u64),
    Float(f64),
    Bool(bool),
    Text(String),
    None,
    Some(Box<Shown>),
    List(Vec<Shown>),
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(value) => value.fmt(f),
            Self::Unsigned(value) => value.fmt(f),
            Self::Float(value) => value.fmt(f),
            Self::Bool(value) => value.fmt(f),
            Self::Text(value) => value.fmt(f),
            Self::None => None::<()>.fmt(f),
            Self::Some(value) => Some(value).fmt(f),
            Self::List(values) => values.fmt(f),
        }
    }
}

impl Shown {
    fn expected(&self) -> DbValue<'_> {
        match self {
            Self::Integer(value) => DbValue::Integer(*value),
            Self::Unsigned(value) => DbValue::Unsigned(*value),
            Self::Float(value) => DbValue::Float(*value),
            Self::Bool(value) => DbValue::Bool(*value),
            Self::Text(value) => value.as_str().into(),
            Self::None => DbValue::Null,
            Self::Some(value) => value.expected(),
            Self::List(values) => DbValue::List(values.iter().map(Self::expected).collect()),
        }
    }

    fn any() -> impl Strategy<Value = Self> {
        let one = prop_oneof![
            any::<i64>().prop_map(Self::Integer),
            any::<u64>().prop_map(Self::Unsigned),
            any::<f64>().prop_map(Self::Float),
            any::<bool>().prop_map(Self::Bool),
            any::<String>().prop_map(Self::Text),
            "[\"\\\\'\\[\\]{}(), \n\0é]{0,12}".prop_map(Self::Text),
            Just(Self::None),
        ];
        one.prop_recursive(3, 16, 4, |value| {
            prop_oneof![
                value.clone().prop_map(|value| Self::Some(Box::new(value))),
                prop::collection::vec(value, 0..4).prop_map(Self::List),
            ]
        })
    }
}

fn query(sql: &str, values: &[Shown]) -> String {
    format!("Query {{ sql: {sql:?}, binds: {values:?} }}")
}

proptest! {
    #[test]
    fn values_come_back_as_they_were(sql: String, values in prop::collection::vec(Shown::any(), 0..6)) {
        let (statement, binds) = split(&query(&sql, &values), false);
        prop_assert_eq!(statement, sql);
        let expected = written(|params| values.iter().for_each(|value| params.value(&value.expected(), "UNKNOWN")));
        prop_assert_eq!(binds, Some(expected));
    }

    #[test]
    fn a_cut_text_has_no_wrong_value(values in prop::collection::vec(Shown::any(), 0..6), at: prop::sample::Index) {
        let text = query("SELECT", &values);
        let start = text.find('[').expect("a list");
        let text = &text[..text.floor_char_boundary(start + at.index(text.len() - start))];
        let (_, Some(read)) = split(text, true) else { panic!("{text}") };
        let expected = written(|params| values.iter().for_each(|value| params.value(&value.expected(), "UNKNOWN")));
        let expected = expected["params"].as_array().expect("values");
        let Some(read) = read["params"].as_array() else { return Ok(()) };
        prop_assert!(read.len() <= expected.len());
        for (index, (value, expected)) in read.iter().zip(expected).enumerate() {
            let last = index + 1 == read.len();
            let marked = value.as_str().is_some_and(|value| value.ends_with(AND_MORE));
            prop_assert!(value == expected || (last && marked), "{text}: {value}");
        }
    }

    #[test]
    fn no_text_panics_the_reader(
        text in "(Query \\{ sql: \"|\")?(a|é|\\\\|u\\{|[\"'\\[\\](){},0-9. -]|Some\\(|None|\", binds: \\[|\\] \\}){0,40}",
        cut: bool,
    ) {
        split(&text, cut);
        let mut binds = DebugBinds::new(text, cut);
        written(|params| binds.decode(params));
    }
}
