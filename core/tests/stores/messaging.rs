//! RabbitMQ, a real one, and Python's OSProfiler on the same queue.

use std::sync::{Arc, Barrier, Mutex, OnceLock};
use std::thread;
use std::time::Duration;

use osprofiler::Id;
use osprofiler::driver::ListFilter;
use osprofiler_test_servers::{Server, free_port, python, rabbitmq};

use crate::peers::{python_shows, python_writes};
use crate::suite::{self, Store, content, deterministic, fields};

/// Python's queue has one name, so that each test has a virtual host.
const VIRTUAL_HOSTS: [&str; 18] = [
    "stores_and_reads",
    "keeps_hostile_content",
    "lists",
    "deletes",
    "prunes",
    "stores_big_traces",
    "takes_concurrent_writers",
    "to_python",
    "from_python",
    "secrets",
    "consumed",
    "untouched",
    "at_once",
    "durability",
    "long",
    "deleted",
    "others",
    "a/b c",
];

/// One server for all tests that leave it running.
fn shared() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    SERVER.get_or_init(|| rabbitmq::start(&VIRTUAL_HOSTS)).as_ref()
}

fn transport(server: &Server, virtual_host: &str) -> String {
    format!("rabbit://guest:guest@127.0.0.1:{}/{virtual_host}", server.port())
}

/// A virtual host as a store.
fn queue(server: &Server, virtual_host: &str) -> Store {
    let transport = transport(server, virtual_host);
    Store::new("messaging://")
        .with("idle_timeout=100ms")
        .with_options(|options| options.transport_url = Some(transport))
}

fn store(check: &str) -> Option<(Store, ())> {
    Some((queue(shared()?, check), ()))
}

suite!(store, [
    stores_and_reads
    keeps_hostile_content
    lists
    deletes
    prunes
    stores_big_traces
    takes_concurrent_writers
]);

#[test]
fn server_that_dies_hangs_or_is_absent_is_outlived() {
    let Some(mut server) = rabbitmq::start(&["hangs"]) else { return };
    suite::survives_a_server_that_hangs(&queue(&server, "hangs"), &server);
    let store = queue(&server, "").with("durable=true");
    suite::outlives_a_restart(&store, &mut server);
    suite::waits_for_a_server_that_is_absent(&store, &mut server);
}

#[test]
fn wrong_password_is_refused() {
    let Some(server) = shared() else { return };
    let store = |password: &str| {
        let transport = format!("rabbit://secured:{password}@127.0.0.1:{}/secrets", server.port());
        let mut encoded = Store::new("messaging://").with("idle_timeout=100ms");
        encoded.options.transport_url = Some(transport);
        encoded
    };
    suite::stores_and_reads(&store("s3cret%26p%40ss%2F%3A%2C"));
    suite::refuses_a_wrong_password(&store("wr0ng"), "wr0ng");
}

#[test]
fn python_shows_what_is_written_here() {
    let (Some(server), Some(python)) = (shared(), python()) else { return };
    let (store, base_id) = (queue(server, "to_python"), Id::random());
    let driver = store.driver();
    driver.write(&deterministic(&base_id)).expect("written");
    let ours = suite::report(driver.as_ref(), &base_id);
    let url = transport(server, "to_python");
    suite::same_report(&ours, &python_shows(&python, "messaging://", &base_id, &["--transport-url", &url]));
    // Python's reader takes everything out.
    assert_eq!(driver.read(&base_id).expect("read").messages, []);
}

#[test]
fn what_python_writes_is_read_here() {
    let (Some(server), Some(python)) = (shared(), python()) else { return };
    let (store, base_id) = (queue(server, "from_python"), Id::random());
    let url = transport(server, "from_python");
    python_writes(&python, "messaging://", &base_id, &["--transport-url", &url]);
    let driver = store.driver();
    // And it goes on in the queue that Python has made.
    driver.write(&deterministic(&Id::random())).expect("written");
    assert_eq!(content(&driver.read(&base_id).expect("read").messages), content(&deterministic(&base_id)));
    let ours = suite::report(driver.as_ref(), &base_id);
    suite::same_report(&ours, &python_shows(&python, "messaging://", &base_id, &["--transport-url", &url]));
}
