//! Facts about the HTML form.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest as _, Sha256};

use super::bar::Bar;
use super::*;
use crate::report::samples::{HOSTILE, called, chain, hostile, request};

fn page(trace: &Trace) -> String {
    let mut out = Vec::new();
    write(trace, &mut out).expect("memory takes all");
    String::from_utf8(out).expect("UTF-8")
}

/// The page's tags without their text, attributes included.
fn tags(page: &str) -> Vec<&str> {
    page.split('<').skip(1).filter_map(|rest| Some(rest.split_once('>')?.0)).collect()
}

#[test]
fn policy_allows_the_style_sheet() {
    assert_eq!(STYLE_SHA256, BASE64_STANDARD.encode(Sha256::digest(STYLE)));
}

#[test]
fn title_sums_up() {
    let page = page(&Trace::build(request()));
    assert!(page.contains("<title>GET /authors – 3 SQL – 34.2 ms</title>"), "{page}");
}

#[test]
fn page_shows_where_a_statement_came_from_as_text() {
    let page = page(&Trace::build(called()));
    for part in ["<small><bdi>src/posts.rs:42</bdi></small>", "<small><bdi>&lt;b&gt;␛[31m:1</bdi></small>"] {
        assert!(page.contains(part), "{page}");
    }
}

#[test]
fn page_shows_statement_parameters_rows_and_error() {
    let page = page(&Trace::build(request()));
    for part in [
        "<pre><bdi>SELECT title\n  FROM posts WHERE author = ?</bdi></pre>",
        "<code><bdi>&#39;it&#39;&#39;s&#39;</bdi></code>",
        "<code class=\"quiet\"><bdi>NULL</bdi></code>",
        "<td>3 rows",
        "✕ Database: UNIQUE constraint failed: posts.id [1555]",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
}

#[test]
fn page_needs_neither_script_nor_network_nor_inline_style() {
    let page = page(&Trace::build(request()));
    for tag in tags(&page) {
        assert!(!tag.starts_with("script") && !tag.starts_with("link") && !tag.starts_with("img"), "{tag}");
        assert!(!tag.contains(" style=") && !tag.contains(" on") && !tag.contains("src="), "{tag}");
        assert!(!tag.contains("href=") || tag.contains("href=\"#p"), "{tag}");
    }
    assert!(!STYLE.contains("url(") && !STYLE.contains("@import") && !STYLE.contains("</"));
}

#[test]
fn stored_text_never_becomes_markup() {
    // The same trace with harmless text has the tags that may be there.
    let harmless = page(&hostile("x"));
    for text in HOSTILE {
        let page = page(&hostile(text));
        assert_eq!(tags(&page), tags(&harmless), "{text:?}");
        assert!(!page.chars().any(|c| c != '\n' && crate::report::visible::is_hidden(c)), "{text:?}");
    }
}

#[test]
fn same_trace_gives_the_same_bytes() {
    let mut messages = request();
    let first = page(&Trace::build(messages.clone()));
    messages.reverse();
    assert_eq!(page(&Trace::build(messages)), first);
}

#[test]
fn deep_traces_say_how_much_is_left_out() {
    let page = page(&chain(20_000));
    assert!(page.contains("… and 15000 more points"));
}

#[test]
fn bars_stay_inside_their_picture() {
    for (from, length, whole, shown) in [
        (0, 0, 0, r#"x="0.0" width="1.0""#),
        (50, 25, 100, r#"x="50.0" width="25.0""#),
        (100, 0, 100, r#"x="99.0" width="1.0""#),
        (u64::MAX, u64::MAX, 1, r#"x="0.0" width="100.0""#),
    ] {
        let bar = Bar { from, length, whole }.to_string();
        assert!(bar.contains(shown), "{bar}");
    }
}
