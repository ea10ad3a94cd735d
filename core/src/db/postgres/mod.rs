//! PostgreSQL's values: from the binary and text forms of its protocol to [`DbValue`](super::DbValue).
