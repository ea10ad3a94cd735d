//! [`BeforeCommit`]: whether a transaction of PostgreSQL can be committed, which says nothing where it rolls back.

use diesel::connection::{TransactionManagerStatus, ValidTransactionManagerStatus};

use crate::link::Link;

/// What is known of a transaction before it is committed, beside what was recorded in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BeforeCommit {
    /// Everything that ran in it was seen, or diesel knows that nothing failed.
    AllSeen,
    /// Something may have failed in it that was not seen.
    Unseen,
    /// Something failed in it.
    Failed,
}

impl BeforeCommit {
    /// By what diesel's transaction manager says. `is_exact` says whether it learns of every failure.
    pub(crate) fn of(status: &TransactionManagerStatus, is_exact: bool, link: &Link, is_heard: bool) -> Self {
        match status {
            TransactionManagerStatus::Valid(ValidTransactionManagerStatus { in_transaction: Some(status), .. })
                if status.requires_rollback_maybe_up_to_top_level || is_exact =>
            {
                if status.requires_rollback_maybe_up_to_top_level { Self::Failed } else { Self::AllSeen }
            }
            _ if link.looked_away() && !is_heard => Self::Unseen,
            _ => Self::AllSeen,
        }
    }
}
