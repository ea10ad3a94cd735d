//! [`TracedQuery`]: the user's query on its way to the database.

use std::sync::Arc;

use sqlx_core::error::BoxDynError;
use sqlx_core::executor::Execute;
use sqlx_core::sql_str::SqlStr;

use crate::call::Call;
use crate::database::TracedDatabase;

/// Passes every question on to the user's query, so that the driver sees what it would see without tracing, and starts
/// the call's point when the driver has taken all it wants.
///
/// Drivers take the arguments before the text (all of sqlx 0.9 do); the text is taken once and last, by value.
pub(crate) struct TracedQuery<'q, DB: TracedDatabase, E: Execute<'q, DB>> {
    /// `None` once the text was taken.
    inner: Option<E>,
    call: Arc<Call<DB>>,
    lifetime: std::marker::PhantomData<&'q ()>,
}

impl<'q, DB: TracedDatabase, E: Execute<'q, DB>> TracedQuery<'q, DB, E> {
    pub(crate) fn new(inner: E, call: Arc<Call<DB>>) -> Self {
        Self { inner: Some(inner), call, lifetime: std::marker::PhantomData }
    }
}

impl<'q, DB: TracedDatabase, E: Execute<'q, DB>> Execute<'q, DB> for TracedQuery<'q, DB, E> {
    fn sql(mut self) -> SqlStr {
        let statement = self.inner.take().map_or(SqlStr::from_static(""), E::sql);
        // Cloning copies a `String` once; the driver gets the copy that is shared.
        let shared = statement.clone();
        self.call.start(statement);
        shared
    }

    fn statement(&self) -> Option<&DB::Statement> {
        self.inner.as_ref()?.statement()
    }

    fn take_arguments(&mut self) -> Result<Option<DB::Arguments>, BoxDynError> {
        let Some(inner) = &mut self.inner else { return Ok(None) };
        let arguments = inner.take_arguments()?;
        if let Some(arguments) = &arguments {
            self.call.capture(arguments);
        }
        Ok(arguments)
    }

    fn persistent(&self) -> bool {
        self.inner.as_ref().is_none_or(E::persistent)
    }
}

impl<'q, DB: TracedDatabase, E: Execute<'q, DB>> Drop for TracedQuery<'q, DB, E> {
    fn drop(&mut self) {
        // The database never saw the query: no connection could be had, or the arguments could not be encoded.
        if let Some(mut inner) = self.inner.take() {
            if let Ok(Some(arguments)) = inner.take_arguments() {
                self.call.capture(&arguments);
            }
            self.call.never_sent(inner.sql());
        }
    }
}
