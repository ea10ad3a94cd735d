//! Which statements change rows, by their text. SQLite asks for it: its `changes()` still gives the count of an earlier
//! statement after a SELECT, DDL or PRAGMA.
//!
//! Not here: what kind of statement a report shows, which `report::sql::analyze` says.

/// Whether `statement` is an INSERT, UPDATE, DELETE or REPLACE, also behind comments and `WITH ... AS (...)`. EXPLAIN is not.
///
/// Of several statements in one text this says it of the first; see [`ChangesRows`].
#[must_use]
pub fn changes_rows(statement: &str) -> bool {
    Scanner::new(statement).statement() == Some(true)
}

/// As [`changes_rows`], for one statement after the other of a text such as `a; b; c`. Empty statements are left out, as SQLite
/// leaves them out, and the statements in a trigger's body are part of the trigger.
#[derive(Clone, Copy, Debug, Default)]
pub struct ChangesRows {
    /// How many bytes of the text were read.
    read: usize,
    is_trigger: bool,
    /// Whether it stands within a statement, whose rest is of no interest.
    is_within: bool,
}

impl ChangesRows {
    /// Whether the next statement of `text`, which is the same each time, changes rows; `None` at its end. Of the text only what
    /// was not read before is read, and of a single statement nothing behind its verb.
    pub fn next(&mut self, text: &str) -> Option<bool> {
        let mut scanner = Scanner { rest: text.as_bytes().get(self.read..)?, is_trigger: self.is_trigger };
        if std::mem::replace(&mut self.is_within, true) {
            scanner.skip_statement();
        }
        let changes = scanner.statement();
        (self.read, self.is_trigger) = (text.len() - scanner.rest.len(), scanner.is_trigger);
        changes
    }
}

/// Reads a text token by token, as SQLite 3 does.
struct Scanner<'a> {
    rest: &'a [u8],
    /// Whether the statement that is being read makes a trigger. It ends with `END;` behind a semicolon.
    is_trigger: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a [u8]),
    /// Every other byte that stands for itself: `(`, `)`, `,`, `;`.
    Symbol(u8),
    /// A string or quoted name.
    Quoted,
}

impl Token<'_> {
    fn is(self, word: &str) -> bool {
        matches!(self, Self::Word(text) if text.eq_ignore_ascii_case(word.as_bytes()))
    }

    fn is_change(self) -> bool {
        ["insert", "update", "delete", "replace"].iter().any(|verb| self.is(verb))
    }
}

impl<'a> Scanner<'a> {
    fn new(text: &'a str) -> Self {
        Self { rest: text.as_bytes(), is_trigger: false }
    }

    /// Reads the next statement up to its verb, and says whether that changes rows; `None` at the end of the text.
    fn statement(&mut self) -> Option<bool> {
        self.is_trigger = false;
        let mut first = self.next()?;
        while first == Token::Symbol(b';') {
            first = self.next()?;
        }
        if first.is("with") {
            return Some(self.verb_behind_with().is_some_and(Token::is_change));
        }
        if first.is("create") || first.is("explain") {
            self.is_trigger = self.makes_trigger(first);
        }
        // The semicolon of a broken statement must not be read over.
        Some(first.is_change())
    }

