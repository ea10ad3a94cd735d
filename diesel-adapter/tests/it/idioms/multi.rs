//! `MultiConnection`.
