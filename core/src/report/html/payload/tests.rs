//! Facts about the payload.

use serde_json::{Value, json};

use super::*;
use crate::report::Trace;
use crate::report::analysis::{Analysis, AnalysisOptions};
use crate::report::html::HtmlOptions;
use crate::report::samples::{self, BASE, around, request, two_services};

fn payload(trace: &Trace) -> Value {
    let analysis = Analysis::of(trace, AnalysisOptions::default());
    let options = HtmlOptions::default();
    let json = write_json(&Content::new(&analysis, &options), Vec::new()).expect("memory takes all");
    serde_json::from_slice(&json).expect("JSON")
}

/// The texts that a column of numbers names.
fn texts(payload: &Value, column: &str) -> Vec<String> {
    let numbers = payload[column].as_array().expect(column);
    let text = |number: &Value| payload["str"][number.as_u64().expect("a number") as usize].as_str();
    numbers.iter().map(|number| text(number).expect("a text").to_owned()).collect()
}

#[test]
fn base64_of_gzip_of_json_comes_back() {
    let trace = Trace::build(request());
    let analysis = Analysis::of(&trace, AnalysisOptions::default());
    let options = HtmlOptions::default();
    let content = Content::new(&analysis, &options);
    let mut packed = Vec::new();
    write(&content, &mut packed).expect("memory takes all");
    let gzip = base64::Engine::decode(&BASE64_STANDARD, packed).expect("Base64");
    // No time of making: the fifth to eighth byte.
    assert_eq!(gzip[4..8], [0; 4]);
    let mut json = Vec::new();
    io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&gzip[..]), &mut json).expect("gzip");
    assert_eq!(json, write_json(&content, Vec::new()).expect("memory takes all"));
}

#[test]
fn columns_say_what_points_say() {
    let payload = payload(&Trace::build(request()));
    assert_eq!(payload["parent"], json!([0, 1, 2, 3]));
    assert_eq!(texts(&payload, "name"), ["wsgi", "db", "db", "db"]);
    assert_eq!(payload["start"], json!([0, 1_000, 1_000, 18_000]));
    assert_eq!(payload["dur"], json!([34_210, 87, 12_400, 500]));
    assert_eq!(payload["st"], json!([0, 1, 1, 2]));
    assert_eq!(payload["rows"], json!([-1, 3, 3, -1]));
    assert_eq!(payload["aff"], Value::Null);
    assert_eq!(payload["flag"], json!([0, 1024, 1024, 1028]));
    assert_eq!(texts(&payload, "err"), ["", "", "", "Database: UNIQUE constraint failed: posts.id [1555]"]);
    assert_eq!(texts(&payload, "detail"), ["GET /authors?page=2", "", "", ""]);
    assert_eq!(payload["code"], json!([500, 0, 0, 0]));
    assert_eq!(texts(&payload, "ptype"), ["", "INTEGER\u{1f}NULL", "INTEGER\u{1f}NULL", ""]);
    assert_eq!(payload["params"][2].as_array().map(Vec::len), Some(2));
    assert_eq!(payload["params"][0], json!(0));
    assert_eq!(payload["id"], json!(["r", "q1", "q2", "q3"]));
}

