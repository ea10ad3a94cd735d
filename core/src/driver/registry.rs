//! Which driver a connection string means.

use std::sync::{Arc, PoisonError, RwLock};

use super::file::{self, FileDriver};
use super::{Driver, DriverError, Redacted};

type Connect = dyn Fn(&str) -> Result<Arc<dyn Driver>, DriverError> + Send + Sync;

static REGISTERED: RwLock<Vec<(String, Arc<Connect>)>> = RwLock::new(Vec::new());

/// Makes a driver for `connection_string`, by its scheme.
///
/// ```
/// let driver = osprofiler::driver::connect("file:traces?max_age=7d")?;
/// # let _ = driver;
/// # Ok::<(), osprofiler::driver::DriverError>(())
/// ```
///
/// # Errors
///
/// [`DriverError::UnknownScheme`] where no driver has the scheme, and what the driver says of the rest of the string.
pub fn connect(connection_string: &str) -> Result<Arc<dyn Driver>, DriverError> {
    // OSProfiler reads `messaging` as `messaging://`.
    let scheme = connection_string.split_once(':').map_or(connection_string, |(scheme, _)| scheme);
    let registered = REGISTERED.read().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, connect)) = registered.iter().find(|(name, _)| name == scheme) {
        let connect = Arc::clone(connect);
        drop(registered);
        return connect(connection_string);
    }
    if scheme == file::SCHEME {
        return Ok(Arc::new(FileDriver::connect(connection_string)?));
    }
    let mut known = vec![file::SCHEME];
    known.extend(registered.iter().map(|(name, _)| name.as_str()));
    Err(DriverError::UnknownScheme {
        connection_string: Redacted(connection_string).to_string(),
        known: known.join(", "),
    })
}

/// Adds a driver for connection strings that begin with `scheme` and a colon, or replaces the one there is.
pub fn register(
    scheme: impl Into<String>,
    connect: impl Fn(&str) -> Result<Arc<dyn Driver>, DriverError> + Send + Sync + 'static,
) {
    let scheme = scheme.into();
    let mut registered = REGISTERED.write().unwrap_or_else(PoisonError::into_inner);
    registered.retain(|(name, _)| *name != scheme);
    registered.push((scheme, Arc::new(connect)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_scheme_names_the_known_ones_and_no_password() {
        let error = connect("gopher://me:secret@host").err().expect("no such driver").to_string();
        assert!(error.starts_with("Driver not found for connection string: gopher://***@host"), "{error}");
        assert!(error.contains("file") && !error.contains("secret"), "{error}");
    }

    #[test]
    fn registered_scheme_is_found() -> Result<(), DriverError> {
        register("alias", |_| connect("file:elsewhere"));
        connect("alias:x").map(drop)
    }
}
