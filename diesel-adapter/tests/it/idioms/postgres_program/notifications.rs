//! `LISTEN` and `NOTIFY`.

use diesel::pg::PgNotification;
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::{Conn, names};
use crate::account::{Account, idioms};

idioms!(of_its_own, in_a_transaction; by_url of_another);

fn seen(conn: &mut Conn) -> Vec<QueryResult<(String, String)>> {
    // The number of the process is another one each time.
    let text = |notification: PgNotification| (notification.channel, notification.payload);
    conn.notifications_iter().map(|notification| notification.map(text)).collect()
}

fn of_its_own(conn: &mut Conn, saw: &Account) {
    saw.value(seen(conn));
    saw.result(diesel::sql_query("LISTEN idioms_own").execute(conn));
    saw.result(diesel::sql_query("NOTIFY idioms_own, 'one'").execute(conn));
    saw.result(diesel::sql_query("SELECT pg_notify('idioms_own', $1)").bind::<Text, _>("two").execute(conn));
    saw.value(seen(conn));
    saw.value(seen(conn));
    saw.result(diesel::sql_query("UNLISTEN idioms_own").execute(conn));
    saw.result(diesel::sql_query("NOTIFY idioms_own, 'three'").execute(conn));
    saw.value(seen(conn));
    saw.result(names(conn));
}

fn in_a_transaction(conn: &mut Conn, saw: &Account) {
    saw.result(diesel::sql_query("LISTEN idioms_transaction").execute(conn));
    saw.result(conn.transaction(|conn| {
        diesel::sql_query("NOTIFY idioms_transaction, 'one'").execute(conn)?;
        saw.value(seen(conn));
        names(conn)
    }));
    saw.value(seen(conn));
}

fn of_another(url: &str, saw: &Account) {
    let mut listener = Conn::establish(url).expect("a connection");
    let mut teller = Conn::establish(url).expect("a connection");
    saw.result(diesel::sql_query("LISTEN idioms_other").execute(&mut listener));
    saw.result(diesel::sql_query("NOTIFY idioms_other, 'hello'").execute(&mut teller));
    // What comes is there after a query's answer at the latest.
    saw.result(names(&mut listener));
    saw.value(seen(&mut listener));
    saw.value(seen(&mut teller));
}
