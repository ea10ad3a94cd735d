//! Trace points, collector, storage drivers and reports.
pub mod driver;
mod id;
mod info;
mod message;
pub mod report;
mod timestamp;

pub use id::Id;
pub use info::{Info, RenderInfo};
pub use message::{Message, Phase};
pub use timestamp::{ParseTimestampError, Timestamp};
