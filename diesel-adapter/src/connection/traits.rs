//! What makes a [`TracedConnection`] a connection of diesel: its traits.

use diesel::QueryResult;
use diesel::connection::{
    AnsiTransactionManager, CacheSize, Connection, ConnectionSealed, Instrumentation, LoadConnection, SimpleConnection,
    WithMetadataLookup,
};
use diesel::expression::QueryMetadata;
use diesel::migration::{CREATE_MIGRATIONS_TABLE, MigrationConnection};
use diesel::query_builder::{Query, QueryFragment, QueryId};
use diesel::{ConnectionResult, sql_types::TypeMetadata};
use osprofiler::db::Gate;

use super::{Traceable, TracedConnection, is_open};
use crate::backend::Kept;
use crate::call::EXECUTE;
use crate::cursor::TracedCursor;
use crate::fragment::Fragment;
use crate::link::Runner;
use crate::recorder::{self, Recorder};
use crate::row::{TracedRow, Watch};
use crate::transition::Transition;

impl<C: Traceable> SimpleConnection for TracedConnection<C> {
    fn batch_execute(&mut self, query: &str) -> QueryResult<()> {
        let gate = self.gate();
        if gate == Gate::Outside && !self.is_checked {
            self.source.note_outside(query);
        }
        let Some(mut call) = (gate == Gate::Traced).then(|| self.call("batch_execute")).flatten() else {
            let result = self.inner.batch_execute(query);
            match (&result, Transition::of(query)) {
                (Ok(()), Some(transition)) => self.open.0.passed_untraced(transition),
                (Ok(()), None) => {}
                (Err(error), transition) => self.failed_untraced(error, transition),
            }
            return result;
        };
        let transition = Transition::of(query);
        if let Some(transition) = transition {
            call.changes(transition, |point| self.open.0.lease_of(transition, point.id()));
        }
        if C::Backend::ABORTS_TRANSACTIONS && transition == Some(Transition::Commit) {
            call.commits(self.before_commit());
        }
        if self.open.0.migrates(query) || self.is_checked {
            call.is_internal();
        }
        call.begin_text(query);
        let was_open = is_open(&mut self.inner);
        let runs = self.open.0.runs(Runner::Wrapper);
        let result = self.inner.batch_execute(query);
        drop(runs);
        self.ended(&mut call, &result, transition, was_open);
        result
    }
}

impl<C: Traceable> ConnectionSealed for TracedConnection<C> {}

impl<C: Traceable> Connection for TracedConnection<C> {
    type Backend = C::Backend;
    type TransactionManager = AnsiTransactionManager;

    fn establish(database_url: &str) -> ConnectionResult<Self> {
        Self::builder().establish(database_url)
    }

    fn execute_returning_count<T>(&mut self, source: &T) -> QueryResult<usize>
    where
        T: QueryFragment<Self::Backend> + QueryId,
    {
        let id = T::query_id();
        let slot = self.slot(source, EXECUTE);
        let known = slot.as_ref().is_some_and(|slot| slot.is_known());
        let fragment = Fragment::new(source, slot.as_deref());
        if slot.is_none() {
            let result = self.inner.execute_returning_count(&fragment);
            drop(fragment);
            return result.inspect_err(|error| self.failed_untraced(error, None));
        }
        let was_open = is_open(&mut self.inner);
        let runs = self.open.0.runs(Runner::Wrapper);
        let result = self.inner.execute_returning_count(&fragment);
        drop(runs);
        drop(fragment);
        let Some(slot) = slot else { return result };
        self.statements.learn(id, known, slot.statement());
        let mut call = slot.call.borrow_mut();
        if let Ok(rows) = result {
            call.affected(rows);
        }
        if result.is_ok() {
            call.finish();
        } else {
            self.ended(&mut call, &result, None, was_open);
        }
        result
    }

    fn transaction_state(&mut self) -> &mut AnsiTransactionManager {
        self.inner.transaction_state()
    }

    /// The program's own instrumentation.
    fn instrumentation(&mut self) -> &mut dyn Instrumentation {
        recorder::of_program(self.inner.instrumentation())
    }

    /// Sets the program's own instrumentation; queries are traced as before.
    fn set_instrumentation(&mut self, instrumentation: impl Instrumentation) {
        match self.inner.instrumentation().downcast_mut::<Recorder>() {
            Some(recorder) => recorder.set_program(instrumentation),
            None => self.inner.set_instrumentation(instrumentation),
        }
    }

    fn set_prepared_statement_cache_size(&mut self, size: CacheSize) {
        self.inner.set_prepared_statement_cache_size(size);
    }
}

impl<B, C: Traceable + LoadConnection<B>> LoadConnection<B> for TracedConnection<C> {
    type Cursor<'conn, 'query>
        = TracedCursor<<C as LoadConnection<B>>::Cursor<'conn, 'query>, C::Backend>
    where
        Self: 'conn;
    type Row<'conn, 'query>
        = TracedRow<<C as LoadConnection<B>>::Row<'conn, 'query>>
    where
        Self: 'conn;

    fn load<'conn, 'query, T>(&'conn mut self, source: T) -> QueryResult<Self::Cursor<'conn, 'query>>
    where
        T: Query + QueryFragment<Self::Backend> + QueryId + 'query,
        Self::Backend: QueryMetadata<T::SqlType>,
    {
        let id = T::query_id();
        let slot = self.slot(&source, "load");
        let known = slot.as_ref().is_some_and(|slot| slot.is_known());
        let fragment = Fragment::new(source, slot.clone());
        let Some(slot) = slot else {
            return self.inner.load(fragment).map(TracedCursor::untraced);
        };
        let runs = self.open.0.runs(Runner::Wrapper);
        let loaded = self.inner.load(fragment);
        drop(runs);
        self.statements.learn(id, known, slot.statement());
        match loaded {
            Ok(cursor) => Ok(TracedCursor::new(cursor, slot, Watch::new::<T::SqlType>(), |call, row| {
                if let Ok(row) = row {
                    call.keep_row(row);
                }
            })),
            Err(error) => {
                slot.call.borrow_mut().fail(&error);
                Err(error)
            }
        }
    }
}

impl<C: Traceable + WithMetadataLookup> WithMetadataLookup for TracedConnection<C> {
    fn metadata_lookup(&mut self) -> &mut <Self::Backend as TypeMetadata>::MetadataLookup {
        self.inner.metadata_lookup()
    }
}

impl<C: Traceable + MigrationConnection> MigrationConnection for TracedConnection<C> {
    fn setup(&mut self) -> QueryResult<usize> {
        self.execute_returning_count(&diesel::sql_query(CREATE_MIGRATIONS_TABLE))
    }
}