    /// The word behind the last expression of `WITH a (x) AS (...), b AS (...)`. Names may be `replace`, so it is the word
    /// behind a closing parenthesis.
    fn verb_behind_with(&mut self) -> Option<Token<'a>> {
        let mut depth = 0_usize;
        let mut closed = false;
        loop {
            let before = self.rest;
            let token = self.next()?;
            match token {
                Token::Symbol(b'(') => depth += 1,
                Token::Symbol(b')') => depth = depth.saturating_sub(1),
                Token::Symbol(b';') if depth == 0 => {
                    self.rest = before;
                    return None;
                }
                Token::Word(_) if closed && depth == 0 && !token.is("as") => return Some(token),
                _ => {}
            }
            closed = token == Token::Symbol(b')');
        }
    }

    /// Whether `CREATE [TEMP] TRIGGER` stands here, perhaps behind `EXPLAIN [QUERY PLAN]`.
    fn makes_trigger(&self, first: Token<'a>) -> bool {
        let mut ahead = Self { rest: self.rest, is_trigger: false };
        let mut word = Some(first);
        for skipped in ["explain", "query", "plan"] {
            if word.is_some_and(|word| word.is(skipped)) {
                word = ahead.next();
            }
        }
        if !word.is_some_and(|word| word.is("create")) {
            return false;
        }
        word = ahead.next();
        if word.is_some_and(|word| word.is("temp") || word.is("temporary")) {
            word = ahead.next();
        }
        word.is_some_and(|word| word.is("trigger"))
    }

    /// Reads over what is left of the statement.
    fn skip_statement(&mut self) {
        // As `sqlite3_complete` of SQLite 3.51 knows the end of a trigger.
        let (mut before_last, mut last) = (false, false);
        while let Some(token) = self.next() {
            let is_semicolon = token == Token::Symbol(b';');
            if is_semicolon && (!self.is_trigger || last) {
                return;
            }
            last = before_last && token.is("end");
            before_last = is_semicolon;
        }
    }

    /// Takes `length` bytes off the front, or all there are.
    fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at(length.min(self.rest.len()));
        self.rest = rest;
        taken
    }

    /// Reads behind the next `end`, or to the end of the text.
    fn skip_past(&mut self, end: &[u8]) {
        let at = self.rest.windows(end.len()).position(|bytes| bytes == end);
        self.take(at.map_or(usize::MAX, |at| at + end.len()));
    }

    fn next(&mut self) -> Option<Token<'a>> {
        const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
        loop {
            match self.rest {
                [b' ' | b'\t' | b'\n' | b'\r' | b'\x0c', ..] => {
                    self.take(1);
                }
                [b'-', b'-', ..] => self.skip_past(b"\n"),
                [b'/', b'*', ..] => {
                    self.take(2);
                    self.skip_past(b"*/");
                }
                rest if rest.starts_with(BYTE_ORDER_MARK) => {
                    self.take(BYTE_ORDER_MARK.len());
                }
                _ => break,
            }
        }
        let first = *self.rest.first()?;
        Some(match first {
            // A doubled quotation mark looks like two texts side by side, which is all the same here.
            b'\'' | b'"' | b'`' => {
                self.take(1);
                self.skip_past(&[first]);
                Token::Quoted
            }
            b'[' => {
                self.skip_past(b"]");
                Token::Quoted
            }
            _ if is_of_word(first) => {
                let length = self.rest.iter().position(|byte| !is_of_word(*byte)).unwrap_or(usize::MAX);
                Token::Word(self.take(length))
            }
            _ => {
                self.take(1);
                Token::Symbol(first)
            }
        })
    }
}

