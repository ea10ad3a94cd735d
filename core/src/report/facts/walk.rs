//! [`Walk`]: goes along the text of an info, member by member, without making values of it.
//!
//! The text was read as JSON when the message came, so nothing is checked here again. Text that is not JSON after all, or is more than
//! JSON allows, such as a bare `NaN`, does no harm: a walk ends, and what it did not understand is not there.

use std::borrow::Cow;

use super::Word;

/// A place in the text of an info.
pub(super) struct Walk<'a> {
    text: &'a str,
    at: usize,
}

/// A value: where it stands.
#[derive(Clone, Copy)]
pub(super) struct Found<'a> {
    text: &'a str,
    start: usize,
    end: usize,
    has_escapes: bool,
}

impl<'a> Walk<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Whether an object begins here.
    pub(super) fn begins_object(&mut self) -> bool {
        self.peek() == Some(b'{')
    }

    /// Goes into an object, if one begins here.
    pub(super) fn enter(&mut self) -> bool {
        self.take(b'{')
    }

    /// The next key of the object, whose value is to be taken then; `None` at its end, which is left behind.
    pub(super) fn key(&mut self) -> Option<Cow<'a, str>> {
        self.take(b',');
        if self.take(b'}') || self.peek() != Some(b'"') {
            return None;
        }
        let key = self.value();
        self.take(b':');
        match key.has_escapes {
            false => Some(Cow::Borrowed(&key.json()[1..key.json().len() - 1])),
            true => serde_json::from_str(key.json()).ok().map(Cow::Owned),
        }
    }

    /// Goes over the value here.
    pub(super) fn value(&mut self) -> Found<'a> {
        let first = self.peek();
        let start = self.at;
        let has_escapes = match first {
            Some(b'"') => self.string(),
            Some(b'{' | b'[') => self.nested(),
            _ => self.word(),
        };
        Found { text: self.text, start, end: self.at, has_escapes }
    }

    /// Goes over a string, and says whether it has escapes.
    fn string(&mut self) -> bool {
        let bytes = self.text.as_bytes();
        let mut has_escapes = false;
        self.at += 1;
        while let Some(byte) = bytes.get(self.at) {
            match byte {
                b'"' => {
                    self.at += 1;
                    return has_escapes;
                }
                b'\\' => {
                    has_escapes = true;
                    self.at += 2;
                }
                _ => self.at += 1,
            }
        }
        // A string without an end is none that its bytes could be taken for.
        self.at = bytes.len();
        true
    }

    /// Goes over an object or array. What its strings hold does not matter.
    fn nested(&mut self) -> bool {
        let bytes = self.text.as_bytes();
        let mut depth = 0_usize;
        while let Some(byte) = bytes.get(self.at) {
            match byte {
                b'"' => {
                    self.string();
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                break;
            }
        }
        false
    }

    /// Goes over a number or the like.
    fn word(&mut self) -> bool {
        let bytes = self.text.as_bytes();
        while bytes.get(self.at).is_some_and(|byte| !matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r'))
        {
            self.at += 1;
        }
        false
    }

    fn take(&mut self, token: u8) -> bool {
        let is_here = self.peek() == Some(token);
        self.at += usize::from(is_here);
        is_here
    }

    /// The next byte that is no white space.
    fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while bytes.get(self.at).is_some_and(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }
}

impl<'a> Found<'a> {
    pub(super) fn json(self) -> &'a str {
        &self.text[self.start..self.end]
    }

    /// The text, where it is a string without escapes.
    pub(super) fn text(self) -> Option<&'a str> {
        let is_plain = self.is_string() && !self.has_escapes;
        is_plain.then(|| &self.text[self.start + 1..self.end - 1])
    }

    pub(super) fn is_string(self) -> bool {
        self.json().starts_with('"')
    }

    pub(super) fn is_object(self) -> bool {
        self.json().starts_with('{')
    }

    pub(super) fn is_true(self) -> bool {
        self.json() == "true"
    }

    pub(super) fn number(self) -> Option<u64> {
        // A plus sign is no JSON.
        self.json().parse().ok()
    }

    /// The place of a text; of one with escapes, that there is one.
    pub(super) fn word(self) -> Word {
        match self.is_string() {
            false => Word::default(),
            true if self.has_escapes => Word::IN_MAP,
            true => Word::at(self.start + 1, self.end - 1),
        }
    }

    /// The same of an error's type or message, which the map of the info has as text whatever it is.
    pub(super) fn word_of_error(self) -> Word {
        if self.is_string() || self.json() == "null" { self.word() } else { Word::IN_MAP }
    }

    /// The place of the value's JSON.
    pub(super) fn place(self) -> Word {
        Word::at(self.start, self.end)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, Value};

    use super::*;

    /// The members of the object as a walk finds them.
    fn walked(text: &str) -> Map<String, Value> {
        let mut walk = Walk::new(text);
        let mut found = Map::new();
        assert!(walk.enter());
        while let Some(key) = walk.key() {
            found.insert(key.into_owned(), serde_json::from_str(walk.value().json()).expect("JSON"));
        }
        found
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".*".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec((".*", inner), 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn members_are_those_of_the_object(members in prop::collection::vec((".*", any_json()), 0..8)) {
            let object: Map<String, Value> = members.into_iter().collect();
            let compact = serde_json::to_string(&object).expect("JSON");
            prop_assert_eq!(&walked(&compact), &object);
            let spaced = serde_json::to_string_pretty(&object).expect("JSON");
            prop_assert_eq!(&walked(&spaced), &object);
        }

        /// Whatever the text is, a walk ends and stays inside of it.
        #[test]
        fn any_text_is_walked_to_an_end(text in "[\\{\\}\\[\\]\",:\\\\ a1é]{0,40}") {
            let mut walk = Walk::new(&text);
            walk.enter();
            while walk.key().is_some() {
                let found = walk.value();
                let _ = (found.json(), found.text(), found.number(), found.word());
            }
        }
    }

    #[test]
    fn tokens_that_json_does_not_have_are_passed() {
        let mut walk = Walk::new(r#"{"a": NaN, "b": [Infinity, -Infinity], "c": "\ud800", "d": 7}"#);
        assert!(walk.enter());
        let mut found = Vec::new();
        while let Some(key) = walk.key() {
            found.push((key.into_owned(), walk.value()));
        }
        assert_eq!(found.iter().map(|(key, _)| key.as_str()).collect::<String>(), "abcd");
        assert_eq!((found[0].1.number(), found[2].1.text(), found[3].1.number()), (None, None, Some(7)));
        assert_eq!(found[2].1.word(), Word::IN_MAP);
    }
}
