//! [`Recorder`]: records statements from diesel's own events, on the connection on which it is the instrumentation.
//!
//! Within a traced connection it records what the program runs around it. By [`instrument`](crate::instrument) it records
//! everything that connections run that are not traced otherwise.

use std::collections::VecDeque;
use std::sync::Arc;

use diesel::connection::{
    DebugQuery, DynInstrumentation, Instrumentation, InstrumentationEvent, get_default_instrumentation,
};
use diesel::result::Error;
use osprofiler::db::{DbSource, Gate, Outcome, ReturnedRows, RowsWriter};
use osprofiler::profiler;

use crate::backend::{Kept, TracedBackend};
use crate::builder;
use crate::call::Call;
use crate::debug_text::{DebugBinds, DebugParts, DebugText};
use crate::link::{Link, Runner};
use crate::session::Session;
use crate::target::{self, Target};
use crate::transition::Transition;

/// What is kept of a call that is known by its text alone.
pub(crate) struct ByText;

impl Kept for ByText {
    type Values = DebugBinds;
    type Rows = NoRows;
}

/// Rows that nobody sees.
#[derive(Default)]
pub(crate) struct NoRows;

impl ReturnedRows for NoRows {
    fn weight(&self) -> usize {
        0
    }

    fn decode(self, _: &mut RowsWriter<'_>) {}
}

/// A call that is known by its text, on a connection as it is now.
fn by_text(link: &Link, source: &Arc<DbSource>, method: &'static str) -> Option<Call<ByText>> {
    Call::new(source, link.checkout().as_ref(), method, || link.lease())
}

/// Records what a connection runs, from the events that it sends.
pub(crate) struct Recorder {
    link: Arc<Link>,
    /// Whether the connection is within a traced one.
    within: bool,
    /// Whether a failed statement aborts its transaction.
    aborts: bool,
    /// The program's own instrumentation.
    program: DynInstrumentation,
    /// Whether the connection is within a traced one, and the program has no instrumentation on it.
    is_quiet: bool,
    /// Queries that have begun and not ended, in order: one, and perhaps one that it makes diesel run; several in a pipeline
    /// of diesel-async.
    pending: VecDeque<Pending>,
    /// The connection that is being established, and its URL.
    connecting: Option<(Call<ByText>, String)>,
    /// A `COPY` that ended well; whoever ran it knows how many rows it copied.
    copied: Option<Call<ByText>>,
}

struct Pending {
    call: Call<ByText>,
    statement: Arc<str>,
    /// Diesel asks for types meanwhile.
    lookup: bool,
    /// One that began later has ended. If it goes on for longer than that, nobody waits for it.
    overtaken: bool,
}

impl Recorder {
    /// For a connection that is not within a traced one, of which nothing is known yet.
    pub(crate) fn by_default(program: DynInstrumentation) -> Self {
        // Until an event says more.
        let source = DbSource::new("other_sql", "", None, builder::default_options());
        Self::new(Link::new(source), false, false, program)
    }

    fn new(link: Arc<Link>, within: bool, aborts: bool, program: DynInstrumentation) -> Self {
        let (pending, connecting, copied) = (VecDeque::new(), None, None);
        let is_quiet = within && is_none(&*program);
        Self { link, within, aborts, program, is_quiet, pending, connecting, copied }
    }

    pub(crate) fn set_program(&mut self, instrumentation: impl Instrumentation) {
        self.program = instrumentation.into();
        self.is_quiet = false;
    }

    /// A `COPY` that ended well.
    #[cfg(feature = "postgres")]
    pub(crate) fn take_copied(&mut self) -> Option<Call<ByText>> {
        self.copied.take().or_else(|| Some(self.pending.pop_back()?.call))
    }

    /// Whether a query that begins now is traced. Where it is not, nothing is printed.
    fn is_traced(&self) -> bool {
        let checkout = self.link.checkout();
        (profiler::sql_active() || checkout.is_some()) && self.link.source().gate(checkout.as_ref()) == Gate::Traced
    }

