//! When something may have changed what a read finds: the epochs of statements.
//!
//! Two runs of one read are in the same epoch where the trace shows nothing between them that may have changed what they find:
//! no write, no end of a transaction, no setting, no function that is not known. A change counts when it starts and when it
//! ends, because it may happen at any time in between. It counts for its database, whichever server or service it went through.
//!
//! What a transaction has written, and what a session has set, other sessions do not see: only runs with the same view are
//! comparable.

use std::collections::HashMap;

use super::texts::Statements;
use super::{Statement, Text, Transaction};
use crate::report::Point;
use crate::report::sql::repeat::Repeat;
use crate::report::sql::{Dialect, Kind};

/// What happens at a moment. Of what happens at once, changes come first: then a read is taken to be after them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Change,
    Start,
    Stop,
}

/// Which database statements are about; the first stands for one that is not known, and for several.
struct Databases(Vec<usize>);

const ANY: usize = 0;

/// Tells each statement the epochs that it started and ended in.
pub(super) fn count(points: &[Point], statements: &mut Statements<'_>, transactions: &[Transaction]) {
    let mut ends = vec![false; points.len()];
    for end in transactions.iter().filter_map(|transaction| transaction.end) {
        ends[end] = true;
    }
    tell_views(points, statements);
    let databases = Databases::of(statements);
    let mut events: Vec<(u64, Event, usize)> = Vec::with_capacity(2 * statements.list.len());
    for (index, statement) in statements.list.iter().enumerate() {
        let point = &points[statement.point];
        let (from_us, to_us) = (point.appeared_us(), point.finished_us.unwrap_or(u64::MAX));
        events.push((from_us, Event::Start, index));
        events.push((to_us.max(from_us), Event::Stop, index));
        let text = &statements.texts[statement.text];
        if ends[statement.point] || statements.runs(index) && may_change(text) {
            events.push((from_us, Event::Change, index));
            events.push((to_us.max(from_us), Event::Change, index));
        }
    }
    // By index too, so that the order does not depend on how the sort works.
    events.sort_unstable();
    let mut changes = vec![0_usize; databases.number()];
    let mut all = 0_usize;
    for (_, event, index) in events {
        let database = databases.of_statement(statements, index);
        match event {
            Event::Change => {
                changes[database] += 1;
                all += 1;
            }
            Event::Start | Event::Stop => {
                // What is not known to be elsewhere is taken to be here.
                let epoch = if database == ANY { all } else { changes[database] + changes[ANY] };
                let statement = &mut statements.list[index];
                match event {
                    Event::Start => statement.epoch = epoch,
                    _ => statement.epoch_end = epoch,
                }
            }
        }
    }
}

/// Tells each statement whose writes and settings it sees: 0 for what all see, else those of its transaction, or those of its
/// connection where something was set there before. Where the connection is not known, and something was set, they are its own
/// alone.
fn tell_views(points: &[Point], statements: &mut Statements<'_>) {
    let mut set: HashMap<(usize, u64), usize> = HashMap::new();
    let mut set_somewhere = false;
    // 0 is what all see, odd numbers are transactions.
    let mut views = (1..).map(|number| 2 * number);
    let mut next = move || views.next().unwrap_or(0);
    for place in 0..statements.in_order.len() {
        let index = statements.in_order[place];
        let statement = &statements.list[index];
        // The numbers of two processes may be the same.
        let connection = points[statement.point].connection().map(|number| (statement.connection, number));
        if statements.runs(index) && sets_for_session(&statements.texts[statement.text]) {
            match connection {
                None => set_somewhere = true,
                Some(_) if statements.kind(statement) == Kind::Transaction => {}
                Some(connection) => drop(set.entry(connection).or_insert_with(&mut next)),
            }
        }
        let own = connection.and_then(|connection| set.get(&connection).copied());
        let is_certain = connection.is_some() || statements.in_transaction(index);
        let view = match (statement.transaction.filter(|_| is_certain), own) {
            (Some(transaction), _) => 2 * transaction + 1,
            (None, Some(view)) if !set_somewhere => view,
            (None, _) if set_somewhere || connection.is_none() && !set.is_empty() => next(),
            (None, _) => 0,
        };
        statements.list[index].view = view;
    }
}

/// Whether what it does holds for its session alone: settings, temporary tables, locks, transactions that a text began.
fn sets_for_session(text: &Text<'_>) -> bool {
    let analyzed = &text.analyzed;
    match analyzed.kind {
        Kind::Other => !only_shows(text),
        Kind::Read => matches!(analyzed.repeat, Repeat::Acts(_) | Repeat::Unknown(_)),
        Kind::Ddl => ["TEMP", "TEMPORARY"].iter().any(|word| has_word(text.sql, word)),
        // Which later statements are in it is not known, where the connection is not.
        Kind::Transaction => true,
        Kind::Write => false,
    }
}

