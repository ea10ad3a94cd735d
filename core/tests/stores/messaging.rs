//! RabbitMQ, a real one, and Python's OSProfiler on the same queue.

use std::collections::HashSet;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use osprofiler::driver::{Driver, ListFilter};
use osprofiler::{Id, Message};
use osprofiler_test_servers::{Server, free_port, python, rabbitmq};
use serde_json::json;

use crate::odd_values;
use crate::peers::{python_shows, python_writes};
use crate::suite::{self, Store, content, deterministic, fields};

/// Python's queue has one name, so that each test has a virtual host.
const VIRTUAL_HOSTS: [&str; 21] = [
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
    "quorum",
    "busy",
    "odd_values",
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

suite!(store);

#[test]
fn server_that_dies_hangs_or_is_absent_is_outlived() {
    let Some(mut server) = rabbitmq::start(&["hangs"]) else { return };
    suite::survives_a_server_that_hangs(&queue(&server, "hangs"), &server);
    takes_no_more_than_memory_allows(&queue(&server, "hangs").with("timeout=300ms"), &server);
    let store = queue(&server, "").with("durable=true");
    suite::outlives_a_restart(&store, &mut server);
    suite::waits_for_a_server_that_is_absent(&store, &mut server);
}

/// A broker that is out of memory takes nothing, and what it did not take is written again.
fn takes_no_more_than_memory_allows(store: &Store, server: &Server) {
    let (driver, base_id) = (store.driver(), Id::random());
    let _ = rabbitmq::control(server, &["set_vm_memory_high_watermark", "absolute", "1"]);
    let error = driver.write(&deterministic(&base_id)).expect_err("no memory");
    assert_eq!((error.failed, error.is_retryable()), (6, true), "{error:?}");
    let _ = rabbitmq::control(server, &["set_vm_memory_high_watermark", "0.4"]);
    let begun = Instant::now();
    while let Err(error) = driver.write(&deterministic(&base_id)) {
        assert!(error.is_retryable() && begun.elapsed() < Duration::from_secs(20), "{error:?}");
    }
    let read: HashSet<String> = driver.read(&base_id).expect("read").messages.iter().map(Message::name).collect();
    assert_eq!(read.len(), 6);
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

/// Runs `tests/python/notifications.py` to its end.
fn others(python: &Path, arguments: &[&str]) {
    let output = notifications_py(python, arguments).output().expect("Python starts");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn notifications_py(python: &Path, arguments: &[&str]) -> Command {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/python/notifications.py");
    let mut command = Command::new(python);
    command.args(["-W", "ignore"]).arg(script).args(arguments);
    command
}

#[test]
fn what_is_consumed_is_gone_and_nothing_else() {
    let Some(server) = shared() else { return };
    let store = queue(server, "consumed");
    let (one, two) = (Id::random(), Id::random());
    let driver = store.driver();
    let mixed: Vec<Message> =
        deterministic(&one).into_iter().zip(deterministic(&two)).flat_map(<[_; 2]>::from).collect();
    driver.write(&mixed).expect("written");
    let consuming = store.with("consume=true").driver();
    let read = |driver: &Arc<dyn Driver>, id| driver.read(id).expect("read").messages;
    assert_eq!(content(&read(&consuming, &one)), content(&deterministic(&one)));
    assert_eq!(read(&consuming, &one), []);
    for _ in 0..3 {
        // In the order in which they were written.
        assert_eq!(read(&driver, &two), deterministic(&two));
    }
}

#[test]
fn reading_makes_nothing() {
    let Some(server) = shared() else { return };
    let store = queue(server, "untouched");
    let driver = store.driver();
    assert_eq!(driver.read(&Id::random()).expect("nothing").messages, []);
    assert_eq!(driver.list(&ListFilter::default()).expect("nothing"), []);
    assert!(!driver.delete(&Id::random()).expect("nothing"));
    let queues = rabbitmq::control(server, &["list_queues", "-p", "untouched", "name", "--no-table-headers"]);
    assert_eq!(queues.trim(), "");
    let exchanges = rabbitmq::control(server, &["list_exchanges", "-p", "untouched", "name"]);
    assert!(!exchanges.contains("openstack"), "{exchanges}");
}

#[test]
fn readers_at_once_see_everything() {
    let Some(server) = shared() else { return };
    let (store, base_id) = (queue(server, "at_once"), Id::random());
    store.driver().write(&deterministic(&base_id)).expect("written");
    let shared = store.driver();
    thread::scope(|scope| {
        let readers: Vec<_> = (0..4)
            .map(|number| {
                // Two with a connection of their own, and two on one.
                let driver = if number < 2 { store.driver() } else { Arc::clone(&shared) };
                let base_id = &base_id;
                scope.spawn(move || driver.read(base_id).expect("read").messages.len())
            })
            .collect();
        assert_eq!(readers.into_iter().map(|reader| reader.join().expect("no panic")).collect::<Vec<_>>(), [6; 4]);
    });
}

#[test]
fn durability_must_be_as_it_was_made() {
    let Some(server) = shared() else { return };
    let (store, base_id) = (queue(server, "durability"), Id::random());
    store.with("durable=true").driver().write(&deterministic(&base_id)).expect("written");
    let error = store.driver().write(&deterministic(&base_id)).expect_err("not as it was made");
    let cause = std::error::Error::source(&error.source).expect("a cause").to_string();
    assert!(cause.contains("inequivalent arg 'durable'") && cause.contains("say durable=true"), "{cause}");
    assert_eq!((error.failed, error.is_retryable()), (6, false));
    // Readers take it as it is.
    assert_eq!(store.driver().read(&base_id).expect("read").messages.len(), 6);
}

#[test]
fn what_is_too_long_is_lost_alone() {
    let Some(server) = shared() else { return };
    let store = queue(server, "long");
    let driver = store.driver();
    let base_id = Id::from("long\0");
    let with = |name: &str, text: String| {
        fields(name, &base_id, &Id::from("t"), &base_id, "2026-01-02T03:04:05", &json!({"text": text}).to_string())
    };
    let batch = [
        with("a-start", "NUL \0".to_owned()),
        with("b-start", "x".repeat(rabbitmq::LONGEST)),
        with("c-start", "y".repeat(5 << 20)),
        with("d-start", "z".repeat(rabbitmq::LONGEST)),
        with("e-start", "e".to_owned()),
    ];
    let error = driver.write(&batch).expect_err("two are too long");
    assert_eq!((error.failed, error.is_retryable()), (2, false), "{error:?}");
    let mut names: Vec<String> = driver.read(&base_id).expect("read").messages.iter().map(Message::name).collect();
    names.sort();
    names.dedup();
    assert_eq!(names, ["a-start", "c-start", "e-start"]);
    driver.write(&batch[4..]).expect("it goes on");
}

#[test]
fn queue_and_exchange_that_were_deleted_and_connection_that_was_closed_are_made_again() {
    let Some(server) = shared() else { return };
    let (store, base_id) = (queue(server, "deleted"), Id::random());
    let driver = store.driver();
    driver.write(&deterministic(&Id::random())).expect("written");
    let _ = rabbitmq::control(server, &["delete_queue", "profiler.info", "-p", "deleted"]);
    driver.write(&deterministic(&base_id)[..2]).expect("into a new queue");
    let exchange = "rabbit_misc:r(<<\"deleted\">>, exchange, <<\"openstack\">>)";
    let _ = rabbitmq::control(server, &["eval", &format!("rabbit_exchange:delete({exchange}, false, <<\"test\">>).")]);
    let exchanges = rabbitmq::control(server, &["list_exchanges", "-p", "deleted", "name"]);
    assert!(!exchanges.contains("openstack"), "{exchanges}");
    driver.write(&deterministic(&base_id)[2..3]).expect("by a new exchange");
    let _ = rabbitmq::control(server, &["close_all_connections", "-p", "deleted", "test"]);
    driver.write(&deterministic(&base_id)[3..]).expect("on a new connection");
    let _ = rabbitmq::control(server, &["close_all_connections", "-p", "deleted", "test"]);
    assert_eq!(content(&driver.read(&base_id).expect("read").messages), content(&deterministic(&base_id)));
}

#[test]
fn messages_of_others_stay() {
    let (Some(server), Some(python)) = (shared(), python()) else { return };
    let (store, base_id) = (queue(server, "others"), Id::random());
    let url = transport(server, "others");
    let id = base_id.to_string();
    others(&python, &["notify", &url, &id]);
    let unreadable = format!("{{\"payload\": {{\"base_id\": \"{id}\", \"name\": 5}}}}");
    let deep = format!("{{\"payload\": {}{}}}", "[".repeat(5000), "]".repeat(5000));
    others(&python, &["publish", &url, "{", "{\"priority\": \"INFO\", \"payload\": null}", &deep, &unreadable]);
    let driver = store.driver();
    driver.write(&deterministic(&Id::random())).expect("written");
    let read = driver.read(&base_id).expect("read");
    // The one that names the trace, and the one that is no JSON.
    assert_eq!((read.messages.len(), read.skipped), (1, 2));
    assert_eq!((read.messages[0].info_json(), read.messages[0].service()), ("{\"host\": \"node-2\"}", Some("svc")));
    assert_eq!(driver.list(&ListFilter::default()).expect("a list").len(), 2);
    assert!(driver.delete(&base_id).expect("deleted"));
    let left = rabbitmq::control(server, &["list_queues", "-p", "others", "messages", "--no-table-headers"]);
    assert_eq!(left.trim(), "9");
}

#[test]
fn queue_that_others_made_otherwise_is_used() {
    let (Some(server), Some(python)) = (shared(), python()) else { return };
    let (store, base_id) = (queue(server, "quorum").with("durable=true"), Id::random());
    others(&python, &["quorum", &transport(server, "quorum")]);
    let driver = store.driver();
    driver.write(&deterministic(&base_id)).expect("written");
    for _ in 0..2 {
        assert_eq!(content(&driver.read(&base_id).expect("read").messages), content(&deterministic(&base_id)));
    }
    assert!(driver.delete(&base_id).expect("deleted"));
    assert_eq!(driver.read(&base_id).expect("read").messages, []);
}

#[test]
fn queue_with_a_consumer_is_busy() {
    let (Some(server), Some(python)) = (shared(), python()) else { return };
    let store = queue(server, "busy").with("timeout=300ms");
    let driver = store.driver();
    driver.write(&deterministic(&Id::random())).expect("written");
    let mut consumer = notifications_py(&python, &["consume", &transport(server, "busy")]);
    let mut consumer = consumer.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("Python starts");
    let mut line = String::new();
    BufReader::new(consumer.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
    let error = driver.read(&Id::random()).expect_err("somebody else reads");
    assert!(error.is_retryable(), "{error:?}");
    let cause = std::error::Error::source(&error).expect("a cause").to_string();
    assert_eq!(cause, "somebody else reads the queue profiler.info");
    driver.write(&deterministic(&Id::random())).expect("writing goes on");
    drop(consumer.stdin.take());
    assert!(consumer.wait().expect("its end").success());
}

#[test]
fn hosts_are_tried_in_turn_and_virtual_hosts_have_any_name() {
    let Some(server) = shared() else { return };
    let nobody = free_port();
    let hosts = format!("guest:guest@127.0.0.1:{nobody},guest:guest@127.0.0.1:{}", server.port());
    let store = |transport: String| {
        Store::new("messaging").with_options(|options| {
            options.transport_url = Some(transport);
            options.idle_timeout = Duration::from_millis(100);
        })
    };
    suite::stores_and_reads(&store(format!("rabbit://{hosts}/a%2Fb%20c")));
    let error = store(format!("rabbit://{hosts}/nobodys")).driver().read(&Id::random()).expect_err("no such host");
    assert!(!error.is_retryable(), "{error:?}");
    let error = store(format!("amqp://u:s3cr3t@127.0.0.1:{nobody}/")).driver().read(&Id::random()).expect_err("nobody");
    assert!(error.is_retryable() && !format!("{error:?}").contains("s3cr3t"), "{error:?}");
}

#[test]
fn tls_is_used_with_an_authority_that_is_known() {
    let Some(server) = rabbitmq::start_with_tls() else { return };
    let store = |url: &str| {
        let url = url.replace("HOST", &format!("guest:guest@localhost:{}", server.port()));
        Store::new("messaging://?idle_timeout=100ms").with_options(|options| options.transport_url = Some(url))
    };
    let authorities = server.directory().join("ca.pem");
    for url in ["rabbit://HOST/?ssl=true&ssl_ca_file", "amqps://HOST?ssl_ca_file"] {
        suite::stores_and_reads(&store(&format!("{url}={}", authorities.display())));
    }
    let refused = |url: &str| {
        let error = store(url).driver().read(&Id::random()).expect_err(url);
        (error.is_retryable(), std::error::Error::source(&error).expect("a cause").to_string())
    };
    let (retryable, cause) = refused("amqps://HOST/");
    assert!(!retryable && cause.contains("UnknownIssuer"), "{cause}");
    let (retryable, cause) = refused("amqps://HOST/?ssl_ca_file=nowhere.pem");
    assert!(!retryable && cause.contains("the authorities in nowhere.pem cannot be read"), "{cause}");
}

#[test]
fn odd_values_of_python_are_shown_as_by_python() {
    let (Some(server), Some(python)) = (shared(), python()) else { return };
    let store = queue(server, "odd_values");
    // kombu reads these as what they were, and the command cannot print them.
    let fails_on = [
        ("decimal", "'12345678901234567890.10'"),
        ("uuid", "'7a4b3b7e-0a7e-4f0e-9a53-0123456789ab'"),
        ("bytes", "'it''s text'"),
        ("other_bytes", "'\\x00ff'"),
        ("message_bytes", "bytes"),
    ];
    let url = transport(server, "odd_values");
    let arguments = ["messaging://", "--transport-url", &url];
    odd_values::are_shown_as_by_python(&python, &store, &arguments, &fails_on, &[]);
}
