//! Files of traces that other programs wrote, or that somebody edited.

use std::fs;

use osprofiler::Id;
use osprofiler::driver::{Driver as _, StoredTrace};
use osprofiler::report::{self, Trace, text::Style};

use super::{TestResult, open};

const ID: &str = "00000000-0000-4000-8000-00000000000a";

/// A request with a statement; its info is the rest of the object `db`.
fn request(db: &str) -> Vec<String> {
    let line = |name: &str, id: &str, parent: &str, at: &str, info: &str| {
        format!(
            r#"{{"name": "{name}", "base_id": "{ID}", "trace_id": "{id}", "parent_id": "{parent}", "timestamp": "{at}", "info": {info}, "project": "p", "service": "web"}}"#
        )
    };
    let at = |us: &str| format!("2026-01-02T03:04:05.{us}");
    vec![
        line("wsgi-start", "r", ID, &at("000000"), r#"{"request": {"path": "/x", "method": "GET", "query": ""}}"#),
        line("db-start", "q", "r", &at("001000"), &format!(r#"{{"db": {{{db}}}}}"#)),
        line("db-stop", "q", "r", &at("002000"), r#"{"db": {"rows": 1}}"#),
        line("wsgi-stop", "r", ID, &at("010000"), r#"{"request": {"status": 200}}"#),
    ]
}

const SELECT: &str = r#""statement": "SELECT 1", "system": "postgresql""#;

fn read(text: &[u8]) -> Result<StoredTrace, Box<dyn std::error::Error>> {
    let directory = tempfile::tempdir()?;
    fs::write(directory.path().join(format!("trace-{ID}.jsonl")), text)?;
    Ok(open(directory.path()).read(&Id::from(ID))?)
}

fn shown(trace: &Trace) -> Result<String, Box<dyn std::error::Error>> {
    let mut out = Vec::new();
    report::text::write(trace, &Style::default(), &mut out)?;
    Ok(String::from_utf8(out)?)
}

#[test]
fn byte_order_marks_windows_line_ends_and_blank_lines_are_no_entries() -> TestResult {
    let lines = request(SELECT);
    let windows = format!("\u{feff}{}\r\n", lines.join("\r\n\r\n"));
    // Each file has its mark, and files may have been put together.
    let joined = format!("\u{feff}{}\n\u{feff}{}\n", lines[..2].join("\n"), lines[2..].join("\n"));
    let blank = format!("\n \t\n{}\n  \r\n", lines.join("\n"));
    for text in [windows, joined, blank] {
        let stored = read(text.as_bytes())?;
        assert_eq!((stored.messages.len(), stored.skipped), (4, 0), "{text:?}");
        assert_eq!(stored.messages[0].json(), lines[0]);
    }
    Ok(())
}

#[test]
fn time_with_an_offset_or_z_is_that_instant() -> TestResult {
    let plain = request(SELECT).join("\n");
    let expected = Trace::build(read(plain.as_bytes())?);
    for (from, to) in [
        ("05.001000\"", "05.001000Z\""),
        ("03:04:05.001000\"", "05:34:05.001000+02:30\""),
        ("2026-01-02T03:04:05.001000\"", "2026-01-01T22:04:05.001-0500\""),
    ] {
        let stored = read(plain.replace(from, to).as_bytes())?;
        assert_eq!(stored.skipped, 0, "{to}");
        assert_eq!(shown(&Trace::build(stored))?, shown(&expected)?, "{to}");
    }
    Ok(())
}

#[test]
fn half_of_a_surrogate_pair_costs_nothing_else() -> TestResult {
    for (params, values) in [
        (r#"{"t": "cut \ud83d"}"#, "[t: 'cut \u{fffd}']"),
        (r#"["\udc00x", "whole \ud83d\ude00"]"#, "['\u{fffd}x', 'whole 😀']"),
        (r#"{"\ud83d": 1}"#, "[\u{fffd}: 1]"),
    ] {
        let stored = read(request(&format!(r#"{SELECT}, "params": {params}"#)).join("\n").as_bytes())?;
        assert_eq!(stored.skipped, 0);
        let trace = Trace::build(stored);
        let text = shown(&trace)?;
        assert!(text.contains("SELECT 1") && text.contains(values), "{text}");
        let mut json = Vec::new();
        report::json::write(&trace, &mut json)?;
        let json = String::from_utf8(json)?;
        let escape = if params.contains("udc00") { "\\udc00" } else { "\\ud83d" };
        assert!(json.contains(escape), "{json}");
    }
    Ok(())
}

#[test]
fn numbers_are_shown_with_all_digits() -> TestResult {
    for digits in ["123456789012345678901234567890", "-9223372036854775809", "18446744073709551616", "9007199254740993"]
    {
        for params in [format!("[{digits}]"), format!(r#"{{"n": {digits}}}"#), format!("[[{digits}]]")] {
            let stored = read(request(&format!(r#"{SELECT}, "params": {params}"#)).join("\n").as_bytes())?;
            let text = shown(&Trace::build(stored))?;
            assert!(text.contains(digits), "{text}");
        }
    }
    Ok(())
}

/// JSON has no such numbers: here they are text, as those that the adapters record.
#[test]
fn names_of_numbers_are_text() -> TestResult {
    for name in ["NaN", "Infinity", "-Infinity"] {
        let stored = read(request(&format!(r#"{SELECT}, "params": {{"v": {name}}}"#)).join("\n").as_bytes())?;
        assert_eq!(stored.skipped, 0);
        let text = shown(&Trace::build(stored))?;
        assert!(text.contains(&format!("[v: '{name}']")), "{text}");
    }
    Ok(())
}

#[test]
fn what_cannot_be_read_is_counted() -> TestResult {
    let lines = request(SELECT);
    let torn = &lines[3][..lines[3].len() - 30];
    for bad in ["{", "nan", "[]", "{}", "\u{feff}x", torn] {
        let stored = read(format!("{}\n{bad}\n", lines[..3].join("\n")).as_bytes())?;
        assert_eq!((stored.messages.len(), stored.skipped), (3, 1), "{bad}");
    }
    let mut bytes = lines.join("\n").into_bytes();
    bytes.extend(b"\n\xff\xfe\n");
    let stored = read(&bytes)?;
    assert_eq!((stored.messages.len(), stored.skipped), (4, 1));
    Ok(())
}
