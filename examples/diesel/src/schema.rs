//! The tables.

diesel::table! {
    /// What people write.
    posts (id) {
        /// The key.
        id -> Integer,
        /// The title.
        title -> Text,
        /// The text.
        body -> Text,
        /// Whether everybody may read it.
        published -> Bool,
    }
}
