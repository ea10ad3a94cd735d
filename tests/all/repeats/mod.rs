//! No `duplicate` is needed: 200 random mixes of reads, writes, volatile functions, locks, cursors, settings and transactions on
//! each of the real databases, through two traced connections. The second run of what a report calls a duplicate has
//! returned the same rows as the first, and has changed nothing.

mod statements;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use osprofiler::report::Trace;
use osprofiler::report::analysis::{Analysis, AnalysisOptions};
use osprofiler::report::findings::Rule;
use osprofiler::{CollectorConfig, Message, Notifier, Profiler, TraceExt as _};
use osprofiler_sqlx::{TracedConnection, TracedMySqlConnection, TracedPgConnection, TracedSqliteConnection};
use sqlx::{AssertSqlSafe, Connection as _, MySqlConnection, PgConnection, Row as _, SqliteConnection};

use crate::reached;

const MIXES: u64 = 200;
const STATEMENTS: usize = 14;

/// What one statement did.
struct Ran {
    sql: &'static str,
    /// The rows, or that it failed.
    rows: Option<Vec<Option<String>>>,
    /// What all sessions see before and after it.
    state: [String; 2],
}

/// What was found in all mixes.
#[derive(Default)]
struct Found {
    /// Runs that a report calls not needed.
    duplicates: usize,
    /// Runs of a text that had run before in the same mix, and now returned something else or changed something.
    needed: usize,
}

impl Found {
    /// Checks what a report says of a mix.
    fn check(&mut self, ran: &[Ran], trace: &Trace, seed: u64) {
        let analysis = Analysis::of(trace, AnalysisOptions::default());
        let place_of: Vec<usize> = analysis.in_order.iter().map(|index| analysis.statements[*index].point).collect();
        assert_eq!(place_of.len(), ran.len(), "mix {seed}: each statement has a point");
        let number_of = |place: &usize| place_of.iter().position(|of| of == place).expect("a statement");
        for (number, again) in ran.iter().enumerate() {
            let before = ran[..number].iter().rev().find(|before| before.sql == again.sql);
            self.needed += usize::from(before.is_some_and(|before| before.rows != again.rows || again.state[0] != again.state[1]));
        }
        for finding in analysis.findings.iter().filter(|finding| finding.rule == Rule::Duplicate) {
            for place in &finding.redundant {
                let number = number_of(place);
                let again = &ran[number];
                let earlier = finding.points.iter().map(number_of).filter(|other| *other < number);
                let first = earlier.filter(|other| ran[*other].sql == again.sql).max().expect("the run before");
                let mix: Vec<&str> = ran.iter().map(|ran| ran.sql).collect();
                assert_eq!(ran[first].rows, again.rows, "mix {seed}: {} and {number} of {mix:#?}", first);
                assert_eq!(again.state[0], again.state[1], "mix {seed}: {number} of {mix:#?}");
                self.duplicates += 1;
            }
        }
    }

    /// The mixes say something: there were duplicates, and there were runs that only looked like some.
    fn is_telling(&self) {
        assert!(self.duplicates >= 20 && self.needed >= 200, "{} {}", self.duplicates, self.needed);
    }
}

/// Takes the messages of one mix.
struct Taken {
    notifier: Notifier,
    profiler: Profiler,
    messages: Arc<Mutex<Vec<Message>>>,
}

impl Taken {
    fn new() -> Self {
        let messages = Arc::new(Mutex::new(Vec::new()));
        let theirs = Arc::clone(&messages);
        let take = move |message: &Message| theirs.lock().expect("messages").push(message.clone());
        let notifier = Notifier::builder().collector(CollectorConfig::default()).build_function(take);
        let profiler = Profiler::new_with("key", None, None, &notifier);
        Self { notifier, profiler, messages }
    }

    fn end(self) -> Trace {
        assert!(self.notifier.flush(Duration::from_secs(30)));
        Trace::build(std::mem::take(&mut *self.messages.lock().expect("messages")))
    }
}
