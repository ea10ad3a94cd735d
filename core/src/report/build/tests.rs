//! Facts about the tree: order, duplicates, gaps, orphans, rings, depth.

use proptest::prelude::*;
use serde_json::json;

use crate::Message;
use crate::driver::StoredTrace;
use crate::report::samples::{BASE, chain, message, point, request};
use crate::report::{Point, Trace};

/// The tree in one line: children in brackets, flags behind the id.
fn shape(trace: &Trace) -> String {
    let mut shape = String::new();
    let mut depth = 0;
    for (place, point) in trace.points().iter().enumerate() {
        let between = if place == 0 {
            ""
        } else if point.depth > depth {
            "("
        } else {
            " "
        };
        shape.push_str(&")".repeat(depth.saturating_sub(point.depth)));
        shape.push_str(between);
        shape.push_str(&point.trace_id.to_string());
        for (flag, mark) in [
            (point.orphan, "/orphan"),
            (point.cycle, "/cycle"),
            (point.clock_skew, "/skew"),
            (point.is_unfinished(), "/unfinished"),
            (point.start.is_none(), "/no-start"),
        ] {
            shape.push_str(if flag { mark } else { "" });
        }
        depth = point.depth;
    }
    shape.push_str(&")".repeat(depth));
    shape
}

fn built(points: &[(&str, &str, i64, i64)]) -> String {
    let messages: Vec<Message> =
        points.iter().flat_map(|(id, parent, from_us, to_us)| point("p", id, parent, *from_us, *to_us)).collect();
    shape(&Trace::build(messages))
}

#[test]
fn children_stand_in_the_order_of_their_start() {
    assert_eq!(built(&[("c", "a", 30, 40), ("b", "a", 10, 20), ("a", BASE, 0, 50), ("d", "b", 11, 12)]), "a(b(d) c)");
    assert_eq!(built(&[("c", BASE, 5, 9), ("b", BASE, 5, 9), ("a", BASE, 5, 7)]), "a b c");
}

#[test]
fn orphans_stand_at_the_top() {
    assert_eq!(built(&[("a", BASE, 0, 9), ("b", "gone", 1, 2), ("c", "b", 1, 2)]), "a b/orphan(c)");
}

#[test]
fn rings_are_cut_at_their_earliest_point() {
    assert_eq!(built(&[("b", "a", 1, 8), ("a", "c", 0, 9), ("c", "b", 2, 7), ("d", "b", 3, 4)]), "a/cycle(b(c d))");
    assert_eq!(built(&[("a", "a", 0, 9), ("b", "a", 1, 2)]), "a/cycle(b)");
    assert_eq!(built(&[("x", "a", 0, 1), ("a", "b", 2, 3), ("b", "a", 4, 5)]), "a/cycle(x/skew b)");
}

#[test]
fn point_with_the_id_of_the_trace_is_no_ring() {
    assert_eq!(built(&[(BASE, BASE, 0, 9), ("b", BASE, 1, 2)]), format!("{BASE}(b)"));
}

#[test]
fn missing_ends_are_told() {
    let [start, _] = point("p", "a", BASE, 0, 9);
    let [_, stop] = point("p", "b", "a", 1, 8);
    let trace = Trace::build(vec![start, stop]);
    assert_eq!(shape(&trace), "a/unfinished(b/no-start)");
    assert_eq!(trace.points()[1].started_us, None);
    assert_eq!(trace.points()[1].finished_us, Some(8));
    assert_eq!(trace.points()[1].duration_us(), None);
    assert_eq!(trace.totals().unfinished, 1);
}

#[test]
fn duplicates_are_one_point() {
    let mut messages = request();
    let once = Trace::build(messages.clone());
    messages.extend(request());
    assert_eq!(Trace::build(messages), once);
}

#[test]
fn differing_duplicates_make_the_longest_point() {
    let messages = [point("p", "a", BASE, 3, 5), point("p", "a", BASE, 0, 9), point("p", "a", BASE, 1, 7)].concat();
    let trace = Trace::build(messages);
    assert_eq!((trace.points()[0].started_us, trace.points()[0].finished_us), (Some(0), Some(9)));
}

