//! What the text of a statement says of it.

/// Whether a statement reads and does not write.
pub(super) fn is_read(sql: &str) -> bool {
    let text = after_comments(sql);
    let verb: String = text.chars().take_while(char::is_ascii_alphabetic).collect::<String>().to_ascii_lowercase();
    match verb.as_str() {
        "select" | "values" | "table" => true,
        // A common table expression may hide a write.
        "with" => !text
            .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .any(|word| ["insert", "update", "delete", "merge"].iter().any(|write| word.eq_ignore_ascii_case(write))),
        _ => false,
    }
}

/// Whether a text may ask for values: it has a character that places for values begin with.
pub(super) fn may_have_values(sql: &str) -> bool {
    sql.contains(['?', '$', ':', '@'])
}

/// What follows white space, comments and brackets.
fn after_comments(sql: &str) -> &str {
    let mut text = sql;
    loop {
        text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '(');
        let end = if text.starts_with("--") {
            text.find('\n')
        } else if text.starts_with("/*") {
            text.find("*/").map(|end| end + 1)
        } else {
            return text;
        };
        text = end.map_or("", |end| &text[end + 1..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_are_told_by_their_verb() {
        for read in ["SELECT 1", "\n-- why\n(select 1)", "/* a */ /* b */ Values (1)", "WITH x AS (SELECT 1) SELECT 1"]
        {
            assert!(is_read(read), "{read}");
        }
        for other in ["", "INSERT INTO t SELECT 1", "-- SELECT", "/* SELECT", "WITH x AS (DELETE FROM t) SELECT 1"] {
            assert!(!is_read(other), "{other}");
        }
    }
}
