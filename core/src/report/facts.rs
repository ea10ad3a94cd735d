//! [`Facts`]: what a point's info says that is asked again and again, read once.
//!
//! A trace is larger than a processor's caches, and info is a map within a map: making one for each point and looking there
//! for each question would take most of a report's time and memory. So the text of each info is walked along once (`walk`), and
//! of the texts within it only the place is kept.

mod walk;

use std::sync::Arc;

use hashbrown::HashMap;
use serde_json::{Map, Value};

use self::walk::{Found, Walk};
use super::recorded::RecordedInfo;
use crate::db::{got_no_connection, runs_statement};
use crate::python_json;

/// Where a text, or other JSON, stands in an info.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Word {
    start: u32,
    end: u32,
}

impl Word {
    /// There is one, and it has escapes: only the map of the info has it as it is meant.
    const IN_MAP: Self = Self { start: u32::MAX, end: u32::MAX };

    /// A message is no longer than 32 bits can say: `build` sees to that.
    fn at(start: usize, end: usize) -> Self {
        let place = |at| u32::try_from(at).unwrap_or(u32::MAX);
        Self { start: place(start), end: place(end) }
    }

    pub(super) fn is_there(self) -> bool {
        self != Self::default()
    }

    /// What stands there, or what the map has where that is needed.
    pub(super) fn of<'a>(self, info: &'a RecordedInfo, in_map: impl FnOnce() -> Option<&'a str>) -> Option<&'a str> {
        match self {
            Self { start: 0, end: 0 } => None,
            Self::IN_MAP => in_map(),
            Self { start, end } => info.json().get(start as usize..end as usize),
        }
    }
}

/// What a point's info says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Facts {
    /// It asked another service.
    pub(super) remote: bool,
    /// It stands for a request.
    pub(super) request: bool,
    /// It ended with an error.
    pub(super) error: bool,
    /// The stop has a type of error, be it no text.
    pub(super) has_etype: bool,
    /// It was given up.
    pub(super) cancelled: bool,
    /// The program did not read it to its end.
    pub(super) incomplete: bool,
    /// It got no connection, and was never sent.
    pub(super) unsent: bool,
    /// The pool had none in time.
    pub(super) pool_timeout: bool,
    /// The transaction that it ended was committed before, by a statement in it.
    pub(super) committed_before: bool,
    /// The start, or the stop, tells of lost messages or of what was handed out.
    pub(super) tells: (bool, bool),
    host_in_start: bool,
    host: Word,
    pub(super) etype: Word,
    pub(super) message: Word,
    /// What the start says of a database.
    pub(super) db: DbFacts,
    /// What the stop says of it.
    pub(super) stop_db: StopFacts,
}

/// What the start says of a database.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct DbFacts {
    /// It has a member `db`.
    pub(super) database: bool,
    /// It ran one of the program's statements.
    pub(super) runs_statement: bool,
    /// It began a transaction that is no savepoint.
    pub(super) begins_transaction: bool,
    /// It prepared or described a statement.
    pub(super) prepares: bool,
    /// It waited for a connection.
    pub(super) waits: bool,
    /// The program did not ask for it.
    pub(super) internal: bool,
    /// It ran around the traced pool.
    pub(super) bypassed: bool,
    /// It says which transaction it is in.
    pub(super) transaction: bool,
    /// It says which transaction is around that one.
    pub(super) savepoint: bool,
    /// What it says of values that are missing.
    pub(super) params_missing: Missing,
    pub(super) statement: Word,
    /// The statement as it is meant, where it has escapes.
    pub(super) unescaped: Option<Arc<str>>,
    pub(super) system: Word,
    pub(super) name: Word,
    pub(super) server: Word,
    pub(super) method: Word,
    /// The id of the transaction that it is in.
    pub(super) transaction_id: Word,
    /// That of the one around.
    pub(super) savepoint_of: Word,
    /// The JSON of its values.
    pub(super) params: Word,
    /// The JSON of their types.
    pub(super) param_types: Word,
    /// Where in the program it came from.
    pub(super) caller: Option<Arc<Origin>>,
    /// The number of its connection.
    pub(super) connection: Option<u64>,
    /// How many microseconds it waited for its connection before.
    pub(super) acquire_us: Option<u64>,
}

