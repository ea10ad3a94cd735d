//! [`without_values`]: what may be kept of an error's text where values are to be hidden.
//!
//! Here: how a text is compared with those that are known. Below: the known ones (`known`). Not here: when values are to be
//! hidden (`options`, `report::values`); `docs/values.md` has the table of that.
//!
//! Databases do not mark what is a value in their errors, nor escape it, and a trigger may raise any text. So only a text
//! that is known to be a database's or a driver's own is kept, and what it fills in is kept only where that is a name or a
//! number of a place: everything that is shown was written down here before.

mod known;

use super::DbOptions;
use known::KNOWN;

/// So many bytes of a text are looked at: databases say less.
const LIMIT: usize = 8 * 1024;
/// So many texts may lie in each other: `error returned from database: 1062 (23000): ...`.
const DEPTH: usize = 4;
/// What stands before a line's number.
const LINE: &str = " at line ";

/// The text with [`DbOptions::REDACTED`] in place of values; `None` where it is not one that is known.
///
/// What it returns it returns unchanged.
pub(crate) fn without_values(text: &str) -> Option<String> {
    within(&text[..text.floor_char_boundary(LIMIT)], DEPTH)
}

fn within(text: &str, depth: usize) -> Option<String> {
    let depth = depth.checked_sub(1)?;
    // sqlx 0.9 ends PostgreSQL's errors with the line of the server's source, and MySQL its own with that of the statement.
    let lined = || {
        let (message, line) = text.rsplit_once(LINE)?;
        let is_line = !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_digit());
        Some((message, whole(message, depth).filter(|_| is_line)? + LINE + line))
    };
    // After a value it is its own, unless a quote ends the value before.
    let after_quote = lined().filter(|(message, _)| message.ends_with(['"', '\'']));
    let known = after_quote.map(|(_, shown)| shown).or_else(|| whole(text, depth)).or_else(|| Some(lined()?.1));
    // A text that was cut, or that another version of the database ends otherwise.
    known.or_else(|| KNOWN.iter().find_map(|known| beginning(known, text)))
}

fn whole(text: &str, depth: usize) -> Option<String> {
    KNOWN.iter().find_map(|known| {
        let mut out = String::new();
        fill(known, text, depth, &mut out).then_some(out)
    })
}

/// The known text's own beginning, where it says something by itself.
fn beginning(known: &str, text: &str) -> Option<String> {
    const SAYS_SOMETHING: usize = 12;
    let (own, _) = known.split_once('{')?;
    (own.len() >= SAYS_SOMETHING && text.starts_with(own)).then(|| format!("{own}{}", DbOptions::REDACTED))
}

/// Writes the text as the known one has it; says whether it is that one.
fn fill(known: &str, text: &str, depth: usize, out: &mut String) -> bool {
    let (own, rest) = known.split_once('{').unwrap_or((known, ""));
    let Some(text) = text.strip_prefix(own) else { return false };
    out.push_str(own);
    if own.len() == known.len() {
        return text.is_empty();
    }
    let (hole, rest) = rest.split_once('}').unwrap_or((rest, ""));
    let allowed: fn(char) -> bool = match hole {
        "name" => |c| c.is_alphanumeric() || "_.$-`".contains(c),
        "names" => |c| c.is_alphanumeric() || "_.$-`, ".contains(c),
        "type" => |c| c.is_ascii_alphanumeric() || "_ []".contains(c),
        "rust" => |c| c.is_ascii_alphanumeric() || "_ []<>:&,()".contains(c),
        "code" => |c| c.is_ascii_digit() || c.is_ascii_uppercase(),
        "words" => |c| c.is_ascii_alphabetic() || " -".contains(c),
        "number" => |c| c.is_ascii_digit(),
        "text" => {
            out.push_str(&within(text, depth).unwrap_or_else(|| DbOptions::REDACTED.to_owned()));
            return true;
        }
        _ => return fill_value(rest, text, depth, out),
    };
    // The longest that leaves the rest what it needs.
    let longest = text.find(|c| !allowed(c)).unwrap_or(text.len());
    let next = rest.split('{').next().unwrap_or_default();
    let ends = text[..longest].char_indices().map(|(at, _)| at).chain([longest]).rev();
    for end in ends.filter(|end| *end > 0 && text[*end..].starts_with(next)) {
        let before = out.len();
        out.push_str(&text[..end]);
        if fill(rest, &text[end..], depth, out) {
            return true;
        }
        out.truncate(before);
    }
    false
}

