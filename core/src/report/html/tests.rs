//! Facts about the page, as a browser's parser sees it.

use std::io::Read as _;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use html5ever::tendril::TendrilSink as _;
use markup5ever_rcdom::{Handle, NodeData, RcDom};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::report::samples::{self, BASE, HOSTILE, called, chain, hostile, request};
use crate::{Message, Timestamp};

fn page_with(trace: &Trace, options: &HtmlOptions) -> String {
    let mut out = Vec::new();
    write_with(&Analysis::of(trace, AnalysisOptions::default()), options, &mut out).expect("memory takes all");
    String::from_utf8(out).expect("UTF-8")
}

fn page(trace: &Trace) -> String {
    page_with(trace, &HtmlOptions::default())
}

fn without_values(trace: &Trace) -> String {
    page_with(trace, &HtmlOptions { values: false, ..HtmlOptions::default() })
}

/// An element: its name, its attributes, and the text directly in it.
#[derive(Clone, Debug, PartialEq)]
struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
}

impl Element {
    fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// All elements in the order of the page.
fn elements(page: &str) -> Vec<Element> {
    let dom = html5ever::parse_document(RcDom::default(), html5ever::ParseOpts::default()).one(page);
    let mut found = Vec::new();
    let mut open: Vec<Handle> = vec![dom.document.clone()];
    while let Some(node) = open.pop() {
        if let NodeData::Element { name, attrs, .. } = &node.data {
            let attributes = attrs.borrow();
            let attributes = attributes.iter().map(|a| (a.name.local.to_string(), a.value.to_string())).collect();
            let children = node.children.borrow();
            let text = children.iter().filter_map(|child| match &child.data {
                NodeData::Text { contents } => Some(contents.borrow().to_string()),
                _ => None,
            });
            found.push(Element { name: name.local.to_string(), attributes, text: text.collect() });
        }
        open.extend(node.children.borrow().iter().rev().cloned());
    }
    found
}

/// The page without script and style, which are always the same and take long to read.
fn slim(page: &str) -> String {
    page.replacen(assets::SCRIPT.as_str(), "", 1).replacen(assets::STYLE.as_str(), "", 1)
}

/// What is in the page's data block.
fn payload(page: &str) -> Value {
    let data = elements(&slim(page)).into_iter().find(|element| element.attribute("id") == Some("trace-data"));
    let bytes = BASE64_STANDARD.decode(data.expect("a data block").text).expect("Base64");
    let mut json = String::new();
    flate2::read::GzDecoder::new(&bytes[..]).read_to_string(&mut json).expect("gzip");
    serde_json::from_str(&json).expect("JSON")
}

/// Names and attributes without those that say what the data is.
fn shape(page: &str) -> Vec<(String, Vec<String>)> {
    let shape = |element: Element| {
        let values = element.attributes.into_iter().filter(|(_, value)| !value.starts_with("#g="));
        (element.name, values.map(|(key, value)| format!("{key}={value}")).collect())
    };
    elements(&slim(page)).into_iter().map(shape).collect()
}

/// The same trace with harmless text has the elements that may be there.
static HARMLESS: LazyLock<Vec<(String, Vec<String>)>> = LazyLock::new(|| shape(&page(&hostile("x"))));

fn named<'a>(elements: &'a [Element], name: &str) -> Vec<&'a Element> {
    elements.iter().filter(|element| element.name == name).collect()
}

#[test]
fn page_has_one_script_one_data_block_and_one_style_sheet_under_its_policy() {
    let page = page(&Trace::build(request()));
    let elements = elements(&page);
    let scripts = named(&elements, "script");
    assert_eq!(scripts.len(), 2);
    assert_eq!(scripts[0].attribute("type"), Some("application/octet-stream"));
    assert_eq!((scripts[1].attributes.len(), scripts[1].text.as_str()), (0, assets::SCRIPT.as_str()));
    let styles = named(&elements, "style");
    assert_eq!((styles.len(), styles[0].text.as_str()), (1, assets::STYLE.as_str()));
    let head = elements.iter().position(|element| element.name == "head").expect("a head");
    let policy = &elements[head + 1];
    assert_eq!(policy.attribute("http-equiv"), Some("Content-Security-Policy"));
    assert_eq!(
        policy.attribute("content"),
        Some(
            format!(
                "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; img-src data:; base-uri 'none'; \
                 form-action 'none'",
                assets::SCRIPT_SHA256,
                assets::STYLE_SHA256
            )
            .as_str()
        )
    );
    assert_eq!(elements[head + 2].attribute("charset"), Some("utf-8"));
}

