//! Real servers for tests and benches: each a child process on a free port, with data of its own, that can be killed, started
//! again and paused.
//!
//! A module for each kind of server says how it is started. What is not installed is a visible skip, and a failure where
//! `OSPROFILER_TEST_REQUIRED` is 1. Not here: what the tests do with the servers.

pub mod certificates;
pub mod mariadb;
pub mod mongodb;
pub mod osmem;
pub mod panko;
pub mod postgres;
mod process;
mod programs;
pub mod rabbitmq;
pub mod redis;
pub mod rotel;

pub use process::{Server, free_port};
pub use programs::{is_required, program, program_named_by, python, skip};
