//! What the adapter records of real databases, and that it changes nothing.
#![cfg(all(feature = "mysql", feature = "net", feature = "postgres", feature = "sqlite"))]

mod cancelled;
mod failures;
mod idioms;
mod load;
mod methods;
mod points;
mod policy;
mod roundtrip;
mod server;
mod store;
mod swap;
mod types;
