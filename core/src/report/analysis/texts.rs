//! Which texts and databases there are, and the points with statements.

use hashbrown::HashMap;
use hashbrown::hash_map::Entry;

use super::{Connection, Statement, Text};
use crate::report::sql::{Analyzed, Dialect, Kind, statements};
use crate::report::{Point, Trace};

/// The statements of a trace, not yet grouped.
#[derive(Debug)]
pub(in crate::report) struct Statements<'a> {
    pub(in crate::report) texts: Vec<Text<'a>>,
    pub(in crate::report) connections: Vec<Connection<'a>>,
    pub(super) list: Vec<Statement>,
    pub(super) statement_of: Vec<Option<usize>>,
    /// The places in `list`, in the order of their start.
    pub(super) in_order: Vec<usize>,
    points: &'a [Point],
}

impl<'a> Statements<'a> {
    pub(super) fn of(trace: &'a Trace) -> Self {
        let points = trace.points();
        let mut found = Self {
            texts: Vec::new(),
            connections: Vec::new(),
            list: Vec::new(),
            statement_of: vec![None; points.len()],
            in_order: Vec::new(),
            points,
        };
        let mut texts: HashMap<(&str, Dialect), usize> = HashMap::new();
        let mut connections: HashMap<Connection<'a>, usize> = HashMap::new();
        for (place, point) in points.iter().enumerate() {
            let Some(sql) = point.statement().filter(|sql| !sql.is_empty()) else { continue };
            let dialect = Dialect::of_system(point.system());
            // Comments and semicolons alone, such as a ping, run nothing.
            let text = match texts.entry((sql, dialect)) {
                Entry::Occupied(known) => *known.get(),
                Entry::Vacant(vacant) => {
                    if statements::is_empty(sql, dialect) {
                        continue;
                    }
                    let mut analyzed = Analyzed::of(sql, dialect);
                    if let Some(repeat) = trace.before_hiding.repeats.get(sql) {
                        analyzed.repeat.clone_from(repeat);
                    }
                    found.texts.push(Text { sql, dialect, analyzed });
                    *vacant.insert(found.texts.len() - 1)
                }
            };
            let connection = Connection {
                service: point.service.as_deref(),
                system: point.system(),
                database: point.database(),
                server: point.server(),
            };
            let connection = *connections.entry(connection).or_insert_with_key(|connection| {
                found.connections.push(connection.clone());
                found.connections.len() - 1
            });
            found.statement_of[place] = Some(found.list.len());
            found.list.push(Statement {
                point: place,
                text,
                connection,
                group: None,
                transaction: None,
                epoch: 0,
                epoch_end: 0,
                view: 0,
            });
        }
        found.in_order = (0..found.list.len()).collect();
        found.in_order.sort_by_cached_key(|index| points[found.list[*index].point].appeared_us());
        found
    }

    /// Whether a statement is an execution of the program's, and neither begins nor ends a transaction.
    pub(super) fn is_execution(&self, index: usize) -> bool {
        self.runs(index) && self.kind(&self.list[index]) != Kind::Transaction
    }

    /// Whether it ran a statement of the program's.
    pub(super) fn runs(&self, index: usize) -> bool {
        self.point(index).runs_statement()
    }

    /// Whether it says which transaction it is in.
    pub(super) fn in_transaction(&self, index: usize) -> bool {
        self.point(index).facts.db.transaction
    }

    fn point(&self, index: usize) -> &'a Point {
        &self.points[self.list[index].point]
    }

    pub(super) fn kind(&self, statement: &Statement) -> Kind {
        self.texts[statement.text].analyzed.kind
    }

    /// A number for each text, the same for those with the same fingerprint.
    pub(super) fn fingerprints(&self) -> Vec<usize> {
        let mut numbers: HashMap<&str, usize> = HashMap::new();
        self.texts
            .iter()
            .map(|text| {
                let next = numbers.len();
                *numbers.entry(&text.analyzed.fingerprint).or_insert(next)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::db::counts_as_query;
    use crate::report::samples::{BASE, message};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        /// Lists and `Server-Timing` cannot analyse texts, and count by their first words.
        #[test]
        fn reports_count_what_lists_count(text in "((BEGIN|COMMIT|START TRANSACTION|SET SESSION a|SET TRANSACTION READ ONLY|SAVEPOINT a|END|SELECT 1|CALL a\\(\\)|SHOW a)?( |\n|/\\* x; \\*/|-- y\n)?;){0,4}( |-- y\n)?(SELECT 1|COMMIT|)") {
            let db = json!({"db": {"statement": text, "system": "postgresql"}});
            let trace = Trace::build(vec![message("db-start", "s", BASE, 0, db)]);
            let statements = Statements::of(&trace);
            let counted = (0..statements.list.len()).filter(|index| statements.is_execution(*index)).count();
            prop_assert_eq!(counted == 1, counts_as_query(Some(&text), None, false), "{:?}", text);
        }
    }

    #[test]
    fn comments_and_semicolons_alone_are_no_statements() {
        let texts = [
            ("postgresql", "-- ping"),
            ("postgresql", "/* a /* b */ c */ ; -- d"),
            ("sqlite", " ;; "),
            ("mysql", "# ping"),
            ("mysql", "/*! */"),
            ("mysql", "/*+ HINT */"),
            ("other", "\n"),
            ("postgresql", "/* ping */ SELECT 1"),
            ("mysql", "/*!50110 SELECT 1 */"),
        ];
        let messages = texts.iter().enumerate().map(|(index, (system, text))| {
            let start = json!({"db": {"statement": text, "system": system}, "host": "h"});
            message("db-start", &format!("q{index}"), BASE, i64::try_from(index).expect("few"), start)
        });
        let trace = Trace::build(messages.collect::<Vec<_>>());
        assert_eq!(trace.points().len(), texts.len());
        assert_eq!(trace.totals().statements, 2);
        let found: Vec<&str> = Statements::of(&trace).texts.iter().map(|text| text.sql).collect();
        assert_eq!(found, ["/* ping */ SELECT 1", "/*!50110 SELECT 1 */"]);
    }
}