/// Which values a start says are missing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Missing {
    /// All of them: they are not known.
    pub(super) unknown: bool,
    /// Some of many.
    pub(super) omitted: bool,
}

/// What the stop says of a database.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct StopFacts {
    /// What became of a transaction.
    pub(super) outcome: Word,
    /// It became that because it was dropped.
    pub(super) dropped: bool,
    /// Rows that came back.
    pub(super) rows: Option<u64>,
    /// Rows that were changed.
    pub(super) rows_affected: Option<u64>,
    /// How many microseconds it took to the first row, and how many the program worked between rows.
    pub(super) first_row_us: Option<u64>,
    pub(super) consumer_us: Option<u64>,
    /// It says that it was not read to its end.
    incomplete: bool,
    /// The next row was waited for when it was given up.
    awaited: bool,
    /// It says that it was never sent.
    unsent: bool,
}

/// Where in the program a statement came from.
#[derive(Debug, PartialEq)]
pub(super) struct Origin {
    pub(super) function: String,
    pub(super) place: Option<(String, u64)>,
}

/// What many infos say alike, kept once, by its JSON.
#[derive(Default)]
pub(super) struct Known {
    texts: HashMap<Box<str>, Arc<str>>,
    origins: HashMap<Box<str>, Option<Arc<Origin>>>,
}

impl Facts {
    /// Reads what the start and the stop say.
    pub(super) fn of(start: &RecordedInfo, stop: &RecordedInfo, known: &mut Known) -> Self {
        let mut facts = Self::default();
        facts.read_start(start.json(), known);
        facts.read_stop(stop.json());
        let etype = facts.etype.of(stop, || member(stop, "etype")?.as_str());
        facts.pool_timeout = etype == Some("sqlx::Error::PoolTimedOut");
        facts.unsent = facts.stop_db.unsent || got_no_connection(etype);
        facts.conclude();
        facts
    }

    /// What follows from several members together.
    fn conclude(&mut self) {
        let Self { db, stop_db, .. } = self;
        // A point that waits for a connection has no statement that could be sent.
        self.unsent &= db.statement.is_there() && !db.waits;
        db.runs_statement &= !self.unsent;
        db.begins_transaction &= !self.unsent;
        self.incomplete = stop_db.incomplete;
        // Of a stream, older adapters did not say whether the program waited for the next row or had what it wanted.
        if self.cancelled && !stop_db.awaited && stop_db.consumer_us.is_some() && stop_db.rows > Some(0) {
            (self.cancelled, self.incomplete) = (false, true);
        }
    }

    /// The host that recorded the point: what the start says of it, or else the stop.
    pub(super) fn host<'a>(&self, start: &'a RecordedInfo, stop: &'a RecordedInfo) -> Option<&'a str> {
        let info = if self.host_in_start { start } else { stop };
        self.host.of(info, || member(info, "host")?.as_str())
    }

    // Of several members with one name the last counts, as in a map.

    fn read_start(&mut self, text: &str, known: &mut Known) {
        members(&mut Walk::new(text), |key, walk| match key {
            "db" => {
                self.db = DbFacts::default();
                self.db.read(walk, known);
            }
            "requests" | "http" | "rpc" => self.remote |= walk.value().is_object(),
            "request" => self.request = walk.value().is_object(),
            "host" => (self.host, self.host_in_start) = (walk.value().word(), true),
            key => {
                self.tells.0 |= tells(key);
                walk.value();
            }
        });
    }

    fn read_stop(&mut self, text: &str) {
        members(&mut Walk::new(text), |key, walk| match key {
            "db" => {
                self.stop_db = StopFacts::default();
                self.stop_db.read(walk);
            }
            "etype" => {
                self.etype = walk.value().word_of_error();
                (self.has_etype, self.error) = (true, self.etype.is_there());
            }
            "message" => self.message = walk.value().word_of_error(),
            "cancelled" => self.cancelled = walk.value().is_true(),
            "host" if !self.host_in_start => self.host = walk.value().word(),
            key => {
                self.tells.1 |= tells(key);
                walk.value();
            }
        });
    }
}

