//! `#[derive(MultiConnection)]`: one connection type that is one of the three, with custom types under it.

#[path = "."]
mod raw {
    type Pg = diesel::PgConnection;
    type My = diesel::MysqlConnection;
    type Lite = diesel::SqliteConnection;

    #[path = "multi_program.rs"]
    pub(super) mod program;
}

/// A test for each database, with the tables that its own idioms have.
macro_rules! databases {
    ($($database:ident)*) => {$(
        #[test]
        fn $database() {
            let fresh = || crate::server::$database("multi", super::$database::CREATE);
            let Some(first) = super::accounts(&fresh, raw::program::IDIOMS) else { return };
            let second = super::accounts(&fresh, raw::program::IDIOMS).expect("it was there just now");
            super::assert_same(&first, &second);
        }
    )*};
}

databases! { mysql postgres sqlite }