#[test]
fn points_that_share_an_id_both_stay() {
    let messages = [point("p", "a", BASE, 0, 9), point("q", "a", BASE, 1, 2), point("r", "b", "a", 3, 4)].concat();
    let trace = Trace::build(messages);
    assert_eq!(trace.points().iter().map(|point| point.name.as_str()).collect::<Vec<_>>(), ["p", "r", "q"]);
}

#[test]
fn differing_clocks_are_told() {
    assert_eq!(built(&[("a", BASE, 5, 3), ("b", "a", 4, 6)]), "a/skew(b/skew)");
}

#[test]
fn info_answers_by_its_shape() {
    let trace = Trace::build(request());
    let [root, first, second, failed] = trace.points() else { panic!("four points") };
    let request = root.request().expect("a request");
    assert_eq!((request.method, request.path, request.status_code), ("GET", "/authors", Some(500)));
    assert_eq!(first.rows(), Some(3));
    let parameters: Vec<String> =
        second.parameters().iter().map(|p| format!("{} {p} {:?}", p.name, p.type_name)).collect();
    assert_eq!(parameters, [r#"1 'it''s' Some("INTEGER")"#, r#"2 NULL Some("NULL")"#]);
    assert_eq!(failed.error(), Some(("Database", "UNIQUE constraint failed: posts.id")));
    assert_eq!(failed.db_code(), Some("1555"));
    assert!(!failed.is_cancelled());
}

#[test]
fn totals_count_side_by_side_statements_once() {
    let mut messages = request();
    let db = json!({"db": {"statement": "SELECT 1"}});
    messages.push(message("db-start", "q4", "r", 2_100, db));
    messages.push(message("db-stop", "q4", "r", 14_500, json!({"cancelled": true})));
    let totals = Trace::build(messages).totals();
    assert_eq!((totals.statements, totals.distinct_statements), (4, 3));
    assert_eq!(totals.database_us, 87 + 12_500 + 500);
    assert_eq!((totals.errors, totals.cancelled, totals.unfinished), (1, 1, 0));
}

#[test]
fn losses_are_summed_over_processes() {
    let lost = |id, host, lost, service: &str| {
        let mut message = message("p-start", id, BASE, 0, json!({"host": host, "lost_messages": lost}));
        message.service = Some(service.into());
        message
    };
    let messages =
        vec![lost("a", "h", 2, "api"), lost("b", "h", 5, "api"), lost("c", "i", 1, "api"), lost("d", "h", 10, "x")];
    let trace = Trace::build(StoredTrace { messages, skipped: 3 });
    assert_eq!((trace.lost_messages(), trace.skipped_lines()), (16, 3));
}

#[test]
fn no_messages_make_an_empty_trace() {
    let trace = Trace::build(StoredTrace { messages: Vec::new(), skipped: 1 });
    assert!(trace.is_empty());
    assert_eq!(trace.skipped_lines(), 1);
    assert_eq!(trace.base_id(), None);
}

#[test]
fn deep_traces_build_and_drop() {
    let trace = chain(20_000);
    assert_eq!(trace.points().last().map(|point| point.depth), Some(19_999));
    drop(trace);
}

/// A message whose info has `member` in it.
fn with_member(name: &str, member: &str) -> Message {
    let text = message(name, "a", BASE, 0, json!({"db": {"statement": "SELECT 1"}, "a": 1})).json().to_owned();
    Message::from_json(text.replace("\"a\":1", member).as_bytes()).expect("a message")
}

#[test]
fn deeply_nested_info_is_text_where_it_is_too_deep_and_the_statement_stays() {
    let nested = format!("\"a\":{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let trace = Trace::build(vec![with_member("p-start", &nested)]);
    assert_eq!(trace.points()[0].statement(), Some("SELECT 1"));
    assert!(trace.points()[0].start_info["a"].is_array());
}

/// Python's OSProfiler 4.4.0: `__exit__` of `profiler.Trace` takes `value.args[0]` for the message.
#[test]
fn error_is_one_whatever_its_type_and_message_are() {
    for (member, expected) in [
        (r#""etype": "KeyError", "message": 7"#, Some(("KeyError", "7"))),
        (
            r#""etype": "KeyError", "message": 123456789012345678901234567890"#,
            Some(("KeyError", "123456789012345678901234567890")),
        ),
        (r#""etype": "KeyError", "message": NaN"#, Some(("KeyError", "NaN"))),
        (r#""etype": "OSError", "message": [2, "No such file"]"#, Some(("OSError", r#"[2,"No such file"]"#))),
        (r#""etype": "ApiError", "message": {"a": "\ud83d"}"#, Some(("ApiError", "{\"a\":\"\u{fffd}\"}"))),
        (r#""etype": "KeyError", "message": null"#, Some(("KeyError", ""))),
        (r#""etype": "KeyError""#, Some(("KeyError", ""))),
        (r#""etype": 5, "message": "five""#, Some(("5", "five"))),
        (r#""etype": null, "message": {"no": "error"}"#, None),
        (r#""message": 7"#, None),
    ] {
        let trace = Trace::build(vec![with_member("p-stop", member)]);
        assert_eq!(trace.points()[0].error(), expected, "{member}");
    }
}

#[test]
fn what_a_point_does_not_keep_tells_of_its_process_all_the_same() {
    let told = |at_us, lost: u64| {
        let list = json!([{"what": "sqlx's own pool", "count": lost}]);
        message("p-stop", "a", BASE, at_us, json!({"host": "h", "lost_messages": lost, "handed_out": list}))
    };
    // The latest stop is the point's; the one before it says more.
    for messages in [vec![told(1, 7), told(2, 3)], vec![told(2, 3), told(1, 7)]] {
        let trace = Trace::build(messages);
        assert_eq!((trace.points().len(), trace.lost_messages(), trace.handed_out()[0].count), (1, 7, 7));
    }
}

#[test]
fn messages_longer_than_a_block_are_whole() {
    let long = "x".repeat(3 << 20);
    let messages: Vec<Message> = (0..4)
        .map(|number| message("p-start", &format!("p{number}"), BASE, number, json!({"a": long, "number": number})))
        .chain([message("p-start", "q", BASE, 9, json!({"number": 9}))])
        .collect();
    let trace = Trace::build(messages.clone());
    for (point, message) in trace.points().iter().zip(&messages) {
        assert_eq!(point.start.as_ref().map(|kept| kept.json()), Some(message.json()));
        assert_eq!(point.start_info["number"], message.info()["number"]);
    }
    assert_eq!(trace.points().len(), 5);
}

/// Messages among few points, so that duplicates, gaps, orphans and rings are common.
fn messages() -> impl Strategy<Value = Vec<Message>> {
    let ids = || prop::sample::select(vec!["a", "b", "c", "d", "e", "f", BASE]);
    let one = (prop::sample::select(vec!["p-start", "p-stop", "q-start", "q-stop"]), ids(), ids(), 0..6_i64, 0..2_u8)
        .prop_map(|(name, id, parent, at_us, info)| message(name, id, parent, at_us, json!({"n": info})));
    prop::collection::vec(one, 0..24)
}

proptest! {
    #[test]
    fn order_of_messages_changes_nothing((messages, shuffled) in messages().prop_flat_map(|messages| {
        (Just(messages.clone()), Just(messages).prop_shuffle())
    })) {
        prop_assert_eq!(Trace::build(messages), Trace::build(shuffled));
    }

    #[test]
    fn no_point_is_lost_and_the_tree_is_sound(messages in messages()) {
        let mut expected: Vec<(String, String)> =
            messages.iter().map(|message| (message.trace_id.to_string(), message.point().0.to_owned())).collect();
        expected.sort();
        expected.dedup();
        let trace = Trace::build(messages);
        let mut found: Vec<(String, String)> =
            trace.points().iter().map(|point| (point.trace_id.to_string(), point.name.clone())).collect();
        found.sort();
        prop_assert_eq!(found, expected);
        for (place, point) in trace.points().iter().enumerate() {
            let parent: Option<&Point> = point.parent.map(|parent| &trace.points()[parent]);
            prop_assert_eq!(point.depth, parent.map_or(0, |parent| parent.depth + 1));
            prop_assert!(parent.is_none_or(|parent| parent.children.contains(&place)));
            prop_assert!(point.parent.is_none_or(|parent| parent < place));
        }
    }
}
