//! What an error may quote of a configuration: so little that no secret can be in it.
//!
//! A configuration that is wrong has its texts in the wrong places: a password may stand where a number or the name of a key is
//! expected. So values are quoted only where they are shorter than any piece of a secret that matters, and names only where
//! they resemble a name that exists.

/// The longest word of a value that is quoted.
const LONGEST: usize = 5;

/// How many letters of a mistyped name may differ.
const TYPOS: usize = 2;

/// A value as an error may quote it: its first word, with `…` for what follows, where that is short and plain. `None` where it is
/// not to be quoted.
pub(crate) fn value(text: &str) -> Option<String> {
    let text = text.trim();
    let word = text.split(char::is_whitespace).next().unwrap_or_default();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".%+-".contains(&byte);
    let is_quotable = word.len() <= LONGEST && word.bytes().all(is_plain);
    is_quotable.then(|| if word.len() < text.len() { format!("{word}…") } else { word.to_owned() })
}

/// Whether `name` may be quoted: it is a plain word that begins one of the `known` names, or is one with a slip or two in it.
pub(crate) fn is_name<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte);
    let is_word = !name.is_empty() && name.len() <= 40 && name.bytes().all(is_plain);
    let resembles = |known: &str| known.starts_with(name) || distance(name, known) <= TYPOS.min(known.len() / 3);
    is_word && known.into_iter().any(resembles)
}

/// How many letters must be put in, taken out or exchanged to make `a` of `b` (Levenshtein's distance).
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (at, one) in a.bytes().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], at + 1);
        for (index, other) in b.bytes().enumerate() {
            let exchanged = diagonal + usize::from(one != other);
            diagonal = row[index + 1];
            row[index + 1] = exchanged.min(row[index] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_short_first_words_are_quoted() {
        for (text, quoted) in [
            ("", Some("")),
            ("maybe", Some("maybe")),
            (" -0.5 ", Some("-0.5")),
            ("10%", Some("10%")),
            ("1 s3cret", Some("1…")),
            ("1\ns3cret", Some("1…")),
            ("s3cret", None),
            ("a@b", None),
            ("é", None),
        ] {
            assert_eq!(value(text).as_deref(), quoted, "{text:?}");
        }
    }

    #[test]
    fn only_names_that_resemble_a_known_one_are_quoted() {
        let known = ["hmac_keys", "enabled", "ttl"];
        for name in ["hmac_key", "hmac", "hmac_kesy", "hmac_keyss", "enable", "tt", "tll"] {
            assert!(is_name(name, known), "{name}");
        }
        for name in ["", "s3cret", "hmac_keys3cret", "Enabled", "enabled\n", "secret", "ttx1", "hmac_keys@"] {
            assert!(!is_name(name, known), "{name}");
        }
    }

    #[test]
    fn distance_counts_edits() {
        for (a, b, edits) in [("", "", 0), ("", "ab", 2), ("ab", "", 2), ("kitten", "sitting", 3), ("abc", "abc", 0)] {
            assert_eq!(distance(a, b), edits, "{a} {b}");
        }
    }
}
