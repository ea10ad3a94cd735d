//! [`TracedCursor`]: a result whose rows are counted until the program has enough of them.

use std::rc::Rc;

use diesel::QueryResult;

use crate::backend::TracedBackend;
use crate::call::Call;
use crate::fragment::Slot;

/// The rows of a query, as [`LoadConnection::load`](diesel::connection::LoadConnection) of a traced connection returns them.
///
/// Its point ends with the last row, with the first error, or when it is dropped.
pub struct TracedCursor<C: Iterator, DB: TracedBackend> {
    /// `None` once it has ended.
    inner: Option<C>,
    /// `None` where it is not traced, or not any more.
    slot: Option<Rc<Slot<DB>>>,
    /// Keeps a row for the record.
    keep: fn(&mut Call<DB>, &C::Item),
}

impl<C: Iterator, DB: TracedBackend> TracedCursor<C, DB> {
    #[inline]
    pub(crate) fn new(inner: C, slot: Option<Rc<Slot<DB>>>, keep: fn(&mut Call<DB>, &C::Item)) -> Self {
        if let Some(slot) = &slot {
            let (least, most) = inner.size_hint();
            if most == Some(least) {
                slot.call.borrow_mut().rows_are_here(least > 0);
            }
        }
        Self { inner: Some(inner), slot, keep }
    }

    /// The program has all rows that it wants.
    fn finish(&mut self) {
        let Some(slot) = self.slot.take() else { return };
        let incomplete = self.inner.as_ref().is_some_and(|inner| inner.size_hint().1 != Some(0));
        // What it costs to end a result is the database's time.
        slot.run(|| self.inner = None);
        let mut call = slot.call.borrow_mut();
        call.rows_end(incomplete);
        call.finish();
    }
}

impl<C: Iterator<Item = QueryResult<R>>, R, DB: TracedBackend> TracedCursor<C, DB> {
    fn next_traced(&mut self) -> Option<C::Item> {
        let (Some(inner), Some(slot)) = (&mut self.inner, &self.slot) else { return None };
        let item = slot.run(|| inner.next());
        match &item {
            Some(Ok(_)) => {
                let mut call = slot.call.borrow_mut();
                call.row();
                if let (true, Some(item)) = (call.keeps_rows(), &item) {
                    (self.keep)(&mut call, item);
                }
            }
            Some(Err(error)) => {
                slot.call.borrow_mut().fail(error);
                self.slot = None;
            }
            None => {
                self.inner = None;
                self.finish();
            }
        }
        item
    }
}

impl<C: Iterator<Item = QueryResult<R>>, R, DB: TracedBackend> Iterator for TracedCursor<C, DB> {
    type Item = C::Item;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.slot.is_some() {
            return self.next_traced();
        }
        self.inner.as_mut()?.next()
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
        if self.slot.is_some() {
            self.finish();
        }
    }
}
