//! Which code did this request run and, above all, which SQL?
//!
//! A trace point is one piece of work; it sends two messages, `<name>-start` and `<name>-stop`. Points of one request share
//! a trace and nest. Messages go through a bounded queue to a worker, which stores them; a report shows the tree.
//! The messages are those of OpenStack's OSProfiler 4.4.0: what one writes, the other shows.
//!
//! # In applications
//!
//! ```
//! use osprofiler::{Config, Profiler, TraceExt, initializer};
//!
//! # let directory = tempfile::tempdir()?;
//! # let store = format!("file:{}", directory.path().display());
//! // Once, at start-up. Keep the guard until the end of `main`: it stores what is left.
//! let config = Config::default().with_enabled(true).with_trace_sql(true).with_hmac_keys(["SECRET_KEY"]);
//! # let config = config.with_connection_string(store);
//! let _guard = initializer::init_from_conf(&config, "blog", "web", None)?;
//!
//! async fn handler() { /* queries through a traced pool are points under this request */ }
//!
//! // A request's trace. Web services get it from signed headers: see `web::TraceLayer`.
//! let request = handler().traced("request", ()).in_trace(&Profiler::new("SECRET_KEY", None, None));
//! # let _ = request;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Then `osprofiler trace show latest` shows the trace; the pools are in `osprofiler-sqlx`.
//!
//! # In libraries
//!
//! Add points and leave the rest to the application. Without an active trace a point costs a read of a thread local.
//!
//! ```
//! use osprofiler::{Trace, TraceExt};
//! use serde_json::json;
//!
//! fn parse(text: &str) {
//!     let _trace = Trace::new("parse", json!({"bytes": text.len()}));
//!     // ...
//! }
//!
//! async fn fetch(url: &str) {
//!     async { /* ... */ }.traced("fetch", json!({"url": url})).await
//! }
//! # parse("");
//! ```
//!
//! # Where things are
//!
//! | what | where |
//! | --- | --- |
//! | trace points by hand | [`Trace`], [`TraceExt`], [`profiler::start`] and [`profiler::stop`] |
//! | a trace carried to tasks and threads | [`TraceExt::in_current_trace`], [`profiler::carry`] |
//! | spans of `tracing` as points | `ProfilerLayer` |
//! | configuration | [`Config`], [`initializer`] |
//! | signed headers, layers for web services and clients | [`web`] |
//! | where messages go | [`notifier`], [`driver`] |
//! | reading traces | [`report`] |
//! | what a test ran, and how many queries | `testing`, `assert_queries!` |
//! | adapters for databases | [`profiler::Point`], [`db`], [`RenderInfo`] |
//!
//! # Features
//!
//! | feature | what it adds |
//! | --- | --- |
//! | `caller` | `DbOptions::caller`: where in the program a statement came from |
//! | `driver-sqlite`, `driver-postgresql`, `driver-mysql`, `driver-redis`, `driver-mongodb`, `driver-messaging`, `driver-elasticsearch`, `driver-otlp`, `driver-ceilometer` | stores beside files: see [`driver`]; `drivers` is all of them |
//! | `ini` | configuration from INI files |
//! | `tower` | `web::TraceLayer` for axum, tonic and whatever else is a tower service, and `web::TraceClientLayer` for clients |
//! | `actix-web` | `web::TraceLayer` for actix-web |
//! | `reqwest-middleware` | `web::TraceMiddleware` for reqwest |
//! | `http` | `web::inject` for requests made otherwise; the three above have it |
//! | `testing` | `testing`: captures what a test runs; `assert_queries!`, `assert_no_n_plus_one!` |
//! | `tracing-subscriber` | `ProfilerLayer`: spans of `tracing` become points |

mod collector;
mod config;
pub mod context;
pub mod db;
pub mod driver;
mod error;
#[cfg(feature = "macros")]
mod function;
mod id;
mod info;
pub mod initializer;
mod json;
mod lines;
mod message;
#[doc(hidden)]
pub mod notice;
pub mod notifier;
mod parallel;
pub mod profiler;
mod python_json;
#[doc(hidden)]
pub mod quiet;
mod quotable;
pub mod report;
#[cfg(feature = "tracing-subscriber")]
mod spans;
mod sync;
#[cfg(test)]
mod test_store;
#[cfg(feature = "testing")]
pub mod testing;
mod timestamp;
pub mod web;

pub use collector::{CollectorConfig, CollectorStats, StoreStats};
pub use config::{Config, ConfigError};
pub use context::TraceExt;
pub use id::Id;
pub use info::{Info, RenderInfo};
pub use json::InfoWriter;
pub use message::{Message, MessageFields, Phase};
pub use notifier::Notifier;
pub use profiler::{Profiler, Trace};
#[cfg(feature = "tracing-subscriber")]
pub use spans::ProfilerLayer;
pub use timestamp::{ParseTimestampError, Timestamp};

#[cfg(feature = "macros")]
pub use osprofiler_macros::{trace, trace_cls, trace_trait};

/// What the attributes' code calls.
#[cfg(feature = "macros")]
#[doc(hidden)]
pub mod __private {
    pub use crate::function::*;
}

// The attributes' code names this crate as others see it.
#[cfg(all(test, feature = "macros"))]
extern crate self as osprofiler;
