//! Traced diesel connections.
