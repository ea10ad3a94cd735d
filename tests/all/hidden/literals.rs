//! Statements with a secret: quotes, escapes, continuations and prefixes in all combinations.

/// What each statement hides. A test makes another of it for each statement.
pub(super) const SECRET: &str = "Quigley";

/// A literal of SQL, or what looks like one.
#[derive(Clone, Debug)]
pub(super) struct Literal(String);

/// A number in letters, so that no lexer splits it from the secret before it.
pub(super) fn plain(number: usize) -> String {
    format!("q{number:05}q").chars().map(|c| c.to_digit(10).map_or(c, |digit| char::from(b'a' + digit as u8))).collect()
}

const PREFIXES: &[&str] = &["", "E", "e", "N", "n", "U&", "_utf8mb4", "_utf8mb4 ", "x", "DATE ", "q"];
const QUOTES: &[(&str, &str)] =
    &[("'", "'"), ("\"", "\""), ("$$", "$$"), ("$t$", "$t$"), ("`", "`"), ("[", "]"), ("'[", "]'")];
/// What stands around the secret.
const BODIES: &[(&str, &str)] = &[
    ("", ""),
    ("it''s ", ""),
    ("it\\'s ", ""),
    ("it's ", ""),
    ("a\"b ", ""),
    ("a\\\"b ", ""),
    ("a\"\"b ", ""),
    ("\\", ""),
    ("", "\\"),
    ("", "\\\\"),
    ("\\\\' ", ""),
    ("-- ", ""),
    ("/* ", ""),
    ("*/ ", "/*"),
    ("# ", "\n"),
    ("$$ ", ""),
    ("; ", ""),
    ("\n", "\n"),
];
/// What may stand between two quotes of one text.
const BETWEEN: &[&str] = &["", " ", "\n", " \t\r\n ", " -- it's\n", "\n-- a\n-- b\n", "\n/* it's */", " /* it's */ "];

/// Every literal.
pub(super) fn all() -> Vec<Literal> {
    let mut all = Vec::new();
    for prefix in PREFIXES {
        for (open, close) in QUOTES {
            for (before, after) in BODIES {
                all.push(Literal(format!("{prefix}{open}{before}{SECRET}{after}{close}")));
            }
        }
        for between in BETWEEN {
            for (before, after) in BODIES {
                all.push(Literal(format!("{prefix}'a'{between}'{before}{SECRET}{after}'")));
                all.push(Literal(format!("{prefix}'it\\'s'{between}'{before}{SECRET}{after}'")));
            }
        }
    }
    all
}

/// Each literal by itself, and after others that a server may read to their end or beyond.
pub(super) fn statements(literals: &[Literal]) -> Vec<String> {
    let mut statements = Vec::new();
    for Literal(literal) in literals {
        statements.push(format!("SELECT {literal}"));
    }
    // Of those that go before each other some are enough.
    let few = |step: usize| literals.iter().step_by(step).map(|Literal(literal)| literal.replace(SECRET, "a"));
    for before in few(83) {
        for Literal(literal) in literals.iter().step_by(71) {
            statements.push(format!("SELECT {before}, {literal}"));
        }
    }
    for before in [
        "/*! it's */ ",
        "/*!99999 it's */ ",
        "/*M!999999 it's */ ",
        "/* it's /* a */ ",
        "-- it's\n",
        "--'\n",
        "# it's\n",
    ] {
        for Literal(literal) in literals.iter().step_by(61) {
            statements.push(format!("SELECT {before}{literal}"));
        }
    }
    statements
}

/// The secret as a word in quotes, in each place where a word may stand.
pub(super) fn words() -> Vec<String> {
    let places = [
        "SELECT {}",
        "SELECT a, {} FROM hidden_t",
        "SELECT {} FROM hidden_t",
        "SELECT {} AS b FROM hidden_t",
        "SELECT a AS {} FROM hidden_t",
        "SELECT a {} FROM hidden_t",
        "SELECT {}.a FROM hidden_t",
        "SELECT hidden_t.{} FROM hidden_t",
        "SELECT a FROM {}",
        "SELECT a FROM hidden_t JOIN {}",
        "SELECT {} FROM hidden_t WHERE a = {}",
        "SELECT max({}) FROM hidden_t",
        "SELECT trim('x' FROM {})",
        "SELECT substring({} FROM 1)",
        "SELECT CASE WHEN 1 IS DISTINCT FROM {} THEN {} END",
        "SELECT * FROM (SELECT {}) AS b",
        "SELECT a FROM hidden_t UNION ALL SELECT {} ORDER BY 1",
        "WITH b AS (SELECT {}) SELECT * FROM b",
        "INSERT INTO hidden_t (a) VALUES ({}) RETURNING a",
        "INSERT INTO hidden_t (SELECT {}) RETURNING a",
        "INSERT INTO hidden_t SELECT {} RETURNING a, {}",
        "INSERT INTO hidden_t ({}) VALUES (1) RETURNING a",
        "INSERT INTO {} (a) VALUES (1) RETURNING a",
        "UPDATE hidden_t SET a = {} RETURNING a",
        "UPDATE hidden_t SET a = 'b', a = {} RETURNING a",
        "UPDATE hidden_t SET {} = 1 RETURNING a",
        "DELETE FROM hidden_t WHERE a = {} RETURNING a",
        "PREPARE hidden_s FROM {}",
        "SET @hidden = {}",
        "SET hidden.setting = {}",
        "PRAGMA user_version = {}",
    ];
    let quotes = [("\"", "\""), ("'", "'"), ("`", "`"), ("[", "]"), ("", "")];
    let words = quotes
        .into_iter()
        .flat_map(|(open, close)| places.map(|place| place.replace("{}", &format!("{open}{SECRET}{close}"))));
    words.collect()
}
