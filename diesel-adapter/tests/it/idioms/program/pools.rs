//! Pools of `diesel::r2d2`: made, waited for, generic code, what happens to a connection that comes back broken.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use diesel::connection::{AnsiTransactionManager, LoadConnection, SimpleConnection as _, TransactionManager as _};
use diesel::prelude::*;
use diesel::r2d2::{
    ConnectionManager, CustomizeConnection, Error as PoolFailure, Pool, PooledConnection, R2D2Connection,
};
use diesel::result::Error;

use super::{Author, Conn, Db, authors, names};
use crate::account::{Account, idioms};

idioms!(
    pings;
    by_url queries, transactions, generic_code, functions_for_a_connection, customized, exhausted,
    an_open_transaction, shared_by_threads, no_server
);

type OwnPool = Pool<ConnectionManager<Conn>>;
type Pooled = PooledConnection<ConnectionManager<Conn>>;

fn pool(url: &str, size: u32) -> OwnPool {
    let builder = Pool::builder().max_size(size).connection_timeout(Duration::from_secs(5)).test_on_check_out(true);
    builder.build(ConnectionManager::new(url)).expect("a pool")
}

fn pings(conn: &mut Conn, saw: &Account) {
    saw.result(conn.ping());
    saw.value(conn.is_broken());
    saw.result(AnsiTransactionManager::begin_transaction(conn));
    saw.value(conn.is_broken());
    saw.result(conn.ping());
    saw.result(AnsiTransactionManager::rollback_transaction(conn));
    saw.value(conn.is_broken());
    saw.result(conn.begin_test_transaction());
    saw.value(conn.is_broken());
}

fn queries(url: &str, saw: &Account) {
    let pool = pool(url, 2);
    let mut one = pool.get().expect("a connection");
    let mut other = pool.get().expect("another");
    saw.result(authors::table.order(authors::id).load::<Author>(&mut one));
    saw.result(authors::table.find(2).first::<Author>(&mut other));
    saw.result(diesel::insert_into(authors::table).values(authors::name.eq("Dee")).execute(&mut one));
    saw.result(diesel::insert_into(authors::table).values(authors::name.eq("Dee")).execute(&mut other));
    saw.result(diesel::delete(authors::table.find(2)).execute(&mut *other));
    let ann = Author { id: 1, name: "Anna".to_owned(), born: None };
    saw.result(ann.save_changes::<Author>(&mut one));
    saw.result(one.batch_execute("DELETE FROM books; SELECT 1"));
    let rows = authors::table
        .order(authors::id)
        .load_iter::<Author, diesel::connection::DefaultLoadingMode>(&mut one)
        .expect("rows");
    saw.result(rows.collect::<QueryResult<Vec<_>>>());
    drop((one, other));
    saw.value((pool.state().connections, pool.max_size()));
    saw.result(pool.get().expect("a connection").ping());
}

fn transactions(url: &str, saw: &Account) {
    let mut conn = pool(url, 1).get().expect("a connection");
    saw.result(conn.transaction::<_, Error, _>(|conn| {
        diesel::delete(authors::table.find(2)).execute(conn)?;
        let inner = conn.transaction(|conn| {
            diesel::update(authors::table).set(authors::born.eq(1)).execute(conn)?;
            Err::<(), _>(Error::RollbackTransaction)
        });
        saw.result(inner);
        names(conn)
    }));
    saw.result(
        conn.transaction(|conn| diesel::insert_into(authors::table).values(authors::name.eq("Ann")).execute(conn)),
    );
    saw.result(authors::table.order(authors::id).load::<Author>(&mut conn));
    saw.value(conn.test_transaction::<_, Error, _>(|conn| diesel::delete(authors::table.find(2)).execute(conn)));
}

fn generic<C: LoadConnection<Backend = Db>>(conn: &mut C) -> QueryResult<Vec<String>> {
    conn.transaction(|conn| authors::table.select(authors::name).order(authors::id).load(conn))
}

fn pinged<C: R2D2Connection + LoadConnection<Backend = Db>>(conn: &mut C) -> QueryResult<i64> {
    conn.ping()?;
    authors::table.count().first(conn)
}

fn from_any_pool<C>(pool: &Pool<ConnectionManager<C>>) -> QueryResult<i64>
where
    C: R2D2Connection + LoadConnection<Backend = Db> + Send + 'static,
{
    pinged(&mut *pool.get().map_err(|error| Error::QueryBuilderError(error.into()))?)
}

