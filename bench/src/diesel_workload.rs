//! The measured operations on diesel, on any connection of its SQLite.

use std::error::Error;
use std::hint::black_box;
use std::str::FromStr;

use diesel::connection::{LoadConnection, SimpleConnection};
use diesel::prelude::*;
use diesel::sqlite::Sqlite;

diesel::table! {
    users {
        id -> Integer,
        name -> Text,
        email -> Text,
        age -> Integer,
    }
}

/// How many users there are.
const USERS: usize = 100;

/// What is asked of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Workload {
    Select,
    Rows,
    Update,
}

impl Workload {
    pub(crate) const ALL: [Self; 3] = [Self::Select, Self::Rows, Self::Update];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Select => "diesel-select",
            Self::Rows => "diesel-100",
            Self::Update => "diesel-update",
        }
    }

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Select => "diesel, in-memory SQLite, one row: users.find(id).filter(age < n).select(name), 2 binds",
            Self::Rows => "diesel, in-memory SQLite, 100 rows: users.filter(id <= 100).select((id, name)).load, 1 bind",
            Self::Update => "diesel, in-memory SQLite: update(users.find(id)).set((name, email, age)).execute, 4 binds",
        }
    }

    /// The numbers of operations between which instructions are counted, and that are timed in one round.
    pub(crate) fn counts(self) -> (i64, i64, usize) {
        match self {
            Self::Select => (1000, 3000, 500),
            Self::Rows => (100, 400, 40),
            Self::Update => (1000, 3000, 200),
        }
    }

    /// Does it `count` times.
    pub(crate) fn run<C>(self, connection: &mut C, count: usize) -> QueryResult<()>
    where
        C: LoadConnection<Backend = Sqlite>,
    {
        let ids = (1..=100).cycle().take(count);
        match self {
            Self::Select => {
                // Not `first`: SQLite 3.51 plans with the value of a bound LIMIT, and so prepares the statement anew each
                // time that it is bound. That is several times the work, and would hide what tracing costs.
                for id in ids {
                    let query = users::table.find(id).filter(users::age.lt(1000)).select(users::name);
                    black_box(query.get_result::<String>(connection)?);
                }
            }
            Self::Rows => {
                for _ in ids {
                    let query = users::table.filter(users::id.le(100)).select((users::id, users::name));
                    let rows: Vec<(i32, String)> = query.load(connection)?;
                    assert_eq!(black_box(rows).len(), USERS);
                }
            }
            Self::Update => {
                // diesel 2.3 prepares every UPDATE anew.
                for id in ids {
                    let changes = (
                        users::name.eq(black_box("Ada Lovelace")),
                        users::email.eq(black_box("ada@example.org")),
                        users::age.eq(id),
                    );
                    assert_eq!(diesel::update(users::table.find(id)).set(changes).execute(connection)?, 1);
                }
            }
        }
        Ok(())
    }
}

impl FromStr for Workload {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|workload| workload.name() == name).ok_or_else(|| format!("no workload {name}"))
    }
}

/// A connection of any type to a database of its own.
pub(crate) fn connect<C>() -> Result<C, Box<dyn Error>>
where
    C: Connection<Backend = Sqlite> + SimpleConnection,
{
    let mut connection = C::establish(":memory:")?;
    connection.batch_execute(
        "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL, age INTEGER NOT NULL);
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)
         INSERT INTO users SELECT i, 'name ' || i, 'user' || i || '@example.org', i FROM n",
    )?;
    Ok(connection)
}
