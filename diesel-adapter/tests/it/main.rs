//! Programs written for diesel's connections, with real databases.
#![cfg(any(feature = "mysql", feature = "postgres", feature = "sqlite"))]

mod account;
#[cfg(feature = "sqlite")]
mod counts;
#[cfg(all(feature = "mysql", feature = "postgres", feature = "sqlite"))]
mod edges;
#[cfg(all(feature = "sqlite", feature = "r2d2"))]
mod elsewhere;
mod idioms;
#[cfg(all(feature = "sqlite", feature = "r2d2"))]
mod migrations;
#[cfg(feature = "sqlite")]
mod once;
#[cfg(feature = "sqlite")]
mod points;
#[cfg(feature = "sqlite")]
mod policy;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod rows;
mod server;
mod spent;
mod store;
