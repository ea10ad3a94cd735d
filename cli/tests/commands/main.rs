//! The `osprofiler` command as a user runs it: the real binary against a file store.

mod browser;
mod delete;
mod diff;
mod dot;
mod export;
mod gate;
mod ids;
mod list;
mod prune;
mod show;
mod store;
mod stores;
mod usage;
mod values;
