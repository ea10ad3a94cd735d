//! What an idiom saw, as text: results and everything that an error says.

use std::cell::RefCell;
use std::error::Error;
use std::fmt::{Debug, Write as _};
use std::panic::Location;

/// A piece of a program, and what it takes.
pub(crate) enum Idiom<C> {
    Connected(fn(&mut C, &Account)),
    ByUrl(fn(&str, &Account)),
}

/// The names of the idioms of a topic, and the idioms.
pub(crate) type Topic<C> = &'static [(&'static str, Idiom<C>)];

/// The list of a file's idioms. Those that make their connections themselves come after `by_url`.
macro_rules! idioms {
    ($($name:ident),* $(; by_url $($by_url:ident),*)?) => {
        pub(crate) const IDIOMS: $crate::account::Topic<super::Conn> = &[
            $((stringify!($name), $crate::account::Idiom::Connected($name)),)*
            $($((stringify!($by_url), $crate::account::Idiom::ByUrl($by_url)),)*)?
        ];
    };
}
pub(crate) use idioms;

/// Lines in the order of the program, each with the number of its line in the source. Closures may write too.
#[derive(Default)]
pub(crate) struct Account(RefCell<String>);

impl Account {
    #[track_caller]
    pub(crate) fn value(&self, value: impl Debug) {
        self.line(&format!("{value:?}"));
    }

    #[track_caller]
    pub(crate) fn result<T: Debug, E: Error + 'static>(&self, result: Result<T, E>) {
        match result {
            Ok(value) => self.line(&format!("{value:?}")),
            Err(error) => self.line(&failure(&error)),
        }
    }

    /// For errors that have lost their type.
    #[track_caller]
    pub(crate) fn boxed<T: Debug>(&self, result: Result<T, Box<dyn Error + Send + Sync>>) {
        match result {
            Ok(value) => self.line(&format!("{value:?}")),
            Err(error) => self.line(&failure(&*error)),
        }
    }

    pub(crate) fn into_text(self) -> String {
        self.0.into_inner()
    }

    #[track_caller]
    fn line(&self, text: &str) {
        writeln!(self.0.borrow_mut(), "{}: {text}", Location::caller().line()).expect("a String takes everything");
    }
}

fn failure(error: &(dyn Error + 'static)) -> String {
    let mut text = format!("{error} | {error:?}");
    if let Some(diesel::result::Error::DatabaseError(kind, information)) = error.downcast_ref() {
        let _ = write!(
            text,
            " | {kind:?} message {:?} details {:?} hint {:?} table {:?} column {:?} constraint {:?} position {:?}",
            information.message(),
            information.details(),
            information.hint(),
            information.table_name(),
            information.column_name(),
            information.constraint_name(),
            information.statement_position(),
        );
    }
    if let Some(source) = error.source() {
        let _ = write!(text, " | because {}", failure(source));
    }
    text
}
