//! [`TracedCursor`]: a result whose rows are counted until the program has enough of them.

use std::rc::Rc;
use std::time::Instant;

use diesel::QueryResult;

use crate::backend::TracedBackend;
use crate::call::Call;
use crate::fragment::Slot;
use crate::session::{Link, Runner};

/// The rows of a query, as [`LoadConnection::load`](diesel::connection::LoadConnection) of a traced connection returns them.
///
/// Its point ends with the last row, with the first error, or when it is dropped.
pub struct TracedCursor<C: Iterator, DB: TracedBackend> {
    /// `None` once it has ended.
    inner: Option<C>,
    /// `None` where it is not traced, or not any more.
    traced: Option<Traced<C::Item, DB>>,
}

struct Traced<I, DB: TracedBackend> {
    slot: Rc<Slot<DB>>,
    link: std::sync::Arc<Link>,
    /// Since when all rows are here; `None` where the database is asked for each.
    ready: Option<Instant>,
    rows: u64,
    keep: Option<fn(&mut Call<DB>, &I)>,
}

impl<C: Iterator, DB: TracedBackend> TracedCursor<C, DB> {
    #[inline]
    pub(crate) fn untraced(inner: C) -> Self {
        Self { inner: Some(inner), traced: None }
    }

    pub(crate) fn new(
        inner: C,
        slot: Rc<Slot<DB>>,
        link: std::sync::Arc<Link>,
        keep: fn(&mut Call<DB>, &C::Item),
    ) -> Self {
        let (least, most) = inner.size_hint();
        let mut call = slot.call.borrow_mut();
        let ready = (most == Some(least)).then(|| call.rows_are_here());
        let keep = call.keeps_rows().then_some(keep);
        drop(call);
        Self { inner: Some(inner), traced: Some(Traced { slot, link, ready, rows: 0, keep }) }
    }

    /// The program has all rows that it wants.
    fn finish(&mut self) {
        let Some(traced) = self.traced.take() else { return };
        let is_empty = |inner: &C| inner.size_hint().1 == Some(0);
        let incomplete = self.inner.as_ref().is_some_and(|inner| !is_empty(inner));
        let runs = traced.link.runs(Runner::Wrapper);
        // What it costs to end a result is the database's time.
        self.inner = None;
        drop(runs);
        let mut call = traced.slot.call.borrow_mut();
        if let Some(ready) = traced.ready {
            call.rows_were_here(ready);
        }
        call.rows(traced.rows, incomplete);
        call.finish();
    }
}

impl<C: Iterator<Item = QueryResult<R>>, R, DB: TracedBackend> TracedCursor<C, DB> {
    fn next_traced(&mut self) -> Option<C::Item> {
        let (Some(inner), Some(traced)) = (&mut self.inner, &mut self.traced) else { return None };
        let runs = traced.link.runs(Runner::Wrapper);
        let item = inner.next();
        drop(runs);
        match &item {
            Some(Ok(_)) => {
                if traced.rows == 0 && traced.ready.is_none() {
                    traced.slot.call.borrow_mut().first_row();
                }
                traced.rows += 1;
                if let (Some(keep), Some(item)) = (traced.keep, &item) {
                    let mut call = traced.slot.call.borrow_mut();
                    keep(&mut call, item);
                    if !call.keeps_rows() {
                        traced.keep = None;
                    }
                }
            }
            Some(Err(error)) => {
                let mut call = traced.slot.call.borrow_mut();
                if traced.rows > 0 {
                    call.rows(traced.rows, false);
                }
                call.fail(error);
                drop(call);
                self.traced = None;
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
        if self.traced.is_some() {
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
        if self.traced.is_some() {
            self.finish();
        }
    }
}
