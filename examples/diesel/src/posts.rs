//! What the guide's programs do: `write_post`, `publish_post` and `show_posts`.

use diesel::prelude::*;

use crate::AnyConnection;
use crate::models::{NewPost, Post};
use crate::schema::posts;

/// Writes a post, which nobody sees yet.
///
/// # Errors
///
/// What the database says.
pub fn write(connection: &mut AnyConnection, title: &str, body: &str) -> QueryResult<i32> {
    connection.transaction(|connection| {
        diesel::insert_into(posts::table).values(NewPost { title, body }).execute(connection)?;
        posts::table
            .select(diesel::dsl::max(posts::id))
            .get_result::<Option<i32>>(connection)
            .map(Option::unwrap_or_default)
    })
}

/// Publishes a post.
///
/// # Errors
///
/// What the database says; [`NotFound`](diesel::NotFound) where there is no such post.
pub fn publish(connection: &mut AnyConnection, id: i32) -> QueryResult<()> {
    let published = diesel::update(posts::table.find(id)).set(posts::published.eq(true)).execute(connection)?;
    if published == 0 { Err(diesel::NotFound) } else { Ok(()) }
}

/// The posts that are published, the newest first.
///
/// # Errors
///
/// What the database says.
pub fn show(connection: &mut AnyConnection) -> QueryResult<Vec<Post>> {
    posts::table
        .filter(posts::published.eq(true))
        .order(posts::id.desc())
        .limit(5)
        .select(Post::as_select())
        .load(connection)
}