impl DbFacts {
    fn read(&mut self, walk: &mut Walk<'_>, known: &mut Known) {
        if !walk.begins_object() {
            walk.value();
            return;
        }
        let (mut statement, mut method): (Option<Found<'_>>, Option<Found<'_>>) = (None, None);
        members(walk, |key, walk| {
            let value = walk.value();
            match key {
                "statement" => statement = Some(value),
                "method" => method = Some(value),
                "system" => self.system = value.word(),
                "database" => self.name = value.word(),
                "server" => self.server = value.word(),
                "internal" => self.internal = value.is_true(),
                "bypassed" => self.bypassed = value.is_true(),
                "acquire_us" => self.acquire_us = value.number(),
                "savepoint_of" => (self.savepoint, self.savepoint_of) = (true, value.word()),
                "transaction" => (self.transaction, self.transaction_id) = (true, value.word()),
                "caller" => self.caller = known.origin(value.json()),
                "params" => self.params = value.place(),
                "param_types" => self.param_types = value.place(),
                "params_unknown" => self.params_missing.unknown = true,
                "params_omitted" => self.params_missing.omitted = true,
                "connection" => self.connection = value.number(),
                _ => {}
            }
        });
        self.database = true;
        if let Some(statement) = statement.filter(|value| value.is_string()) {
            self.statement = statement.word();
            if statement.text().is_none() {
                self.unescaped = known.text(statement.json());
            }
            let is_internal = self.internal;
            let text = statement.text().or(self.unescaped.as_deref());
            self.runs_statement = runs_statement(text, method.and_then(Found::text), is_internal);
        }
        self.method = method.map(Found::word).unwrap_or_default();
        let method = method.and_then(Found::text);
        self.begins_transaction = method == Some("begin") && !self.savepoint;
        self.prepares = matches!(method, Some("prepare" | "prepare_with" | "describe"));
        self.waits = matches!(method, Some("acquire" | "connect"));
    }
}

impl StopFacts {
    fn read(&mut self, walk: &mut Walk<'_>) {
        if !walk.begins_object() {
            walk.value();
            return;
        }
        members(walk, |key, walk| {
            let value = walk.value();
            match key {
                "rows" => self.rows = value.number(),
                "rows_affected" => self.rows_affected = value.number(),
                "outcome" => self.outcome = value.word(),
                "dropped" => self.dropped = value.is_true(),
                "first_row_us" => self.first_row_us = value.number(),
                "consumer_us" => self.consumer_us = value.number(),
                "complete" => self.incomplete = value.json() == "false",
                "awaited" => self.awaited = value.is_true(),
                "sent" => self.unsent = value.json() == "false",
                _ => {}
            }
        });
    }
}

/// Hands the members of the object here to `read`, which takes the value of each. Other values have none.
fn members<'a>(walk: &mut Walk<'a>, mut read: impl FnMut(&str, &mut Walk<'a>)) {
    if walk.enter() {
        while let Some(key) = walk.key() {
            read(&key, walk);
        }
    }
}

/// Whether a member says what a process knows beside the point.
fn tells(key: &str) -> bool {
    matches!(key, "lost_messages" | "handed_out")
}

impl Known {
    /// The text that a JSON string means.
    fn text(&mut self, json: &str) -> Option<Arc<str>> {
        if let Some(known) = self.texts.get(json) {
            return Some(Arc::clone(known));
        }
        let Ok(Value::String(text)) = python_json::value(json) else { return None };
        let text: Arc<str> = text.into();
        self.texts.insert(json.into(), Arc::clone(&text));
        Some(text)
    }

    fn origin(&mut self, json: &str) -> Option<Arc<Origin>> {
        if let Some(known) = self.origins.get(json) {
            return known.clone();
        }
        let origin = Origin::of(json).map(Arc::new);
        self.origins.insert(json.into(), origin.clone());
        origin
    }
}