fn has_word(sql: &str, wanted: &str) -> bool {
    sql.split(|character: char| !character.is_ascii_alphanumeric()).any(|word| word.eq_ignore_ascii_case(wanted))
}

/// Whether a run of it may change what other statements find.
fn may_change(text: &Text<'_>) -> bool {
    let analyzed = &text.analyzed;
    match analyzed.kind {
        Kind::Read => analyzed.repeat.may_change(),
        // What begins a transaction or sets a mark in it changes nothing.
        Kind::Transaction => !matches!(analyzed.verb.as_str(), "BEGIN" | "START" | "SAVEPOINT"),
        Kind::Other => !only_shows(text),
        Kind::Write | Kind::Ddl => true,
    }
}

/// Whether it only shows something: `EXPLAIN ANALYZE` runs what follows.
fn only_shows(text: &Text<'_>) -> bool {
    match text.analyzed.verb.as_str() {
        "SHOW" | "DESCRIBE" | "DESC" => true,
        "EXPLAIN" => !has_word(text.sql, "ANALYZE") && !has_word(text.sql, "ANALYSE"),
        _ => false,
    }
}

impl Databases {
    fn of(statements: &Statements<'_>) -> Self {
        let mut numbers: HashMap<&str, usize> = HashMap::new();
        let mut of = Vec::with_capacity(statements.connections.len());
        for connection in &statements.connections {
            let next = numbers.len() + 1;
            of.push(connection.database.map_or(ANY, |name| *numbers.entry(name).or_insert(next)));
        }
        // From then on, what was recorded as one database may be about another.
        let moves = |text: &Text<'_>| matches!(text.analyzed.verb.as_str(), "USE" | "ATTACH" | "DETACH");
        if statements.texts.iter().any(moves) {
            of.fill(ANY);
        }
        Self(of)
    }

    fn number(&self) -> usize {
        self.0.iter().max().map_or(0, |most| *most) + 1
    }

