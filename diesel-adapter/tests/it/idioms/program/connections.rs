//! Connections as such: in generic code, as trait objects, with an instrumentation, without prepared statements.

use std::any::Any;

use diesel::associations::HasTable;
use diesel::connection::{
    BoxableConnection, CacheSize, DefaultLoadingMode, Instrumentation, InstrumentationEvent, LoadConnection,
    SimpleConnection,
};
use diesel::prelude::*;
use diesel::query_builder::{QueryFragment, QueryId};
use diesel::query_dsl::methods::{ExecuteDsl, LoadQuery};
use diesel::sql_types::Integer;

use super::{Author, Conn, Db, NewAuthor, authors, names};
use crate::account::{Account, idioms};

idioms!(
    functions_generic_over_connections,
    functions_generic_over_queries,
    functions_typed_for_diesel,
    connections_as_objects,
    connections_in_structs,
    an_instrumentation,
    no_instrumentation,
    without_a_cache;
    by_url connections_in_threads
);

fn count<C: LoadConnection<Backend = Db>>(conn: &mut C) -> QueryResult<i64> {
    authors::table.count().get_result(conn)
}

fn insert<C: Connection<Backend = Db>>(conn: &mut C, name: &str) -> QueryResult<usize>
where
    Db: diesel::backend::Backend,
{
    diesel::insert_into(authors::table).values(NewAuthor { name, born: Some(1) }).execute(conn)
}

fn in_a_transaction<C>(conn: &mut C) -> QueryResult<i64>
where
    C: LoadConnection<DefaultLoadingMode, Backend = Db>,
{
    conn.transaction(|conn| {
        insert(conn, "Dee")?;
        conn.transaction(|conn| insert(conn, "Eve"))?;
        count(conn)
    })
}

fn batch(conn: &mut impl SimpleConnection) -> QueryResult<()> {
    conn.batch_execute("DELETE FROM books; SELECT 1")
}

fn functions_generic_over_connections(conn: &mut Conn, saw: &Account) {
    saw.result(count(conn));
    saw.result(insert(conn, "Cem"));
    saw.result(in_a_transaction(conn));
    saw.result(batch(conn));
    saw.result(count(&mut *conn));
}

fn all<'query, Q, T>(query: Q, conn: &mut Conn) -> QueryResult<Vec<T>>
where
    Q: LoadQuery<'query, Conn, T>,
{
    RunQueryDsl::load(query, conn)
}

fn run<Q>(query: Q, conn: &mut Conn) -> QueryResult<usize>
where
    Q: QueryFragment<Db> + QueryId + ExecuteDsl<Conn> + RunQueryDsl<Conn>,
{
    RunQueryDsl::execute(query, conn)
}

fn functions_generic_over_queries(conn: &mut Conn, saw: &Account) {
    saw.result(all::<_, Author>(authors::table.order(authors::id), conn));
    saw.result(all::<_, i32>(authors::table.select(authors::id).order(authors::id).limit(1), conn));
    saw.result(run(diesel::delete(authors::table.filter(authors::id.eq(2))), conn));
    saw.result(all::<_, String>(Author::table().select(authors::name).order(authors::id), conn));
}

fn functions_typed_for_diesel(conn: &mut Conn, saw: &Account) {
    fn typed(conn: &mut RawConn) -> QueryResult<Vec<String>> {
        authors::table.select(authors::name).order(authors::id).load(conn)
    }
    saw.result(typed(conn));
    saw.result(typed(super::raw(conn)));
    saw.result(conn.transaction(|conn| typed(&mut *conn)));
}

type RawConn = super::RawConn;

fn connections_as_objects(conn: &mut Conn, saw: &Account) {
    {
        let object: &mut dyn BoxableConnection<Db> = conn;
        saw.result(object.batch_execute("INSERT INTO authors (name) VALUES ('Dee')"));
        saw.result(object.batch_execute("nonsense"));
        saw.result(object.downcast_mut::<Conn>().map(names).expect("it is one"));
    }
    let object: &mut dyn Any = conn;
    saw.value(object.is::<Conn>());
    saw.result(names(object.downcast_mut::<Conn>().expect("it is one")));
}

