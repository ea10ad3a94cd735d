//! The embedded driver: it has no server.

use tempfile::TempDir;

use crate::suite::{self, Store};

fn store(directory: &TempDir) -> Store {
    Store::new(format!("file:{}?max_age=none", directory.path().join("traces").display()))
}

macro_rules! suite {
    ($($check:ident)*) => {
        $(
            #[test]
            fn $check() {
                let directory = tempfile::tempdir().expect("a directory");
                suite::$check(&store(&directory));
            }
        )*
    };
}

suite! {
    stores_and_reads
    keeps_hostile_content
    lists
    deletes
    prunes
    stores_big_traces
    takes_concurrent_writers
}
