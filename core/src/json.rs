//! [`InfoWriter`]: a point's info as JSON text, without a tree of values in between.

use serde::Serialize;

/// Writes the members of a JSON object, in the order of the calls.
///
/// ```
/// use osprofiler::InfoWriter;
///
/// let mut info = InfoWriter::new();
/// info.object("db", |db| {
///     db.string("statement", "SELECT 1");
///     db.number("rows", 1);
/// });
/// info.bool("cancelled", true);
/// assert_eq!(info.finish(), r#"{"db":{"statement":"SELECT 1","rows":1},"cancelled":true}"#);
/// ```
#[derive(Debug)]
pub struct InfoWriter {
    out: Vec<u8>,
    /// Nothing stands before the next member.
    first: bool,
}

impl Default for InfoWriter {
    fn default() -> Self {
        Self::new()
    }
}

impl InfoWriter {
    /// An empty object.
    #[must_use]
    pub fn new() -> Self {
        let mut out = Vec::with_capacity(384);
        out.push(b'{');
        Self { out, first: true }
    }

    /// A member that is text.
    pub fn string(&mut self, key: &str, value: &str) {
        self.key(key);
        write_str(&mut self.out, value);
    }

    /// A member that is a whole number.
    pub fn number(&mut self, key: &str, value: u64) {
        self.key(key);
        write_json(&mut self.out, &value);
    }

    /// A member that is true or false.
    pub fn bool(&mut self, key: &str, value: bool) {
        self.key(key);
        self.out.extend_from_slice(if value { b"true" } else { b"false" });
    }

    /// A member of any other kind.
    pub fn value(&mut self, key: &str, value: &(impl Serialize + ?Sized)) {
        self.key(key);
        write_json(&mut self.out, value);
    }

    /// A member that is an object with what `write` writes.
    pub fn object(&mut self, key: &str, write: impl FnOnce(&mut Self)) {
        self.key(key);
        self.out.push(b'{');
        self.first = true;
        write(self);
        self.out.push(b'}');
        self.first = false;
    }

    /// Members that were written before by a writer of their own.
    pub(crate) fn members(&mut self, written: &str) {
        let members = &written.as_bytes()[1..written.len() - 1];
        if !members.is_empty() {
            self.comma();
            self.out.extend_from_slice(members);
        }
    }

    /// The object's text.
    #[must_use]
    pub fn finish(mut self) -> String {
        self.out.push(b'}');
        // Whatever `Serialize` implementations wrote is UTF-8 too, since `serde_json` wrote it.
        String::from_utf8(self.out).unwrap_or_default()
    }

    pub(crate) fn key(&mut self, key: &str) {
        self.comma();
        write_str(&mut self.out, key);
        self.out.push(b':');
    }

    pub(crate) fn raw(&mut self) -> &mut Vec<u8> {
        &mut self.out
    }

    fn comma(&mut self) {
        if !std::mem::replace(&mut self.first, false) {
            self.out.push(b',');
        }
    }
}

/// Appends a JSON string.
pub(crate) fn write_str(out: &mut Vec<u8>, text: &str) {
    // Most texts need no escape; this loop has no branch, so that it looks at many bytes at once.
    let plain = text.bytes().fold(true, |plain, byte| plain & (byte >= 0x20) & (byte != b'"') & (byte != b'\\'));
    if plain {
        out.reserve(text.len() + 2);
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    } else {
        write_json(out, text);
    }
}

/// Appends any JSON. What cannot be JSON, such as a map whose keys are no text, is `null`.
pub(crate) fn write_json(out: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    let start = out.len();
    if serde_json::to_writer(&mut *out, value).is_err() {
        out.truncate(start);
        out.extend_from_slice(b"null");
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_no_json_is_null() {
        let mut info = InfoWriter::new();
        info.value("map", &HashMap::from([(vec![1], 2)]));
        info.value("list", &[1, 2]);
        assert_eq!(info.finish(), r#"{"map":null,"list":[1,2]}"#);
    }

    #[test]
    fn members_join() {
        let mut inner = InfoWriter::new();
        inner.string("system", "sqlite");
        let written = inner.finish();
        let mut info = InfoWriter::new();
        info.members("{}");
        info.members(&written);
        info.members(&written);
        info.number("n", 1);
        assert_eq!(info.finish(), r#"{"system":"sqlite","system":"sqlite","n":1}"#);
    }

    proptest! {
        #[test]
        fn any_text_comes_back(text in any::<String>()) {
            let mut out = Vec::new();
            write_str(&mut out, &text);
            prop_assert_eq!(serde_json::from_slice::<String>(&out).expect("JSON"), text);
        }
    }
}