struct Repository<'c, C> {
    conn: &'c mut C,
}

impl<C: LoadConnection<Backend = Db>> Repository<'_, C> {
    fn find(&mut self, id: i32) -> QueryResult<Option<Author>> {
        authors::table.find(id).first(self.conn).optional()
    }
}

fn connections_in_structs(conn: &mut Conn, saw: &Account) {
    let mut repository = Repository { conn };
    saw.result(repository.find(1));
    saw.result(repository.find(9));
    let mut boxed: Box<dyn FnMut(i32) -> QueryResult<Option<Author>> + '_> = Box::new(|id| repository.find(id));
    saw.result(boxed(2));
}

/// Keeps what it is told.
#[derive(Default)]
struct Kept(Vec<String>);

impl Instrumentation for Kept {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        let text = match event {
            InstrumentationEvent::StartQuery { query, .. } => format!("start {query}"),
            InstrumentationEvent::FinishQuery { query, error, .. } => format!("finish {query} {error:?}"),
            InstrumentationEvent::CacheQuery { sql, .. } => format!("cache {sql}"),
            InstrumentationEvent::BeginTransaction { depth, .. } => format!("begin {depth}"),
            InstrumentationEvent::CommitTransaction { depth, .. } => format!("commit {depth}"),
            InstrumentationEvent::RollbackTransaction { depth, .. } => format!("rollback {depth}"),
            other => format!("{other:?}"),
        };
        self.0.push(text);
    }
}

fn an_instrumentation(conn: &mut Conn, saw: &Account) {
    saw.value(conn.instrumentation().downcast_mut::<Kept>().is_some());
    conn.set_instrumentation(Kept::default());
    saw.result(names(conn));
    saw.result(authors::table.find(2).first::<Author>(conn));
    saw.result(insert(conn, "Ann"));
    saw.result(conn.batch_execute("SELECT 1"));
    saw.result(in_a_transaction(conn));
    saw.result(conn.transaction::<(), diesel::result::Error, _>(|_| Err(diesel::result::Error::NotFound)));
    saw.result(diesel::select(1.into_sql::<Integer>()).get_result::<i32>(conn));
    let kept = conn.instrumentation().downcast_mut::<Kept>().expect("it is what was set");
    std::mem::take(&mut kept.0).into_iter().for_each(|line| saw.value(line));
    saw.result(names(conn));
    saw.value(&conn.instrumentation().downcast_ref::<Kept>().expect("it is still there").0);
    // A connection tells itself what it is told by others.
    conn.instrumentation().on_connection_event(InstrumentationEvent::cache_query("told"));
    saw.value(conn.instrumentation().downcast_ref::<Kept>().expect("it is still there").0.last());
}

fn no_instrumentation(conn: &mut Conn, saw: &Account) {
    conn.set_instrumentation(Kept::default());
    conn.set_instrumentation(None::<Box<dyn Instrumentation>>);
    saw.result(names(conn));
    saw.value(conn.instrumentation().downcast_mut::<Kept>().is_some());
    conn.set_instrumentation(|_: InstrumentationEvent<'_>| ());
    saw.result(names(conn));
    conn.set_instrumentation(Some(Kept::default()));
    saw.result(names(conn));
}

fn without_a_cache(conn: &mut Conn, saw: &Account) {
    conn.set_prepared_statement_cache_size(CacheSize::Disabled);
    for id in [1, 2, 9] {
        saw.result(authors::table.find(id).first::<Author>(conn).optional());
    }
    saw.result(insert(conn, "Ann"));
    saw.result(insert(conn, "Dee"));
    conn.set_prepared_statement_cache_size(CacheSize::Unbounded);
    saw.result(in_a_transaction(conn));
    saw.result(names(conn));
}

fn connections_in_threads(url: &str, saw: &Account) {
    let mut conn = Conn::establish(url).expect("a connection");
    let moved = std::thread::spawn(move || {
        let names = names(&mut conn);
        (conn, names)
    });
    let (mut conn, there) = moved.join().expect("no panic");
    saw.result(there);
    saw.result(names(&mut conn));
}
