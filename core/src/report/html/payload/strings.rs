//! [`Strings`]: every text that the payload holds, once.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Write;

use super::json::Json;

/// The number of a text; 0 is the empty one.
pub(super) type Place = u32;

/// Texts with numbers, in the order in which they first came.
pub(super) struct Strings<'a> {
    places: HashMap<Cow<'a, str>, Place>,
}

impl<'a> Strings<'a> {
    pub(super) fn new() -> Self {
        Self { places: HashMap::from([(Cow::Borrowed(""), 0)]) }
    }

    /// The number of a text that lives as long as the trace.
    pub(super) fn of(&mut self, text: &'a str) -> Place {
        self.place(text, || Cow::Borrowed(text))
    }

    /// The number of a text that does not.
    pub(super) fn of_copy(&mut self, text: &str) -> Place {
        self.place(text, || Cow::Owned(text.to_owned()))
    }

    fn place(&mut self, text: &str, own: impl FnOnce() -> Cow<'a, str>) -> Place {
        if text.is_empty() {
            return 0;
        }
        if let Some(place) = self.places.get(text) {
            return *place;
        }
        // A page with more texts than that is larger than browsers open.
        let place = Place::try_from(self.places.len()).unwrap_or(0);
        self.places.insert(own(), place);
        place
    }

    /// Writes the texts in the order of their numbers.
    pub(super) fn write(self, json: &mut Json<impl Write>) {
        let mut texts = vec![Cow::Borrowed(""); self.places.len()];
        for (text, place) in self.places {
            texts[place as usize] = text;
        }
        json.key("str");
        json.open('[');
        for text in &texts {
            json.string(text);
        }
        json.close(']');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_stand_once_in_the_order_of_their_coming() {
        let mut strings = Strings::new();
        let numbers = [strings.of("b"), strings.of_copy("a"), strings.of(""), strings.of_copy("b")];
        assert_eq!(numbers, [1, 2, 0, 1]);
        let mut json = Json::new(Vec::new());
        strings.write(&mut json);
        assert_eq!(json.finish().expect("memory takes all"), br#""str":["","b","a"]"#);
    }
}