fn generic_code(url: &str, saw: &Account) {
    let pool = pool(url, 1);
    let mut conn: Pooled = pool.get().expect("a connection");
    saw.result(generic(&mut conn));
    saw.result(generic(&mut *conn));
    saw.result(pinged(&mut *conn));
    drop(conn);
    saw.result(from_any_pool(&pool));
}

fn functions_for_a_connection(url: &str, saw: &Account) {
    let pool = pool(url, 1);
    saw.result(names(&mut pool.get().expect("a connection")));
    let mut conn = pool.get().expect("a connection");
    saw.result(names(&mut conn));
    saw.result(conn.transaction(names_of_pooled));
    saw.result(names(&mut Conn::establish(url).expect("a connection")));
}

fn names_of_pooled(conn: &mut Pooled) -> QueryResult<Vec<String>> {
    names(conn)
}

/// Counts connections, and begins a transaction on each that never ends.
#[derive(Debug)]
struct Counting(Arc<AtomicUsize>);

impl CustomizeConnection<Conn, PoolFailure> for Counting {
    fn on_acquire(&self, conn: &mut Conn) -> Result<(), PoolFailure> {
        self.0.fetch_add(1, Ordering::SeqCst);
        conn.batch_execute(super::SESSION).map_err(PoolFailure::QueryError)?;
        conn.begin_test_transaction().map_err(PoolFailure::QueryError)
    }

    fn on_release(&self, _: Conn) {
        self.0.fetch_add(100, Ordering::SeqCst);
    }
}

fn customized(url: &str, saw: &Account) {
    let count = Arc::new(AtomicUsize::new(0));
    let builder = Pool::builder().max_size(1).connection_customizer(Box::new(Counting(Arc::clone(&count))));
    let pool = builder.build(ConnectionManager::<Conn>::new(url)).expect("a pool");
    let mut conn = pool.get().expect("a connection");
    saw.result(diesel::delete(authors::table.find(2)).execute(&mut conn));
    saw.result(names(&mut conn));
    drop(conn);
    // A test transaction does not make a connection broken.
    saw.result(names(&mut pool.get().expect("a connection")));
    saw.value(count.load(Ordering::SeqCst));
    drop(pool);
    saw.result(names(&mut Conn::establish(url).expect("a connection")));
}

fn exhausted(url: &str, saw: &Account) {
    let pool = pool(url, 1);
    let conn = pool.get().expect("a connection");
    saw.value(pool.try_get().is_none());
    saw.result(pool.get_timeout(Duration::from_millis(20)).map(|_| ()));
    drop(conn);
    saw.value(pool.try_get().is_some());
    saw.value((pool.state().connections, pool.state().idle_connections));
}

fn an_open_transaction(url: &str, saw: &Account) {
    let pool = pool(url, 1);
    let mut conn = pool.get().expect("a connection");
    saw.result(conn.batch_execute("CREATE TEMPORARY TABLE mine (id INT)"));
    saw.result(conn.transaction(|conn| diesel::delete(authors::table.find(2)).execute(conn)));
    drop(conn);
    let mut conn = pool.get().expect("the same connection");
    saw.result(conn.batch_execute("INSERT INTO mine VALUES (1)"));
    saw.result(AnsiTransactionManager::begin_transaction(&mut *conn));
    saw.result(diesel::insert_into(authors::table).values(authors::name.eq("Dee")).execute(&mut conn));
    drop(conn);
    // What comes back with an open transaction is broken and replaced.
    let mut conn = pool.get().expect("a connection");
    saw.result(conn.batch_execute("INSERT INTO mine VALUES (2)"));
    saw.result(names(&mut conn));
}

fn shared_by_threads(url: &str, saw: &Account) {
    let pool = pool(url, 2);
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let pool = pool.clone();
            std::thread::spawn(move || names(&mut pool.get().expect("a connection")))
        })
        .collect();
    for thread in threads {
        saw.result(thread.join().expect("no panic"));
    }
}

fn no_server(_: &str, saw: &Account) {
    let manager = ConnectionManager::<Conn>::new(super::WRONG_URLS[0]);
    let builder = Pool::builder().max_size(1).connection_timeout(Duration::from_millis(50));
    saw.result(builder.build(manager).map(|_| ()));
}
