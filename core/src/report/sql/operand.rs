//! [`operands`]: the values of a statement with what each is there for: compared, listed, or a page's end.
//!
//! Not here: the values that are bound to the places (`placeholder`), and what follows from all that (`findings`).

use super::Dialect;
use super::lexer::TokenKind;
use super::significant::Significant;

/// What a value is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) enum Role {
    /// It is compared with `<`, `>`, `BETWEEN` or the like, or says where a page begins or how long it is.
    Range,
    /// It is one of a list or of rows, or it is a list itself: `IN`, `VALUES`, `ANY`, `unnest`.
    List,
    /// Anything else, such as `id = $1`.
    Single,
}

/// The length of a list whose elements are not all there: `?+` in a text without values.
pub(in crate::report) const UNKNOWN_LENGTH: usize = usize::MAX;

/// A value of a statement, or a list of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::report) struct Operand {
    pub(in crate::report) role: Role,
    /// How many elements or rows the text lists, or [`UNKNOWN_LENGTH`]; 1 where it is no list.
    pub(in crate::report) length: usize,
    /// Where the values stand in the text, in bytes from and to.
    pub(in crate::report) values: Vec<(usize, usize)>,
    /// Whether commas within a text part its elements: `string_to_array($1, ',')`.
    pub(in crate::report) parted_by_commas: bool,
}

/// Functions and words whose argument is a list: PostgreSQL 15, 9.19 Array Functions and 9.16 JSON Functions; MySQL 8.4,
/// JSON_TABLE and FIND_IN_SET; SQLite 3.51, json_each.
const OF_LISTS: &[&str] = &[
    "ANY",
    "ALL",
    "SOME",
    "UNNEST",
    "JSON_EACH",
    "JSONB_EACH",
    "JSON_ARRAY_ELEMENTS",
    "JSON_ARRAY_ELEMENTS_TEXT",
    "JSONB_ARRAY_ELEMENTS",
    "JSONB_ARRAY_ELEMENTS_TEXT",
    "JSON_POPULATE_RECORDSET",
    "JSONB_POPULATE_RECORDSET",
    "JSON_TO_RECORDSET",
    "JSONB_TO_RECORDSET",
    "JSON_TABLE",
    "OPENJSON",
];

/// Functions whose argument is a text of elements with commas between them.
const OF_TEXTS: &[&str] = &["STRING_TO_ARRAY", "FIND_IN_SET", "REGEXP_SPLIT_TO_TABLE", "STRING_TO_TABLE"];

const RANGES: &[&str] = &["<", ">", "<=", ">=", "BETWEEN", "LIMIT", "OFFSET"];

/// What holds inside of a parenthesis or bracket.
#[derive(Clone, Copy)]
struct Level {
    /// What the values are there for, where nothing within says otherwise.
    role: Role,
    /// The list whose elements they are.
    list: Option<usize>,
    /// Whether they are rows, so that commas between their values count nothing.
    row: bool,
    commas: bool,
}

