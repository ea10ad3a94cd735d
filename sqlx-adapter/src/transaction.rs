//! [`TracedTransaction`].

use std::ops::{Deref, DerefMut};

use sqlx_core::error::Error;
use sqlx_core::executor::Executor;

use crate::connection::{TracedConnection, impl_acquire};
use crate::database::TracedDatabase;
use crate::executor::{Via, impl_executor};

/// A transaction whose queries are traced. Dropped without [`commit`](Self::commit), it is rolled back.
///
/// `&mut transaction` and `&mut *transaction` are executors.
#[derive(Debug)]
pub struct TracedTransaction<'c, DB: TracedDatabase>(TracedConnection<'c, DB>);

impl<'c, DB: TracedDatabase> TracedTransaction<'c, DB> {
    pub(crate) fn new(connection: TracedConnection<'c, DB>) -> Self {
        Self(connection)
    }

    fn via(&mut self) -> Via<'_, impl Executor<'_, Database = DB>> {
        self.0.via()
    }

    /// As [`sqlx::Transaction::commit`](sqlx_core::transaction::Transaction::commit).
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn commit(self) -> Result<(), Error> {
        match self.0.into_transaction() {
            Some(transaction) => transaction.commit().await,
            None => Err(replaced()),
        }
    }

    /// As [`sqlx::Transaction::rollback`](sqlx_core::transaction::Transaction::rollback).
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn rollback(self) -> Result<(), Error> {
        match self.0.into_transaction() {
            Some(transaction) => transaction.rollback().await,
            None => Err(replaced()),
        }
    }
}

impl<'c, DB: TracedDatabase> Deref for TracedTransaction<'c, DB> {
    type Target = TracedConnection<'c, DB>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<DB: TracedDatabase> DerefMut for TracedTransaction<'_, DB> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl_executor!(&'c mut TracedTransaction<'_, DB>);
impl_acquire!(&'c mut TracedTransaction<'_, DB>);

/// Somebody put another connection in the place of the transaction's.
fn replaced() -> Error {
    Error::Protocol("the traced transaction's connection was replaced by one without a transaction".to_owned())
}
