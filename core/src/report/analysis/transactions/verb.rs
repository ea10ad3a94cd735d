//! [`Verb`]: statements that begin or end transactions, told by their text.

/// What a text does to the transaction of its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb<'a> {
    Begin,
    Commit,
    Rollback,
    Savepoint(&'a str),
    Release(&'a str),
    RollbackTo(&'a str),
}

impl<'a> Verb<'a> {
    /// `None` for anything else, such as `SET TRANSACTION` and what is prepared for two phases.
    pub(super) fn of(sql: &'a str) -> Option<Self> {
        let separates = |c: char| c.is_whitespace() || c == ';';
        let mut words = after_comments(sql).split(separates).filter(|word| !word.is_empty());
        let is = |word: &str, expected: &[&str]| expected.iter().any(|expected| word.eq_ignore_ascii_case(expected));
        let first = words.next()?;
        let mut rest = words.skip_while(|word| is(word, &["work", "transaction", "tran"])).peekable();
        if is(first, &["begin"]) {
            return Some(Self::Begin);
        }
        if is(first, &["start"]) {
            // The word after it was skipped.
            return is(after_comments(sql).split(separates).filter(|word| !word.is_empty()).nth(1)?, &["transaction"])
                .then_some(Self::Begin);
        }
        if is(first, &["commit", "end"]) {
            return (!rest.peek().is_some_and(|word| is(word, &["prepared"]))).then_some(Self::Commit);
        }
        if is(first, &["savepoint"]) {
            return rest.next().map(Self::Savepoint);
        }
        if is(first, &["release"]) {
            return name(&mut rest).map(Self::Release);
        }
        if is(first, &["rollback", "abort"]) {
            return match rest.next() {
                Some(to) if is(to, &["to"]) => name(&mut rest).map(Self::RollbackTo),
                Some(word) if is(word, &["prepared"]) => None,
                _ => Some(Self::Rollback),
            };
        }
        None
    }
}

/// The name of a savepoint, after the word that may stand before it.
fn name<'a>(words: &mut impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let first = words.next()?;
    if first.eq_ignore_ascii_case("savepoint") { words.next() } else { Some(first) }
}

/// What follows white space and comments.
fn after_comments(sql: &str) -> &str {
    let mut text = sql.trim_start();
    loop {
        let end = if text.starts_with("--") || text.starts_with('#') {
            text.find('\n').map(|end| end + 1)
        } else if text.starts_with("/*") {
            text.find("*/").map(|end| end + 2)
        } else {
            return text;
        };
        text = end.map_or("", |end| text[end..].trim_start());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transactions_are_told_by_their_first_words() {
        for (sql, verb) in [
            ("BEGIN", Some(Verb::Begin)),
            ("begin immediate", Some(Verb::Begin)),
            ("/* app */ START TRANSACTION READ ONLY;", Some(Verb::Begin)),
            ("START SLAVE", None),
            ("COMMIT;", Some(Verb::Commit)),
            ("END TRANSACTION", Some(Verb::Commit)),
            ("COMMIT PREPARED 'x'", None),
            ("-- no\nROLLBACK WORK", Some(Verb::Rollback)),
            ("SAVEPOINT a", Some(Verb::Savepoint("a"))),
            ("RELEASE SAVEPOINT a", Some(Verb::Release("a"))),
            ("release a;", Some(Verb::Release("a"))),
            ("ROLLBACK TRANSACTION TO SAVEPOINT a", Some(Verb::RollbackTo("a"))),
            ("ROLLBACK TO a", Some(Verb::RollbackTo("a"))),
            ("SELECT 1", None),
            ("", None),
            ("/* BEGIN", None),
        ] {
            assert_eq!(Verb::of(sql), verb, "{sql}");
        }
    }
}