/// The values of a text, in its order.
pub(in crate::report) fn operands(text: &str, dialect: Dialect) -> Vec<Operand> {
    let parts = Significant::of(text, dialect);
    let mut operands: Vec<Operand> = Vec::new();
    let mut levels = vec![Level { role: Role::Single, list: None, row: false, commas: false }];
    // What the next value is there for, and the rows that may go on.
    let mut role = Role::Single;
    let mut rows: Option<(usize, usize)> = None;
    let mut between = false;
    for at in 0..parts.parts.len() {
        let level = levels[levels.len() - 1];
        let word = parts.word(at);
        match (parts.kind(at), word) {
            (_, "(" | "[") => {
                let list = |operands: &mut Vec<Operand>, commas| {
                    operands.push(Operand {
                        role: Role::List,
                        length: 1,
                        values: Vec::new(),
                        parted_by_commas: commas,
                    });
                    operands.len() - 1
                };
                let before = |words: &[&str]| at > 0 && parts.is(at - 1, words);
                let goes_on = rows.filter(|(depth, _)| *depth == levels.len() && before(&[","]));
                let next = if let Some(of) = level.list {
                    // A row of a list, or what an element is made of.
                    Level { role: Role::List, list: Some(of), row: true, commas: level.commas }
                } else if let Some((_, of)) = goes_on {
                    operands[of].length = operands[of].length.saturating_add(1);
                    Level { role: Role::List, list: Some(of), row: true, commas: false }
                } else if before(&["VALUES", "VALUE"]) {
                    let of = list(&mut operands, false);
                    rows = Some((levels.len(), of));
                    Level { role: Role::List, list: Some(of), row: true, commas: false }
                } else if before(&["IN", "ARRAY"]) && !parts.is(at + 1, &["SELECT", "WITH", "TABLE"]) {
                    let of = list(&mut operands, false);
                    Level { role: Role::List, list: Some(of), row: false, commas: false }
                } else if (before(OF_LISTS) || before(OF_TEXTS)) && !parts.is(at + 1, &["SELECT", "WITH"]) {
                    Level { role: Role::List, list: None, row: false, commas: before(OF_TEXTS) }
                } else {
                    Level { role, list: None, row: false, commas: level.commas }
                };
                levels.push(next);
                role = next.role;
            }
            (_, ")" | "]") => {
                if levels.len() > 1 {
                    levels.pop();
                }
                role = Role::Single;
            }
            (_, ",") => {
                if let Some(of) = level.list.filter(|_| !level.row) {
                    operands[of].length = operands[of].length.saturating_add(1);
                }
                // `LIMIT 10, 20`.
                role = if role == Role::Range && level.role == Role::Single { role } else { level.role };
            }
            (Some(TokenKind::Text | TokenKind::Number | TokenKind::Placeholder), _)
            | (Some(TokenKind::Operator), "?" | "?+")
                if !word.starts_with('?') || is_value(&parts, at) =>
            {
                let span = (parts.parts[at].token.start, parts.parts[at].token.end);
                if let Some(of) = level.list {
                    operands[of].values.push(span);
                    let goes_on = word == "?+" || word == "?" && parts.word(at + 1) == "+";
                    let next = if word == "?+" { at + 1 } else { at + 2 };
                    if goes_on && matches!(parts.word(next), ")" | "]") {
                        operands[of].length = UNKNOWN_LENGTH;
                    }
                } else {
                    let role = if is_range(&parts, at + 1) { Role::Range } else { role };
                    operands.push(Operand { role, length: 1, values: vec![span], parted_by_commas: level.commas });
                }
            }
            _ if parts.is(at, RANGES) => {
                role = Role::Range;
                between = parts.is(at, &["BETWEEN"]);
            }
            _ if parts.is(at, &["AND"]) && between => {
                role = Role::Range;
                between = false;
            }
            // `FETCH FIRST 10 ROWS ONLY`.
            _ if parts.is(at, &["FIRST", "NEXT"]) && at > 0 && parts.is(at - 1, &["FETCH"]) => role = Role::Range,
            // What belongs to a value, and what may be called with it.
            (Some(TokenKind::Ident | TokenKind::QuotedIdent), _) if parts.word(at + 1) != "=" => {}
            _ if matches!(word, "+" | "-" | "*" | "/" | "::" | ".") || parts.is(at, &["ROW", "CAST", "INTERVAL"]) => {}
            _ => role = level.role,
        }
        if rows.is_some_and(|(depth, _)| depth == levels.len()) && !matches!(word, ")" | ",") {
            rows = rows.filter(|_| parts.is(at, &["VALUES", "VALUE"]));
        }
    }
    operands.retain(|operand| !operand.values.is_empty());
    operands
}

