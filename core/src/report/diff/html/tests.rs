//! Facts about the page of what changed.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest as _, Sha256};

use super::*;
use crate::report::Trace;
use crate::report::diff::tests::{POSTS, USERS, ran, trace, with_diff};
use crate::report::samples::{HOSTILE, hostile, request};

fn html_of(before: &Trace, after: &Trace) -> String {
    with_diff(before, after, |diff| {
        let mut out = Vec::new();
        write(diff, &mut out).expect("memory takes all");
        String::from_utf8(out).expect("UTF-8")
    })
}

#[test]
fn policy_allows_the_style_sheet() {
    assert_eq!(STYLE_SHA256, BASE64_STANDARD.encode(Sha256::digest(STYLE)));
}

/// The page's tags without their text, attributes included.
fn tags(page: &str) -> Vec<&str> {
    page.split('<').skip(1).filter_map(|rest| Some(rest.split_once('>')?.0)).collect()
}

#[test]
fn stored_text_never_becomes_markup() {
    let harmless = html_of(&hostile("x"), &Trace::build(request()));
    for text in HOSTILE {
        let (before, after) = (hostile(text), Trace::build(request()));
        let page = html_of(&before, &after);
        assert_eq!(tags(&page), tags(&harmless), "{text:?}");
        assert!(!page.chars().any(|c| c != '\n' && crate::report::visible::is_hidden(c)), "{text:?}");
    }
}

#[test]
fn page_needs_neither_script_nor_network_nor_inline_style() {
    let page = html_of(&trace("/", &[ran(USERS, 100)]), &trace("/", &[ran(POSTS, 100)]));
    for tag in tags(&page) {
        assert!(!["script", "link", "img", "a "].iter().any(|name| tag.starts_with(name)), "{tag}");
        assert!(!tag.contains(" style=") && !tag.contains(" on") && !tag.contains("src="), "{tag}");
    }
    assert!(!STYLE.contains("url(") && !STYLE.contains("@import") && !STYLE.contains("</"));
}
