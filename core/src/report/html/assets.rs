//! The page's script and style sheet, and their hashes, by which the page's policy lets them in and nothing else.
//!
//! After an edit, `cargo test -p osprofiler --features html assets` prints the hashes that belong here.

/// The script. The pieces are plain JavaScript that needs no build, within one function so that nothing leaks.
pub(super) const SCRIPT: &str = concat!(
    "(()=>{\"use strict\";\n",
    include_str!("assets/00-data.js"),
    include_str!("assets/10-model.js"),
    include_str!("assets/20-search.js"),
    include_str!("assets/30-window.js"),
    include_str!("assets/40-views.js"),
    include_str!("assets/50-keys.js"),
    include_str!("assets/90-boot.js"),
    "})();\n",
);

/// The SHA-256 of [`SCRIPT`] in Base64.
pub(super) const SCRIPT_SHA256: &str = "/nk7ZnYsKEVlnoHAsn+qr4mIFIvbzHN2XKQqFlSep/E=";

/// The style sheet.
pub(super) const STYLE: &str = include_str!("assets/report.css");

/// The SHA-256 of [`STYLE`] in Base64.
pub(super) const STYLE_SHA256: &str = "yQUXWLtpZaLkR8X/9kUn8fpAMS8m8cjcmIjXvAXUSZk=";

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD;
    use sha2::{Digest as _, Sha256};

    use super::*;

    #[test]
    fn policy_lets_script_and_style_in() {
        let hash = |text: &str| BASE64_STANDARD.encode(Sha256::digest(text));
        let right = format!("SCRIPT_SHA256: &str = \"{}\";\nSTYLE_SHA256: &str = \"{}\";", hash(SCRIPT), hash(STYLE));
        let written = format!("SCRIPT_SHA256: &str = \"{SCRIPT_SHA256}\";\nSTYLE_SHA256: &str = \"{STYLE_SHA256}\";");
        assert!(written == right, "assets.rs should say:\n{right}");
    }

    #[test]
    fn assets_cannot_end_their_element_and_need_no_network() {
        for asset in [SCRIPT, STYLE] {
            // A carriage return would be normalized before a browser takes the hash.
            for part in ["</s", "</S", "<!--", "\r", "http:", "https:", "@import", "src=\""] {
                assert!(!asset.contains(part), "{part:?}");
            }
        }
        assert!(!STYLE.contains("url("));
    }

    #[test]
    fn script_and_style_keep_their_budget() {
        assert!(SCRIPT.len() + STYLE.len() <= 80 << 10, "{} bytes", SCRIPT.len() + STYLE.len());
    }
}
