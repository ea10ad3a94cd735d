//! Which driver a connection string means.

use std::sync::{Arc, PoisonError, RwLock};

use super::file::{self, FileDriver};
use super::mistake::SchemeOf;
use super::several::{self, SeveralDriver};
use super::{Driver, DriverError, DriverOptions};

type Connect = dyn Fn(&str) -> Result<Arc<dyn Driver>, DriverError> + Send + Sync;

static REGISTERED: RwLock<Vec<(String, Arc<Connect>)>> = RwLock::new(Vec::new());

/// What has a driver here, and the feature of this crate that brings it.
const FEATURES: [(&str, &[&str]); 9] = [
    ("driver-ceilometer", &["ceilometer"]),
    ("driver-elasticsearch", &["elasticsearch", "elasticsearchs"]),
    ("driver-messaging", &["messaging"]),
    ("driver-mongodb", &["mongodb"]),
    ("driver-mysql", &["mysql", "mysql+pymysql", "mysql+mysqldb"]),
    ("driver-otlp", &["otlp", "otlps"]),
    ("driver-postgresql", &["postgresql", "postgresql+psycopg2"]),
    ("driver-redis", &["redis", "rediss", "redissentinel"]),
    ("driver-sqlite", &["sqlite"]),
];

/// What OSProfiler had a driver for and has no more, and what does the same today.
const RETIRED: [(&str, &str); 2] = [
    ("jaeger", "Jaeger takes OTLP: use otlp://HOST:4318"),
    (
        "loginsight",
        "VMware's Log Insight is no more; keep traces in postgresql://, or send them on with otlp://HOST:4318",
    ),
];

/// Makes a driver for `connection_string`, by its scheme.
///
/// White space separates several connection strings: the driver then writes to all of them, and reads from the first that
/// can be read.
///
/// ```
/// let driver = osprofiler::driver::connect("file:traces?max_age=7d")?;
/// # let _ = driver;
/// # Ok::<(), osprofiler::driver::DriverError>(())
/// ```
///
/// # Errors
///
/// [`DriverError::UnknownScheme`] where no driver has the scheme, [`DriverError::NotCompiled`] where its feature is missing,
/// [`DriverError::Retired`] where OSProfiler has given it up, and what the driver says of the rest of the string.
pub fn connect(connection_string: &str) -> Result<Arc<dyn Driver>, DriverError> {
    connect_with(connection_string, &DriverOptions::default())
}

/// As [`connect`], with what the configuration says beside the connection string.
///
/// # Errors
///
/// Those of [`connect`].
pub fn connect_with(connection_string: &str, options: &DriverOptions) -> Result<Arc<dyn Driver>, DriverError> {
    let mut drivers = connect_each(connection_string, options)?;
    match drivers.len() {
        1 => Ok(drivers.remove(0)),
        _ => Ok(Arc::new(SeveralDriver::new(drivers))),
    }
}

/// The drivers of `connection_string`, which may be several.
pub(crate) fn connect_each(
    connection_string: &str,
    options: &DriverOptions,
) -> Result<Vec<Arc<dyn Driver>>, DriverError> {
    split(connection_string).into_iter().map(|one| connect_one(one, options)).collect()
}

/// The connection strings in `text`, which white space separates, as [`connect`] takes them.
///
/// ```
/// let stores = osprofiler::driver::split("file:my traces otlp://collector:4318");
/// assert_eq!(stores, ["file:my traces", "otlp://collector:4318"]);
/// ```
#[must_use]
pub fn split(text: &str) -> Vec<&str> {
    several::split(text, is_known)
}

