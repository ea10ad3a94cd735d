//! Types of PostgreSQL's values: from sqlx's type infos, and from what they print.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use osprofiler::db::postgres::PgType;
use sqlx_core::type_info::TypeInfo;
use sqlx_postgres::{PgTypeInfo, PgTypeKind};

/// OIDs below are those of the server's own types, the same everywhere.
const FIRST_OTHER_OID: u32 = 10_000;

/// Types are looked at no deeper than so many within each other.
const MAX_DEPTH: u32 = 16;

/// A type as sqlx resolved it, with all that is known of it.
pub(super) fn resolved(info: &PgTypeInfo) -> PgType {
    within(info, 0)
}

fn within(info: &PgTypeInfo, depth: u32) -> PgType {
    if let Some(oid) = info.oid()
        && oid.0 < FIRST_OTHER_OID
    {
        return PgType::Oid(oid.0);
    }
    let name: Arc<str> = info.name().into();
    match info.oid() {
        // sqlx has not asked what this OID stands for, and panics when it is asked for the kind.
        Some(oid) if &*name == "?" => return PgType::Oid(oid.0),
        Some(_) if depth < MAX_DEPTH => {}
        // Nor what this name stands for.
        _ => return PgType::Named(name),
    }
    let inner = |info: &PgTypeInfo| Arc::new(within(info, depth + 1));
    match info.kind() {
        PgTypeKind::Simple | PgTypeKind::Pseudo => PgType::Named(name),
        PgTypeKind::Enum(_) => PgType::Enum { name },
        PgTypeKind::Domain(base) => PgType::Domain { name, base: inner(base) },
        PgTypeKind::Array(element) => PgType::Array(inner(element)),
        PgTypeKind::Range(element) => PgType::Range { name, element: inner(element) },
        PgTypeKind::Composite(fields) => {
            let field = |(name, info): &(String, PgTypeInfo)| (name.as_str().into(), within(info, depth + 1));
            PgType::Composite { name, fields: fields.iter().map(field).collect() }
        }
    }
}

/// A type with its name, which is wanted more often than it is made.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) ty: PgType,
    pub(super) name: Cow<'static, str>,
}

thread_local! {
    /// Lists of types that were read: the same few are read again and again.
    static READ: RefCell<HashMap<String, Option<Rc<[Named]>>>> = RefCell::default();
}

/// Reads what `PgArguments` print of their types, from the first bracket on to the last. `None` where the form is not
/// known.
pub(super) fn read_list(text: &str) -> Option<Rc<[Named]>> {
    const MAX_LISTS: usize = 1000;
    /// Longer lists are those of statements with many rows of values, of which few are alike.
    const MAX_TEXT: usize = 4096;
    if text.len() > MAX_TEXT {
        return named_list(text);
    }
    READ.with_borrow_mut(|read| {
        if let Some(known) = read.get(text) {
            return known.clone();
        }
        let list = named_list(text);
        if read.len() >= MAX_LISTS {
            read.clear();
        }
        read.insert(text.to_owned(), list.clone());
        list
    })
}

fn named_list(text: &str) -> Option<Rc<[Named]>> {
    Some(parse_list(text)?.into_iter().map(|ty| Named { name: ty.name().into_owned().into(), ty }).collect())
}

fn parse_list(text: &str) -> Option<Vec<PgType>> {
    let mut rest = text.strip_prefix('[')?.strip_suffix(']')?;
    let mut types = Vec::new();
    while !rest.is_empty() {
        let (ty, after) = parse(rest)?;
        types.push(ty);
        rest = match after.strip_prefix(", ") {
            Some(more) if !more.is_empty() => more,
            Some(_) => return None,
            None if after.is_empty() => after,
            None => return None,
        };
    }
    Some(types)
}

