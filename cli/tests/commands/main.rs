//! The `osprofiler` command as a user runs it: the real binary against a file store.

mod browser;
mod delete;
mod diff;
mod dot;
mod gate;
mod list;
mod show;
mod store;
mod usage;
mod values;
