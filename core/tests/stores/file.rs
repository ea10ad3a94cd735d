//! The embedded driver: it has no server.

use tempfile::TempDir;

use crate::suite::Store;

fn store(_: &str) -> Option<(Store, TempDir)> {
    let directory = tempfile::tempdir().expect("a directory");
    Some((Store::new(format!("file:{}?max_age=none", directory.path().join("traces").display())), directory))
}

suite!(store);