#[test]
fn page_needs_no_network_and_has_neither_inline_style_nor_handlers() {
    for text in HOSTILE {
        for element in elements(&slim(&page(&hostile(text)))) {
            for (name, value) in &element.attributes {
                assert!(name != "style" && !name.starts_with("on") && name != "src", "{element:?}");
                assert!(name != "href" || value.starts_with('#'), "{element:?}");
            }
            assert!(
                !["link", "img", "base", "iframe", "object", "form"].contains(&element.name.as_str()),
                "{element:?}"
            );
        }
    }
}

#[test]
fn page_has_the_places_that_its_script_and_its_readers_look_for() {
    let page = page(&Trace::build(request()));
    let elements = elements(&page);
    let with_id =
        |id: &str| elements.iter().find(|element| element.attribute("id") == Some(id)).expect(id).name.clone();
    let found = ["top", "tools", "main", "verdict", "findings", "static", "errors", "app", "trace-data"].map(with_id);
    assert_eq!(found, ["header", "div", "main", "section", "section", "section", "section", "div", "script"]);
    assert_eq!(named(&elements, "html")[0].attribute("lang"), Some("en"));
    assert_eq!(named(&elements, "title")[0].text, "GET /authors – 3 SQL – 34.2 ms");
    assert_eq!(named(&elements, "h1").len(), 1);
    assert_eq!(named(&elements, "table").len(), named(&elements, "caption").len());
    assert!(named(&elements, "th").iter().all(|th| th.attribute("scope") == Some("col")));
}