    #[inline(never)]
    fn start(&mut self, query: &dyn DebugQuery, runner: Runner) {
        // What began and never ended was given up: diesel says nothing where a value could not be made, or a future was
        // dropped. A query that makes diesel ask for types goes on meanwhile, and so do those before in a pipeline.
        let DebugParts { statement, binds, .. } = DebugText::of(format_args!("{query:?}")).split();
        let lookup = runner == Runner::Lookup || statement.starts_with(LOOKUP);
        if !lookup {
            self.pending.retain(|pending| !pending.overtaken);
        }
        let link = Arc::clone(&self.link);
        let source = match self.within && runner == Runner::Program && !lookup {
            true => link.around(),
            false => link.source(),
        };
        let method = if runner == Runner::Copy { "copy_from" } else { "" };
        let Some(mut call) = by_text(&link, &source, method) else { return };
        call.aborts(self.aborts);
        let statement: Arc<str> = statement.into();
        let transition = Transition::of(&statement);
        if let Some(transition) = transition {
            call.changes(transition, |point| link.lease_of(transition, point.id()));
        }
        let is_ping = !self.within && &*statement == "SELECT 1" && binds.as_ref().is_none_or(DebugBinds::is_empty);
        // A query that asks for a type is the wrapper's, and was looked at there.
        if lookup || is_ping || link.migrates(&statement) {
            call.is_internal();
        }
        call.bind(Arc::clone(&statement), binds);
        call.begin();
        call.start();
        self.pending.push_back(Pending { call, statement, lookup, overtaken: false });
    }

    /// Which query has ended. Of several it is the last with that statement.
    fn ended(&mut self, query: &dyn DebugQuery) -> Option<Pending> {
        let last = self.pending.len().checked_sub(1)?;
        let is_it = |statement: &str| self.pending.iter().rposition(|pending| *pending.statement == *statement);
        let index = match last {
            0 => 0,
            _ => is_it(&DebugText::of(format_args!("{query:?}")).split().statement).unwrap_or(last),
        };
        let ended = self.pending.remove(index)?;
        if !ended.lookup {
            self.pending.iter_mut().take(index).for_each(|pending| pending.overtaken = true);
        }
        Some(ended)
    }

    fn finish(&mut self, query: &dyn DebugQuery, error: Option<&Error>, runner: Runner) {
        let Some(Pending { mut call, statement, .. }) = self.ended(query) else {
            if let Some(Error::DatabaseError(..)) = error {
                self.link.session(Session::fails);
            }
            return;
        };
        let transition = Transition::of(&statement);
        match error {
            Some(error) => {
                call.fail(error);
                if transition == Some(Transition::Commit) && self.aborts {
                    self.link.session(Session::end_all);
                }
            }
            None if runner == Runner::Copy => self.copied = Some(call),
            None => {
                call.finish();
                if let Some(transition) = transition {
                    self.link.passed(transition, call.lease());
                }
            }
        }
    }

    /// A connection that is not within a traced one learns here what it is.
    fn connect(&mut self, url: &str) {
        let (system, target) = guess(url);
        self.aborts = system == "postgresql";
        let source = DbSource::new(system, &target.database, target.server.as_deref(), builder::default_options());
        self.link.set_source(Arc::clone(&source));
        let call = by_text(&self.link, &source, "connect");
        self.connecting = call.map(|mut call| {
            call.begin_text("CONNECT");
            (call, url.to_owned())
        });
    }
}

/// How diesel 2.3 asks PostgreSQL for the OIDs of a type.
const LOOKUP: &str = "SELECT \"pg_type\".\"oid\", \"pg_type\".\"typarray\" FROM ";

/// System and target, by a URL alone: it is not known here what kind of connection it is for.
fn guess(url: &str) -> (&'static str, Target) {
    if target::is_postgres_url(url) || target::is_keywords(url) {
        ("postgresql", target::postgres(url))
    } else if url.starts_with("mysql://") {
        ("mysql", target::mysql(url))
    } else {
        ("sqlite", target::sqlite(url))
    }
}

impl Instrumentation for Recorder {
    #[inline]
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        // Most often there is nothing to hear.
        let may_be_traced = profiler::sql_active() || self.link.is_taken();
        let fails = matches!(event, InstrumentationEvent::FinishQuery { error: Some(_), .. });
        if self.is_quiet && self.pending.is_empty() && !may_be_traced && !fails {
            return;
        }
        self.hear(event);
    }
}

