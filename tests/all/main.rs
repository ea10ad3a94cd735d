//! Suites that cross crates, in one program.
//!
//! What needs a program from elsewhere says so when it is not there and is skipped, in plain `cargo test`. With
//! `OSPROFILER_TEST_REQUIRED=1`, which `cargo xtask test` sets, it fails instead. What needs the client library of a
//! database is behind the feature of its name.

mod blocking;
mod caller;
mod distributed;
mod hidden;
mod plans;
mod python;
mod quickstart;
mod reached;
mod repeats;
mod report;
mod roundtrip;
#[cfg(any(feature = "mysql", feature = "postgres"))]
mod server;
mod services;
mod spans;
mod store;
mod testing;
mod together;
mod tonic;
mod trace_points;
