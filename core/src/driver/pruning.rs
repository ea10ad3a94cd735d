//! [`Pruning`]: how many traces were deleted, and how many could not be.

use super::DriverError;

/// Counts the deletions of many traces. One that fails does not keep the others from being deleted.
#[derive(Debug, Default)]
pub(crate) struct Pruning {
    deleted: u64,
    failed: u64,
    first: Option<DriverError>,
}

impl Pruning {
    /// Counts what [`Driver::delete`](super::Driver::delete) said of one trace.
    pub(crate) fn note(&mut self, deleted: Result<bool, DriverError>) {
        match deleted {
            Ok(was_there) => self.deleted += u64::from(was_there),
            Err(error) => {
                self.failed += 1;
                self.first.get_or_insert(error);
            }
        }
    }

    /// How many were deleted, or that some could not be.
    pub(crate) fn finish(self) -> Result<u64, DriverError> {
        match self.first {
            None => Ok(self.deleted),
            Some(error) => {
                Err(DriverError::Pruned { deleted: self.deleted, failed: self.failed, source: Box::new(error) })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::super::{Driver, ListFilter, TraceSummary, WriteError};
    use super::*;
    use crate::{Id, Message, Timestamp};

    /// A store of three traces, of which one is not to be deleted. It may be away besides.
    struct Stubborn {
        is_away: bool,
        asked: Mutex<Vec<Id>>,
    }

    impl Driver for Stubborn {
        fn write(&self, _: &[Message]) -> Result<(), WriteError> {
            Ok(())
        }

        fn list(&self, _: &ListFilter) -> Result<Vec<TraceSummary>, DriverError> {
            let summary = |id| {
                let text = format!(
                    r#"{{"name":"a-start","base_id":"{id}","trace_id":"t","parent_id":"{id}","timestamp":"2026-01-02T03:04:05","info":{{}}}}"#
                );
                Message::from_json(text.as_bytes()).ok().and_then(|message| TraceSummary::of(&[message]))
            };
            Ok(["a", "b", "c"].into_iter().filter_map(summary).collect())
        }

        fn delete(&self, base_id: &Id) -> Result<bool, DriverError> {
            self.asked.lock().expect("no panic").push(base_id.clone());
            if *base_id != Id::from("a") {
                return Ok(true);
            }
            let (store, source) = (String::new(), "no".into());
            Err(DriverError::Server { action: "delete from", store, retryable: self.is_away, source })
        }
    }

    #[test]
    fn a_trace_that_cannot_be_deleted_keeps_no_other() {
        let store = Stubborn { is_away: false, asked: Mutex::default() };
        let error = store.prune(Timestamp::now()).expect_err("one is not deleted");
        assert_eq!(error.to_string(), "2 traces were deleted and 1 could not be");
    }

    #[test]
    fn a_store_that_is_away_is_not_asked_again() {
        let store = Stubborn { is_away: true, asked: Mutex::default() };
        assert!(store.prune(Timestamp::now()).is_err());
        assert_eq!(store.asked.lock().expect("no panic").len(), 1);
    }
}
