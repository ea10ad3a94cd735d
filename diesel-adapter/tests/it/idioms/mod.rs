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

/// Runs a topic with diesel's connections, with traced ones outside of a trace, and with traced ones in one.
macro_rules! compare {
    ($fresh:expr, $($topic:ident)::+) => {{
        let fresh = $fresh;
        let Some(raw) = $crate::idioms::accounts(&fresh, raw::$($topic)::+) else { return };
        let off = $crate::idioms::accounts(&fresh, traced::$($topic)::+).expect("it was there just now");
        $crate::idioms::assert_same("outside of a trace", &raw, &off);
        let store = $crate::store::Store::new();
        let on = store.record(|| $crate::idioms::accounts(&fresh, traced::$($topic)::+));
        $crate::idioms::assert_same("in a trace", &raw, &on.expect("it was there just now"));
        store.assert_whole();
    }};
}

/// A test for each topic.
macro_rules! topics {
    ($database:ident: $($program:ident::$topic:ident),* $(,)?) => {$(
        #[test]
        fn $topic() {
            let name = concat!(stringify!($program), "_", stringify!($topic));
            compare!(|| crate::server::$database(name, CREATE), $program::$topic::IDIOMS);
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
fn assert_same(when: &str, raw: &[(&str, String)], traced: &[(&str, String)]) {
    assert_eq!(raw.len(), traced.len());
    for ((name, raw), (_, traced)) in raw.iter().zip(traced) {
        assert!(!raw.is_empty(), "{name} says nothing");
        for (raw, traced) in raw.lines().zip(traced.lines()) {
            assert_eq!(raw, traced, "{name}, {when}");
        }
        assert_eq!(raw.lines().count(), traced.lines().count(), "{name}, {when}");
    }
}
