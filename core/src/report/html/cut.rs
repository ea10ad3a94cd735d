//! How long texts are cut, and how that is marked.

use std::borrow::Cow;

use crate::db::CUT;

/// How many bytes of a value are kept.
pub(super) const VALUE_BYTES: usize = 1 << 10;
/// How many bytes of a statement, and of a point's other info.
pub(super) const STATEMENT_BYTES: usize = 64 << 10;

/// The first `limit` bytes of a text, or a few less, and how many bytes are left out.
pub(super) fn capped(text: &str, limit: usize) -> (&str, usize) {
    let end = text.floor_char_boundary(limit);
    (&text[..end], text.len() - end)
}

/// The text, or its beginning with a mark such as `…(+12 345 B)`.
pub(super) fn marked(text: &str, limit: usize) -> Cow<'_, str> {
    match capped(text, limit) {
        (_, 0) => Cow::Borrowed(text),
        (head, left_out) => Cow::Owned(format!("{head}{}", mark(left_out))),
    }
}

/// What stands in place of so many bytes.
pub(super) fn mark(left_out: usize) -> String {
    let digits = left_out.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(' ');
        }
        grouped.push(digit);
    }
    format!("{CUT}{grouped} B)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_between_characters_and_marked() {
        assert_eq!(marked("short", 5), "short");
        assert_eq!(marked("éé", 3), "é…(+2 B)");
        assert_eq!(mark(12_345), "…(+12 345 B)");
        assert_eq!(mark(1_000_000), "…(+1 000 000 B)");
    }
}
