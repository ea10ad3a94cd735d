//! Types that adapters have seen in full, for values of which only the name of the type is known.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{LazyLock, PoisonError, RwLock};

use super::PgType;
use super::name::Path;

/// No more names are remembered: programs that make types as they go would fill the memory.
const MAX_NAMES: usize = 10_000;

/// Types are compared and remembered no deeper than so many within each other.
const MAX_DEPTH: u32 = 32;

/// By whole names and by names without their schema.
static LEARNED: LazyLock<RwLock<HashMap<String, Learned>>> = LazyLock::new(RwLock::default);

/// How often something was learned.
static LESSONS: AtomicU64 = AtomicU64::new(0);

/// A type, and since which lesson it is known.
struct Learned {
    ty: PgType,
    since: u64,
    /// Since when the name means other types, too.
    ambiguous_since: Option<u64>,
}

impl Learned {
    /// What the name meant then: `None` where it was not known yet, and `Some(None)` where it was ambiguous.
    fn as_of(&self, lesson: u64) -> Option<Option<&PgType>> {
        let is_ambiguous = self.ambiguous_since.is_some_and(|since| since <= lesson);
        (self.since <= lesson).then_some(if is_ambiguous { None } else { Some(&self.ty) })
    }
}

thread_local! {
    /// Up to which lesson this thread knows what was learned.
    static AS_OF: Cell<u64> = const { Cell::new(u64::MAX) };
}

/// A number for what is known now: see [`as_of`].
#[must_use]
pub fn lessons() -> u64 {
    LESSONS.load(Relaxed)
}

/// Runs `decode` with what was known when [`lessons`] said this: what a value is shown as must not depend on when it is decoded.
pub fn as_of<T>(lesson: u64, decode: impl FnOnce() -> T) -> T {
    struct Restore(u64);

    impl Drop for Restore {
        fn drop(&mut self) {
            AS_OF.set(self.0);
        }
    }

    let _restore = Restore(AS_OF.replace(lesson));
    decode()
}

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
    let known = |key: &str| learned.get(key)?.as_of(AS_OF.get()).map(|ty| ty.cloned());
    known(&path.key()).or_else(|| known(path.last()))
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
    let changes = |learned: &HashMap<String, Learned>| match learned.get(key) {
        None => learned.len() < MAX_NAMES,
        Some(known) => known.ambiguous_since.is_none() && !decode_alike(&known.ty, ty, 0),
    };
    // Most are learned again and again; readers do not wait for each other.
    if !changes(&LEARNED.read().unwrap_or_else(PoisonError::into_inner)) {
        return;
    }
    let mut learned = LEARNED.write().unwrap_or_else(PoisonError::into_inner);
    if changes(&learned) {
        let lesson = LESSONS.load(Relaxed) + 1;
        match learned.get_mut(key) {
            Some(known) => known.ambiguous_since = Some(lesson),
            None => {
                learned.insert(key.to_owned(), Learned { ty: ty.clone(), since: lesson, ambiguous_since: None });
            }
        }
        // Last, while the lock is held: what was counted is there.
        LESSONS.store(lesson, Relaxed);
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
