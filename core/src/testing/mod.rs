//! In tests: what some code ran, and how many queries.
//!
//! A capture is a trace of its own, whose messages stay in memory: it needs no store, no configuration and no switch, and it
//! sees nothing of other captures in the same process, however many run at once. SQL is traced inside although
//! [`set_trace_sql`](crate::profiler::set_trace_sql) is off, and the switch stays as it is for everybody else. It works with
//! whatever adapter the code uses.
//!
//! ```
//! # use osprofiler::profiler;
//! # use serde_json::json;
//! # async fn query(statement: &'static str, id: u32) {
//! #     profiler::start("db", json!({"db": {"statement": statement, "params": [id]}}));
//! #     profiler::stop(json!({"db": {"rows": 1}}));
//! # }
//! # async fn list_posts() -> usize { query("SELECT title FROM posts WHERE author_id = ?", 7).await; 1 }
//! use osprofiler::{assert_no_n_plus_one, assert_queries, testing};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! // The output is that of the future.
//! let posts = assert_queries!(..=3, list_posts());
//! assert_eq!(posts, 1);
//! assert_no_n_plus_one!(list_posts());
//!
//! let trace = testing::capture(list_posts()).await;
//! assert_eq!(trace.queries().len(), 1);
//! assert_eq!(trace.find("db").and_then(|point| point.rows()), Some(1));
//! # }
//! ```
//!
//! Code that is not async is captured by [`capture_blocking`], and then asked by [`Trace::assert_queries`] and
//! [`Trace::assert_no_n_plus_one`].
//!
//! Work that the code spawns belongs to the capture where it is carried there, as
//! [always](crate::TraceExt::in_current_trace). What is not finished when the code ends is shown as unfinished, and counts.

mod capture;
mod expected;
mod failure;
mod macros;
mod trace;

pub use capture::{capture, capture_blocking, capture_output};
pub use expected::Expected;
pub use trace::Trace;

#[cfg(test)]
mod tests;
