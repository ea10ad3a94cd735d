//! Programs written for diesel's connections, with real databases.
#![cfg(any(feature = "mysql", feature = "postgres", feature = "sqlite"))]

mod account;
#[cfg(all(feature = "mysql", feature = "postgres", feature = "sqlite"))]
mod edges;
mod idioms;
#[cfg(feature = "sqlite")]
mod once;
#[cfg(feature = "sqlite")]
mod points;
#[cfg(feature = "sqlite")]
mod policy;
#[cfg(feature = "postgres")]
mod postgres;
mod server;
mod store;