impl Recorder {
    fn hear(&mut self, event: InstrumentationEvent<'_>) {
        let runner = self.link.runner();
        if runner != Runner::Wrapper {
            match &event {
                InstrumentationEvent::StartQuery { query, .. } if self.is_traced() => self.start(*query, runner),
                // The end of what is not traced is not that of what was given up before.
                InstrumentationEvent::StartQuery { .. } => self.pending.clear(),
                InstrumentationEvent::FinishQuery { query, error, .. } => self.finish(*query, *error, runner),
                InstrumentationEvent::StartEstablishConnection { url, .. } if !self.within => self.connect(url),
                InstrumentationEvent::FinishEstablishConnection { error, .. } => {
                    if let Some((mut call, url)) = self.connecting.take() {
                        call.end_connecting(*error, &url);
                    }
                }
                _ => {}
            }
        }
        self.program.on_connection_event(event);
    }
}

/// Puts a recorder on a connection that is to be within a traced one. An instrumentation that the program set stays
/// where it is, and then nobody sees what runs around the traced connection.
pub(crate) fn attach<C>(
    link: &Arc<Link>,
    aborts: bool,
    connection: &mut C,
    get: impl Fn(&mut C) -> &mut dyn Instrumentation,
    set: impl FnOnce(&mut C, Recorder),
) {
    let instrumentation = get(connection);
    if let Some(recorder) = instrumentation.downcast_mut::<Recorder>() {
        recorder.link = Arc::clone(link);
        recorder.within = true;
        recorder.is_quiet = is_none(&*recorder.program);
        recorder.aborts = aborts;
    } else if is_none(instrumentation) {
        set(connection, Recorder::new(Arc::clone(link), true, aborts, DynInstrumentation::none()));
    }
}

/// A traced connection records everything; a recorder that is on the one within, by default, has nothing to do.
#[cfg(feature = "async")]
pub(crate) fn mute(instrumentation: &mut dyn Instrumentation) {
    if let Some(recorder) = instrumentation.downcast_mut::<Recorder>() {
        recorder.link.mute();
    }
}

/// There is no traced connection any more around the one that it is on. Says whether that is recorded now.
#[cfg(feature = "async")]
pub(crate) fn unmute(instrumentation: &mut dyn Instrumentation) -> bool {
    let recorder = instrumentation.downcast_mut::<Recorder>();
    let is_there = recorder.is_some();
    if let Some(recorder) = recorder {
        recorder.link.unmute();
    }
    is_there
}

/// Whether it is what a connection has where nobody set one.
fn is_none(instrumentation: &dyn Instrumentation) -> bool {
    let none = DynInstrumentation::none();
    instrumentation.as_any().type_id() == (*none).as_any().type_id()
}

/// The program's own instrumentation.
pub(crate) fn of_program(instrumentation: &mut dyn Instrumentation) -> &mut dyn Instrumentation {
    if instrumentation.is::<Recorder>() {
        return match instrumentation.downcast_mut::<Recorder>() {
            Some(recorder) => &mut *recorder.program,
            None => unreachable!("it was one a moment ago"),
        };
    }
    instrumentation
}

/// A call for the establishing of a connection, unless diesel's default instrumentation records it.
pub(crate) fn connects<DB: TracedBackend>(link: &Link) -> Option<Call<DB>> {
    if !profiler::sql_active() || get_default_instrumentation().is_some_and(|default| default.is::<Recorder>()) {
        return None;
    }
    let mut call = Call::new(&link.source(), None, "connect", || link.lease())?;
    call.begin_text("CONNECT");
    Some(call)
}

/// A traced connection's session. Says what becomes of a transaction that is open when the connection is dropped.
pub(crate) struct Open(pub(crate) Arc<Link>);

impl Drop for Open {
    fn drop(&mut self) {
        let link = &self.0;
        if link.session(|session| session.is_in_transaction())
            && let Some(mut call) = by_text(link, &link.source(), "drop")
        {
            call.begin_text("ROLLBACK");
            call.ends(Outcome::Dropped);
            call.finish();
        }
    }
}
