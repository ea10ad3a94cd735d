//! [`TracedBuilder`]: traced connections with options, and the options that all others have.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, PoisonError, RwLock};

use diesel::ConnectionResult;
use osprofiler::db::{DbOptions, DbSource, ParamsPolicy, PatternError, Recorded};
use serde_json::Value;

use crate::backend::TracedBackend;
use crate::connection::{Traceable, TracedConnection};
use crate::link::Link;
use crate::target::Target;
use osprofiler::quiet::discard;

static DEFAULT: RwLock<Option<DbOptions>> = RwLock::new(None);

/// Sets the options of connections that are established or wrapped without a builder, from the next one on.
///
/// This is how connections get options that a library opens by their type: a pool, or `MultiConnection`.
///
/// ```
/// use osprofiler_diesel::{DbOptions, ParamsPolicy};
///
/// osprofiler_diesel::set_default_options(DbOptions::default().params(ParamsPolicy::Types));
/// # osprofiler_diesel::set_default_options(DbOptions::default());
/// ```
pub fn set_default_options(options: DbOptions) {
    let before = DEFAULT.write().unwrap_or_else(PoisonError::into_inner).replace(options);
    // A redactor of the program's may go with it, and may come here again: nothing is locked any more.
    discard(before);
}

pub(crate) fn default_options() -> DbOptions {
    osprofiler::db::register_own_frames(crate::own_frames);
    DEFAULT.read().unwrap_or_else(PoisonError::into_inner).clone().unwrap_or_default()
}

/// Makes traced connections; see [`DbOptions`] for what each option means and its default.
///
/// ```
/// use diesel::prelude::*;
/// use osprofiler_diesel::{ParamsPolicy, TracedConnection};
///
/// let connection = TracedConnection::<SqliteConnection>::builder()
///     .name("orders")
///     .params(ParamsPolicy::Types)
///     .redact("(?i)password|token")?
///     .establish(":memory:")?;
/// # let _ = connection;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct TracedBuilder<T> {
    options: DbOptions,
    system: Option<Cow<'static, str>>,
    target: Option<Target>,
    connection: PhantomData<fn() -> T>,
}

impl<T> TracedBuilder<T> {
    pub(crate) fn new() -> Self {
        Self { options: default_options(), system: None, target: None, connection: PhantomData }
    }

    /// All options at once.
    #[must_use]
    pub fn options(mut self, options: DbOptions) -> Self {
        self.options = options;
        self
    }

    /// How the points are called: [`DbOptions::name`].
    #[must_use]
    pub fn name(self, name: impl Into<Cow<'static, str>>) -> Self {
        self.map(|options| options.name(name))
    }

    /// Whether these statements are traced: [`DbOptions::trace_sql`]. [`TracedConnection::set_trace_sql`] changes it later.
    #[must_use]
    pub fn trace_sql(self, trace_sql: bool) -> Self {
        self.map(|options| options.trace_sql(trace_sql))
    }

    /// What is recorded of bound values: [`DbOptions::params`].
    #[must_use]
    pub fn params(self, params: ParamsPolicy) -> Self {
        self.map(|options| options.params(params))
    }

    /// Replaces the values of statements that match: [`DbOptions::redact`].
    ///
    /// # Errors
    ///
    /// Where the pattern is no regular expression.
    pub fn redact(mut self, pattern: &str) -> Result<Self, PatternError> {
        self.options = self.options.redact(pattern)?;
        Ok(self)
    }

    /// Lets a function look at each value, and replace it: [`DbOptions::redact_with`].
    #[must_use]
    pub fn redact_with(self, redactor: impl Fn(Recorded<'_>) -> Option<Value> + Send + Sync + 'static) -> Self {
        self.map(|options| options.redact_with(redactor))
    }

    /// Whether returned rows stay out of the record: [`DbOptions::hide_result`].
    #[must_use]
    pub fn hide_result(self, hide_result: bool) -> Self {
        self.map(|options| options.hide_result(hide_result))
    }

    /// How many rows are recorded otherwise: [`DbOptions::result_rows`].
    #[must_use]
    pub fn result_rows(self, result_rows: usize) -> Self {
        self.map(|options| options.result_rows(result_rows))
    }

    /// Whether it is recorded where in the program a statement came from: [`DbOptions::caller`].
    #[cfg(feature = "caller")]
    #[must_use]
    pub fn caller(self, caller: bool) -> Self {
        self.map(|options| options.caller(caller))
    }

    /// What `system` is recorded, where it cannot be told: `mariadb`.
    #[must_use]
    pub fn system(mut self, system: impl Into<Cow<'static, str>>) -> Self {
        self.system = Some(system.into());
        self
    }

    pub(crate) fn with_target(mut self, target: Target) -> Self {
        self.target = Some(target);
        self
    }

    fn map(mut self, change: impl FnOnce(DbOptions) -> DbOptions) -> Self {
        self.options = change(self.options);
        self
    }

    /// What the points say of their database.
    pub(crate) fn source(&self, system: &'static str, target: &Target) -> Arc<DbSource> {
        let target = self.target.as_ref().unwrap_or(target);
        let system = self.system.as_deref().unwrap_or(system);
        DbSource::new(system, &target.database, target.server.as_deref(), self.options.clone())
    }
}

impl<C: Traceable> TracedBuilder<TracedConnection<C>> {
    /// The URL of a connection that is there already, of which database and server are recorded.
    #[must_use]
    pub fn url(self, url: &str) -> Self {
        self.with_target(C::Backend::target(url))
    }

    /// Opens a connection, as [`Connection::establish`](diesel::Connection::establish).
    ///
    /// # Errors
    ///
    /// As there.
    pub fn establish(&self, url: &str) -> ConnectionResult<TracedConnection<C>> {
        let target = C::Backend::target(url);
        let source = self.source(C::Backend::SYSTEM, &target);
        TracedConnection::open(url, Link::new(source), target)
    }

    /// A traced connection around the one there is.
    pub fn build(&self, inner: C) -> TracedConnection<C> {
        let target = Target::default();
        let source = self.source(C::Backend::SYSTEM, &target);
        TracedConnection::wrap(inner, Link::new(source), target)
    }
}

impl<T> Clone for TracedBuilder<T> {
    fn clone(&self) -> Self {
        let Self { options, system, target, connection } = self;
        Self { options: options.clone(), system: system.clone(), target: target.clone(), connection: *connection }
    }
}

impl<T> fmt::Debug for TracedBuilder<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TracedBuilder").field("options", &self.options).finish_non_exhaustive()
    }
}

/// Gives the connections of a pool these options: `Pool::builder().connection_customizer(Box::new(builder))`.
#[cfg(feature = "r2d2")]
impl<C: Traceable + 'static> diesel::r2d2::CustomizeConnection<TracedConnection<C>, diesel::r2d2::Error>
    for TracedBuilder<TracedConnection<C>>
{
    fn on_acquire(&self, connection: &mut TracedConnection<C>) -> Result<(), diesel::r2d2::Error> {
        connection.set_options(self);
        Ok(())
    }
}
