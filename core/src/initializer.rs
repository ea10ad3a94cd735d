//! Puts a configuration into effect, once, when the program starts.
//!
//! Here: [`init_from_conf`] and the guard that ends what it began. Not here: what a configuration says
//! ([`Config`]).

use std::time::Duration;

use crate::collector::SHUTDOWN_TIMEOUT;
use crate::notice::Notice;
use crate::quiet::quietly;
use crate::{Config, ConfigError, Notifier, driver, notifier, profiler, web};

static NOT_ENABLED: Notice = Notice::new();

/// Switches tracing on as `config` says, for the whole process.
///
/// - Messages go to the store of the connection string, each with `project`, `service` and `host`; without `host` it is
///   this machine's name. The connection string's scheme and options are checked now, the store is used later.
/// - Adapters trace SQL if `trace_sql` says so.
/// - Web requests are traced that are signed with one of `hmac_keys`, and besides them all where `always` is set, or the part
///   of them that `sample` says. Without a key, `always` or `sample` no web request is traced, and a warning is logged;
///   traces that the program begins itself are recorded.
/// - Guards record what a panic says ([`install_panic_hook`](profiler::install_panic_hook)).
///
/// With `enabled = false` nothing of this happens: nothing is traced, no web request either, and no store is touched. If
/// `always` or `sample` is set all the same, a warning is logged.
///
/// A process that forks, as daemons and servers with worker processes do, must fork first and call this in each child: only the
/// thread that forks goes on in the child. The threads that write to stores do not, so that what a child of an initialized process
/// records is never stored, and its queue may be locked for ever.
///
/// Keep the guard until the end of `main`. A second call replaces what the first set.
///
/// ```
/// use osprofiler::{Config, initializer};
/// use std::time::Duration;
///
/// # let directory = tempfile::tempdir()?;
/// # let store = format!("file:{}", directory.path().display());
/// let config = Config::default()
///     .with_enabled(true)
///     .with_trace_sql(true)
///     .with_hmac_keys(["SECRET_KEY"])
///     .with_connection_string(store);
/// let guard = initializer::init_from_conf(&config, "blog", "web", None)?;
/// // ... serve ...
/// assert!(guard.shutdown(Duration::from_secs(5)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// [`ConfigError::ConnectionString`] where no driver takes the connection string; then nothing has changed.
pub fn init_from_conf(
    config: &Config,
    project: &str,
    service: &str,
    host: Option<&str>,
) -> Result<ShutdownGuard, ConfigError> {
    if !config.enabled {
        notifier::set(Notifier::default());
        profiler::set_trace_sql(false);
        web::disable();
        // NaN compares false, as it does where requests are sampled.
        if config.always || config.sample > 0.0 {
            NOT_ENABLED.log(|| {
                tracing::warn!(
                    "always or sample is set, but tracing is not enabled: no web request will be traced; set enabled = true \
                     (OSPROFILER_ENABLED=true), or remove always and sample"
                );
            });
        }
        return Ok(ShutdownGuard { notifier: None });
    }
    let drivers = driver::connect_each(config.connection_string(), &config.driver)
        .map_err(|source| ConfigError::ConnectionString { source })?;
    let notifier = Notifier::builder().project(project).service(service).host(host).build_for_all(drivers);
    notifier::set(notifier.clone());
    profiler::set_trace_sql(config.trace_sql);
    if !config.trace_sql {
        quietly(|| tracing::info!("requests are traced, but not their SQL: trace_sql (OSPROFILER_TRACE_SQL) is off"));
    }
    let hmac_keys = config.hmac_keys.iter().cloned().collect();
    web::enable_with(web::Switches { hmac_keys, always: config.always, sample: config.sample });
    if web::hmac_keys().is_empty() && !config.always && config.sample.max(0.0) == 0.0 {
        quietly(|| {
            tracing::warn!("tracing is enabled without hmac_keys, always or sample: no web request will be traced");
        });
    }
    profiler::install_panic_hook();
    Ok(ShutdownGuard { notifier: Some(notifier) })
}

/// Ends tracing when it is dropped: what is still in the queue is stored, for at most five seconds.
///
/// Afterwards it is as before [`init_from_conf`]: nothing takes messages, and neither SQL nor web requests are traced.
/// Where another call has replaced what this guard's call set, that stays, and only this one's messages are stored.
#[must_use = "tracing ends when the guard is dropped: keep it until the end of `main`"]
#[derive(Debug)]
pub struct ShutdownGuard {
    /// `None` where nothing is traced, and after the shutdown.
    notifier: Option<Notifier>,
}

impl ShutdownGuard {
    /// Ends tracing now; `false` when the store took longer than `timeout` for what was left, which may be lost then.
    ///
    /// Blocks the calling thread.
    #[must_use = "`false` says that messages may be lost"]
    pub fn shutdown(mut self, timeout: Duration) -> bool {
        self.end(timeout)
    }

    fn end(&mut self, timeout: Duration) -> bool {
        let Some(notifier) = self.notifier.take() else { return true };
        if notifier::unset(&notifier) {
            profiler::set_trace_sql(false);
            web::reset();
        }
        notifier.shutdown(timeout)
    }
}

impl Drop for ShutdownGuard {
    fn drop(&mut self) {
        self.end(SHUTDOWN_TIMEOUT);
    }
}