/// Reads one `PgTypeInfo(..)` and returns what follows it.
fn parse(text: &str) -> Option<(PgType, &str)> {
    let text = text.strip_prefix("PgTypeInfo(")?;
    let (variant, rest) = text.split_at(text.find(|c: char| !c.is_ascii_alphanumeric())?);
    if let Some(rest) = rest.strip_prefix(')') {
        return Some((server(variant)?, rest));
    }
    let rest = rest.strip_prefix('(')?;
    match variant {
        "DeclareWithName" => {
            let (name, rest) = rest.split_once("))")?;
            // A name may end with brackets, but not hold parentheses.
            (!name.contains(['(', ')'])).then(|| (named(name), rest))
        }
        "DeclareWithOid" => {
            let (oid, rest) = rest.strip_prefix("Oid(")?.split_once(")))")?;
            Some((PgType::Oid(oid.parse().ok()?), rest))
        }
        "DeclareArrayOf" => {
            let (element, rest) = rest.strip_prefix("PgArrayOf { elem_name: ")?.split_once(", name: \"")?;
            let (_, rest) = rest.split_once("\" }))")?;
            Some((named(element).array(), rest))
        }
        "Custom" => {
            let (oid, rest) = rest.strip_prefix("PgCustomType { oid: Oid(")?.split_once("), name: ")?;
            let (name, rest) = rest.split_once(", kind: ")?;
            let oid: u32 = oid.parse().ok()?;
            let ty = if oid < FIRST_OTHER_OID { PgType::Oid(oid) } else { named(name) };
            // The kind may nest; it ends where its brackets and those around it are closed.
            Some((ty, after_kind(rest)?))
        }
        _ => None,
    }
}

fn named(name: &str) -> PgType {
    PgType::server(name).unwrap_or_else(|| PgType::Named(name.into()))
}

/// sqlx calls the server's types by their names, but for upper case, and arrays by that of their elements.
fn server(variant: &str) -> Option<PgType> {
    let name = variant.to_ascii_lowercase();
    match name.strip_suffix("array") {
        Some(element) => PgType::server(element).map(PgType::array),
        None => PgType::server(&name),
    }
}

/// What follows the closing brackets of a kind, of its `PgCustomType`, `Custom` and `PgTypeInfo`.
fn after_kind(text: &str) -> Option<&str> {
    let (mut depth, mut quoted, mut escaped) = (3_i32, false, false);
    for (at, c) in text.char_indices() {
        match c {
            '"' if !escaped => quoted = !quoted,
            '(' | '[' | '{' if !quoted => depth += 1,
            ')' | ']' | '}' if !quoted => depth -= 1,
            _ => {}
        }
        escaped = quoted && c == '\\' && !escaped;
        if depth == 0 {
            return text.get(at + 1..);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Option<Vec<String>> {
        Some(parse_list(text)?.iter().map(|ty| ty.name().into_owned()).collect())
    }

    #[test]
    fn every_form_of_a_type_is_read() {
        assert_eq!(names("[]"), Some(vec![]));
        assert_eq!(
            names(
                "[PgTypeInfo(Int4), PgTypeInfo(TimestamptzArray), PgTypeInfo(DeclareWithName(mood)), \
                 PgTypeInfo(DeclareWithName(mood[])), PgTypeInfo(DeclareWithOid(Oid(16423))), \
                 PgTypeInfo(DeclareArrayOf(PgArrayOf { elem_name: mood, name: \"mood[]\" })), \
                 PgTypeInfo(Custom(PgCustomType { oid: Oid(16423), name: pt, kind: Composite([(\"x]\\\"\", \
                 PgTypeInfo(Int4)), (\"m\", PgTypeInfo(Custom(PgCustomType { oid: Oid(1), name: n, kind: Simple })))]) \
                 })), PgTypeInfo(Char)]"
            ),
            Some(
                ["int4", "timestamptz[]", "mood", "mood[]", "oid 16423", "mood[]", "pt", "char"]
                    .map(str::to_owned)
                    .to_vec()
            )
        );
    }

    #[test]
    fn long_lists_are_not_remembered() {
        let list = |count: usize| format!("[{}]", vec!["PgTypeInfo(Int4)"; count].join(", "));
        for count in [1, 5000] {
            assert_eq!(read_list(&list(count)).map(|types| types.len()), Some(count));
        }
        READ.with_borrow(|read| {
            assert!(read.contains_key(&list(1)));
            assert!(!read.contains_key(&list(5000)));
        });
    }

    #[test]
    fn other_forms_are_not_guessed() {
        for text in [
            "",
            "[",
            "[PgTypeInfo(Int4), ]",
            "[PgTypeInfo(Int4)",
            "[PgTypeInfo(Quux)]",
            "[Int4]",
            "[PgTypeInfo(Custom(x))]",
        ] {
            assert_eq!(names(text), None, "{text}");
        }
    }
}