#[test]
fn page_shows_statement_parameters_rows_and_error_without_its_script() {
    let page = page(&Trace::build(request()));
    for part in [
        "<pre><bdi>SELECT title\n  FROM posts WHERE author = ?</bdi></pre>",
        "<code><bdi>&#39;it&#39;&#39;s&#39;</bdi></code>, <code><bdi>NULL</bdi></code>",
        "<td>3 rows</td>",
        "<bdi>Database: UNIQUE constraint failed: posts.id [1555]</bdi>",
        "contains parameter values",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
}

#[test]
fn page_shows_where_a_statement_came_from_as_text() {
    let page = page(&Trace::build(called()));
    for part in ["<bdi>src/posts.rs:42</bdi>", "<bdi>&lt;b&gt;␛[31m:1</bdi>"] {
        assert!(page.contains(part), "{page}");
    }
}

#[test]
fn traces_without_points_and_without_statements_say_so() {
    let empty = page(&Trace::default());
    assert!(empty.contains("No SQL was recorded.") && empty.contains("Nothing stands out."), "{empty}");
    assert!(empty.len() <= 100 << 10, "{}", empty.len());
    assert_eq!(payload(&empty)["id"], json!([]));
    let none = page(&Trace::build(samples::point("handler", "h", BASE, 0, 10).to_vec()));
    assert!(none.contains("No SQL was recorded.") && none.contains("<title>handler – 0 SQL – 0.010 ms</title>"));
}

#[test]
fn stored_text_never_becomes_markup_and_arrives_as_it_was() {
    for text in HOSTILE {
        let page = page(&hostile(text));
        assert_eq!(shape(&page), *HARMLESS, "{text:?}");
        assert!(!page.chars().any(|c| c != '\n' && c != '\t' && crate::report::visible::is_hidden(c)), "{text:?}");
        let payload = payload(&page);
        for column in ["svc", "host", "proj"] {
            let place = payload[column][0].as_u64().expect("a text") as usize;
            assert_eq!(payload["str"][place], json!(text), "{column}");
        }
        assert_eq!(payload["meta"]["id"], json!(text));
        assert!(payload["str"].as_array().expect("texts").contains(&json!(text)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_arrives_as_it_was(text in proptest::collection::vec(prop_oneof![
        any::<char>().prop_map(String::from),
        Just("</script>".to_owned()), Just("<!--<script>".to_owned()), Just("]]>".to_owned()), Just("{{".to_owned()),
        Just("$LOCAL".to_owned()), Just("\0".to_owned()), Just("\u{2028}\u{2029}\u{202e}".to_owned()),
        Just("😀".to_owned()), Just("\"'`&<>".to_owned()), Just("\r\n".to_owned()),
    ], 1..12).prop_map(|parts| format!("x{}", parts.concat()))) {
        // The letter makes a statement of what would be white space or a comment alone.
        let page = page(&hostile(&text));
        prop_assert_eq!(&shape(&page), &*HARMLESS);
        let payload = payload(&page);
        let texts = payload["str"].as_array().expect("texts");
        prop_assert!(texts.contains(&json!(text)));
        prop_assert_eq!(payload["meta"]["id"].as_str(), Some(text.as_str()));
        let statement = payload["st"][1].as_u64().expect("a statement") as usize - 1;
        let place = payload["stmt"][statement]["t"].as_u64().expect("a text") as usize;
        prop_assert_eq!(texts[place].as_str(), Some(text.as_str()));
    }
}

#[test]
fn a_statement_of_a_megabyte_is_cut_and_marked() {
    let long = format!("SELECT '{}'", "x".repeat(1 << 20));
    let start = json!({"db": {"statement": long, "params": ["y".repeat(5000)]}, "host": "h"});
    let trace = Trace::build(vec![samples::message("db-start", "q", BASE, 0, start)]);
    let page = page(&trace);
    assert!(page.len() < 400 << 10, "{}", page.len());
    let payload = payload(&page);
    assert_eq!(payload["stmt"][0]["cut"], json!(long.len() - (64 << 10)));
    let texts = &payload["str"];
    let literal = texts[payload["params"][0][0].as_u64().expect("a literal") as usize].as_str().expect("a text");
    assert!(literal.ends_with("B)") && literal.len() < 1100, "{literal}");
    assert_ne!(payload["norun"][0], json!(0));
}

#[test]
fn numbers_keep_all_digits() {
    let long = "123456789012345678901234567890";
    let start = json!({"db": {"statement": "SELECT $1, $2", "params": ["P", 9007199254740993_i64], "param_types": ["NUMERIC", "INT8"], "system": "postgresql", "n": "N"}});
    let text = samples::message("db-start", "q", BASE, 0, start).json().replace("\"P\"", long).replace("\"N\"", long);
    let trace = Trace::build(vec![crate::Message::from_json(text.as_bytes()).expect("a message")]);
    let page = page(&trace);
    assert!(page.contains(&format!("{long}::numeric")), "without script");
    let payload = payload(&page);
    let texts: Vec<&str> = payload["str"].as_array().expect("texts").iter().filter_map(Value::as_str).collect();
    for shown in ["123456789012345678901234567890::numeric", "9007199254740993::int8"] {
        assert!(texts.contains(&shown), "{texts:?}");
    }
    assert!(texts.iter().any(|text| text.contains("\"n\":123456789012345678901234567890")), "{texts:?}");
}

#[test]
fn same_trace_gives_the_same_bytes() {
    let mut messages = request();
    let first = page(&Trace::build(messages.clone()));
    messages.reverse();
    assert_eq!(page(&Trace::build(messages.clone())), first);
    messages.swap(1, 4);
    assert_eq!(page(&Trace::build(messages)), first);
}

#[test]
fn a_stamp_says_when_the_page_was_made() {
    let options = HtmlOptions { stamp: Some(Timestamp::from_micros(0)), ..HtmlOptions::default() };
    assert!(page_with(&Trace::default(), &options).contains("written 1970-01-01 00:00:00.000000 UTC"));
}

#[test]
fn points_that_are_left_out_are_counted() {
    let options = HtmlOptions { max_points: Some(2), ..HtmlOptions::default() };
    let page = page_with(&Trace::build(request()), &options);
    assert!(page.contains("2 points of 4 are left out"), "{page}");
    let payload = payload(&page);
    assert_eq!((&payload["meta"]["hidden"], payload["id"].as_array().map(Vec::len)), (&json!(2), Some(2)));
    assert_eq!(payload["group"].as_array().map(Vec::len), Some(2));
}

#[test]
fn deep_traces_have_their_points() {
    let payload = payload(&page(&chain(20_000)));
    assert_eq!(payload["id"].as_array().map(Vec::len), Some(20_000));
    assert_eq!(payload["parent"][19_999], json!(1));
}

/// A trace with a secret wherever the program's values can be.
fn secrets() -> Trace {
    const SECRET: &str = "s3cr3t";
    let request = json!({"request": {"path": format!("/login/{SECRET}/"), "query": format!("token={SECRET}"), "method": "GET", "scheme": "http"},
        "host": "h"});
    let call = json!({"requests": {"method": "GET", "query": SECRET, "path": "/p", "hostname": "x", "scheme": "http"}});
    let db = json!({"db": {"statement": format!("SELECT '{SECRET}' -- {SECRET}"), "params": [SECRET, {"k": SECRET}],
        "param_types": ["TEXT", "JSON"], "system": "postgresql", "note": SECRET}, "host": "h", "note": SECRET});
    let named =
        json!({"db": {"statement": format!("SELECT :a, \"{SECRET}\""), "params": {"a": SECRET}, "system": "sqlite"}});
    let error = json!({"etype": "Database", "message": format!("Duplicate entry '{SECRET}' for key 'k'"), "db": {"sqlstate": "23505",
        "original_exception": SECRET, "chained_exception": SECRET, "constraint": SECRET}, "detail": SECRET});
    let function = json!({"function": {"name": "f", "args": SECRET, "kwargs": {"a": SECRET}}});
    let mut messages: Vec<Message> = Vec::new();
    for (name, id, parent, at_us, start, stop) in [
        ("wsgi", "r", BASE, 0, request, json!({"response": {"status_code": 200, "body": SECRET}})),
        ("db", "q1", "r", 10, db.clone(), json!({"db": {"rows": 1, "result": [{"a": SECRET}]}, "host": "h"})),
        ("db", "q2", "r", 30, db, error),
        ("db", "q3", "r", 50, named, json!({"db": {"rows": 1}})),
        ("http", "c", "r", 70, call, json!({"requests": {"status_code": 200, "text": SECRET}})),
        ("rpc", "f", "r", 90, function, json!({"function": {"result": SECRET}})),
        ("odd", "o", "r", 110, json!([SECRET]), json!({"value": SECRET})),
    ] {
        messages.push(samples::message(&format!("{name}-start"), id, parent, at_us, start));
        messages.push(samples::message(&format!("{name}-stop"), id, parent, at_us + 15, stop));
    }
    Trace::build(messages)
}

#[test]
fn without_values_nothing_of_them_is_in_the_page() {
    let with = page(&secrets());
    assert!(with.contains("s3cr3t") && payload(&with).to_string().contains("s3cr3t"));
    let without = without_values(&secrets());
    assert!(!without.contains("s3cr3t"), "{without}");
    let payload = payload(&without);
    assert!(!payload.to_string().contains("s3cr3t"), "{payload:#}");
    assert_eq!(payload["meta"]["values"], json!(false));
    assert!(without.contains("without parameter values"));
    // What is left still says which statements ran and failed.
    let texts = payload["str"].as_array().expect("texts");
    for text in ["Database: Duplicate entry '[redacted]' for key 'k' [23505]", "GET /login/‹1›/", "GET x/p", "f"] {
        assert!(texts.contains(&json!(text)), "{text}");
    }
}