/// Of names and numbers, and of parameters such as `$1`.
fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || !byte.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn each(text: &str) -> impl Iterator<Item = bool> + '_ {
        let mut changes = ChangesRows::default();
        std::iter::from_fn(move || changes.next(text))
    }

    #[test]
    fn a_long_script_is_read_once() {
        let text = "INSERT INTO t VALUES (1);\n".repeat(20_000);
        let mut changes = ChangesRows::default();
        let mut read = 0;
        for _ in 0..20_000 {
            assert_eq!(changes.next(&text), Some(true));
            assert!(
                changes.read > read && changes.read - read < 60,
                "no more than a statement and the next one's verb"
            );
            read = changes.read;
        }
        assert_eq!(changes.next(&text), None);
    }

    #[test]
    fn changes_are_told_from_everything_else() {
        for statement in [
            "INSERT INTO t VALUES (1)",
            "insert or ignore into t values (1)",
            "  \n\tUPDATE t SET a = 1",
            "Delete FROM t",
            "REPLACE INTO t VALUES (1)",
            "-- why\nDELETE FROM t",
            "--\nDELETE FROM t",
            "/* SELECT */ /**/ INSERT INTO t VALUES (1)",
            "\u{feff}DELETE FROM t",
            ";; DELETE FROM t",
            "UPDATE\"t\" SET a = 1",
            "WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a",
            "with recursive a(x) as not materialized (select 1), b as (select ')' || \")\" || [)] -- )\n) delete from t",
            "WITH \"select\" AS (SELECT 1), replace AS (VALUES ((1))) UPDATE t SET a = 1",
        ] {
            assert!(changes_rows(statement), "{statement}");
        }
        for statement in [
            "",
            " -- DELETE FROM t",
            "/* DELETE FROM t",
            "SELECT 1",
            "SELECT replace('a', 'b', 'c')",
            "VALUES (1)",
            "EXPLAIN INSERT INTO t VALUES (1)",
            "EXPLAIN QUERY PLAN DELETE FROM t",
            "CREATE TABLE t AS SELECT 1",
            "PRAGMA foreign_keys = ON",
            "WITH a AS (SELECT 1) SELECT * FROM a",
            "WITH replace AS (SELECT 1) SELECT * FROM replace",
            "WITH a(replace) AS (SELECT 1) SELECT * FROM a",
            "WITH a AS (SELECT 1)",
            "WITH",
            "WITH ); DELETE FROM t",
            "inserted",
            "INSERTé",
            "DELETE_ FROM t",
            "'INSERT'",
            "'INSERT",
            "SELECT 1; DELETE FROM t",
        ] {
            assert!(!changes_rows(statement), "{statement}");
        }
    }

    #[test]
    fn several_statements_are_told_one_by_one() {
        let each = |text: &str| each(text).collect::<Vec<_>>();
        assert!(each("").is_empty());
        assert!(each("; ; -- nothing\n;").is_empty());
        assert_eq!(
            each("SELECT ';'; DELETE FROM t; -- ;\n PRAGMA user_version; UPDATE t SET a = ';'"),
            [false, true, false, true]
        );
        assert_eq!(each("WITH a AS (SELECT 1; DELETE FROM t"), [false]);
        assert_eq!(each("WITH a; DELETE FROM t"), [false, true]);
    }

    #[test]
    fn the_body_of_a_trigger_belongs_to_it() {
        let body = "BEGIN UPDATE u SET a = CASE WHEN 1 THEN 2 END; DELETE FROM u; END";
        for create in [
            "CREATE TRIGGER",
            "create temp trigger",
            "EXPLAIN CREATE TEMPORARY TRIGGER",
            "EXPLAIN QUERY PLAN CREATE TRIGGER",
        ] {
            let text = format!("{create} a AFTER INSERT ON t {body} ; INSERT INTO t VALUES (1)");
            assert_eq!(each(&text).collect::<Vec<_>>(), [false, true], "{text}");
        }
        assert_eq!(each("CREATE TABLE trigger_ (a); DELETE FROM trigger_").collect::<Vec<_>>(), [false, true]);
    }

    #[test]
    fn any_text_is_read_to_its_end() {
        let pieces = [
            "WITH",
            "(",
            ")",
            ";",
            "'",
            "\"",
            "[",
            "/*",
            "*/",
            "--",
            "\n",
            "é",
            "DELETE",
            " ",
            "END",
            "CREATE TRIGGER",
        ];
        let mut random = fastrand::Rng::with_seed(15);
        for _ in 0..20_000 {
            let text: String = (0..random.usize(..12)).map(|_| pieces[random.usize(..pieces.len())]).collect();
            let each: Vec<bool> = each(&text).collect();
            assert_eq!(each.first().copied().unwrap_or(false), changes_rows(&text), "{text}");
        }
    }
}
