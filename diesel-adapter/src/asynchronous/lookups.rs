//! What diesel-async asks PostgreSQL for in its own interest: the OIDs of types that a program declares by their names.
//!
//! diesel-async 0.9 asks by its client and sends no event. It keeps what it learns for each connection, so that it is known
//! when it asks: the first time that a query has the type. Where something ran on the connection that was not seen this is
//! not known any more, and nothing is recorded.

use std::sync::Arc;

use crate::backend::Kept;
use crate::call::Call;
use crate::debug_text::DebugBinds;
use crate::link::Link;
use crate::postgres::names::TypeName;
use crate::recorder::ByText;

/// The questions that a query may cause.
pub(crate) struct Lookups {
    link: Arc<Link>,
    /// Each with the point that it will be.
    questions: Vec<(TypeName, Call<ByText>)>,
}

impl Lookups {
    /// Those of a call, whose values are known; `None` where it has no such types. `begin` makes a call.
    pub(super) fn of<K: Kept>(
        call: &mut Call<K>,
        link: &Arc<Link>,
        begin: impl Fn() -> Option<Call<ByText>>,
    ) -> Option<Box<Self>> {
        let asked = call.bound_values().map(K::asked_types).filter(|asked| !asked.is_empty())?;
        if !link.saw_all() {
            return None;
        }
        let questions = asked.into_iter().filter_map(|name| Some((name, begin()?))).collect();
        Some(Box::new(Self { link: Arc::clone(link), questions }))
    }

    /// The query runs now, and diesel-async asks for what it does not know. How long that takes is part of the query's time.
    #[cold]
    pub(crate) fn run(self) {
        for (name, mut call) in self.questions {
            if self.link.asks_first(&name) {
                let (statement, values) = name.lookup();
                call.is_internal();
                let values = format!("{values:?}");
                call.bind(statement.into(), Some(DebugBinds::new(values[1..values.len() - 1].to_owned(), false)));
                call.begin();
                call.finish();
            }
        }
    }
}
