//! `COPY`: from its statement to its end it is one point.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_core::stream::BoxStream;
use sqlx_core::bytes::Bytes;
use sqlx_core::error::Error;
use sqlx_core::pool::PoolConnection;
use sqlx_core::sql_str::{AssertSqlSafe, SqlSafeStr};
use sqlx_postgres::{PgConnection, PgCopyIn, PgPoolCopyExt, Postgres};

use crate::call::Call;
use crate::connection::TracedConnection;
use crate::pool::TracedPool;

type Traced = Option<Box<Call<Postgres>>>;

impl TracedPool<Postgres> {
    /// As [`PgPoolCopyExt::copy_in_raw`], traced.
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn copy_in_raw(&self, statement: &str) -> Result<TracedCopyIn<PoolConnection<Postgres>>, Error> {
        // sqlx takes the connection for itself: its wait counts as the statement's.
        let call = started(self.call("copy_in_raw"), statement);
        TracedCopyIn::after(PgPoolCopyExt::copy_in_raw(self.host(), statement).await, call)
    }

    /// As [`PgPoolCopyExt::copy_out_raw`], traced.
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn copy_out_raw(&self, statement: &str) -> Result<BoxStream<'static, Result<Bytes, Error>>, Error> {
        let call = started(self.call("copy_out_raw"), statement);
        copied_out(PgPoolCopyExt::copy_out_raw(self.host(), statement).await, call)
    }
}

impl TracedConnection<'_, Postgres> {
    /// As [`PgConnection::copy_in_raw`], traced.
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn copy_in_raw(&mut self, statement: &str) -> Result<TracedCopyIn<&mut PgConnection>, Error> {
        let call = started(self.call("copy_in_raw"), statement);
        let connection = self.host_mut();
        TracedCopyIn::after(connection.copy_in_raw(statement).await, call)
    }

    /// As [`PgConnection::copy_out_raw`], traced.
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn copy_out_raw<'c>(&'c mut self, statement: &str) -> Result<BoxStream<'c, Result<Bytes, Error>>, Error> {
        let call = started(self.call("copy_out_raw"), statement);
        let connection = self.host_mut();
        copied_out(connection.copy_out_raw(statement).await, call)
    }
}

fn started(mut call: Traced, statement: &str) -> Traced {
    if let Some(call) = &mut call {
        // The program wrote it; here it is only kept.
        call.is_about(AssertSqlSafe(statement).into_sql_str());
        call.start();
    }
    call
}

/// [`PgCopyIn`], traced: the point ends with [`finish`](Self::finish) or [`abort`](Self::abort), and says how many rows were
/// copied, and how many bytes [`send`](Self::send) sent. Dropped before, it is cancelled.
pub struct TracedCopyIn<C: DerefMut<Target = PgConnection>> {
    inner: PgCopyIn<C>,
    call: Traced,
}

impl<C: DerefMut<Target = PgConnection>> TracedCopyIn<C> {
    fn after(begun: Result<PgCopyIn<C>, Error>, call: Traced) -> Result<Self, Error> {
        match (begun, call) {
            (Ok(inner), call) => Ok(Self { inner, call }),
            (Err(error), Some(mut call)) => Err(call.fail(error)),
            (Err(error), None) => Err(error),
        }
    }

    /// As [`PgCopyIn::send`].
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn send(&mut self, data: impl Deref<Target = [u8]>) -> Result<&mut Self, Error> {
        let length = data.len();
        let sent = self.inner.send(data).await.map(drop);
        match (sent, &mut self.call) {
            (Ok(()), Some(call)) => call.add_bytes(length),
            (Err(error), Some(call)) => return Err(call.fail(error)),
            (sent, None) => sent?,
        }
        Ok(self)
    }

    /// As [`PgCopyIn::finish`].
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn finish(self) -> Result<u64, Error> {
        let Self { inner, call } = self;
        let finished = inner.finish().await;
        let Some(mut call) = call else { return finished };
        if let Ok(rows) = finished {
            call.copied(rows);
        }
        call.end(finished)
    }

    /// As [`PgCopyIn::abort`]. Nothing is copied; the point is cancelled.
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn abort(self, message: impl Into<String>) -> Result<(), Error> {
        let Self { inner, call } = self;
        let aborted = inner.abort(message).await;
        match (aborted, call) {
            (Err(error), Some(mut call)) => Err(call.fail(error)),
            (aborted, cancelled) => {
                if let Some(call) = cancelled {
                    // The server takes it for a failed statement.
                    call.abort_transaction();
                }
                aborted
            }
        }
    }
}

impl<C: DerefMut<Target = PgConnection>> Deref for TracedCopyIn<C> {
    type Target = PgCopyIn<C>;

    fn deref(&self) -> &PgCopyIn<C> {
        &self.inner
    }
}

impl<C: DerefMut<Target = PgConnection>> DerefMut for TracedCopyIn<C> {
    fn deref_mut(&mut self) -> &mut PgCopyIn<C> {
        &mut self.inner
    }
}

impl<C: DerefMut<Target = PgConnection>> fmt::Debug for TracedCopyIn<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TracedCopyIn").finish_non_exhaustive()
    }
}

/// The rows of a `COPY TO`, as they come from sqlx: in chunks.
struct CopyOut<'c> {
    inner: BoxStream<'c, Result<Bytes, Error>>,
    /// `None` once it has ended.
    call: Traced,
}

fn copied_out<'c>(
    begun: Result<BoxStream<'c, Result<Bytes, Error>>, Error>,
    call: Traced,
) -> Result<BoxStream<'c, Result<Bytes, Error>>, Error> {
    match (begun, call) {
        (Ok(inner), Some(mut call)) => {
            call.streams();
            Ok(Box::pin(CopyOut { inner, call: Some(call) }))
        }
        (Err(error), Some(mut call)) => Err(call.fail(error)),
        (begun, None) => begun,
    }
}

impl Stream for CopyOut<'_> {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if let Some(call) = &mut this.call {
            call.is_polled();
        }
        let mut poll = this.inner.as_mut().poll_next(cx);
        if let Some(mut call) = this.call.take() {
            match &mut poll {
                Poll::Ready(None) => {
                    call.finish();
                    return poll;
                }
                Poll::Ready(Some(Ok(chunk))) => call.add_bytes(chunk.len()),
                Poll::Ready(Some(Err(_))) => {}
                Poll::Pending => call.waits(),
            }
            match poll {
                Poll::Ready(Some(Err(error))) => poll = Poll::Ready(Some(Err(call.fail(error)))),
                _ => this.call = Some(call),
            }
        }
        poll
    }
}
