//! Names of PostgreSQL's types, as adapters record them, and as a cast may have them.
//!
//! A recorded name is text from outside: only what is a name, or one of a few known phrases, goes into a statement.

/// A type that a cast may name.
#[derive(Debug, PartialEq)]
pub(super) struct TypeName {
    /// What stands after `::`.
    pub(super) sql: String,
    /// What the elements are, where it is an array.
    pub(super) element: Option<String>,
}

/// Names of several words.
const PHRASES: &[&str] = &[
    "bit varying",
    "character varying",
    "double precision",
    "time with time zone",
    "time without time zone",
    "timestamp with time zone",
    "timestamp without time zone",
];

/// Types that no value has.
const NONE: &[&str] = &["void", "unknown", "record", "cstring", "null"];

/// What a cast calls the recorded type; `None` where that is not to be said.
pub(super) fn type_name(recorded: &str) -> Option<TypeName> {
    let base = base(recorded);
    let dimensions = recorded.len() - base.len();
    let lower = base.to_ascii_lowercase();
    if NONE.contains(&&*lower) {
        return None;
    }
    let (name, catalogued) = match &*lower {
        // Without a length these cut what they are cast from.
        "char" | "character" => ("bpchar".to_owned(), false),
        "bit" if dimensions > 0 => ("varbit".to_owned(), false),
        // The type of one byte is called so, and only between quotes.
        "\"char\"" => ("\"char\"".to_owned(), false),
        phrase if PHRASES.contains(&phrase) => (phrase.to_owned(), false),
        // The catalogue's name of an array.
        _ if base.strip_prefix('_').is_some_and(|element| is_known(element) && is_name(element)) => {
            (lower[1..].to_owned(), true)
        }
        _ if is_name(base) => (if is_known(&lower) { lower } else { base.to_owned() }, false),
        _ => return None,
    };
    let is_array = dimensions > 0 || catalogued;
    Some(TypeName { sql: format!("{name}{}", if is_array { "[]" } else { "" }), element: is_array.then_some(name) })
}

impl TypeName {
    /// Whether it is one of these, and no array.
    pub(super) fn is(&self, names: &[&str]) -> bool {
        self.element.is_none() && names.contains(&&*self.sql)
    }

    pub(super) fn is_json(&self) -> bool {
        self.is(&["json", "jsonb"])
    }

    pub(super) fn is_text(&self) -> bool {
        self.is(&["text", "varchar", "character varying", "bpchar", "name", "citext", "xml"])
    }
}

/// The name without the brackets of an array.
pub(super) fn base(name: &str) -> &str {
    let mut base = name;
    while let Some(element) = base.strip_suffix("[]") {
        base = element;
    }
    base
}

/// Names that are the server's own whatever their case is.
fn is_known(name: &str) -> bool {
    const KNOWN: &[&str] = &[
        "bool",
        "boolean",
        "bytea",
        "int2",
        "int4",
        "int8",
        "smallint",
        "int",
        "integer",
        "bigint",
        "oid",
        "float4",
        "float8",
        "real",
        "float",
        "numeric",
        "decimal",
        "text",
        "varchar",
        "bpchar",
        "name",
        "uuid",
        "json",
        "jsonb",
        "date",
        "time",
        "timetz",
        "timestamp",
        "timestamptz",
        "interval",
        "inet",
        "cidr",
        "macaddr",
        "macaddr8",
        "bit",
        "varbit",
        "money",
        "xml",
        "xid",
        "cid",
        "xid8",
        "box",
    ];
    KNOWN.contains(&name.to_ascii_lowercase().as_str())
}

/// Whether it is a name of SQL, with a schema or without, each with quotes or without.
fn is_name(name: &str) -> bool {
    let mut rest = name;
    loop {
        let end = match rest.strip_prefix('"') {
            Some(quoted) => match closing(quoted) {
                Some(end) if end > 0 => end + 2,
                _ => return false,
            },
            None => rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len()),
        };
        if end == 0 || end > 63 || rest.starts_with(|c: char| c.is_ascii_digit()) {
            return false;
        }
        match rest[end..].strip_prefix('.') {
            Some(more) => rest = more,
            None => return end == rest.len(),
        }
    }
}

/// Where the quote that ends a quoted name is; doubled ones do not.
fn closing(quoted: &str) -> Option<usize> {
    let bytes = quoted.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'"' if bytes.get(at + 1) == Some(&b'"') => at += 2,
            b'"' => return Some(at),
            0 => return None,
            _ => at += 1,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_a_cast_takes() {
        for (recorded, sql) in [
            ("INT8", "int8"),
            ("INT4[]", "int4[]"),
            ("_int4", "int4[]"),
            ("int4[][]", "int4[]"),
            ("CHAR", "bpchar"),
            ("\"CHAR\"", "\"char\""),
            ("bit[]", "varbit[]"),
            ("public.mood", "public.mood"),
            ("\"public\".\"Mo\"\"od\"", "\"public\".\"Mo\"\"od\""),
            ("TIMESTAMP WITH TIME ZONE", "timestamp with time zone"),
        ] {
            assert_eq!(type_name(recorded).expect(recorded).sql, sql);
        }
    }

    #[test]
    fn nothing_but_a_name_gets_into_a_statement() {
        for hostile in [
            "int; DROP TABLE a",
            "int--",
            "a b",
            "\"a",
            "\"a\"b",
            "",
            ".",
            "a.",
            "oid 99",
            "int4)",
            "1a",
            "a'",
            "\"\"",
            "void",
            "é",
        ] {
            assert_eq!(type_name(hostile), None, "{hostile}");
        }
    }
}
