//! [`TracedRow`]: a row that shows when a value could not be deserialized.
//!
//! Diesel 2.3 makes the program's values after the cursor has given the row away, and does not report an error to the connection. But where a
//! value's type is known, it asks the field for its name after its value, and does so for the error alone
//! (`DeserializeFieldError`). And where no column is nullable, a NULL is an error (`UnexpectedNullError`). What else goes wrong
//! is not seen: values of queries without types, as of `sql_query`, which are read by name.

use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use diesel::backend::Backend;
use diesel::row::{Field, IntoOwnedRow, PartialRow, Row, RowIndex, RowSealed};

/// A row of a traced query.
#[derive(Debug)]
pub struct TracedRow<R> {
    inner: R,
    watch: u64,
}

/// A field of a [`TracedRow`].
#[derive(Debug)]
pub struct TracedField<F> {
    inner: F,
    watch: u64,
    /// Whether its value was asked for.
    is_read: Cell<bool>,
}

/// What went wrong with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    Nothing,
    /// A NULL.
    Null,
    /// A value that was none of its type's.
    Unreadable,
}

/// No result has this number.
const UNWATCHED: u64 = 0;

thread_local! {
    /// What was seen last on this thread, and in which result.
    static SEEN: Cell<(u64, Seen)> = const { Cell::new((UNWATCHED, Seen::Nothing)) };
    /// The column of a value that could not be read.
    static COLUMN: RefCell<Option<String>> = const { RefCell::new(None) };
    static NEXT: Cell<u64> = Cell::new(first());
}

/// The first number of a thread, from which it counts.
fn first() -> u64 {
    static THREADS: AtomicU64 = AtomicU64::new(1);
    const RESULTS_OF_A_THREAD: u32 = 40;
    THREADS.fetch_add(1, Relaxed) << RESULTS_OF_A_THREAD
}

/// The rows of one result, while they are read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watch {
    number: u64,
    /// The name of the query's SQL type.
    sql_type: &'static str,
}

impl Watch {
    /// For a result with this SQL type.
    #[inline]
    pub(crate) fn new<SqlType: ?Sized>() -> Self {
        let number = NEXT.get();
        NEXT.set(number + 1);
        Self { number, sql_type: std::any::type_name::<SqlType>() }
    }

    #[inline]
    pub(crate) fn row<R>(self, inner: R) -> TracedRow<R> {
        TracedRow { inner, watch: self.number }
    }

    /// The program wants another row: it has got by with a NULL.
    #[inline]
    pub(crate) fn goes_on(self) {
        if SEEN.get() == (self.number, Seen::Null) {
            SEEN.set((UNWATCHED, Seen::Nothing));
        }
    }

    /// The error that diesel has told the program of, where one is certain, as diesel 2.3.14 says it. Older releases add the cause.
    #[inline]
    pub(crate) fn error(self) -> Option<String> {
        let (number, seen) = SEEN.get();
        if number == self.number { self.error_of(seen) } else { None }
    }

    #[cold]
    fn error_of(self, seen: Seen) -> Option<String> {
        // Who reads values without knowing their types may ask for names too.
        let is_typed = !self.sql_type.contains("Untyped");
        match seen {
            Seen::Unreadable if is_typed => Some(match COLUMN.take() {
                Some(column) => format!("Error deserializing field '{column}'"),
                None => "Error deserializing field".to_owned(),
            }),
            Seen::Null if is_typed && !self.sql_type.contains("Nullable") => {
                Some(diesel::result::UnexpectedNullError.to_string())
            }
            _ => None,
        }
    }
}

impl<R> TracedRow<R> {
    /// A row whose values are not watched.
    #[inline]
    pub(crate) fn unwatched(inner: R) -> Self {
        Self { inner, watch: UNWATCHED }
    }
}

impl<R> RowSealed for TracedRow<R> {}

impl<R: RowIndex<usize>> RowIndex<usize> for TracedRow<R> {
    #[inline]
    fn idx(&self, index: usize) -> Option<usize> {
        self.inner.idx(index)
    }
}

impl<'n, R: RowIndex<&'n str>> RowIndex<&'n str> for TracedRow<R> {
    #[inline]
    fn idx(&self, name: &'n str) -> Option<usize> {
        self.inner.idx(name)
    }
}

impl<'a, DB: Backend, R: Row<'a, DB>> Row<'a, DB> for TracedRow<R> {
    type Field<'f>
        = TracedField<R::Field<'f>>
    where
        'a: 'f,
        R: 'f,
        Self: 'f;
    type InnerPartialRow = Self;

    #[inline]
    fn field_count(&self) -> usize {
        self.inner.field_count()
    }

    #[inline]
    fn get<'f, I>(&'f self, index: I) -> Option<Self::Field<'f>>
    where
        'a: 'f,
        Self: RowIndex<I>,
    {
        let inner = self.inner.get(self.idx(index)?)?;
        Some(TracedField { inner, watch: self.watch, is_read: Cell::new(false) })
    }

    #[inline]
    fn partial_row(&self, range: Range<usize>) -> PartialRow<'_, Self> {
        PartialRow::new(self, range)
    }
}

impl<'a, DB: Backend, R: IntoOwnedRow<'a, DB>> IntoOwnedRow<'a, DB> for TracedRow<R> {
    type OwnedRow = TracedRow<R::OwnedRow>;
    type Cache = R::Cache;

    /// Its values are read when the result is gone.
    fn into_owned(self, cache: &mut R::Cache) -> Self::OwnedRow {
        TracedRow::unwatched(self.inner.into_owned(cache))
    }
}

impl<'f, DB: Backend, F: Field<'f, DB>> Field<'f, DB> for TracedField<F> {
    #[inline]
    fn field_name(&self) -> Option<&str> {
        let name = self.inner.field_name();
        if self.is_read.get() && self.watch != UNWATCHED {
            note_unreadable(self.watch, name);
        }
        name
    }

    #[inline]
    fn value(&self) -> Option<DB::RawValue<'_>> {
        let value = self.inner.value();
        self.is_read.set(true);
        if value.is_none() && self.watch != UNWATCHED {
            SEEN.set((self.watch, Seen::Null));
        }
        value
    }

    #[inline]
    fn is_null(&self) -> bool {
        self.inner.is_null()
    }
}

#[cold]
fn note_unreadable(watch: u64, column: Option<&str>) {
    SEEN.set((watch, Seen::Unreadable));
    COLUMN.replace(column.map(str::to_owned));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_told_apart_on_all_threads() {
        let here = Watch::new::<()>();
        let there = std::thread::spawn(Watch::new::<()>).join().expect("no panic");
        assert_ne!(here.number, there.number);
        assert_ne!(here.number, Watch::new::<()>().number);
        SEEN.set((here.number, Seen::Null));
        assert_eq!((there.error(), here.error().is_some()), (None, true));
        here.goes_on();
        assert_eq!(here.error(), None);
    }

    #[test]
    fn what_may_be_right_is_no_error() {
        use diesel::sql_types::{Integer, Nullable, Untyped};

        let seen = |watch: Watch, seen| {
            SEEN.set((watch.number, seen));
            watch.error()
        };
        assert_eq!(seen(Watch::new::<(Integer, Nullable<Integer>)>(), Seen::Null), None);
        assert_eq!(seen(Watch::new::<Untyped>(), Seen::Unreadable), None);
        assert_eq!(seen(Watch::new::<Integer>(), Seen::Unreadable).as_deref(), Some("Error deserializing field"));
    }
}
