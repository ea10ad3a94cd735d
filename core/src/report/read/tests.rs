//! Facts about opening saved traces.

use super::*;
use crate::report::json;
use crate::report::samples::{BASE, PYTHON_JSON, PYTHON_MESSAGES, PYTHON_SQL_JSON, chain, hostile, request};

fn saved(trace: &Trace) -> String {
    let mut out = Vec::new();
    json::write(trace, &mut out).expect("memory takes all");
    String::from_utf8(out).expect("UTF-8")
}

#[test]
fn own_report_comes_back_as_it_was() -> Result<(), ReportError> {
    let trace = Trace::build(StoredTrace { messages: request(), skipped: 2 });
    assert_eq!(saved(&read_json(&saved(&trace))?), saved(&trace));
    let trace = hostile("\u{1b}\u{202e}\"\\");
    assert_eq!(saved(&read_json(&saved(&trace))?), saved(&trace));
    Ok(())
}

#[test]
fn python_report_and_stored_lines_are_the_same_trace() -> Result<(), ReportError> {
    let value = |trace: &Trace| serde_json::from_str::<serde_json::Value>(&saved(trace)).expect("JSON");
    assert_eq!(value(&read_json(PYTHON_JSON)?), value(&read_json(PYTHON_MESSAGES)?));
    Ok(())
}

#[test]
fn python_report_from_sql_has_the_nodes_times() -> Result<(), ReportError> {
    let trace = read_json(PYTHON_SQL_JSON)?;
    assert_eq!(trace.started(), None);
    assert_eq!(trace.base_id(), Some(&BASE.into()));
    let times: Vec<_> =
        trace.points().iter().map(|point| (point.name.as_str(), point.depth, point.duration_us())).collect();
    assert_eq!(times, [("wsgi", 0, Some(52_000)), ("rpc", 1, Some(32_000)), ("db", 2, Some(10_000))]);
    assert_eq!(trace.points()[2].statement(), Some("SELECT * FROM t WHERE id = %(id)s"));
    assert_eq!(trace.points()[1].error(), Some(("ValueError", "boom")));
    Ok(())
}

/// What Python 3.11 prints of a trace with such values.
#[test]
fn python_report_with_values_that_json_does_not_have_is_read() -> Result<(), ReportError> {
    let odd = |text: &str| {
        text.replace("\"n\": null", r#""n": NaN, "half": "\ud83d", "big": 123456789012345678901234567890"#)
    };
    for text in [PYTHON_JSON, PYTHON_SQL_JSON, PYTHON_MESSAGES] {
        assert!(odd(text).contains("NaN"));
        let trace = read_json(&odd(text))?;
        assert_eq!((trace.points().len(), trace.skipped_lines()), (3, 0));
        let params = trace.points()[2].params().expect("values");
        assert_eq!((&params["n"], &params["half"]), (&"NaN".into(), &"\u{fffd}".into()));
        let shown: Vec<String> = trace.points()[2].parameters().iter().map(ToString::to_string).collect();
        assert!(shown.contains(&"123456789012345678901234567890".to_owned()), "{shown:?}");
        let again = saved(&trace);
        assert!(again.contains(r#""half": "\ud83d""#) && again.contains(": 123456789012345678901234567890"), "{again}");
        assert_eq!(saved(&read_json(&again)?), again);
    }
    Ok(())
}

#[test]
fn byte_order_marks_and_windows_line_ends_are_nothing() -> Result<(), ReportError> {
    let lines = PYTHON_MESSAGES.trim_end().replace('\n', "\r\n\r\n");
    for text in [format!("\u{feff}{lines}"), format!("\u{feff}{}", PYTHON_JSON.replace('\n', "\r\n"))] {
        let trace = read_json(&text)?;
        assert_eq!((trace.points().len(), trace.skipped_lines()), (3, 0));
    }
    Ok(())
}

#[test]
fn depth_has_no_limit() -> Result<(), ReportError> {
    let trace = chain(20_000);
    let opened = read_json(&saved(&trace))?;
    let place =
        |trace: &Trace| trace.points().iter().map(|point| (point.trace_id.clone(), point.depth)).collect::<Vec<_>>();
    assert!(place(&opened) == place(&trace));
    Ok(())
}

#[test]
fn torn_line_is_counted() -> Result<(), ReportError> {
    let trace = read_json(&PYTHON_MESSAGES[..PYTHON_MESSAGES.len() - 20])?;
    assert_eq!(trace.skipped_lines(), 1);
    Ok(())
}

#[test]
fn other_text_is_refused_with_the_place() {
    for (text, says) in [
        ("", "not a saved trace: at byte 0, expected an object"),
        ("[1]", "not a saved trace: at byte 0, expected an object"),
        ("{}", "not a saved trace: at byte 2, expected a list of children before the end"),
        ("{\"children\": 7}", "not a saved trace: at byte 13, expected a list of children"),
        ("{\"children\": [{}]}", "not a saved trace: at byte 18, expected trace_id and parent_id in each node"),
        ("{\"children\": []} x", "not a saved trace: at byte 17, expected the end of the text"),
        ("{\"children\": [", "not a saved trace: at byte 14, expected a node"),
        ("{\"info\": {,}}", "no JSON at byte 8"),
        ("{\"a\":1,,\"children\": []}", "no JSON at byte 7"),
    ] {
        assert_eq!(read_json(text).expect_err(text).to_string(), says, "{text}");
    }
}

#[test]
fn reading_is_the_same_from_text_and_from_a_file() -> Result<(), ReportError> {
    let trace = Trace::build(StoredTrace { messages: request(), skipped: 2 });
    let lines: String = request().iter().map(|message| format!("{}\n", message.json())).collect();
    let torn = format!("{lines}{{\"name\"");
    let broken_first = format!("no\n{lines}");
    for text in [saved(&trace).as_str(), &lines, &torn, &broken_first, PYTHON_JSON, PYTHON_SQL_JSON, PYTHON_MESSAGES] {
        for text in [text.to_owned(), format!("\u{feff}{text}"), text.replace('\n', "\r\n"), format!("\n \n{text}\n")] {
            assert_eq!(saved(&read(text.as_bytes())?), saved(&read_json(&text)?), "{text}");
        }
    }
    assert_eq!(read(broken_first.as_bytes())?.skipped_lines(), 1);
    Ok(())
}

#[test]
fn bytes_that_are_no_utf8_become_marks() -> Result<(), ReportError> {
    let mut lines = PYTHON_MESSAGES.as_bytes().to_vec();
    let at = PYTHON_MESSAGES.find("SELECT").expect("a statement");
    lines[at] = 0xff;
    let statement = read(&lines[..])?.points()[2].statement().map(str::to_owned);
    assert!(statement.is_some_and(|statement| statement.starts_with("\u{fffd}ELECT")));
    Ok(())
}

#[test]
fn what_cannot_be_read_is_an_error() {
    struct Fails;
    impl io::Read for Fails {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("no more"))
        }
    }
    assert!(matches!(read(Fails), Err(ReportError::Read { .. })));
    assert!(matches!(read(PYTHON_MESSAGES.as_bytes().chain(Fails)), Err(ReportError::Read { .. })));
    let error = read(&b"no"[..]).expect_err("no trace");
    assert_eq!(error.to_string(), "not a saved trace: at byte 0, expected an object");
}
