//! Every driver before the store it is for, a real one: one suite for all (`suite`), and what only one has.
//!
//! A store that is not installed is a visible skip, and a failure where `OSPROFILER_TEST_REQUIRED` is 1.

mod file;
mod listener;
mod otlp;
mod peers;
mod suite;
