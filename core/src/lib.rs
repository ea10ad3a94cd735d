//! Trace points, collector, storage drivers and reports.
mod collector;
mod config;
pub mod context;
pub mod db;
pub mod driver;
mod error;
mod id;
mod info;
pub mod initializer;
mod json;
mod message;
pub mod notifier;
pub mod profiler;
pub mod report;
#[cfg(test)]
mod test_store;
mod timestamp;
pub mod web;

pub use collector::{CollectorConfig, CollectorStats};
pub use config::{Config, ConfigError};
pub use context::TraceExt;
pub use id::Id;
pub use info::{Info, RenderInfo};
pub use json::InfoWriter;
pub use message::{Message, MessageFields, Phase};
pub use notifier::Notifier;
pub use profiler::{Profiler, Trace};
pub use timestamp::{ParseTimestampError, Timestamp};
