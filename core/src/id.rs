//! [`Id`]: the identifier of a trace or of a trace point.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};
use uuid::Uuid;

use crate::json::write_str;

/// Identifies a trace (`base_id`) or a trace point (`trace_id`, `parent_id`).
///
/// Ids that this crate makes are random (version 4) UUIDs. Ids that come from outside are kept as they are: OSProfiler
/// writes UUIDs but accepts any text, so an id that is no UUID in canonical form (lower case, hyphenated) stays text.
///
/// ```
/// use osprofiler::Id;
///
/// let uuid: Id = "7a4b3b7e-0a7e-4f0e-9a53-0123456789ab".parse()?;
/// assert_eq!(uuid.to_string(), "7a4b3b7e-0a7e-4f0e-9a53-0123456789ab");
/// let text: Id = "nightly".parse()?;
/// assert_eq!(text.to_string(), "nightly");
/// # Ok::<(), std::convert::Infallible>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(Repr);

/// A canonical UUID is always held as `Uuid`, so that derived equality is equality of the texts.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Repr {
    Uuid(Uuid),
    Text(Arc<str>),
}

impl Id {
    /// Makes a new random id.
    #[must_use]
    pub fn random() -> Self {
        Self(Repr::Uuid(Uuid::new_v4()))
    }

    /// Makes a new id for a point: unlike that of a trace it need only differ from those of other points of its trace, and
    /// a generator that is no secret does that at a fraction of the price.
    pub(crate) fn random_point() -> Self {
        Self(Repr::Uuid(uuid::Builder::from_random_bytes(fastrand::u128(..).to_ne_bytes()).into_uuid()))
    }

    /// The UUID, or `None` where the id is some other text.
    #[must_use]
    pub fn as_uuid(&self) -> Option<Uuid> {
        match self.0 {
            Repr::Uuid(uuid) => Some(uuid),
            Repr::Text(_) => None,
        }
    }

    /// Shows the id, and of a long one its beginning and its end with `…` between them, 64 characters in all: for messages to
    /// people.
    ///
    /// ```
    /// use osprofiler::Id;
    ///
    /// assert_eq!(Id::from("nightly").shortened().to_string(), "nightly");
    /// assert_eq!(Id::from("x".repeat(1000).as_str()).shortened().to_string().chars().count(), 64);
    /// ```
    pub fn shortened(&self) -> impl fmt::Display + '_ {
        fmt::from_fn(|f| self.with_str(|text| write_shortened(text, f)))
    }

    /// Appends the id as a JSON string.
    pub(crate) fn write_json(&self, out: &mut String) {
        match &self.0 {
            Repr::Uuid(uuid) => {
                out.push('"');
                out.push_str(uuid.hyphenated().encode_lower(&mut Uuid::encode_buffer()));
                out.push('"');
            }
            Repr::Text(text) => write_str(out, text),
        }
    }

    /// Hands the id's text to `read`, without allocating.
    pub(crate) fn with_str<T>(&self, read: impl FnOnce(&str) -> T) -> T {
        match &self.0 {
            Repr::Uuid(uuid) => read(uuid.hyphenated().encode_lower(&mut Uuid::encode_buffer())),
            Repr::Text(text) => read(text),
        }
    }
}

fn write_shortened(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    const BEGIN: usize = 47;
    const END: usize = 16;

    let after = |index: usize| text.char_indices().nth(index).map_or(text.len(), |(at, _)| at);
    if after(BEGIN + 1 + END) == text.len() {
        return f.write_str(text);
    }
    let end = text.char_indices().rev().nth(END - 1).map_or(0, |(at, _)| at);
    write!(f, "{}…{}", &text[..after(BEGIN)], &text[end..])
}

impl From<Uuid> for Id {
    fn from(uuid: Uuid) -> Self {
        Self(Repr::Uuid(uuid))
    }
}

impl From<&str> for Id {
    fn from(text: &str) -> Self {
        let canonical = text.len() == 36 && !text.bytes().any(|byte| byte.is_ascii_uppercase());
        match Uuid::try_parse(text) {
            Ok(uuid) if canonical => Self(Repr::Uuid(uuid)),
            _ => Self(Repr::Text(text.into())),
        }
    }
}

impl FromStr for Id {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self::from(text))
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_str(|text| f.pad(text))
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_str(|text| fmt::Debug::fmt(text, f))
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.with_str(|text| serializer.serialize_str(text))
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct IdVisitor;

        impl Visitor<'_> for IdVisitor {
            type Value = Id;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an id as text")
            }

            fn visit_str<E>(self, text: &str) -> Result<Id, E> {
                Ok(Id::from(text))
            }
        }

        deserializer.deserialize_str(IdVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_comes_back_as_it_was_given() {
        for text in [
            "7a4b3b7e-0a7e-4f0e-9a53-0123456789ab",
            "7A4B3B7E-0A7E-4F0E-9A53-0123456789AB",
            "7a4b3b7e0a7e4f0e9a530123456789ab",
            "{7a4b3b7e-0a7e-4f0e-9a53-0123456789ab}",
            "",
            "../../etc/passwd",
        ] {
            assert_eq!(Id::from(text).to_string(), text);
        }
    }

    #[test]
    fn long_ids_are_shortened_in_the_middle() {
        let shortened = |text: &str| Id::from(text).shortened().to_string();
        for whole in ["", "nightly", "7a4b3b7e-0a7e-4f0e-9a53-0123456789ab", "é".repeat(64).as_str()] {
            assert_eq!(shortened(whole), whole);
        }
        assert_eq!(
            shortened(&format!("{}{}", "é".repeat(500), "0".repeat(500))),
            format!("{}…{}", "é".repeat(47), "0".repeat(16))
        );
    }

    #[test]
    fn only_canonical_uuids_are_uuids() {
        assert!(Id::from("7a4b3b7e-0a7e-4f0e-9a53-0123456789ab").as_uuid().is_some());
        assert!(Id::from("7A4B3B7E-0A7E-4F0E-9A53-0123456789AB").as_uuid().is_none());
        assert_ne!(Id::random(), Id::random());
    }
}
