//! Every driver before the store it is for, a real one: one suite for all (`suite`), and what only one has.
//!
//! A store that is not installed is a visible skip, and a failure where `OSPROFILER_TEST_REQUIRED` is 1.

/// A test of this name for each check of the suite, on the store that `$store` makes, which is kept until its end; `None` is a
/// skip.
macro_rules! suite {
    ($store:expr) => {
        suite!($store, [
            stores_and_reads
            keeps_hostile_content
            lists
            deletes
            prunes
            stores_big_traces
            takes_concurrent_writers
        ]);
    };
    ($store:expr, [$($check:ident)*]) => {
        $(
            #[test]
            fn $check() {
                if let Some((store, _kept)) = $store(stringify!($check)) {
                    $crate::suite::$check(&store);
                }
            }
        )*
    };
}

#[cfg(feature = "driver-ceilometer")]
mod ceilometer;
#[cfg(feature = "driver-elasticsearch")]
mod elasticsearch;
mod file;
#[cfg(feature = "_http")]
mod listener;
#[cfg(feature = "driver-messaging")]
mod messaging;
#[cfg(feature = "driver-mongodb")]
mod mongodb;
#[cfg(feature = "driver-mysql")]
mod mysql;
#[cfg(any(
    feature = "driver-messaging",
    feature = "driver-mongodb",
    feature = "driver-postgresql",
    feature = "driver-redis"
))]
mod odd_values;
#[cfg(feature = "driver-otlp")]
mod otlp;
mod peers;
#[cfg(feature = "driver-postgresql")]
mod postgresql;
#[cfg(feature = "driver-redis")]
mod redis;
#[cfg(feature = "driver-sqlite")]
mod sqlite;
mod suite;
