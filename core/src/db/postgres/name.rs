//! Names of types: what they mean, where nothing but the name is known.

use std::sync::Arc;

use super::PgType;
use super::builtin::{self, Form};
use super::learned;

/// What a name means.
#[derive(Debug, PartialEq)]
pub(super) enum Meaning {
    /// A type that is known here.
    Form(Form),
    /// A type that was learned, or an array of a type with another name.
    Type(PgType),
}

/// What `name` means: the server's own types come first, then what was learned, then types of extensions.
pub(super) fn meaning(name: &str) -> Option<Meaning> {
    if let Some(element) = name.strip_suffix("[]") {
        return Some(array_of(element.trim_end()));
    }
    let path = Path::parse(name);
    if let Some(meaning) = known(&path) {
        return Some(meaning);
    }
    // SQL takes names without quotation marks in lower case; a catalogue has them as they are.
    let lower = path.to_lowercase();
    if lower != path
        && let Some(meaning) = known(&lower)
    {
        return Some(meaning);
    }
    Some(array_of(&path.element()?))
}

fn array_of(element: &str) -> Meaning {
    Meaning::Type(PgType::Array(Arc::new(PgType::Named(element.into()))))
}

fn known(path: &Path) -> Option<Meaning> {
    let last = path.last();
    if matches!(path.schema(), None | Some("pg_catalog"))
        && let Some(form) = builtin::named(last)
    {
        return Some(Meaning::Form(form));
    }
    match learned::find(path) {
        Some(found) => found.map(Meaning::Type),
        None => builtin::extension(last).map(Meaning::Form),
    }
}

/// A name in its parts, without quotation marks: `public.mood`, `"public"."Mood"`.
#[derive(Debug, PartialEq)]
pub(super) struct Path {
    /// Each with whether it had quotation marks. There is one at least.
    parts: Vec<(String, bool)>,
}

impl Path {
    /// What is no name of SQL is taken as it is.
    pub(super) fn parse(name: &str) -> Self {
        Self { parts: parts(name).unwrap_or_else(|| vec![(name.to_owned(), false)]) }
    }

    /// The name without its schema.
    pub(super) fn last(&self) -> &str {
        self.parts.last().map_or("", |part| &part.0)
    }

    fn schema(&self) -> Option<&str> {
        self.parts.len().checked_sub(2).map(|index| self.parts[index].0.as_str())
    }

    /// What the whole name is found by; it is the last part alone where there is no schema. No name has a NUL.
    pub(super) fn key(&self) -> String {
        self.parts.iter().map(|part| part.0.as_str()).collect::<Vec<_>>().join("\0")
    }

    fn to_lowercase(&self) -> Self {
        let lower =
            |(part, quoted): &(String, bool)| (if *quoted { part.clone() } else { part.to_ascii_lowercase() }, *quoted);
        Self { parts: self.parts.iter().map(lower).collect() }
    }

    /// The name of the elements, where this may be the name of an array in the catalogue: `_mood`.
    fn element(&self) -> Option<String> {
        let (last, schema) = self.parts.split_last()?;
        let element = last.0.strip_prefix('_').filter(|element| !element.is_empty())?;
        let mut out = String::new();
        for (part, quoted) in schema.iter().map(|part| (part.0.as_str(), part.1)).chain([(element, last.1)]) {
            out.push_str(if out.is_empty() { "" } else { "." });
            if quoted {
                out.push('"');
                out.push_str(&part.replace('"', "\"\""));
                out.push('"');
            } else {
                out.push_str(part);
            }
        }
        Some(out)
    }
}

/// The parts between the points, where none is empty.
fn parts(name: &str) -> Option<Vec<(String, bool)>> {
    let mut parts = Vec::new();
    let mut rest = name;
    loop {
        let part;
        (part, rest) = match rest.strip_prefix('"') {
            Some(quoted) => {
                let (part, rest) = unquote(quoted)?;
                ((part, true), rest)
            }
            None => {
                let (part, rest) = rest.split_at(rest.find('.').unwrap_or(rest.len()));
                if part.is_empty() || part.contains('"') {
                    return None;
                }
                ((part.to_owned(), false), rest)
            }
        };
        parts.push(part);
        if rest.is_empty() {
            return Some(parts);
        }
        rest = rest.strip_prefix('.')?;
    }
}

/// What is up to the closing quotation mark, and what is behind it. Two within are one.
fn unquote(quoted: &str) -> Option<(String, &str)> {
    let mut part = String::new();
    let mut rest = quoted;
    loop {
        let (before, after) = rest.split_once('"')?;
        part.push_str(before);
        rest = match after.strip_prefix('"') {
            Some(after) => after,
            None => return Some((part, after)),
        };
        part.push('"');
    }
}