/// Whether a question mark stands for a value: in PostgreSQL it is an operator behind an operand.
fn is_value(parts: &Significant<'_>, at: usize) -> bool {
    let Some(before) = at.checked_sub(1) else { return true };
    let is_operand = parts.is_name(before)
        || matches!(parts.kind(before), Some(TokenKind::Text | TokenKind::Number | TokenKind::Placeholder))
        || matches!(parts.word(before), ")" | "]");
    parts.kind(at) == Some(TokenKind::Placeholder) || !is_operand
}

/// Whether a value is compared with what follows: `$1 < id`, `$1::int >= id`.
fn is_range(parts: &Significant<'_>, mut at: usize) -> bool {
    while parts.word(at) == "::" {
        at += 2;
    }
    parts.is(at, &["<", ">", "<=", ">="])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sql::Dialect::{Mysql, Postgres, Sqlite};

    fn shown(text: &str, dialect: Dialect) -> String {
        let one = |operand: Operand| {
            let role = match operand.role {
                Role::Range => "range",
                Role::List => "list",
                Role::Single => "single",
            };
            let values: Vec<&str> = operand.values.iter().map(|(from, to)| &text[*from..*to]).collect();
            let length = if operand.length > 1 { format!("*{}", operand.length) } else { String::new() };
            format!("{role}{length} {}", values.join(" "))
        };
        operands(text, dialect).into_iter().map(one).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn values_are_single_ranges_or_lists() {
        for (text, expected) in [
            ("SELECT a FROM t WHERE b = $1 AND c = 'x'", "single $1; single 'x'"),
            ("SELECT a FROM t WHERE b IN ($1, $2::x, CAST($3 AS y)) AND c = $4", "list*3 $1 $2 $3; single $4"),
            ("SELECT a FROM t WHERE (b, c) IN (($1, $2), ($3, $4))", "list*2 $1 $2 $3 $4"),
            ("SELECT a FROM t WHERE b = ANY($1) AND c = ANY(ARRAY[1, 2])", "list $1; list*2 1 2"),
            ("INSERT INTO t (a, b) VALUES ($1, $2), ($3, DEFAULT), ($4, now())", "list*3 $1 $2 $3 $4"),
            ("INSERT INTO t VALUES ($1, $2) ON CONFLICT (a) DO UPDATE SET b = $3", "list $1 $2; single $3"),
            ("INSERT INTO t SELECT * FROM unnest($1::int[], $2::text[])", "list $1; list $2"),
            ("SELECT a FROM t WHERE b > $1 ORDER BY b LIMIT 500", "range $1; range 500"),
            (
                "SELECT a FROM t WHERE b = $1 AND (c, d) < ($2, $3) LIMIT $4 OFFSET $5",
                "single $1; range $2; range $3; range $4; range $5",
            ),
            ("SELECT a FROM t WHERE $1 < b AND c >= to_timestamp($2) AND d = $3", "range $1; range $2; single $3"),
            ("SELECT a FROM t WHERE b BETWEEN $1 AND $2 AND c = $3", "range $1; range $2; single $3"),
            ("SELECT a FROM t WHERE b > CAST($1 AS bigint) FETCH FIRST 10 ROWS ONLY", "range $1; range 10"),
            ("SELECT a FROM t WHERE b IN (SELECT c FROM u WHERE d = $1)", "single $1"),
            ("UPDATE t SET a = $1 WHERE b = $2", "single $1; single $2"),
            (
                "SELECT a FROM t WHERE b ? 'x' AND c = ? AND d IN (?+)",
                "single 'x'; single ?; list*18446744073709551615 ?+",
            ),
        ] {
            assert_eq!(shown(text, Postgres), expected, "{text}");
        }
        assert_eq!(shown("SELECT a FROM t WHERE b = ? LIMIT ?, ?", Mysql), "single ?; range ?; range ?");
        assert_eq!(shown("SELECT a FROM json_each(?) JOIN t ON b = ?", Sqlite), "list ?; single ?");
    }
}
