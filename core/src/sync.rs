//! The atomics of what is hand-made with them.
//!
//! Files that use these, and nothing else of the crate, are included by `tests/loom.rs`, whose module of this name has
//! loom's.

pub(crate) use std::sync::atomic;
