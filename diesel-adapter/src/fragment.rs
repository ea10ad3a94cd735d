//! [`Fragment`]: the user's query as diesel's connection gets it, which notes what diesel asks of it.
//!
//! So the statement is the text that diesel prepares, the values are those that diesel sends, and neither is made twice.

use std::any::TypeId;
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::marker::PhantomData;
use std::ops::Deref;
#[cfg(feature = "async")]
use std::rc::Rc;
use std::sync::Arc;

use diesel::QueryResult;
use diesel::internal::derives::multiconnection::AstPassHelper;
use diesel::query_builder::{AstPass, Query, QueryBuilder, QueryFragment, QueryId};

use crate::backend::{Room, TracedBackend};
use crate::call::Call;
use crate::link::{Link, Runner};
use osprofiler::quiet::quietly;

/// What is noted of one query.
pub(crate) struct Slot<DB: TracedBackend> {
    pub(crate) call: RefCell<Call<DB>>,
    /// The text that queries with this id have, as far as they may be cached.
    known: Option<Arc<str>>,
    /// Whether this one may be cached, once that was asked.
    is_safe_to_cache: Cell<Option<bool>>,
    statement: OnceCell<Arc<str>>,
    /// Whether the call starts as soon as its values are known.
    starts: bool,
    /// Who asks the database for types meanwhile.
    link: Option<Arc<Link>>,
}

impl<DB: TracedBackend> Slot<DB> {
    /// For a call that runs at once, on a connection with an instrumentation.
    pub(crate) fn at_once(call: Call<DB>, known: Option<Arc<str>>, link: Arc<Link>) -> Self {
        let slot = Self::later(call, known);
        slot.call.borrow_mut().begin();
        Self { starts: true, link: Some(link), ..slot }
    }

    /// For a call that runs later.
    pub(crate) fn later(call: Call<DB>, known: Option<Arc<str>>) -> Self {
        let (call, is_safe_to_cache, statement) = (RefCell::new(call), Cell::new(None), OnceCell::new());
        Self { call, known, is_safe_to_cache, statement, starts: false, link: None }
    }

    /// Runs what the wrapper records itself.
    #[inline]
    pub(crate) fn run<T>(&self, run: impl FnOnce() -> T) -> T {
        let _runs = self.link.as_ref().map(|link| link.runs(Runner::Wrapper));
        run()
    }

    /// The call, once its query is gone.
    #[cfg(feature = "async")]
    pub(crate) fn into_call(self: Rc<Self>) -> Option<Call<DB>> {
        Some(Rc::into_inner(self)?.call.into_inner())
    }

    /// Whether the statement was known before.
    pub(crate) fn is_known(&self) -> bool {
        self.known.is_some()
    }

    /// The statement, once it was built, if all queries with this id have it.
    pub(crate) fn statement(&self) -> Option<&Arc<str>> {
        self.statement.get().filter(|_| self.is_safe_to_cache.get() == Some(true))
    }

    /// The statement, once it was built.
    #[cfg(feature = "async")]
    pub(crate) fn text(&self) -> Option<Arc<str>> {
        self.statement.get().map(Arc::clone)
    }

    /// Diesel asks too, and is told what was found: an id stands for one text only where this is so. Arrays that are
    /// inserted have an id, for example, and `DEFAULT` where a value is `None`.
    fn is_safe_to_cache(&self, query: &impl QueryFragment<DB>, backend: &DB) -> QueryResult<bool> {
        if let Some(is_safe) = self.is_safe_to_cache.get() {
            return Ok(is_safe);
        }
        let is_safe = query.is_safe_to_cache_prepared(backend)?;
        self.is_safe_to_cache.set(Some(is_safe));
        Ok(is_safe)
    }

    fn built(&self, query: &impl QueryFragment<DB>, backend: &DB) -> QueryResult<&Arc<str>> {
        if let Some(statement) = self.statement.get() {
            return Ok(statement);
        }
        if let Some(known) = &self.known
            && self.is_safe_to_cache(query, backend)?
        {
            return Ok(self.statement.get_or_init(|| Arc::clone(known)));
        }
        let mut builder = DB::QueryBuilder::default();
        query.to_sql(&mut builder, backend)?;
        Ok(self.statement.get_or_init(|| builder.finish().into()))
    }

