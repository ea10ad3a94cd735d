//! Facts about the payload.
