//! The page's script and style sheet, and their hashes, by which the page's policy lets them in and nothing else.
//!
//! What is committed is what ships, without its comments, indentation and needless line breaks. After an edit,
//! `cargo test -p osprofiler --features html assets` prints the hashes that belong here.

use std::sync::LazyLock;

/// The script: plain JavaScript that needs no build, within one function so that nothing leaks.
pub(super) static SCRIPT: LazyLock<String> = LazyLock::new(|| {
    let pieces = [
        include_str!("assets/00-data.js"),
        include_str!("assets/10-model.js"),
        include_str!("assets/20-search.js"),
        include_str!("assets/30-window.js"),
        include_str!("assets/40-detail.js"),
        include_str!("assets/41-statements.js"),
        include_str!("assets/42-order.js"),
        include_str!("assets/43-timeline.js"),
        include_str!("assets/44-minimap.js"),
        include_str!("assets/45-breakdown.js"),
        include_str!("assets/50-keys.js"),
        include_str!("assets/90-boot.js"),
    ];
    format!("(()=>{{\"use strict\";\n{}}})();\n", pieces.map(without_comments).concat())
});

/// The SHA-256 of [`SCRIPT`] in Base64.
pub(super) const SCRIPT_SHA256: &str = "Y6I2o/DOF7dbCwGwk0JfGOXAaeVD+LbmGqVRcGkgnrw=";

/// The style sheet.
pub(super) static STYLE: LazyLock<String> = LazyLock::new(|| without_comments(include_str!("assets/report.css")));

/// The SHA-256 of [`STYLE`] in Base64.
pub(super) const STYLE_SHA256: &str = "oQBxUcP7k74zjES20R3zTktIDyuB/PJF1DAYKmiBn90=";

/// The lines that do something, without what they begin with. A comment begins a line, and no text goes on in the next
/// one: a test looks.
fn without_comments(source: &str) -> String {
    let mut kept = String::with_capacity(source.len());
    let mut in_comment = false;
    for mut line in source.lines() {
        line = line.trim();
        in_comment |= line.starts_with("/*");
        if in_comment {
            let Some((_, rest)) = line.split_once("*/") else { continue };
            in_comment = false;
            line = rest.trim_start();
        }
        if !line.is_empty() && !line.starts_with("//") {
            kept.push_str(line);
            // Behind these a line break says nothing, in script and in style.
            if !line.ends_with(['{', '(', '[', ',', ';']) {
                kept.push('\n');
            }
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD;
    use sha2::{Digest as _, Sha256};

    use super::*;

    #[test]
    fn policy_lets_script_and_style_in() {
        let hash = |text: &str| BASE64_STANDARD.encode(Sha256::digest(text));
        let right = format!("SCRIPT_SHA256: &str = \"{}\";\nSTYLE_SHA256: &str = \"{}\";", hash(&SCRIPT), hash(&STYLE));
        let written = format!("SCRIPT_SHA256: &str = \"{SCRIPT_SHA256}\";\nSTYLE_SHA256: &str = \"{STYLE_SHA256}\";");
        assert!(written == right, "assets.rs should say:\n{right}");
    }

    #[test]
    fn assets_cannot_end_their_element_and_need_no_network() {
        for asset in [&*SCRIPT, &*STYLE] {
            // A carriage return would be normalized before a browser takes the hash.
            for part in ["</s", "</S", "<!--", "\r", "http:", "https:", "@import", "src=\"", "url("] {
                assert!(!asset.contains(part), "{part:?}");
            }
        }
        for banned in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function("] {
            assert!(!SCRIPT.contains(banned), "{banned}");
        }
    }

    #[test]
    fn no_text_goes_over_several_lines_and_no_comment_is_left() {
        for line in SCRIPT.lines() {
            assert!(line.matches('`').count() % 2 == 0, "{line}");
        }
        assert!(!SCRIPT.contains("\n//") && !SCRIPT.contains("\n*") && !STYLE.contains("/*"));
    }

    #[test]
    fn script_and_style_keep_their_budget() {
        assert!(SCRIPT.len() + STYLE.len() <= 100 << 10, "{} bytes", SCRIPT.len() + STYLE.len());
    }
}
