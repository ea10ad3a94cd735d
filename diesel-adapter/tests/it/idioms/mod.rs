//! Idioms of diesel: the same sources with diesel's own connection and with the traced one, on each database.
//!
//! `program` is what runs on all of them, `*_program` what one of them has. They know their connection as `Conn`, and
//! `raw` is the one edit that a program needs where diesel takes nothing but its own type.

#![allow(
    clippy::duplicate_mod,
    clippy::explicit_auto_deref,
    clippy::redundant_closure,
    reason = "the program is there twice for each database, and what is too much with diesel's types is an idiom too"
)]

use diesel::Connection;

use crate::account::{Account, Idiom, Topic};
use crate::server::Place;

/// A test for each topic: its idioms with diesel's connection, and then with the others.
macro_rules! topics {
    ($database:ident: $($program:ident::$topic:ident),* $(,)?) => {$(
        #[test]
        fn $topic() {
            let fresh = || {
                let name = concat!(stringify!($program), "_", stringify!($topic));
                crate::server::$database(name, CREATE)
            };
            let Some(first) = super::accounts(&fresh, raw::$program::$topic::IDIOMS) else { return };
            let second = super::accounts(&fresh, raw::$program::$topic::IDIOMS).expect("it was there just now");
            super::assert_same(&first, &second);
        }
    )*};
}

#[cfg(all(feature = "mysql", feature = "postgres", feature = "sqlite"))]
mod multi;
#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

/// What each idiom of a topic sees on a database of its own, or nothing where there is no server.
fn accounts<C: Connection>(fresh: &dyn Fn() -> Option<Place>, topic: Topic<C>) -> Option<Vec<(&'static str, String)>> {
    let account = |(name, idiom): &(&'static str, Idiom<C>)| {
        let place = fresh()?;
        let account = Account::default();
        match idiom {
            Idiom::Connected(idiom) => {
                let mut connection = C::establish(&place.url).expect("it was there just now");
                idiom(&mut connection, &account);
            }
            Idiom::ByUrl(idiom) => idiom(&place.url, &account),
        }
        Some((*name, account.into_text()))
    };
    topic.iter().map(account).collect()
}

/// Compares idiom by idiom and line by line.
fn assert_same(first: &[(&str, String)], second: &[(&str, String)]) {
    assert_eq!(first.len(), second.len());
    for ((name, first), (_, second)) in first.iter().zip(second) {
        assert!(!first.is_empty(), "{name} says nothing");
        for (first, second) in first.lines().zip(second.lines()) {
            assert_eq!(first, second, "{name}");
        }
        assert_eq!(first.lines().count(), second.lines().count(), "{name}");
    }
}
