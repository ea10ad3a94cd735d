//! Several stores at once: `file:traces otlp://collector:4318`.

use std::cell::RefCell;
use std::sync::Arc;

use super::{Driver, DriverError, ListFilter, StoredTrace, TraceSummary, WriteError};
use crate::{Id, Message, Timestamp};

/// Writes to all of its drivers, one after the other, and reads from the first that can.
///
/// For commands. A collector gives each of several stores a thread and a queue of its own, so that none waits for another.
pub(super) struct SeveralDriver {
    drivers: Vec<Arc<dyn Driver>>,
}

impl SeveralDriver {
    pub(super) fn new(drivers: Vec<Arc<dyn Driver>>) -> Self {
        Self { drivers }
    }

    /// What the first driver says that has the operation.
    fn first<T>(&self, ask: impl Fn(&dyn Driver) -> Result<T, DriverError>) -> Result<T, DriverError> {
        let mut unsupported = None;
        for driver in &self.drivers {
            match ask(driver.as_ref()) {
                Err(error @ DriverError::Unsupported { .. }) => unsupported = unsupported.or(Some(error)),
                result => return result,
            }
        }
        Err(unsupported.unwrap_or(DriverError::Unsupported { driver: self.name(), operation: "be used" }))
    }
}

impl SeveralDriver {
    /// Has all drivers do it that can, and says the most that one of them said, or how the first failed that did.
    fn each<T: Ord>(
        &self,
        ask: impl Fn(&dyn Driver) -> Result<T, DriverError>,
        operation: &'static str,
    ) -> Result<T, DriverError> {
        let (mut most, mut failure) = (None, None);
        for driver in &self.drivers {
            match ask(driver.as_ref()) {
                Err(DriverError::Unsupported { .. }) => {}
                Err(error) => failure = failure.or(Some(error)),
                Ok(result) => most = most.max(Some(result)),
            }
        }
        failure.map_or(most.ok_or(DriverError::Unsupported { driver: self.name(), operation }), Err)
    }
}

impl Driver for SeveralDriver {
    fn name(&self) -> &'static str {
        "no store"
    }

    fn write(&self, batch: &[Message]) -> Result<(), WriteError> {
        let errors: Vec<WriteError> = self.drivers.iter().filter_map(|driver| driver.write(batch).err()).collect();
        match errors.into_iter().max_by_key(|error| error.failed) {
            None => Ok(()),
            // Whoever writes again would write to all.
            Some(error) => Err(WriteError { retry_last: 0, ..error }),
        }
    }

    fn finish(&self) -> Result<(), WriteError> {
        let errors: Vec<WriteError> = self.drivers.iter().filter_map(|driver| driver.finish().err()).collect();
        match errors.into_iter().max_by_key(|error| error.failed) {
            None => Ok(()),
            // Those that have told of their losses would not do so again.
            Some(error) => Err(WriteError { retry_last: 0, ..error }),
        }
    }

    fn read(&self, base_id: &Id) -> Result<StoredTrace, DriverError> {
        self.first(|driver| driver.read(base_id))
    }

    fn read_in_parts(&self, base_id: &Id, take: &mut dyn FnMut(Vec<Message>)) -> Result<u64, DriverError> {
        let take = RefCell::new(take);
        self.first(|driver| driver.read_in_parts(base_id, &mut **take.borrow_mut()))
    }

    fn list(&self, filter: &ListFilter) -> Result<Vec<TraceSummary>, DriverError> {
        self.first(|driver| driver.list(filter))
    }

    fn delete(&self, base_id: &Id) -> Result<bool, DriverError> {
        self.each(|driver| driver.delete(base_id), "delete a trace")
    }

    fn prune(&self, before: Timestamp) -> Result<u64, DriverError> {
        // They have the same traces, more or less.
        self.each(|driver| driver.prune(before), "delete a trace")
    }
}

/// The connection strings in `text`: another begins where a scheme stands behind white space. A scheme is what `is_known`,
/// before a colon, or anything that looks like one before `://`, so that paths may have spaces and mistakes do not hide in
/// them. Each character is looked at a fixed number of times.
pub(super) fn split(text: &str, is_known: impl Fn(&str) -> bool) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut begin = 0;
    for (at, word) in words(text) {
        let Some((scheme, rest)) = word.split_once(':') else { continue };
        let looks_like_one =
            !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
        if is_known(scheme) || (looks_like_one && rest.starts_with("//")) {
            let part = text[begin..at].trim();
            if !part.is_empty() {
                parts.push(part);
            }
            begin = at;
        }
    }
    parts.push(text[begin..].trim());
    parts
}

/// The words of a text, and where each begins.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut next = 0;
    text.split_inclusive(char::is_whitespace).filter_map(move |piece| {
        let (at, word) = (next, piece.trim_end());
        next += piece.len();
        (!word.is_empty()).then_some((at, word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A store that prunes so many, or cannot.
    struct Prunes(Option<u64>);

    impl Driver for Prunes {
        fn write(&self, _: &[Message]) -> Result<(), WriteError> {
            Ok(())
        }

        fn prune(&self, _: Timestamp) -> Result<u64, DriverError> {
            self.0.ok_or(DriverError::Unsupported { driver: "this", operation: "be pruned" })
        }
    }

    #[test]
    fn all_stores_are_pruned_that_can() {
        let of = |stores: &[Option<u64>]| {
            let drivers = stores.iter().map(|count| Arc::new(Prunes(*count)) as Arc<dyn Driver>);
            SeveralDriver::new(drivers.collect()).prune(Timestamp::now()).ok()
        };
        assert_eq!(of(&[Some(0), None, Some(3)]), Some(3));
        assert_eq!(of(&[None, None]), None);
    }

    /// With time that grows with the square of the text, this would not end.
    #[test]
    fn a_long_text_is_split_in_one_pass() {
        let looked_at = std::cell::Cell::new(0);
        for text in ["x ", " ", "x: ", "file ", "\u{2003}"].map(|word| word.repeat(1_000_000 / word.len())) {
            looked_at.set(0);
            let parts = split(&text, |scheme| {
                looked_at.set(looked_at.get() + scheme.len());
                false
            });
            assert_eq!(parts, [text.trim()]);
            assert!(looked_at.get() <= text.len());
        }
        assert_eq!(split(&"file:a ".repeat(100_000), |scheme| scheme == "file").len(), 100_000);
    }

    #[test]
    fn schemes_behind_white_space_begin_another() {
        for (text, parts) in [
            ("file:traces", &["file:traces"][..]),
            ("file:my traces", &["file:my traces"]),
            (" file:my traces\n  otlp://h:4318 ", &["file:my traces", "otlp://h:4318"]),
            ("mongodb://a:1,b:2/db redis://h file:x", &["mongodb://a:1,b:2/db", "redis://h", "file:x"]),
            ("file:a\u{2003}\u{a0}redis:b", &["file:a", "redis:b"]),
            ("file:a gopher://b", &["file:a", "gopher://b"]),
            ("file:C: and D:", &["file:C: and D:"]),
            ("messaging file:a", &["messaging", "file:a"]),
            ("", &[""]),
        ] {
            assert_eq!(split(text, |scheme| ["file", "redis", "messaging"].contains(&scheme)), parts, "{text}");
        }
    }
}
