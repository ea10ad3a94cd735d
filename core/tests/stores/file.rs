//! The embedded driver: it has no server. It prunes by the time of files, and not of what is in them: `file_driver` has that.

use tempfile::TempDir;

use crate::suite::Store;

fn store(_: &str) -> Option<(Store, TempDir)> {
    let directory = tempfile::tempdir().expect("a directory");
    Some((Store::new(format!("file:{}?max_age=none", directory.path().join("traces").display())), directory))
}

suite!(store, [
    stores_and_reads
    keeps_hostile_content
    lists
    deletes
    stores_big_traces
    takes_concurrent_writers
]);
