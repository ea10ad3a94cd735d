//! The store that a command works on, and finding traces in it.

use std::sync::Arc;

use clap::Args;
use osprofiler::driver::{self, Driver, DriverError, ListFilter, StoredTrace, TraceSummary};
use osprofiler::{Id, driver::DEFAULT_CONNECTION_STRING};

use crate::error::CliError;
use crate::progress::while_working;

/// How many candidates an ambiguous beginning names.
const CANDIDATES: usize = 10;

/// Which store.
#[derive(Args)]
pub(crate) struct StoreArguments {
    /// Where the traces are stored
    #[arg(
        long,
        value_name = "URI",
        env = "OSPROFILER_CONNECTION_STRING",
        hide_env_values = true,
        default_value = DEFAULT_CONNECTION_STRING
    )]
    connection_string: String,
}

/// An open store.
pub(crate) struct Store {
    driver: Arc<dyn Driver>,
    /// The connection string without credentials.
    name: String,
}

impl StoreArguments {
    pub(crate) fn open(&self) -> Result<Store, CliError> {
        // An empty variable is how scripts unset one.
        let connection_string = match self.connection_string.as_str() {
            "" => DEFAULT_CONNECTION_STRING,
            given => given,
        };
        let name = driver::redacted(connection_string);
        Ok(Store { driver: driver::connect(connection_string)?, name })
    }
}

impl Store {
    /// Reads the trace that `wanted` names: `latest`, an id, or the beginning of one.
    pub(crate) fn find(&self, wanted: &str) -> Result<StoredTrace, CliError> {
        if wanted == "latest" {
            let newest = self.list(&filter(None, Some(1)))?;
            let newest = newest.first().ok_or_else(|| CliError::Empty { store: self.name.clone() })?;
            return self.read(&newest.base_id, wanted);
        }
        self.read(&self.resolve(wanted)?, wanted)
    }

    /// The id that `wanted` is, or is the beginning of.
    pub(crate) fn resolve(&self, wanted: &str) -> Result<Id, CliError> {
        let id = Id::from(wanted);
        // A whole UUID is the beginning of no other, so the store need not be searched.
        if id.as_uuid().is_some() {
            return Ok(id);
        }
        let found = self.list(&filter(Some(wanted), None))?;
        match found.as_slice() {
            [] => Err(self.not_found(wanted)),
            [one] => Ok(one.base_id.clone()),
            many => match many.iter().find(|summary| summary.base_id == id) {
                Some(exact) => Ok(exact.base_id.clone()),
                None => Err(ambiguous(wanted, many)),
            },
        }
    }

    /// The store's connection string, without credentials.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn list(&self, filter: &ListFilter) -> Result<Vec<TraceSummary>, CliError> {
        Ok(self.working(|| self.driver.list(filter))?)
    }

    /// Deletes a trace that is known to the user as `wanted`.
    pub(crate) fn delete(&self, id: &Id, wanted: &str) -> Result<(), CliError> {
        match self.driver.delete(id)? {
            true => Ok(()),
            false => Err(self.not_found(wanted)),
        }
    }

    fn read(&self, id: &Id, wanted: &str) -> Result<StoredTrace, CliError> {
        let stored = self.working(|| self.driver.read(id))?;
        match (stored.messages.is_empty(), stored.skipped) {
            (false, _) => Ok(stored),
            (true, 0) => Err(self.not_found(wanted)),
            (true, skipped) => {
                let hint = format!("{} holds {skipped} entries of it that cannot be read.", self.name);
                Err(CliError::NotFound { id: wanted.to_owned(), hint })
            }
        }
    }

    fn working<T>(&self, work: impl FnOnce() -> Result<T, DriverError>) -> Result<T, DriverError> {
        while_working(&format!("reading {}", self.name), work)
    }

    fn not_found(&self, wanted: &str) -> CliError {
        let hint = format!(
            "Searched in {}; --connection-string or OSPROFILER_CONNECTION_STRING names another store.",
            self.name
        );
        CliError::NotFound { id: wanted.to_owned(), hint }
    }
}

pub(crate) fn filter(id_prefix: Option<&str>, limit: Option<usize>) -> ListFilter {
    ListFilter { id_prefix: id_prefix.map(str::to_owned), limit, ..ListFilter::default() }
}

fn ambiguous(prefix: &str, found: &[TraceSummary]) -> CliError {
    let mut candidates: Vec<String> =
        found.iter().take(CANDIDATES).map(|summary| format!("  {}", summary.base_id)).collect();
    if found.len() > CANDIDATES {
        candidates.push(format!("  … and {} more", found.len() - CANDIDATES));
    }
    CliError::Ambiguous { prefix: prefix.to_owned(), candidates: candidates.join("\n") }
}
