//! What only one database has.