#[test]
fn other_info_is_kept_as_json_without_what_columns_hold() {
    let payload = payload(&Trace::build(request()));
    assert_eq!(texts(&payload, "more")[1], r#"{"db":{"system":"sqlite"}}"#);
    assert_eq!(payload["moreStop"][1], json!(0));
    assert!(texts(&payload, "moreStop")[3].contains("UNIQUE constraint failed"));
}

#[test]
fn flags_tell_of_calls_drops_and_detours() {
    let calls = payload(&Trace::build(two_services()));
    assert_eq!(calls["flag"], json!([0, 16384, 0, 1024]));
    assert_eq!(calls["code"], json!([200, 200, 200, 0]));
    assert_eq!(texts(&calls, "detail")[1], "GET posts.example:8080/posts?a=1");
    let flags = payload(&Trace::build(around()))["flag"].clone();
    let bits: Vec<i64> = flags.as_array().expect("flags").iter().filter_map(Value::as_i64).collect();
    assert_eq!((bits[3] & 512, bits[4] & 8, bits[5] & (2048 | 4096)), (512, 8, 2048 | 4096));
}

#[test]
fn long_values_of_info_are_cut() {
    let info = json!({"note": "n".repeat(5000), "list": vec!["x".repeat(1000); 200]});
    let start = samples::message("step-start", "s", BASE, 0, json!({"note": "n".repeat(5000)}));
    let long = samples::message("step-stop", "s", BASE, 1, info);
    let payload = payload(&Trace::build(vec![start, long]));
    let more = &texts(&payload, "more")[0];
    assert!(more.ends_with("…(+3 976 B)\"}") && more.len() < 1100, "{more}");
    let more_stop = &texts(&payload, "moreStop")[0];
    let whole: Value = serde_json::from_str(more_stop).expect("JSON");
    assert!(whole.is_string() && more_stop.len() < 80 << 10);
}

#[test]
fn a_typical_point_takes_at_most_60_bytes() {
    let mut random = fastrand::Rng::with_seed(7);
    let mut id = || {
        let bits = random.u128(..);
        uuid::Builder::from_random_bytes(bits.to_ne_bytes()).into_uuid().to_string()
    };
    let root = id();
    let mut messages = samples::point("handler", &root, BASE, 0, 1_000_000).to_vec();
    for number in 0..2_000 {
        let (id, at_us) = (id(), 450 * number + number * 7919 % 97);
        let statement = ["SELECT name FROM users WHERE id = $1", "UPDATE posts SET title = $1"][number as usize % 2];
        let db = json!({"statement": statement, "params": [number * 31 % 1000], "param_types": ["INT8"],
            "system": "postgresql", "database": "shop", "method": "fetch_all"});
        messages.push(samples::message("db-start", &id, &root, at_us, json!({"db": db, "host": "h"})));
        let stop = json!({"db": {"rows": number % 7}, "host": "h"});
        messages.push(samples::message("db-stop", &id, &root, at_us + 100 + number * 104_729 % 331, stop));
    }
    let trace = Trace::build(messages);
    let analysis = Analysis::of(&trace, AnalysisOptions::default());
    let options = HtmlOptions::default();
    let mut packed = Vec::new();
    write(&Content::new(&analysis, &options), &mut packed).expect("memory takes all");
    assert!(packed.len() <= 60 * trace.points().len(), "{} bytes a point", packed.len() / trace.points().len());
}

/// What the page's script copies as runnable SQL: literals in the places for values.
fn spliced(payload: &Value, point: usize) -> Option<String> {
    if payload["norun"][point].as_u64().unwrap_or(0) > 0 {
        return None;
    }
    let text = |number: &Value| payload["str"][number.as_u64().expect("a number") as usize].as_str().expect("a text");
    let statement = &payload["stmt"][payload["st"][point].as_u64().expect("a statement") as usize - 1];
    let units: Vec<u16> = text(&statement["t"]).encode_utf16().collect();
    let (mut out, mut at) = (String::new(), 0);
    let numbers: Vec<i64> = statement["ph"].as_array().expect("places").iter().filter_map(Value::as_i64).collect();
    for place in numbers.chunks(3) {
        out.push_str(&String::from_utf16_lossy(&units[at..place[0] as usize]));
        out.push_str(text(&payload["params"][point][place[2] as usize]));
        at = (place[0] + place[1]) as usize;
    }
    out.push_str(&String::from_utf16_lossy(&units[at..]));
    Some(out)
}

/// What the script puts before a statement for "Copy EXPLAIN", and between it and `psql`'s command with the values.
#[test]
fn the_page_gets_what_stands_before_a_plan() {
    for (system, text, prefix, not_run, bind) in [
        ("postgresql", "SELECT 1", Some("EXPLAIN (ANALYZE, BUFFERS, VERBOSE, FORMAT JSON)"), false, Some(" ")),
        ("postgresql", "SELECT nextval('s') -- a", Some("EXPLAIN"), true, Some("\n")),
        ("postgresql", "UPDATE a SET x = 1; DELETE FROM b", None, false, None),
        ("postgresql", "EXPLAIN SELECT 1", None, false, Some(" ")),
        ("mysql", "SELECT 1", Some("EXPLAIN FORMAT=JSON"), false, None),
        ("mysql", "SELECT f()", None, false, None),
        ("sqlite", "DELETE FROM a", Some("EXPLAIN QUERY PLAN"), false, None),
    ] {
        let start = json!({"db": {"statement": text, "system": system}, "host": "h"});
        let payload = payload(&Trace::build(vec![samples::message("db-start", "q", samples::BASE, 0, start)]));
        let statement = &payload["stmt"][0];
        let found = statement["ex"].as_u64().map(|place| payload["str"][place as usize].as_str().expect("a text"));
        assert_eq!(found, prefix, "{text}");
        assert_eq!(statement["exw"].is_string(), not_run, "{text}");
        assert_eq!(statement["bind"].as_str(), bind, "{text}");
    }
}

#[test]
fn what_the_page_copies_is_what_runs() {
    let statements = [
        ("postgresql", "SELECT '😀', $2 FROM t WHERE a=$1", json!([1, "it's"]), true),
        ("postgresql", "SELECT $1", json!([1, 2]), false),
        ("postgresql", "SELECT $1", json!(["[redacted]"]), false),
        ("postgresql", "SELECT $1", json!(["a\0b"]), false),
        ("sqlite", "SELECT :a, :b, :a", json!({"b": null, "a": "x"}), true),
        ("sqlite", "SELECT 1", json!(null), true),
        ("sqlite", "SELECT ?", json!(null), false),
        ("mysql", "SELECT ? FROM t WHERE a IN (?,?)", json!(["\\", 1, 2]), true),
        ("mysql", "SELECT ? …(+12 B)", json!([1]), false),
    ];
    let mut messages = Vec::new();
    for (place, (system, sql, params, _)) in statements.iter().enumerate() {
        let mut db = json!({"statement": sql, "system": system});
        if !params.is_null() {
            db["params"] = params.clone();
        }
        messages.push(samples::message("db-start", &format!("q{place}"), BASE, place as i64, json!({"db": db})));
    }
    let trace = Trace::build(messages);
    let payload = payload(&trace);
    for (place, (_, sql, _, runs)) in statements.into_iter().enumerate() {
        let point = &trace.points()[place];
        let dialect = crate::report::sql::Dialect::of_system(point.system());
        let runnable = crate::report::sql::runnable::runnable(sql, dialect, &point.parameters());
        assert_eq!(spliced(&payload, place), runnable.ok().filter(|_| runs), "{sql}");
        assert_eq!(spliced(&payload, place).is_some(), runs, "{sql}");
    }
}

#[test]
fn a_point_whose_values_differ_in_number_is_not_pasted_by_the_places_of_another() {
    let run = |id: &str, at_us, params: Value| {
        samples::message(
            "db-start",
            id,
            BASE,
            at_us,
            json!({"db": {"statement": "SELECT ?", "params": params, "system": "sqlite"}}),
        )
    };
    let payload =
        payload(&Trace::build(vec![run("a", 0, json!([1])), run("b", 1, json!([1, 2])), run("c", 2, json!([3]))]));
    assert_eq!(spliced(&payload, 0).as_deref(), Some("SELECT 1"));
    assert_eq!((spliced(&payload, 1), spliced(&payload, 2).as_deref()), (None, Some("SELECT 3")));
}