    /// Diesel walks over a query: to build its statement, to collect its values, or to know of it.
    fn walk<'b>(&self, query: &'b impl QueryFragment<DB>, mut pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        // Where diesel-async meets a type that it knows by name, it collects the values once more, with other stand-ins
        // for OIDs, which may be those of other types.
        let is_again = self.link.is_none() && self.call.borrow().is_bound();
        if pass.bind_collector().is_none() {
            return self.build(query, pass);
        }
        if is_again {
            return query.walk_ast(pass);
        }
        let runs = self.link.as_ref().map(|link| link.runs(Runner::Lookup));
        let collected = query.walk_ast(pass.reborrow());
        drop(runs);
        if let Some((collector, _)) = pass.bind_collector() {
            // The user's code may be asked once more, and must not panic into diesel's.
            let keep = || DB::keep(query, collector, self.room());
            let values = if collected.is_ok() { quietly(keep) } else { None };
            self.bind(query, pass.backend(), values);
        }
        collected
    }

    /// Gives diesel the statement, where it is that which it wants: a query need not be built twice.
    fn build<'b>(&self, query: &'b impl QueryFragment<DB>, pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        let is_built = Cell::new(false);
        // A pass has a builder where it builds a statement, and only then is this asked for it.
        let give = |builder: &mut DB::QueryBuilder| {
            if let Ok(statement) = self.built(query, &DB::default()) {
                builder.push_sql(statement);
                is_built.set(true);
            }
        };
        let pass = pass.cast_database::<DB>(
            |collector| collector,
            |builder| {
                give(builder);
                builder
            },
            |backend| backend,
            |lookup| lookup,
        );
        if is_built.get() { Ok(()) } else { query.walk_ast(pass) }
    }

    fn room(&self) -> Room<'_> {
        self.call.borrow().room(self.link.as_deref())
    }

    fn bind(&self, query: &impl QueryFragment<DB>, backend: &DB, values: Option<DB::Values>) {
        // Diesel need not build a statement that it knows.
        let built = quietly(|| self.built(query, backend).map(Arc::clone).ok());
        let statement = built.flatten().unwrap_or_else(|| "".into());
        let mut call = self.call.borrow_mut();
        if self.link.as_ref().is_some_and(|link| link.migrates(&statement)) {
            call.is_internal();
        }
        call.bind(statement, values);
        if self.starts {
            call.start();
        }
    }

    /// The query is gone. Where it failed before diesel came to its values, they are still to be had.
    #[cold]
    fn collect_late(&self, query: &impl QueryFragment<DB>) {
        if std::thread::panicking() {
            return;
        }
        // The user's code makes values, and must not panic where the query is dropped.
        quietly(|| self.bind(query, &DB::default(), DB::collect_late(query, self.room())));
    }
}

/// The statement of a query, which diesel has not built yet; empty where it cannot be built.
pub(crate) fn text_of<DB: TracedBackend>(query: &impl QueryFragment<DB>) -> Arc<str> {
    let built = || {
        let mut builder = DB::QueryBuilder::default();
        query.to_sql(&mut builder, &DB::default()).ok()?;
        Some(builder.finish().into())
    };
    quietly(built).flatten().unwrap_or_else(|| "".into())
}

/// A query, and where to note what is asked of it; nowhere, if it is not traced.
pub(crate) struct Fragment<DB: TracedBackend, T: QueryFragment<DB>, S: Deref<Target = Slot<DB>>> {
    query: T,
    slot: Option<S>,
    backend: PhantomData<fn() -> DB>,
}

impl<DB: TracedBackend, T: QueryFragment<DB>, S: Deref<Target = Slot<DB>>> Fragment<DB, T, S> {
    #[inline]
    pub(crate) fn new(query: T, slot: Option<S>) -> Self {
        Self { query, slot, backend: PhantomData }
    }
}

impl<DB: TracedBackend, T: QueryFragment<DB>, S: Deref<Target = Slot<DB>>> QueryFragment<DB> for Fragment<DB, T, S> {
    #[inline]
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        match &self.slot {
            None => self.query.walk_ast(pass),
            Some(slot) => slot.walk(&self.query, pass),
        }
    }

    #[inline]
    fn is_safe_to_cache_prepared(&self, backend: &DB) -> QueryResult<bool> {
        match &self.slot {
            None => self.query.is_safe_to_cache_prepared(backend),
            Some(slot) => slot.is_safe_to_cache(&self.query, backend),
        }
    }

    #[inline]
    fn is_noop(&self, backend: &DB) -> QueryResult<bool> {
        self.query.is_noop(backend)
    }
}

/// The query's own id, so that diesel finds the same prepared statement.
impl<DB: TracedBackend, T: QueryFragment<DB> + QueryId, S: Deref<Target = Slot<DB>>> QueryId for Fragment<DB, T, S> {
    type QueryId = T::QueryId;

    const HAS_STATIC_QUERY_ID: bool = T::HAS_STATIC_QUERY_ID;
    const IS_WINDOW_FUNCTION: bool = T::IS_WINDOW_FUNCTION;

    #[inline]
    fn query_id() -> Option<TypeId> {
        T::query_id()
    }
}

impl<DB: TracedBackend, T: QueryFragment<DB> + Query, S: Deref<Target = Slot<DB>>> Query for Fragment<DB, T, S> {
    type SqlType = T::SqlType;
}

impl<DB: TracedBackend, T: QueryFragment<DB>, S: Deref<Target = Slot<DB>>> Drop for Fragment<DB, T, S> {
    #[inline]
    fn drop(&mut self) {
        if let Some(slot) = &self.slot
            && !slot.call.borrow().is_bound()
        {
            slot.collect_late(&self.query);
        }
    }
}

/// The texts of statements, by what diesel knows their prepared statements by.
#[derive(Debug, Default)]
pub(crate) struct Statements(HashMap<TypeId, Arc<str>, BuildHasherDefault<TypeIdHasher>>);

impl Statements {
    #[inline]
    pub(crate) fn get(&self, id: Option<TypeId>) -> Option<Arc<str>> {
        self.0.get(&id?).cloned()
    }

    /// Remembers a statement that was not known before.
    #[inline]
    pub(crate) fn learn(&mut self, id: Option<TypeId>, known: bool, statement: Option<&Arc<str>>) {
        if let (Some(id), false, Some(statement)) = (id, known, statement) {
            self.0.insert(id, Arc::clone(statement));
        }
    }
}

/// A `TypeId` is a hash already.
#[derive(Default)]
struct TypeIdHasher(u64);

impl Hasher for TypeIdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_ne_bytes(word));
        }
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = self.0.rotate_left(32) ^ word;
    }
}
