//! [`TracedBuilder`]: traced pools and connections with options.

#![expect(
    clippy::manual_async_fn,
    reason = "`impl Future + Send` says to generic callers what `async fn` only shows to concrete ones"
)]

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use osprofiler::db::{DbOptions, DbSource, ParamsPolicy, PatternError, Recorded};
use serde_json::Value;
use sqlx_core::connection::Connection;
use sqlx_core::error::Error;
use sqlx_core::pool::{Pool, PoolOptions};

use crate::connection::TracedConnection;
use crate::database::TracedDatabase;
use crate::mark::Marked;
use crate::pool::TracedPool;

/// Makes traced pools and connections; see [`DbOptions`] for what each option means and its default.
///
/// ```
/// use osprofiler_sqlx::{ParamsPolicy, TracedSqlitePool};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let pool = TracedSqlitePool::builder()
///     .name("orders")
///     .params(ParamsPolicy::Types)
///     .redact("(?i)password|token")?
///     .connect("sqlite::memory:")
///     .await?;
/// # let _ = pool;
/// # Ok(())
/// # }
/// ```
pub struct TracedBuilder<DB: TracedDatabase> {
    options: DbOptions,
    pool: PoolOptions<DB>,
    system: Option<Cow<'static, str>>,
}

impl<DB: TracedDatabase> TracedBuilder<DB> {
    pub(crate) fn new() -> Self {
        Self { options: DbOptions::default(), pool: PoolOptions::new(), system: None }
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

    /// Whether these statements are traced: [`DbOptions::trace_sql`]. [`TracedPool::set_trace_sql`] changes it later.
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

    /// How sqlx's pool is to be. Default: [`PoolOptions::new`].
    #[must_use]
    pub fn pool_options(mut self, pool: PoolOptions<DB>) -> Self {
        self.pool = pool;
        self
    }

    /// What `system` is recorded, where it cannot be told: `mariadb`, for a server that was named by a `mysql://` URL or by
    /// connect options.
    #[must_use]
    pub fn system(mut self, system: impl Into<Cow<'static, str>>) -> Self {
        self.system = Some(system.into());
        self
    }

    /// A traced pool around the one there is.
    pub fn build(self, pool: Pool<DB>) -> TracedPool<DB> {
        let source = self.source(&pool.connect_options(), None);
        TracedPool::new(pool, source)
    }

    /// As [`PoolOptions::connect`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn connect(self, url: &str) -> impl Future<Output = Result<TracedPool<DB>, Error>> + Send + use<'_, DB> {
        async move {
            let pool = Marked::new(self.pool.clone().connect(url), DB::EVENTS_ELSEWHERE).await?;
            let source = self.source(&pool.connect_options(), Some(url));
            Ok(TracedPool::new(pool, source))
        }
    }

    /// As [`PoolOptions::connect_with`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn connect_with(
        self,
        options: <DB::Connection as Connection>::Options,
    ) -> impl Future<Output = Result<TracedPool<DB>, Error>> + Send {
        async move {
            let pool = Marked::new(self.pool.clone().connect_with(options), DB::EVENTS_ELSEWHERE).await?;
            Ok(self.build(pool))
        }
    }

    /// As [`PoolOptions::connect_lazy`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn connect_lazy(self, url: &str) -> Result<TracedPool<DB>, Error> {
        let pool = self.pool.clone().connect_lazy(url)?;
        let source = self.source(&pool.connect_options(), Some(url));
        Ok(TracedPool::new(pool, source))
    }

    /// As [`PoolOptions::connect_lazy_with`].
    pub fn connect_lazy_with(self, options: <DB::Connection as Connection>::Options) -> TracedPool<DB> {
        let pool = self.pool.clone().connect_lazy_with(options);
        self.build(pool)
    }

    /// A single connection, as [`Connection::connect`].
    ///
    /// # Errors
    ///
    /// As there, and where the URL is malformed.
    pub fn connect_single(
        self,
        url: &str,
    ) -> impl Future<Output = Result<TracedConnection<'static, DB>, Error>> + Send + use<DB> {
        let options = url.parse::<<DB::Connection as Connection>::Options>();
        let opened = options.map(|options| {
            let source = self.source(&options, Some(url));
            (options, source)
        });
        async move {
            let (options, source) = opened?;
            TracedConnection::open(&options, source).await
        }
    }

    /// A single connection, as [`Connection::connect_with`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn connect_single_with(
        self,
        options: &<DB::Connection as Connection>::Options,
    ) -> impl Future<Output = Result<TracedConnection<'static, DB>, Error>> + Send {
        let source = self.source(options, None);
        TracedConnection::open(options, source)
    }

    fn map(mut self, change: impl FnOnce(DbOptions) -> DbOptions) -> Self {
        self.options = change(self.options);
        self
    }

    /// Of databases that are known by their kind alone. All of them have one, which numbers their connections.
    pub(crate) fn unknown_source() -> Arc<DbSource> {
        static SOURCES: Mutex<Vec<(&str, Arc<DbSource>)>> = Mutex::new(Vec::new());
        let system = DB::system(None);
        let mut sources = SOURCES.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, source)) = sources.iter().find(|(known, _)| *known == system) {
            return Arc::clone(source);
        }
        let source = DbSource::new(system, "", None, DbOptions::default());
        sources.push((system, Arc::clone(&source)));
        source
    }

    /// What the points say of their database.
    fn source(&self, options: &<DB::Connection as Connection>::Options, url: Option<&str>) -> Arc<DbSource> {
        let system = self.system.as_deref().unwrap_or(DB::system(url));
        osprofiler::db::register_own_frames(crate::own_frames);
        DbSource::new(system, &DB::database_name(options), DB::server(options).as_deref(), self.options.clone())
    }
}

impl<DB: TracedDatabase> fmt::Debug for TracedBuilder<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TracedBuilder")
            .field("options", &self.options)
            .field("pool", &self.pool)
            .finish_non_exhaustive()
    }
}
