//! The idioms of PostgreSQL and MySQL: `DEFAULT` in batches, which diesel-async has no SQL for on SQLite.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::Conn;
use crate::schema::{Person, person};

type Seen = Result<String, Box<dyn std::error::Error + Send + Sync>>;

pub(crate) async fn insert_in_batches(conn: &mut Conn, _: &str) -> Seen {
    let many: Vec<_> = (10..15).map(|id| Person::new(id, &format!("person {id}"))).collect();
    let inserted = diesel::insert_into(person::table).values(&many).execute(conn).await?;
    let none = diesel::insert_into(person::table).values(&many[..0]).execute(conn).await?;
    let ids: Vec<i32> = person::table.select(person::id).order(person::id).load(conn).await?;
    Ok(format!("{inserted} {none} {:?}", ids))
}