impl Origin {
    fn of(json: &str) -> Option<Self> {
        let Ok(Value::Object(caller)) = python_json::value(json) else { return None };
        let text = |key| caller.get(key).and_then(Value::as_str).map(str::to_owned);
        let place = text("file").zip(caller.get("line").and_then(Value::as_u64));
        Some(Self { function: text("function")?, place })
    }
}

/// A member of info. Maps of info are small: walking along their members is faster than looking one up.
pub(super) fn member<'a>(info: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    /// Larger ones are none of ours.
    const SMALL: usize = 24;
    if info.len() > SMALL {
        return info.get(key);
    }
    info.iter().find(|(name, _)| *name == key).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::report::Trace;
    use crate::report::samples::{BASE, message};

    #[test]
    fn of_two_members_with_one_name_the_last_counts() {
        let line = message("db-start", "a", BASE, 0, json!({"x": 1})).json().replace(
            r#""x":1"#,
            r#""db": {"statement": "SELECT 1", "internal": true}, "db": {"statement": 7, "statement": "SELECT 2"}"#,
        );
        let trace = Trace::build(vec![crate::Message::from_json(line.as_bytes()).expect("a message")]);
        let point = &trace.points()[0];
        assert_eq!((point.statement(), point.is_internal(), point.runs_statement()), (Some("SELECT 2"), false, true));
        assert_eq!(point.start_info["db"]["statement"], "SELECT 2");
    }

    #[test]
    fn texts_with_escapes_are_as_they_are_meant() {
        let db = json!({"statement": "SELECT \"é\"\n", "system": "my\"sql", "database": "d\\", "server": "\u{1}",
            "method": "be\"gin", "transaction": "t\n", "savepoint_of": "\"", "params": ["\""],
            "caller": {"function": "f\"", "file": "C:\\a.rs", "line": 7}});
        let stop = json!({"etype": "E\"", "message": "m\n", "db": {"outcome": "com\\mitted"}, "host": "h\""});
        let messages =
            vec![message("db-start", "a", BASE, 0, json!({"db": db})), message("db-stop", "a", BASE, 1, stop)];
        let trace = Trace::build(messages);
        let point = &trace.points()[0];
        assert_eq!(point.statement(), Some("SELECT \"é\"\n"));
        assert_eq!((point.system(), point.database(), point.server()), (Some("my\"sql"), Some("d\\"), Some("\u{1}")));
        assert_eq!(
            (point.method(), point.transaction(), point.savepoint_of()),
            (Some("be\"gin"), Some("t\n"), Some("\""))
        );
        let caller = point.caller().expect("a caller");
        assert_eq!((caller.function, caller.place), ("f\"", Some(("C:\\a.rs", 7))));
        assert_eq!((point.error(), point.outcome()), (Some(("E\"", "m\n")), Some(("com\\mitted", false))));
        assert_eq!(point.host.as_deref(), Some("h\""));
    }

    #[test]
    fn odd_members_say_nothing() {
        for start in [
            json!([1]),
            json!("x"),
            json!(null),
            json!({"db": [1], "request": 1}),
            json!({"db": {"statement": 1,
            "method": {}, "rows": "1", "caller": 1, "internal": "true"}, "http": "x", "host": 1}),
        ] {
            let messages = vec![
                message("p-start", "a", BASE, 0, start.clone()),
                message(
                    "p-stop",
                    "a",
                    BASE,
                    1,
                    json!({"etype": null,
                    "cancelled": 1, "db": {"rows": -1, "rows_affected": 1.5, "outcome": 1}}),
                ),
            ];
            let trace = Trace::build(messages);
            let point = &trace.points()[0];
            assert_eq!((point.statement(), point.method(), point.caller()), (None, None, None), "{start}");
            assert_eq!((point.rows(), point.rows_affected(), point.outcome(), point.error()), (None, None, None, None));
            assert!(!point.is_cancelled() && !point.is_internal() && !point.is_remote() && point.host.is_none());
        }
    }
}
