//! [`HmacKey`]: a secret that signs trace headers.

use std::fmt;
use std::sync::Arc;

/// A key that signs trace headers, as clients and services share it. Its debug output does not show it.
///
/// ```
/// use osprofiler::web::HmacKey;
///
/// let keys = HmacKey::split("new_key, old_key");
/// assert_eq!(keys[1].as_ref(), "old_key");
/// assert_eq!(format!("{:?}", keys[1]), "HmacKey(..)");
/// ```
#[derive(Clone)]
pub struct HmacKey(Arc<str>);

impl HmacKey {
    /// Splits a configured value at its commas. Whitespace around keys is no part of them, and empty keys do not count,
    /// as in OSProfiler.
    #[must_use]
    pub fn split(text: &str) -> Vec<Self> {
        text.split(',').map(strip).filter(|key| !key.is_empty()).map(Self::from).collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Removes what Python's `str.strip` removes: more than Rust's whitespace, by four control characters.
pub(super) fn strip(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || ('\x1c'..='\x1f').contains(&c))
}

impl AsRef<str> for HmacKey {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl From<&str> for HmacKey {
    fn from(key: &str) -> Self {
        Self(key.into())
    }
}

impl From<String> for HmacKey {
    fn from(key: String) -> Self {
        Self(key.into())
    }
}

impl fmt::Debug for HmacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HmacKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_split_as_python_does() {
        for (text, keys) in
            [("a, b,,c ", &["a", "b", "c"][..]), ("", &[]), (" , ", &[]), ("a b\x1f,\u{a0}c\n", &["a b", "c"])]
        {
            let split = HmacKey::split(text);
            assert_eq!(split.iter().map(AsRef::as_ref).collect::<Vec<&str>>(), keys, "{text:?}");
        }
    }
}
