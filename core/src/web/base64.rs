//! Base64 as Python reads and writes it.
//!
//! Written is the URL-safe alphabet with padding. Read is what `base64.urlsafe_b64decode` of CPython 3.11 reads: both
//! alphabets, mixed; characters that belong to neither are skipped; unused bits of the last character may be anything;
//! what follows the padding is ignored.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD, URL_SAFE};

/// Takes what is left once padding and foreign characters are gone.
const BARE: GeneralPurpose = GeneralPurpose::new(&STANDARD, NO_PAD.with_decode_allow_trailing_bits(true));

pub(super) fn encode(bytes: &[u8]) -> String {
    URL_SAFE.encode(bytes)
}

/// `None` where Python raises.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() {
        return None;
    }
    let mut bare = Vec::with_capacity(text.len());
    let mut pads = 0;
    let mut padded = false;
    for byte in text.bytes() {
        match byte {
            b'=' => {
                // Padding counts from the second character of a group of four on, and ends the text once the group is
                // full.
                let in_group = bare.len() % 4;
                if in_group >= 2 {
                    pads += 1;
                    if in_group + pads >= 4 {
                        padded = true;
                        break;
                    }
                }
            }
            b'-' => bare.push(b'+'),
            b'_' => bare.push(b'/'),
            b'+' | b'/' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => bare.push(byte),
            _ => continue,
        }
        if byte != b'=' {
            pads = 0;
        }
    }
    (padded || bare.len() % 4 == 0).then(|| BARE.decode(bare).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::fixtures;

    #[test]
    fn every_vector_is_read_as_python_reads_it() {
        for [text, hex] in fixtures::vectors().base64 {
            let decoded = decode(text.as_deref().expect("a vector has a text"));
            let shown = decoded.map(|bytes| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
            assert_eq!(shown, hex, "{text:?}");
        }
    }
}
