//! Types that adapters have seen in full, for values of which only the name of the type is known.

use std::collections::HashMap;
use std::sync::{LazyLock, PoisonError, RwLock};

use super::PgType;
use super::name::Path;

/// No more names are remembered: programs that make types as they go would fill the memory.
const MAX_NAMES: usize = 10_000;

/// Types are compared and remembered no deeper than so many within each other.
const MAX_DEPTH: u32 = 32;

/// By whole names and by names without their schema; `None` where a name means different types.
static LEARNED: LazyLock<RwLock<HashMap<String, Option<PgType>>>> = LazyLock::new(RwLock::default);

/// Remembers an enumeration, domain, composite, range or multirange by its name, for this process, with all types
/// within it. Of an array it remembers the elements' type. OIDs and names alone have nothing to remember.
///
/// A name that is learned again as a type that decodes differently, from another schema or database, is ambiguous:
/// values of which only this name is known are shown as bytes from then on. At most 10,000 names are remembered.
pub fn learn(ty: PgType) {
    learn_nested(&ty, 0);
}

/// What is known by the name, or by its last part where the whole is not known. `Some(None)` is an ambiguous name.
pub(super) fn find(path: &Path) -> Option<Option<PgType>> {
    let learned = LEARNED.read().unwrap_or_else(PoisonError::into_inner);
    learned.get(&path.key()).or_else(|| learned.get(path.last())).cloned()
}

fn learn_nested(ty: &PgType, depth: u32) {
    if depth >= MAX_DEPTH {
        return;
    }
    let name = match ty {
        PgType::Oid(_) | PgType::Named(_) => return,
        PgType::Array(element) => return learn_nested(element, depth + 1),
        PgType::Enum { name } => name,
        PgType::Domain { name, base: within }
        | PgType::Range { name, element: within }
        | PgType::Multirange { name, element: within } => {
            learn_nested(within, depth + 1);
            name
        }
        PgType::Composite { name, fields } => {
            for (_, field) in fields.iter() {
                learn_nested(field, depth + 1);
            }
            name
        }
    };
    let path = Path::parse(name);
    let key = path.key();
    if key != path.last() {
        remember(path.last(), ty);
    }
    remember(&key, ty);
}

fn remember(key: &str, ty: &PgType) {
    let changes = |learned: &HashMap<String, Option<PgType>>| match learned.get(key) {
        None => learned.len() < MAX_NAMES,
        Some(None) => false,
        Some(Some(known)) => !decode_alike(known, ty, 0),
    };
    // Most are learned again and again; readers do not wait for each other.
    if !changes(&LEARNED.read().unwrap_or_else(PoisonError::into_inner)) {
        return;
    }
    let mut learned = LEARNED.write().unwrap_or_else(PoisonError::into_inner);
    if changes(&learned) {
        let entry = if learned.contains_key(key) { None } else { Some(ty.clone()) };
        learned.insert(key.to_owned(), entry);
    }
}

/// Whether values of both types decode to the same.
fn decode_alike(a: &PgType, b: &PgType, depth: u32) -> bool {
    if depth >= MAX_DEPTH {
        return false;
    }
    let within = |a: &PgType, b: &PgType| decode_alike(a, b, depth + 1);
    match (a, b) {
        (PgType::Enum { .. }, PgType::Enum { .. }) => true,
        (PgType::Domain { base: a, .. }, PgType::Domain { base: b, .. })
        | (PgType::Array(a), PgType::Array(b))
        | (PgType::Range { element: a, .. }, PgType::Range { element: b, .. })
        | (PgType::Multirange { element: a, .. }, PgType::Multirange { element: b, .. }) => within(a, b),
        (PgType::Composite { fields: a, .. }, PgType::Composite { fields: b, .. }) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| a.0 == b.0 && within(&a.1, &b.1))
        }
        // A name means what is learned by it, which is compared there.
        (PgType::Named(_) | PgType::Oid(_), _) | (_, PgType::Named(_)) => a.name() == b.name(),
        _ => false,
    }
}
