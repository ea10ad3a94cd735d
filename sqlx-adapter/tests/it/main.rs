//! What the adapter records of a real SQLite database, and that it changes nothing.
#![cfg(feature = "sqlite")]

mod cancelled;
mod failures;
mod load;
mod methods;
mod store;
mod swap;
