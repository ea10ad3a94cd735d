//! What the adapter records of diesel-async's connections, and that it changes nothing. Connections that block have a program
//! of their own.
#![cfg(all(feature = "async", feature = "mysql", feature = "postgres", feature = "sqlite"))]

mod cancelled;
mod context;
mod elsewhere;
mod failures;
mod idioms;
mod migrations;
mod points;
mod policy;
mod pools;
mod schema;
mod server;
mod store;
mod streams;
mod transactions;
