//! What is in the tables.

use diesel::prelude::*;

use crate::schema::posts;

/// A post.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = posts)]
pub struct Post {
    /// The key.
    pub id: i32,
    /// The title.
    pub title: String,
    /// The text.
    pub body: String,
    /// Whether everybody may read it.
    pub published: bool,
}

/// A post that is not written yet.
#[derive(Debug, Insertable)]
#[diesel(table_name = posts)]
pub struct NewPost<'a> {
    /// The title.
    pub title: &'a str,
    /// The text.
    pub body: &'a str,
}
