//! Traced diesel connections.

mod debug_text;
