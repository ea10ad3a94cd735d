//! The store that a command works on, and finding traces in it.

use std::ffi::OsString;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use osprofiler::driver::{
    self, DEFAULT_CONNECTION_STRING, Driver, DriverError, ListFilter, StoredTrace, TraceSummary, WriteError,
};
use osprofiler::report::{Trace, TraceBuilder};
use osprofiler::{Config, Id, Message, Timestamp};

use crate::error::CliError;
use crate::output::shown;
use crate::progress::while_working;

/// How many candidates an ambiguous beginning names.
const CANDIDATES: usize = 10;

/// What services tell their drivers by the environment, beside what has an argument here.
const OF_DRIVERS: [&str; 6] = [
    "OSPROFILER_FILTER_ERROR_TRACE",
    "OSPROFILER_SENTINEL_SERVICE_NAME",
    "OSPROFILER_SOCKET_TIMEOUT",
    "OSPROFILER_ES_DOC_TYPE",
    "OSPROFILER_ES_SCROLL_TIME",
    "OSPROFILER_ES_SCROLL_SIZE",
];

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

    #[command(flatten)]
    client: ClientArguments,
}

/// What some drivers are told beside the connection string, as in OSProfiler.
#[derive(Args)]
pub(crate) struct ClientArguments {
    /// The broker of messaging://, such as rabbit://user:password@host:5672/
    #[arg(long, value_name = "URL", env = "OSPROFILER_TRANSPORT_URL", hide_env_values = true)]
    transport_url: Option<String>,

    /// How many seconds to wait for further messages of messaging:// before the trace is taken as whole
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = seconds)]
    idle_timeout: Duration,

    /// The token for ceilometer://
    #[arg(long, value_name = "TOKEN", env = "OS_AUTH_TOKEN", hide_env_values = true, hide_short_help = true)]
    os_auth_token: Option<String>,

    /// The address of ceilometer://
    #[arg(long, value_name = "URL", env = "CEILOMETER_URL", hide_env_values = true, hide_short_help = true)]
    ceilometer_url: Option<String>,
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
        self.client.open(connection_string)
    }
}

impl ClientArguments {
    pub(crate) fn open(&self, connection_string: &str) -> Result<Store, CliError> {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let of_drivers = |name: &OsString| OF_DRIVERS.iter().any(|known| name == *known);
        let variables = std::env::vars_os().filter(|(name, value)| of_drivers(name) && !value.is_empty());
        let mut options = Config::default().with_variables(variables)?.driver;
        options.transport_url = given(&self.transport_url);
        options.idle_timeout = self.idle_timeout;
        options.os_auth_token = given(&self.os_auth_token);
        options.ceilometer_url = given(&self.ceilometer_url);
        let driver = driver::connect_with(connection_string, &options)?;
        Ok(Store { driver, name: driver::redacted(connection_string) })
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let duration = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    duration.ok_or_else(|| "a number of seconds is needed, such as 2 or 0.5".to_owned())
}

impl Store {
    /// Reads the trace that `wanted` names: `latest`, an id, or the beginning of one.
    pub(crate) fn find(&self, wanted: &str) -> Result<Trace, CliError> {
        let id = self.resolve_or_latest(wanted)?;
        let mut builder = TraceBuilder::default();
        let skipped = self.working(|| {
            self.driver.read_in_parts(&id, &mut |part| part.into_iter().for_each(|message| builder.push(message)))
        })?;
        builder.skip(skipped);
        if builder.is_empty() {
            return Err(self.without_messages(&Id::from(wanted), builder.skipped()));
        }
        Ok(builder.build())
    }

    /// The id of the trace that `wanted` names, as [`find`](Self::find) does.
    pub(crate) fn resolve_or_latest(&self, wanted: &str) -> Result<Id, CliError> {
        if wanted != "latest" {
            return self.resolve(wanted);
        }
        let newest =
            |limit| Ok::<_, CliError>(self.list(&filter(None, limit))?.into_iter().find(|one| !one.is_unreadable));
        // Where the newest cannot be read, the newest of the others is meant.
        let newest = match newest(Some(1))? {
            Some(newest) => Some(newest),
            None => newest(None)?,
        };
        newest.map(|newest| newest.base_id).ok_or_else(|| CliError::Empty { store: self.name.clone() })
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
            [] => Err(self.not_found(&id)),
            [one] => Ok(one.base_id.clone()),
            many => match many.iter().find(|summary| summary.base_id == id) {
                Some(exact) => Ok(exact.base_id.clone()),
                None => Err(ambiguous(&id, many)),
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
    pub(crate) fn delete(&self, id: &Id, wanted: &Id) -> Result<(), CliError> {
        match self.driver.delete(id)? {
            true => Ok(()),
            false => Err(self.not_found(wanted)),
        }
    }

    /// Deletes the traces whose last message is older than `before`, and says how many there were.
    pub(crate) fn prune(&self, before: Timestamp) -> Result<u64, CliError> {
        Ok(while_working(&format!("deleting from {}", self.name), || self.driver.prune(before))?)
    }

    /// The messages of a trace, if there are any.
    pub(crate) fn messages(&self, id: &Id) -> Result<StoredTrace, DriverError> {
        self.working(|| self.driver.read(id))
    }

    pub(crate) fn write(&self, messages: &[Message]) -> Result<(), WriteError> {
        while_working(&format!("writing to {}", self.name), || self.driver.write(messages))
    }

    /// Has the store take what it may hold back.
    pub(crate) fn finish(&self) -> Result<(), WriteError> {
        while_working(&format!("writing to {}", self.name), || self.driver.finish())
    }

    /// The messages of a trace that is known to the user as `wanted`, which must be there.
    pub(crate) fn read(&self, id: &Id, wanted: &Id) -> Result<StoredTrace, CliError> {
        let stored = self.messages(id)?;
        if stored.messages.is_empty() {
            return Err(self.without_messages(wanted, stored.skipped));
        }
        Ok(stored)
    }

    /// Why a trace without messages cannot be read.
    fn without_messages(&self, wanted: &Id, skipped: u64) -> CliError {
        if skipped == 0 {
            return self.not_found(wanted);
        }
        let hint = format!("{} holds {skipped} entries of it that cannot be read.", self.name);
        CliError::NotFound { id: shown(wanted), hint }
    }

    fn working<T>(&self, work: impl FnOnce() -> Result<T, DriverError>) -> Result<T, DriverError> {
        while_working(&format!("reading {}", self.name), work)
    }

    fn not_found(&self, wanted: &Id) -> CliError {
        let hint = format!(
            "Searched in {}; --connection-string or OSPROFILER_CONNECTION_STRING names another store.",
            self.name
        );
        CliError::NotFound { id: shown(wanted), hint }
    }
}

fn filter(id_prefix: Option<&str>, limit: Option<usize>) -> ListFilter {
    ListFilter { id_prefix: id_prefix.map(str::to_owned), limit, ..ListFilter::default() }
}

fn ambiguous(prefix: &Id, found: &[TraceSummary]) -> CliError {
    let mut candidates: Vec<String> =
        found.iter().take(CANDIDATES).map(|summary| format!("  {}", shown(&summary.base_id))).collect();
    if found.len() > CANDIDATES {
        candidates.push(format!("  … and {} more", found.len() - CANDIDATES));
    }
    CliError::Ambiguous { prefix: shown(prefix), candidates: candidates.join("\n") }
}
