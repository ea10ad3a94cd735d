//! The first five minutes: a service is traced, called, and its traces are read back.
//!
//! Here: switching tracing on and off. Below, in the order of events: the service (`blog`), the requests (`client`) and
//! what is printed of them (`show`).

mod blog;
mod client;
mod show;

use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use osprofiler::report::Trace;
use osprofiler::{Config, driver, initializer};
use tokio::net::TcpListener;

pub use client::Answer;

/// Who knows this key may have requests traced. A service keeps it in its configuration.
const HMAC_KEY: &str = "SECRET_KEY";

/// Serves, calls and shows, with traces in `directory`; returns each request's answer and trace.
///
/// # Errors
///
/// Where the machine has no loopback port to give, or `directory` or `out` cannot be written.
pub fn run(directory: &Path, mut out: impl Write) -> Result<Vec<(Answer, Trace)>, Box<dyn Error>> {
    let store = format!("file:{}", directory.display());
    let config = Config::default()
        .with_enabled(true)
        .with_trace_sql(true)
        .with_hmac_keys([HMAC_KEY])
        .with_connection_string(&store);
    let guard = initializer::init_from_conf(&config, "quickstart", "blog", None)?;

    let answers = tokio::runtime::Runtime::new()?.block_on(async {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let router = blog::router(blog::open().await?);
        tokio::spawn(async move { axum::serve(listener, router).await });
        client::call_all(address).await
    })?;

    // A service that runs on needs nothing like this: its messages reach the store within moments.
    if !guard.shutdown(Duration::from_secs(10)) {
        return Err(format!("{store} took too long").into());
    }
    let driver = driver::connect(&store)?;
    let mut traced = Vec::new();
    for answer in answers {
        let trace = Trace::build(driver.read(&answer.base_id)?);
        traced.push((answer, trace));
    }
    show::requests(&traced, &mut out)?;
    show::where_to_go_on(&traced, directory, &mut out)?;
    Ok(traced)
}