/// A value, which may look like anything: it goes on as long as it can.
fn fill_value(rest: &str, text: &str, depth: usize, out: &mut String) -> bool {
    out.push_str(DbOptions::REDACTED);
    if rest.is_empty() {
        return true;
    }
    let next = rest.split('{').next().unwrap_or_default();
    let before = out.len();
    for (end, _) in text.rmatch_indices(next) {
        if fill(rest, &text[end..], depth, out) {
            return true;
        }
        out.truncate(before);
    }
    false
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEPT: [&str; 5] = ["name", "names", "type", "rust", "words"];

    fn shown(text: &str) -> String {
        without_values(text).unwrap_or_default()
    }

    #[test]
    fn values_are_replaced_and_names_stay() {
        assert_eq!(
            shown(
                "error returned from database: 1062 (23000): Duplicate entry 'quigley@example.org' for key 'u.email'"
            ),
            "error returned from database: 1062 (23000): Duplicate entry '[redacted]' for key 'u.email'"
        );
        // As MariaDB 10.11 and PostgreSQL 15 say it, with a value that looks like the rest of the text.
        assert_eq!(
            shown("Duplicate entry 'a' for key 's3cret' for key 'email'"),
            "Duplicate entry '[redacted]' for key 'email'"
        );
        assert_eq!(
            shown("invalid input syntax for type double precision: \"s3cret\""),
            "invalid input syntax for type double precision: [redacted]"
        );
        assert_eq!(
            shown("error returned from database: invalid input syntax for type integer: \"s3cret\" at line 232"),
            "error returned from database: invalid input syntax for type integer: [redacted] at line 232"
        );
        assert_eq!(shown("no such column: s3cret at line 5"), "no such column: [redacted]");
        for own in [
            "error returned from database: division by zero at line 841",
            "duplicate key value violates unique constraint \"users_email_key\"",
            "(code: 2067) UNIQUE constraint failed: users.email, users.name",
            "pool timed out while waiting for an open connection",
            "error communicating with database: Connection refused (os error 111)",
            "Record not found",
        ] {
            assert_eq!(shown(own), own);
        }
    }

    #[test]
    fn what_is_not_known_is_not_kept() {
        // PostgreSQL's RAISE, MySQL's SIGNAL and SQLite's RAISE may say anything.
        assert_eq!(without_values("no credit for pemberton"), None);
        assert_eq!(
            shown("error returned from database: no credit for pemberton"),
            "error returned from database: [redacted]"
        );
        assert_eq!(shown("(code: 1811) no credit for pemberton"), "(code: 1811) [redacted]");
        assert_eq!(without_values(""), None);
    }

    #[test]
    fn a_text_that_was_cut_keeps_its_known_beginning() {
        assert_eq!(shown("Duplicate entry 'pemberton, and so on"), "Duplicate entry '[redacted]");
        let long = format!("Duplicate entry '{}' for key 'a'", "s3cret".repeat(LIMIT));
        assert_eq!(shown(&long), "Duplicate entry '[redacted]");
    }

    #[test]
    fn a_name_that_is_none_is_a_value() {
        assert_eq!(
            shown("duplicate key value violates unique constraint \"s3cret (or not)\""),
            "duplicate key value violates unique constraint \"[redacted]"
        );
    }

    #[test]
    fn texts_in_texts_have_an_end() {
        let deep = "error returned from database: ".repeat(100);
        assert!(shown(&deep).ends_with(DbOptions::REDACTED));
    }

    #[test]
    fn known_texts_are_well_formed_and_say_no_value() {
        let holes = ["", "name", "names", "type", "rust", "code", "words", "number", "text"];
        for known in KNOWN {
            for hole in known.split('{').skip(1) {
                let (hole, _) = hole.split_once('}').expect("a hole ends");
                assert!(holes.contains(&hole), "{known}");
            }
            assert!(!known.starts_with("{}") && !known.starts_with("{text}"), "{known} fits all");
            let text = known.replace("{}", "it's a \"s3cret\" (1)").replace("{text}", "s3cret");
            let text = KEPT.iter().fold(text, |text, hole| text.replace(&format!("{{{hole}}}"), "a"));
            let text = text.replace("{number}", "7").replace("{code}", "A");
            let shown = shown(&text);
            assert!(!shown.is_empty() && !shown.contains("s3cret"), "{known}: {shown}");
            assert_eq!(without_values(&shown), Some(shown.clone()), "{known}");
        }
    }

    proptest! {
        #[test]
        fn any_value_is_replaced(value in any::<String>()) {
            let value = format!("s3cret{value}s3cret");
            for known in KNOWN.iter().filter(|known| known.contains("{}")) {
                let text = known.replace("{}", &value).replace("{number}", "7").replace("{code}", "A");
                let text = KEPT.iter().fold(text, |text, hole| text.replace(&format!("{{{hole}}}"), "a"));
                let shown = shown(&text);
                prop_assert!(!shown.contains("s3cret"), "{}: {}", text, shown);
            }
        }
    }
}
