//! [`Packed`]: values of diesel's collectors of bytes, in one piece of memory.

use crate::backend::Room;

/// Of each value how long it is, how much of it is kept, and that, one after the other.
#[derive(Debug)]
pub(crate) struct Packed(Vec<u8>);

/// The length of NULL.
const NULL: u32 = u32::MAX;

const HEADER: usize = 8;

impl Packed {
    pub(crate) fn of(values: &[Option<Vec<u8>>], room: Room<'_>) -> Self {
        let room = room.for_values(values);
        let head = |value: &Option<Vec<u8>>| value.as_ref().map_or(0, |bytes| bytes.len().min(room.value));
        let all: usize = values.iter().map(head).sum();
        let mut left = room.all;
        let mut bytes = Vec::with_capacity(values.len() * HEADER + all.min(left));
        for value in values {
            let length = value.as_ref().map_or(NULL, |value| u32::try_from(value.len()).unwrap_or(NULL - 1));
            let kept = head(value).min(left);
            left -= kept;
            for number in [length, u32::try_from(kept).unwrap_or(0)] {
                bytes.extend_from_slice(&number.to_ne_bytes());
            }
            bytes.extend_from_slice(&value.as_deref().unwrap_or_default()[..kept]);
        }
        Self(bytes)
    }

    /// How many bytes it keeps in memory.
    pub(crate) fn weight(&self) -> usize {
        self.0.capacity()
    }

    /// What is kept of each value and how long it was; `None` is NULL.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Option<(&[u8], usize)>> {
        let mut rest = self.0.as_slice();
        std::iter::from_fn(move || {
            let (length, after) = number(rest)?;
            let (kept, after) = number(after)?;
            let (head, after) = after.split_at_checked(kept as usize)?;
            rest = after;
            Some((length != NULL).then_some((head, length as usize)))
        })
    }
}

/// A number off the front.
fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((u32::from_ne_bytes(*number), rest))
}
