//! Facts about the terminal view.

use super::*;
use crate::driver::StoredTrace;
use crate::report::samples::{HOSTILE, around, called, chain, hostile, request, two_services};

fn shown(trace: &Trace, style: &Style) -> String {
    let mut out = Vec::new();
    write(trace, style, &mut out).expect("memory takes all");
    String::from_utf8(out).expect("UTF-8")
}

#[test]
fn request_reads_well() {
    let trace = Trace::build(StoredTrace { messages: request(), skipped: 1 });
    let style = Style { width: Some(100), ..Style::default() };
    insta::assert_snapshot!(shown(&trace, &style), @r##"
    GET /authors  500  34.2 ms
    trace 7a4b3b7e-0a7e-4f0e-9a53-0123456789ab  2026-01-02 03:04:05.000 UTC
    3 statements · 2 distinct · database 13.0 ms of 34.2 ms (38 %) · 1 error
    ! 1 stored entry could not be read: points may be missing

    ✕ Error 1555: INSERT posts
      `INSERT INTO posts VALUES (?+)` failed: Database: UNIQUE constraint failed: posts.id [1555].
    ℹ Dominant: SELECT posts, 36 % of the request
      `SELECT title FROM posts WHERE author = ?` took 12.4 ms of 34.2 ms, which is 36 % of the request.

       34.2 ms  wsgi GET /authors?page=2  → 500
      0.087 ms  ├─ db SELECT title FROM posts WHERE author = ?  [1, NULL]  → 3 rows
       12.4 ms  ├─ db SELECT title FROM posts WHERE author = ?  ['it''s', NULL]  → 3 rows
      0.500 ms  └─ db INSERT INTO posts VALUES (?)  [7]
                      ✕ Database: UNIQUE constraint failed: posts.id [1555]

     count      total        max     rows  statement
         2    12.5 ms    12.4 ms        6  SELECT title FROM posts WHERE author = ?
         1   0.500 ms   0.500 ms        -  INSERT INTO posts VALUES (?)  ✕ 1 error
    "##);
}

#[test]
fn services_are_named_where_there_are_several() {
    let style = Style { width: Some(100), ..Style::default() };
    insta::assert_snapshot!(shown(&Trace::build(two_services()), &style), @r##"
    GET /  200  9.000 ms
    trace 7a4b3b7e-0a7e-4f0e-9a53-0123456789ab  2026-01-02 03:04:05.000 UTC
    1 statement · database 3.000 ms of 9.000 ms (33 %)

    ℹ Dominant: SELECT, 33 % of the request
      `SELECT ?` took 3.000 ms of 9.000 ms, which is 33 % of the request.

      9.000 ms  [gateway] wsgi GET /  → 200
      7.000 ms  └─ http GET posts.example:8080/posts?a=1  → 200
      5.000 ms     └─ [posts] wsgi GET /posts  → 200
      3.000 ms        └─ db SELECT 1  → 1 row

     count      total        max     rows  statement
         1   3.000 ms   3.000 ms        1  SELECT 1
    "##);
}

#[test]
fn what_is_no_statement_of_the_programs_is_told_apart() {
    let style = Style { width: Some(100), ..Style::default() };
    insta::assert_snapshot!(shown(&Trace::build(around()), &style), @r##"
    db  1.100 ms
    trace 7a4b3b7e-0a7e-4f0e-9a53-0123456789ab  2026-01-02 03:04:05.000 UTC
    2 statements · 1 distinct · database 0.600 ms of 1.100 ms (55 %) · 1 transaction · 1 statement bypassed the traced pool

    ℹ Bypassed: 1 statement around the traced connection
      1 statement ran on sqlx's own connections, and only sqlx's events tell of them: values and errors
      are not recorded. Functions that take `&PgPool`, `&mut PgConnection` or `impl Acquire` do that;
      let them take the traced type.

      0.100 ms  db BEGIN
      0.100 ms  db SAVEPOINT _sqlx_savepoint_1
      0.100 ms  db SELECT 1  → 1 row
      0.100 ms  db SELECT 3  (not run)
      0.100 ms  db SELECT 2  → 1 row  (bypassed the traced pool)
      0.100 ms  db ROLLBACK  (rolled back by drop)

     count      total        max     rows  statement
         2   0.200 ms   0.100 ms        2  SELECT ?
    "##);
}

#[test]
fn statements_say_where_they_came_from_where_that_is_known() {
    let text = shown(&Trace::build(called()), &Style::default());
    for line in [
        "db SELECT 1  [0]  → 1 row  src/posts.rs:42\n",
        "db SELECT 1  [1]  → 1 row  blog::authors::find\n",
        "db SELECT 1  [2]  → 1 row  <b>␛[31m:1\n",
    ] {
        assert!(text.contains(line), "{text}");
    }
}

#[test]
fn colours_come_only_when_asked_for() {
    let trace = Trace::build(request());
    let colored = shown(&trace, &Style { color: true, ..Style::default() });
    assert!(colored.contains("\u{1b}[31m✕ Database"));
    assert!(!shown(&trace, &Style::default()).contains('\u{1b}'));
}

#[test]
fn lines_fit_the_width_unless_told_otherwise() {
    let trace = hostile(&"long text ".repeat(1000));
    let style = Style { width: Some(120), ..Style::default() };
    let longest = shown(&trace, &style).lines().skip(2).map(|line| line.chars().count()).max();
    assert!(longest <= Some(200), "{longest:?}");
    let whole = shown(&trace, &Style { width: None, ..Style::default() });
    assert!(whole.contains("long text ".repeat(1000).trim_end()));
}

#[test]
fn long_traces_say_how_much_is_left_out() {
    let text = shown(&chain(20_000), &Style::default());
    assert!(text.lines().count() < 1_010);
    assert!(text.contains("… and 19000 more points"), "{text}");
    assert!(text.contains("… 999 deep: step"), "{text}");
}

#[test]
fn stored_text_cannot_drive_the_terminal() {
    for text in HOSTILE {
        let text = shown(&hostile(text), &Style { width: None, ..Style::default() });
        assert!(!text.chars().any(|c| c != '\n' && crate::report::visible::is_hidden(c)), "{text:?}");
    }
}

#[test]
fn empty_trace_is_said_to_be_empty() {
    assert!(shown(&Trace::build(Vec::new()), &Style::default()).contains("No SQL was recorded."));
}
