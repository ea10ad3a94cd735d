//! The statements of two traces, brought together.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use super::{Change, ChangeKind, DiffOptions, Executions};
use crate::report::analysis::{Analysis, Connection, Group};

/// What makes a statement of one trace the same as one of the other.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key<'a> {
    fingerprint: &'a str,
    database: Option<Database<'a>>,
}

/// Service, system and name.
type Database<'a> = (Option<&'a str>, Option<&'a str>, Option<&'a str>);

/// A statement, and what each trace has of it.
struct Both<'a> {
    last: (&'a Analysis<'a>, &'a Group),
    executions: [Option<Executions>; 2],
}

impl<'a> Key<'a> {
    /// The key of a group; its fingerprint alone where statements are compared by their text.
    pub(super) fn of(analysis: &'a Analysis<'a>, group: &Group, by_text: bool) -> Self {
        let fingerprint = &analysis.texts[group.text].analyzed.fingerprint;
        let database = (!by_text).then(|| database(&analysis.connections[group.connection]));
        Self { fingerprint, database }
    }
}

/// The database of each text, where all executions of it whose database is known have the same one. A statement that is only
/// known from an event of sqlx's does not say its database; it is the same as the one that does.
struct Known<'a>(HashMap<(&'a str, Option<&'a str>), Option<Database<'a>>>);

impl<'a> Known<'a> {
    fn of(sides: [&'a Analysis<'a>; 2]) -> Self {
        let mut known: HashMap<(&str, Option<&str>), Option<Database<'_>>> = HashMap::new();
        for analysis in sides {
            for group in &analysis.groups {
                let key = Key::of(analysis, group, false);
                let Some(database) = key.database.filter(|database| !is_unknown(database)) else { continue };
                let only = known.entry((key.fingerprint, database.0)).or_insert(Some(database));
                if *only != Some(database) {
                    *only = None;
                }
            }
        }
        Self(known)
    }

    fn completed(&self, key: Key<'a>) -> Key<'a> {
        let Some(database) = key.database.filter(is_unknown) else { return key };
        let known = self.0.get(&(key.fingerprint, database.0)).copied().flatten();
        Key { database: known.or(key.database), ..key }
    }
}

/// Whether neither the system nor the name was recorded.
fn is_unknown((_, system, name): &Database<'_>) -> bool {
    system.is_none() && name.is_none()
}

fn database<'a>(connection: &Connection<'a>) -> Database<'a> {
    (connection.service, connection.system, connection.database)
}

/// Whether both ran statements, and on databases of other names: a test may have one for each run, and then there is
/// nothing to tell statements by but their text.
pub(super) fn share_no_database(before: &Analysis<'_>, after: &Analysis<'_>) -> bool {
    let [before, after] = [before, after].map(|analysis| {
        let groups = analysis.groups.iter();
        groups.map(|group| database(&analysis.connections[group.connection])).collect::<HashSet<_>>()
    });
    !before.is_empty() && !after.is_empty() && before.is_disjoint(&after)
}

/// The statements that changed, and how many did not.
pub(super) fn compare<'a>(
    before: &'a Analysis<'a>,
    after: &'a Analysis<'a>,
    by_text: bool,
    options: &DiffOptions,
) -> (Vec<Change<'a>>, usize) {
    let known = Known::of([before, after]);
    let mut places: HashMap<Key<'a>, usize> = HashMap::new();
    let mut statements: Vec<Both<'a>> = Vec::new();
    for (side, analysis) in [before, after].into_iter().enumerate() {
        for group in &analysis.groups {
            let key = known.completed(Key::of(analysis, group, by_text));
            let place = *places.entry(key).or_insert_with(|| {
                statements.push(Both { last: (analysis, group), executions: [None; 2] });
                statements.len() - 1
            });
            let both = &mut statements[place];
            if both.executions[side].is_none() {
                // Groups of one trace that only differ in their server are one statement; the first gives its name.
                both.last = (analysis, group);
            }
            add(both.executions[side].get_or_insert_default(), group);
        }
    }
    let all = statements.len();
    let mut changes: Vec<Change<'a>> = statements.into_iter().filter_map(|both| change(both, options)).collect();
    changes.sort_by_cached_key(|change| {
        let size = |of: fn(&Executions) -> u64| {
            let [before, after] = [change.before, change.after].map(|side| side.as_ref().map_or(0, of));
            before.abs_diff(after)
        };
        let connection = database(change.connection);
        (Reverse(size(|side| side.total_us)), Reverse(size(|side| side.count)), change.fingerprint, connection)
    });
    let unchanged = all - changes.len();
    (changes, unchanged)
}

fn add(executions: &mut Executions, group: &Group) {
    executions.count += group.points.len() as u64;
    executions.total_us = executions.total_us.saturating_add(group.total_us);
    executions.errors += group.errors;
    executions.rows = match (executions.rows, group.rows.or(group.rows_affected)) {
        (Some(rows), Some(more)) => Some(rows.saturating_add(more)),
        (rows, more) => rows.or(more),
    };
}

fn change<'a>(both: Both<'a>, options: &DiffOptions) -> Option<Change<'a>> {
    let [before, after] = both.executions;
    let kind = match (before, after) {
        (None, _) => ChangeKind::Appeared,
        (_, None) => ChangeKind::Vanished,
        (Some(before), Some(after)) if before.count != after.count => ChangeKind::Count,
        (Some(before), Some(after)) if before.errors != after.errors => ChangeKind::Errors,
        (Some(before), Some(after)) if is_more_than_noise(before.total_us, after.total_us, options) => ChangeKind::Time,
        _ => return None,
    };
    let (analysis, group) = both.last;
    let text = &analysis.texts[group.text];
    Some(Change {
        kind,
        id: &group.id,
        fingerprint: &text.analyzed.fingerprint,
        text: text.sql,
        connection: &analysis.connections[group.connection],
        before,
        after,
    })
}

pub(super) fn is_more_than_noise(before_us: u64, after_us: u64, options: &DiffOptions) -> bool {
    let difference_us = before_us.abs_diff(after_us);
    let share_is_large = u128::from(difference_us) * 100 >= u128::from(before_us) * u128::from(options.noise_percent);
    difference_us > 0 && difference_us >= options.noise_us && share_is_large
}
