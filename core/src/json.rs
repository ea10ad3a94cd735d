//! [`InfoWriter`]: a point's info as JSON text, without a tree of values in between; and how objects are read.

use serde::de::Error as _;
use serde::{Deserialize, Serialize};

/// Reads an object. Left alone, a derived structure takes a list of its members' values for one as well.
pub(crate) fn object<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, serde_json::Error> {
    if text.trim_ascii_start().starts_with('[') {
        return Err(serde_json::Error::custom("a list stands where an object belongs"));
    }
    serde_json::from_str(text)
}

/// Writes the members of a JSON object, in the order of the calls. Keys must be plain: no quotation mark, backslash or
/// control character, which only [`value`](Self::value) escapes.
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
    out: String,
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
        Self::after(String::new())
    }

    /// An empty object behind other text.
    pub(crate) fn after(mut out: String) -> Self {
        out.push('{');
        Self { out, first: true }
    }

    /// A member that is text.
    #[inline]
    pub fn string(&mut self, key: &'static str, value: &str) {
        self.key(key);
        write_str(&mut self.out, value);
    }

    /// A member that is text of the program's own, which needs no escape.
    #[inline]
    pub(crate) fn word(&mut self, key: &'static str, value: &'static str) {
        debug_assert!(is_plain(value.as_bytes()), "{value:?} needs an escape: use `string`");
        self.key(key);
        self.out.push('"');
        self.out.push_str(value);
        self.out.push('"');
    }

    /// A member that is a whole number.
    #[inline]
    pub fn number(&mut self, key: &'static str, value: u64) {
        self.key(key);
        self.out.push_str(itoa::Buffer::new().format(value));
    }

    /// A member that is true or false.
    pub fn bool(&mut self, key: &'static str, value: bool) {
        self.key(key);
        self.out.push_str(if value { "true" } else { "false" });
    }

    /// A member of any other kind; its key may be any text.
    pub fn value(&mut self, key: &str, value: &(impl Serialize + ?Sized)) {
        self.comma();
        write_str(&mut self.out, key);
        self.out.push(':');
        write_json(&mut self.out, value);
    }

    /// A member that is an object with what `write` writes.
    #[inline]
    pub fn object(&mut self, key: &'static str, write: impl FnOnce(&mut Self)) {
        self.key(key);
        self.out.push('{');
        self.first = true;
        write(self);
        self.out.push('}');
        self.first = false;
    }

    /// A member that is a list; `elements` is its text, each element followed by a comma.
    pub(crate) fn list(&mut self, key: &'static str, elements: &str) {
        self.open_list(key);
        self.out.push_str(elements);
        self.close_list();
    }

    /// Begins a member that is a list.
    pub(crate) fn open_list(&mut self, key: &'static str) {
        self.key(key);
        self.out.push('[');
    }

    /// Ends the list, whose elements are each followed by a comma.
    pub(crate) fn close_list(&mut self) {
        if self.out.ends_with(',') {
            self.out.pop();
        }
        self.out.push(']');
    }

    /// Members that were written before by a writer of their own.
    pub(crate) fn members(&mut self, written: &str) {
        let members = &written[1..written.len() - 1];
        if !members.is_empty() {
            self.comma();
            self.out.push_str(members);
        }
    }

    /// How long the text is, and whether a member stands before the next: what [`undo`](Self::undo) goes back to.
    pub(crate) fn len(&self) -> (usize, bool) {
        (self.out.len(), self.first)
    }

    pub(crate) fn undo(&mut self, (length, first): (usize, bool)) {
        self.out.truncate(length);
        self.first = first;
    }

    /// Lends the text to another writer, until [`put_back`](Self::put_back).
    pub(crate) fn take(&mut self) -> String {
        std::mem::take(&mut self.out)
    }

    pub(crate) fn put_back(&mut self, out: String) {
        self.out = out;
    }

    /// The object's text.
    #[must_use]
    pub fn finish(mut self) -> String {
        self.out.push('}');
        self.out
    }

    /// The key is the program's own and needs no escape.
    #[inline]
    fn key(&mut self, key: &'static str) {
        debug_assert!(is_plain(key.as_bytes()), "{key:?} needs an escape: use `value`");
        self.out.push_str(if std::mem::replace(&mut self.first, false) { "\"" } else { ",\"" });
        self.out.push_str(key);
        self.out.push_str("\":");
    }

    fn comma(&mut self) {
        if !std::mem::replace(&mut self.first, false) {
            self.out.push(',');
        }
    }
}

/// Appends a JSON string.
pub(crate) fn write_str(out: &mut String, text: &str) {
    if is_plain(text.as_bytes()) {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        write_json(out, text);
    }
}

/// Whether a text needs no escape in JSON, as most do. It looks at eight bytes at once; a text that needs none may be said
/// to need one, and not the other way round.
fn is_plain(text: &[u8]) -> bool {
    const fn all(byte: u8) -> u64 {
        u64::from_ne_bytes([byte; 8])
    }
    // The classic test: a byte of `x` is zero where subtracting one from it sets its highest bit, which was clear.
    const fn has_zero(x: u64) -> u64 {
        x.wrapping_sub(all(1)) & !x & all(0x80)
    }
    const fn needs_escape(x: u64) -> bool {
        let control = x.wrapping_sub(all(0x20)) & !x & all(0x80);
        control | has_zero(x ^ all(b'"')) | has_zero(x ^ all(b'\\')) != 0
    }
    let (blocks, rest) = text.as_chunks::<8>();
    if blocks.iter().any(|block| needs_escape(u64::from_ne_bytes(*block))) {
        return false;
    }
    match text.last_chunk::<8>() {
        // The last eight bytes, some of which were looked at before.
        Some(last) => rest.is_empty() || !needs_escape(u64::from_ne_bytes(*last)),
        None => !rest.iter().any(|byte| *byte < 0x20 || *byte == b'"' || *byte == b'\\'),
    }
}

/// Appends any JSON. What cannot be JSON, such as a map whose keys are no text, is `null`.
pub(crate) fn write_json(out: &mut String, value: &(impl Serialize + ?Sized)) {
    match serde_json::to_string(value) {
        Ok(json) => out.push_str(&json),
        Err(_) => out.push_str("null"),
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

    #[test]
    fn only_texts_without_escapes_are_plain() {
        for byte in 0..=u8::MAX {
            let escape = byte < 0x20 || byte == b'"' || byte == b'\\';
            for (length, place) in (1..=20).flat_map(|length| (0..length).map(move |place| (length, place))) {
                let mut text = [b'x'; 20];
                text[place] = byte;
                assert_eq!(is_plain(&text[..length]), !escape, "{byte} at {place} of {length}");
            }
        }
    }

    proptest! {
        #[test]
        fn any_text_comes_back(text in any::<String>()) {
            let mut out = String::new();
            write_str(&mut out, &text);
            prop_assert_eq!(serde_json::from_str::<String>(&out).expect("JSON"), text);
        }
    }
}
