//! Programs written for diesel's connections, with real databases.
#![cfg(any(feature = "mysql", feature = "postgres", feature = "sqlite"))]

mod account;
mod idioms;
mod server;
mod store;