fn connect_one(connection_string: &str, options: &DriverOptions) -> Result<Arc<dyn Driver>, DriverError> {
    let scheme = scheme(connection_string);
    if let Some(connect) = registered(scheme) {
        return connect(connection_string);
    }
    match scheme {
        file::SCHEME => return Ok(Arc::new(FileDriver::connect(connection_string)?)),
        #[cfg(feature = "driver-ceilometer")]
        "ceilometer" => return Ok(Arc::new(super::ceilometer::CeilometerDriver::connect(connection_string, options)?)),
        #[cfg(feature = "driver-elasticsearch")]
        "elasticsearch" | "elasticsearchs" => {
            return Ok(Arc::new(super::elasticsearch::ElasticsearchDriver::connect(connection_string, options)?));
        }
        #[cfg(feature = "driver-messaging")]
        "messaging" => return Ok(Arc::new(super::messaging::MessagingDriver::connect(connection_string, options)?)),
        #[cfg(feature = "driver-mongodb")]
        "mongodb" => return Ok(Arc::new(super::mongodb::MongoDbDriver::connect(connection_string, options)?)),
        #[cfg(feature = "driver-mysql")]
        "mysql" | "mysql+pymysql" | "mysql+mysqldb" => {
            return Ok(Arc::new(super::sql::SqlDriver::connect(connection_string, options)?));
        }
        #[cfg(feature = "driver-otlp")]
        "otlp" | "otlps" => return Ok(Arc::new(super::otlp::OtlpDriver::connect(connection_string, options)?)),
        #[cfg(feature = "driver-postgresql")]
        "postgresql" | "postgresql+psycopg2" => {
            return Ok(Arc::new(super::sql::SqlDriver::connect(connection_string, options)?));
        }
        #[cfg(feature = "driver-redis")]
        "redis" | "rediss" | "redissentinel" => {
            return Ok(Arc::new(super::redis::RedisDriver::connect(connection_string, options)?));
        }
        #[cfg(feature = "driver-sqlite")]
        "sqlite" => return Ok(Arc::new(super::sql::SqlDriver::connect(connection_string, options)?)),
        _ => {}
    }
    let _ = options;
    let shown = SchemeOf(connection_string).to_string();
    if let Some((scheme, instead)) = RETIRED.into_iter().find(|(retired, _)| *retired == scheme) {
        return Err(DriverError::Retired { scheme, instead });
    }
    if let Some((feature, _)) = FEATURES.into_iter().find(|(_, schemes)| schemes.contains(&scheme)) {
        return Err(DriverError::NotCompiled { connection_string: shown, feature });
    }
    Err(DriverError::UnknownScheme { connection_string: shown, known: known() })
}

/// Adds a driver for connection strings that begin with `scheme` and a colon, or replaces the one there is.
pub fn register(
    scheme: impl Into<String>,
    connect: impl Fn(&str) -> Result<Arc<dyn Driver>, DriverError> + Send + Sync + 'static,
) {
    let scheme = scheme.into();
    let mut registered = REGISTERED.write().unwrap_or_else(PoisonError::into_inner);
    let replaced: Vec<_> = registered.extract_if(.., |(name, _)| *name == scheme).collect();
    registered.push((scheme, Arc::new(connect)));
    drop(registered);
    // It may hold what the program's code drops.
    drop(replaced);
}

/// What stands before the first colon. OSProfiler reads `messaging` as `messaging://`.
fn scheme(connection_string: &str) -> &str {
    connection_string.split_once(':').map_or(connection_string, |(scheme, _)| scheme)
}

fn registered(scheme: &str) -> Option<Arc<Connect>> {
    let registered = REGISTERED.read().unwrap_or_else(PoisonError::into_inner);
    registered.iter().find(|(name, _)| name == scheme).map(|(_, connect)| Arc::clone(connect))
}

pub(super) fn is_known(scheme: &str) -> bool {
    scheme == file::SCHEME
        || FEATURES.iter().any(|(_, schemes)| schemes.contains(&scheme))
        || RETIRED.iter().any(|(retired, _)| *retired == scheme)
        || registered(scheme).is_some()
}

fn known() -> String {
    let mut known = vec![file::SCHEME.to_owned()];
    known.extend(FEATURES.iter().flat_map(|(_, schemes)| *schemes).map(|scheme| (*scheme).to_owned()));
    let registered = REGISTERED.read().unwrap_or_else(PoisonError::into_inner);
    known.extend(registered.iter().map(|(name, _)| name.clone()));
    known.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_scheme_names_the_known_ones_and_no_password() {
        let error = connect("gopher://me:secret@host").err().expect("no such driver").to_string();
        assert!(error.starts_with("Driver not found for connection string: gopher://***;"), "{error}");
        assert!(error.contains("file") && !error.contains("secret"), "{error}");
    }

    #[test]
    fn retired_schemes_say_what_to_use() {
        for scheme in ["jaeger", "loginsight"] {
            let error = connect(&format!("{scheme}://me:secret@host")).err().expect("retired").to_string();
            assert!(error.contains("otlp://HOST:4318") && !error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn every_scheme_has_its_driver_or_names_the_feature() {
        for (feature, schemes) in FEATURES {
            for scheme in schemes {
                match connect(&format!("{scheme}://")) {
                    Ok(_) | Err(DriverError::BadConnectionString { .. }) => {}
                    Err(error) => assert!(error.to_string().contains(feature), "{error}"),
                }
            }
        }
    }

    #[test]
    fn registered_scheme_is_found() -> Result<(), DriverError> {
        register("alias", |_| connect("file:elsewhere"));
        connect("alias:x").map(drop)
    }
}
