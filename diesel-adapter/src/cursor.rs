//! [`TracedCursor`]: a result whose rows are counted until the program has enough of them.

use std::rc::Rc;

use diesel::QueryResult;

use crate::backend::TracedBackend;
use crate::call::Call;
use crate::fragment::Slot;
use crate::row::{TracedRow, Watch};

/// The rows of a query, as [`LoadConnection::load`](diesel::connection::LoadConnection) of a traced connection returns them.
///
/// Its point ends with the last row, with the first error, or when it is dropped.
pub struct TracedCursor<C: Iterator, DB: TracedBackend> {
    /// `None` once it has ended.
    inner: Option<C>,
    /// `None` where it is not traced, or not any more.
    traced: Option<Traced<C, DB>>,
}

struct Traced<C: Iterator, DB: TracedBackend> {
    slot: Rc<Slot<DB>>,
    /// Whether the program could read its rows.
    watch: Watch,
    /// Keeps a row for the record.
    keep: fn(&mut Call<DB>, &C::Item),
}

impl<C: Iterator, DB: TracedBackend> TracedCursor<C, DB> {
    pub(crate) fn new(inner: C, slot: Rc<Slot<DB>>, watch: Watch, keep: fn(&mut Call<DB>, &C::Item)) -> Self {
        let (least, most) = inner.size_hint();
        if most == Some(least) {
            slot.call.borrow_mut().rows_are_here(least > 0);
        }
        Self { inner: Some(inner), traced: Some(Traced { slot, watch, keep }) }
    }

    #[inline]
    pub(crate) fn untraced(inner: C) -> Self {
        Self { inner: Some(inner), traced: None }
    }

    /// The program has all rows that it wants.
    fn finish(&mut self) {
        let Some(Traced { slot, watch, .. }) = self.traced.take() else { return };
        let incomplete = self.inner.as_ref().is_some_and(|inner| inner.size_hint().1 != Some(0));
        // What it costs to end a result is the database's time.
        if slot.call.borrow().asks_for_rows() {
            slot.call.borrow_mut().waits();
        }
        slot.run(|| self.inner = None);
        let mut call = slot.call.borrow_mut();
        call.rows_end(incomplete);
        match watch.error() {
            None => call.finish(),
            Some(error) => call.fail_to_deserialize(error),
        }
    }
}

impl<C: Iterator<Item = QueryResult<R>>, R, DB: TracedBackend> TracedCursor<C, DB> {
    fn next_traced(&mut self) -> Option<QueryResult<TracedRow<R>>> {
        let (Some(inner), Some(traced)) = (&mut self.inner, &self.traced) else { return None };
        let Traced { slot, watch, keep } = traced;
        let watch = *watch;
        watch.goes_on();
        let asks = slot.call.borrow().asks_for_rows();
        if asks {
            slot.call.borrow_mut().waits();
        }
        let item = slot.run(|| inner.next());
        if asks {
            slot.call.borrow_mut().is_polled();
        }
        match &item {
            Some(Ok(_)) => {
                let mut call = slot.call.borrow_mut();
                call.row();
                if let (true, Some(item)) = (call.keeps_rows(), &item) {
                    keep(&mut call, item);
                }
            }
            Some(Err(error)) => {
                slot.call.borrow_mut().fail(error);
                self.traced = None;
            }
            None => {
                self.inner = None;
                self.finish();
            }
        }
        item.map(|row| row.map(|row| watch.row(row)))
    }
}

impl<C: Iterator<Item = QueryResult<R>>, R, DB: TracedBackend> Iterator for TracedCursor<C, DB> {
    type Item = QueryResult<TracedRow<R>>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.traced.is_some() {
            return self.next_traced();
        }
        self.inner.as_mut()?.next().map(|row| row.map(TracedRow::unwatched))
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.inner.as_ref().map_or((0, Some(0)), Iterator::size_hint)
    }
}

impl<C: ExactSizeIterator<Item = QueryResult<R>>, R, DB: TracedBackend> ExactSizeIterator for TracedCursor<C, DB> {}

impl<C: Iterator, DB: TracedBackend> Drop for TracedCursor<C, DB> {
    #[inline]
    fn drop(&mut self) {
        if self.traced.is_some() {
            self.finish();
        }
    }
}
