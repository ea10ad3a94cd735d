//! What the adapter records of real databases, and that it changes nothing.
#![cfg(all(feature = "mysql", feature = "net", feature = "postgres", feature = "sqlite"))]

mod affected;
mod cancelled;
mod conversions;
mod failures;
mod idioms;
mod implicit;
mod killed;
mod load;
mod methods;
mod missing;
mod net;
mod points;
mod policy;
mod roundtrip;
mod same;
mod server;
mod spent;
mod store;
mod swap;
mod transactions;
mod types;