    fn of_statement(&self, statements: &Statements<'_>, index: usize) -> usize {
        let statement: &Statement = &statements.list[index];
        let text = &statements.texts[statement.text];
        // Outside of PostgreSQL, what stands before the dot may be another database.
        let is_elsewhere =
            text.dialect != Dialect::Postgres && text.analyzed.tables.iter().any(|table| table.contains('.'));
        if is_elsewhere { ANY } else { self.0[statement.connection] }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::report::Trace;
    use crate::report::analysis::{Analysis, AnalysisOptions};
    use crate::report::samples::{BASE, message};

    /// Whether nothing lies between the first statement and the last, each from when to when.
    fn is_quiet(statements: &[(i64, i64, Value)]) -> bool {
        let mut messages = Vec::new();
        for (number, (from_us, to_us, db)) in statements.iter().enumerate() {
            let id = format!("s{number}");
            messages.push(message("db-start", &id, BASE, *from_us, json!({"db": db})));
            messages.push(message("db-stop", &id, BASE, *to_us, json!({})));
        }
        let trace = Trace::build(messages);
        let analysis = Analysis::of(&trace, AnalysisOptions::default());
        let mut list = analysis.in_order.iter().map(|index| &analysis.statements[*index]);
        let (first, last) = (list.next().expect("first"), list.next_back().expect("last"));
        first.epoch == last.epoch_end
    }

    fn between_on(read: &Value, other: &Value) -> bool {
        is_quiet(&[(0, 10, read.clone()), (20, 30, other.clone()), (40, 50, read.clone())])
    }

    fn on(sql: &str, system: &str, server: &str, database: Option<&str>) -> Value {
        json!({"statement": sql, "system": system, "server": server, "database": database})
    }

    fn quiet_on(system: &str, sql: &str) -> bool {
        between_on(&on("SELECT a FROM t", system, "x", Some("d")), &on(sql, system, "x", Some("d")))
    }

    #[test]
    fn reads_and_what_only_shows_leave_everything_as_it_is() {
        for sql in ["SELECT b FROM u", "SELECT now()", "BEGIN", "SAVEPOINT s", "SHOW search_path", "EXPLAIN SELECT 1"] {
            assert!(quiet_on("postgresql", sql), "{sql}");
        }
    }

    #[test]
    fn what_may_change_what_a_read_finds_counts() {
        for sql in [
            "INSERT INTO t VALUES (1)",
            "CALL p()",
            "TRUNCATE t",
            "CREATE TEMP TABLE t (a int)",
            "SET search_path TO b",
            "SET LOCAL app.tenant = '8'",
            "RESET ALL",
            "SELECT set_config('app.tenant', '8', true)",
            "SELECT nextval('s')",
            "SELECT * FROM u FOR UPDATE",
            "SELECT app.do_it()",
            "EXPLAIN ANALYZE DELETE FROM t",
            "COMMIT",
            "ROLLBACK TO s",
        ] {
            assert!(!quiet_on("postgresql", sql), "{sql}");
        }
        for sql in ["USE other", "REPLACE INTO t VALUES (1)", "SELECT @a := 1", "SELECT GET_LOCK('a', 1)", "SET @a = 1"]
        {
            assert!(!quiet_on("mysql", sql), "{sql}");
        }
        for sql in ["PRAGMA foreign_keys = 1", "ATTACH 'x' AS y", "INSERT INTO temp.t VALUES (1)"] {
            assert!(!quiet_on("sqlite", sql), "{sql}");
        }
    }

    #[test]
    fn a_change_counts_for_its_database_through_any_server() {
        let read = on("SELECT a FROM t", "postgresql", "replica", Some("shop"));
        let write = |server, database| on("UPDATE t SET a = 1", "postgresql", server, database);
        assert!(!between_on(&read, &write("primary", Some("shop"))));
        assert!(!between_on(&read, &write("primary", None)), "an event of sqlx's does not name its database");
        assert!(between_on(&read, &write("primary", Some("mail"))));
        let unknown = json!({"statement": "SELECT a FROM t"});
        assert!(!between_on(&unknown, &write("primary", Some("mail"))));
    }

    #[test]
    fn another_database_may_be_named_in_the_text() {
        let read = on("SELECT a FROM t", "mysql", "x", Some("shop"));
        assert!(!between_on(&read, &on("UPDATE shop.t SET a = 1", "mysql", "x", Some("mail"))));
        let elsewhere = on("SELECT a FROM mail.t", "mysql", "x", Some("shop"));
        assert!(!between_on(&elsewhere, &on("UPDATE t SET a = 1", "mysql", "x", Some("mail"))));
        assert!(between_on(&read, &on("UPDATE t SET a = 1", "mysql", "x", Some("mail"))));
    }

    #[test]
    fn a_transaction_and_a_session_with_settings_have_views_of_their_own() {
        let on =
            |connection: u64, sql: &str| json!({"statement": sql, "connection": connection, "system": "postgresql"});
        let views = |statements: &[(u64, &str)]| {
            let mut messages = Vec::new();
            for (number, (connection, sql)) in statements.iter().enumerate() {
                let (id, from_us) = (format!("s{number}"), 100 * number as i64);
                messages.push(message("db-start", &id, BASE, from_us, json!({"db": on(*connection, sql)})));
                messages.push(message("db-stop", &id, BASE, from_us + 50, json!({})));
            }
            let trace = Trace::build(messages);
            let analysis = Analysis::of(&trace, AnalysisOptions::default());
            let reads = analysis.statements.iter().filter(|one| analysis.texts[one.text].sql == "SELECT a FROM t");
            reads.map(|statement| statement.view).collect::<Vec<_>>()
        };
        let read = "SELECT a FROM t";
        assert_eq!(views(&[(1, read), (2, read)]), [0, 0]);
        let uncommitted =
            views(&[(1, "BEGIN"), (1, "UPDATE t SET a = 1"), (1, read), (2, read), (1, "COMMIT"), (1, read)]);
        assert!(uncommitted[0] != 0 && uncommitted[1..] == [0, 0], "{uncommitted:?}");
        for set in ["SET app.tenant = '1'", "CREATE TEMP TABLE t (a int)", "SELECT set_config('a', 'b', false)"] {
            let views = views(&[(1, set), (1, read), (2, read), (1, read)]);
            assert!(views[0] != 0 && views[1] == 0 && views[2] == views[0], "{set}: {views:?}");
        }
        // Where the connections are not known, each may be another.
        let mut messages = Vec::new();
        for (number, sql) in ["SET app.tenant = '1'", read, read].into_iter().enumerate() {
            let (id, from_us) = (format!("s{number}"), 100 * number as i64);
            messages.push(message("db-start", &id, BASE, from_us, json!({"db": {"statement": sql}})));
            messages.push(message("db-stop", &id, BASE, from_us + 50, json!({})));
        }
        let trace = Trace::build(messages);
        let analysis = Analysis::of(&trace, AnalysisOptions::default());
        assert_ne!(analysis.statements[1].view, analysis.statements[2].view);
    }

    #[test]
    fn a_change_counts_while_it_runs() {
        let (read, write) = (json!({"statement": "SELECT a FROM t"}), json!({"statement": "UPDATE t SET a = 1"}));
        // It began during the first read, and ended before the second.
        assert!(!is_quiet(&[(0, 15, read.clone()), (6, 20, write.clone()), (40, 50, read.clone())]));
        assert!(is_quiet(&[(0, 10, read.clone()), (20, 30, read.clone())]));
        assert!(!is_quiet(&[(0, 10, read.clone()), (2, 60, write.clone()), (40, 50, read.clone())]));
    }
}
