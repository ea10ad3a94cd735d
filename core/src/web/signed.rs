//! Signing and checking: a JSON object as URL-safe base64, and HMAC-SHA1 over that text in hexadecimal digits.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value};
use sha1::Sha1;
use subtle::ConstantTimeEq;

use super::{base64, json, key};

/// Trace info longer than this is not looked at. A header as this crate or OSProfiler makes it has about 150 bytes.
pub const MAX_INFO_BYTES: usize = 4096;

/// A signature has 40 bytes; the rest is room for whitespace around it.
const MAX_HMAC_BYTES: usize = 128;

/// The digits of a signature.
type Digits = [u8; 40];

/// Packs `data` and signs it with `hmac_key`: the values of [`X_TRACE_INFO`](super::X_TRACE_INFO) and
/// [`X_TRACE_HMAC`](super::X_TRACE_HMAC).
///
/// Without a key, or with an empty one, there is no signature, and nobody trusts the data.
///
/// ```
/// use osprofiler::web::{signed_pack, signed_unpack};
/// use serde_json::{Map, Value};
///
/// let data = Map::from_iter([("base_id".to_owned(), Value::from("nightly"))]);
/// let (info, hmac) = signed_pack(&data, "SECRET_KEY");
/// let unpacked = signed_unpack(&*info, hmac.as_deref(), &["SECRET_KEY"]).expect("signed with a known key");
/// assert_eq!(unpacked["base_id"], "nightly");
/// assert_eq!(unpacked["hmac_key"], "SECRET_KEY");
/// ```
#[must_use]
pub fn signed_pack<'a>(data: &Map<String, Value>, hmac_key: impl Into<Option<&'a str>>) -> (String, Option<String>) {
    let packed = base64::encode(&json::to_vec(data));
    let hmac = hmac_key
        .into()
        .filter(|key| !key.is_empty())
        .and_then(|key| sign(&packed, key))
        .map(|digits| digits.map(char::from).iter().collect());
    (packed, hmac)
}

/// Checks that `data` was signed with one of `hmac_keys` and unpacks it; the key that matched is added as `hmac_key`.
///
/// `None` where anything is wrong. Behaves as OSProfiler's function of that name, and is `None` where that one raises.
/// It is stricter in these: empty keys match nothing, data over [`MAX_INFO_BYTES`] is not looked at, and JSON that Rust
/// has no value for (`NaN`, halves of surrogate pairs, numbers beyond a double's range) is no JSON.
///
/// The signature is compared in constant time.
#[must_use]
pub fn signed_unpack<'a>(
    data: impl Into<Option<&'a str>>,
    hmac_data: impl Into<Option<&'a str>>,
    hmac_keys: &[impl AsRef<str>],
) -> Option<Map<String, Value>> {
    let (mut contents, hmac_key) = unpack(data.into()?, hmac_data.into()?, hmac_keys)?;
    contents.insert("hmac_key".to_owned(), Value::from(hmac_key));
    Some(contents)
}

/// The contents of validly signed data, and the key that signed it.
pub(super) fn unpack<'k>(
    data: &str,
    hmac_data: &str,
    hmac_keys: &'k [impl AsRef<str>],
) -> Option<(Map<String, Value>, &'k str)> {
    if data.is_empty() || data.len() > MAX_INFO_BYTES || hmac_data.len() > MAX_HMAC_BYTES {
        return None;
    }
    let given: &Digits = key::strip(hmac_data).as_bytes().try_into().ok()?;
    let mut keys = hmac_keys.iter().map(AsRef::as_ref).filter(|key| !key.is_empty());
    let hmac_key = keys.find(|key| sign(data, key).is_some_and(|digits| bool::from(digits.ct_eq(given))))?;
    let contents = serde_json::from_slice(&base64::decode(data)?).ok()?;
    Some((contents, hmac_key))
}

/// Never `None` in fact: HMAC takes keys of any length.
fn sign(data: &str, hmac_key: &str) -> Option<Digits> {
    let mut mac = Hmac::<Sha1>::new_from_slice(hmac_key.as_bytes()).ok()?;
    mac.update(data.as_bytes());
    let bytes = mac.finalize().into_bytes();
    let mut digits = [0; 40];
    for (pair, byte) in digits.chunks_exact_mut(2).zip(bytes) {
        pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
    }
    Some(digits)
}

/// Computed rather than looked up, so that the digits of a right signature leave no trace in the cache.
fn digit(nibble: u8) -> u8 {
    // 39 lies between `9` and `a`; the shift is 1 for nibbles over 9 only.
    b'0' + nibble + 39 * ((nibble + 6) >> 4)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::web::fixtures;

    #[test]
    fn every_vector_is_packed_as_python_packs_it() {
        for case in fixtures::vectors().pack {
            assert_eq!(signed_pack(&case.data, case.key.as_deref()), (case.packed, case.hmac));
        }
    }

    #[test]
    fn every_vector_is_unpacked_as_python_unpacks_it() {
        for case in fixtures::vectors().unpack {
            let unpacked = signed_unpack(case.data.as_deref(), case.hmac.as_deref(), &case.keys.unwrap_or_default());
            assert_eq!(unpacked, case.unpacked, "{}", case.name);
        }
    }

    #[test]
    fn empty_key_matches_nothing() {
        let packed = "e30=";
        let digits = sign(packed, "").expect("any key signs");
        let hmac: String = digits.map(char::from).iter().collect();
        assert_eq!(signed_unpack(packed, hmac.as_str(), &[""]), None);
    }

    #[test]
    fn oversized_headers_are_not_looked_at() {
        for (padding, valid) in [(MAX_INFO_BYTES - 4, true), (MAX_INFO_BYTES - 3, false)] {
            let data = format!("e30={}", " ".repeat(padding));
            let hmac: String = sign(&data, "k").expect("any key signs").map(char::from).iter().collect();
            assert_eq!(signed_unpack(data.as_str(), hmac.as_str(), &["k"]).is_some(), valid);
            assert_eq!(signed_unpack(data.as_str(), format!("{hmac}{}", " ".repeat(100)).as_str(), &["k"]), None);
        }
    }

    proptest! {
        #[test]
        fn what_is_packed_is_unpacked(text in any::<String>(), key in "\\PC+") {
            let mut data = Map::from_iter([("base_id".to_owned(), Value::from(text))]);
            let (packed, hmac) = signed_pack(&data, key.as_str());
            prop_assume!(packed.len() <= MAX_INFO_BYTES);
            let unpacked = signed_unpack(packed.as_str(), hmac.as_deref(), &["other", &key]);
            data.insert("hmac_key".to_owned(), Value::from(key));
            prop_assert_eq!(unpacked, Some(data));
        }

        #[test]
        fn arbitrary_headers_are_survived(data in any::<String>(), hmac in any::<String>(), key in any::<String>()) {
            prop_assert_eq!(signed_unpack(data.as_str(), hmac.as_str(), &[&key]), None);
            // With a valid signature, so that the text is looked at.
            if let Some(digits) = sign(&data, &key) {
                let hmac: String = digits.map(char::from).iter().collect();
                let _ = signed_unpack(data.as_str(), hmac.as_str(), &[key]);
            }
        }

        #[test]
        fn arbitrary_base64_is_survived(data in "[A-Za-z0-9+/_=\\- \n-]{0,64}") {
            let _ = base64::decode(&data);
        }
    }
}
