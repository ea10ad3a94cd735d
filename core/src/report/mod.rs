//! Reports: the tree of a trace's points, and the forms in which it is shown.
//!
//! Here: how a trace is built from its messages ([`Trace`]), summed up ([`Totals`]) and read back from a file
//! ([`read_json`]). Below: what stands out in it ([`findings`]), what changed from one trace to another ([`diff`]), and one
//! module for each form, [`json`], [`text`], [`dot`] and, with the feature `html`, a page. Not here: where messages are
//! stored (`driver`), and printing: every form is written to a writer that the caller brings, such as the file of
//! [`write_file`].
//!
//! A report is a pure function of the messages: their order, duplicates and gaps change nothing else. No step
//! recurses, so a trace may be as deep as it likes.
//!
//! ```
//! use osprofiler::report::{self, text::Style};
//!
//! let saved = r#"{"name": "db-start", "base_id": "t", "trace_id": "a", "parent_id": "t", "timestamp": "2026-01-02T03:04:05.000000", "info": {"db": {"statement": "SELECT 1"}}}
//! {"name": "db-stop", "base_id": "t", "trace_id": "a", "parent_id": "t", "timestamp": "2026-01-02T03:04:05.000087", "info": {"db": {"rows": 1}}}"#;
//! let trace = report::read_json(saved)?;
//! assert_eq!(trace.points()[0].statement(), Some("SELECT 1"));
//!
//! let mut shown = Vec::new();
//! report::text::write(&trace, &Style::default(), &mut shown)?;
//! assert!(String::from_utf8(shown)?.contains("0.087 ms"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod analysis;
mod build;
mod clocks;
pub mod diff;
mod facts;
pub mod findings;
pub(crate) mod handed_out;
mod implicit;
mod link;
mod parameter;
mod point;
mod read;
mod recorded;
mod request;
mod spent;
pub mod sql;
mod totals;
mod trace;
mod uses;
mod values;

mod duration;
mod file;
mod guides;
pub(crate) mod label;
mod visible;

pub mod dot;
#[cfg(feature = "html")]
pub mod html;
pub mod json;
pub mod text;

#[cfg(test)]
mod samples;

pub use build::TraceBuilder;
pub use file::write_file;
pub use handed_out::HandedOut;
pub use parameter::Parameter;
pub use point::{Caller, Point, Request};
pub use read::{ReportError, read, read_json};
pub use recorded::{RecordedInfo, RecordedMessage};
pub use totals::{NameStats, StatementGroup, Totals};
pub use trace::Trace;
