//! Programs written for diesel's connections, with real databases.

mod account;
mod idioms;
mod server;
