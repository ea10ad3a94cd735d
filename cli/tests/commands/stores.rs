//! Connection strings: several at once, unknown ones, and what drivers are told beside them.

use crate::store::{FIRST, SECOND, Store};

#[test]
fn of_several_stores_the_first_that_can_be_read_is() {
    let store = Store::with_two_traces();
    let run = store.run(&["trace", "list", "--connection-string", "file:empty\n file:traces"]);
    assert_eq!((run.code, run.err.as_str()), (Some(0), "no traces in file:empty file:traces\n"));
    let both = "file:traces file:empty";
    assert_eq!(store.run(&["trace", "list", "--connection-string", both]).expect_success().lines().count(), 3);
    assert_eq!(
        store.run(&["trace", "delete", FIRST, "--connection-string", both]).expect_success(),
        format!("deleted {FIRST}\n")
    );
}

#[test]
fn error_trace_takes_what_osprofilers_does() {
    let store = Store::with_two_traces();
    for arguments in [
        &["trace", "list", "--error-trace"][..],
        &["trace", "list", "--error-trace", "true"],
        &["trace", "list", "--error-trace", "1"],
    ] {
        let listed = store.run(arguments).expect_success();
        assert!(listed.contains(SECOND) && !listed.contains(FIRST), "{listed}");
    }
    assert_eq!(store.run(&["trace", "list", "--error-trace", "no"]).expect_success().lines().count(), 3);
    let run = Store::empty().run(&["trace", "list", "--error-trace"]);
    assert_eq!(run.err, "no traces with errors in file:traces\n");
}

#[test]
fn unknown_and_retired_stores_say_what_there_is() {
    let list = |store: &str| Store::empty().run(&["trace", "list", "--connection-string", store]).expect_failure();
    let unknown = list("gopher://u:s3cret@h");
    assert!(
        unknown.starts_with("Driver not found for connection string: gopher://***; known schemes: file, "),
        "{unknown}"
    );
    for retired in ["jaeger://u:s3cret@h", "loginsight://u:s3cret@h"] {
        let said = list(retired);
        assert!(said.contains("any more") && said.contains("otlp://HOST:4318") && !said.contains("s3cret"), "{said}");
    }
}

#[cfg(not(feature = "drivers"))]
#[test]
fn store_that_is_not_compiled_in_names_its_feature() {
    let said = Store::empty().run(&["trace", "list", "--connection-string", "redis://h"]).expect_failure();
    assert_eq!(said, "no driver for redis://h is compiled in: its feature is driver-redis\n");
}

#[cfg(feature = "drivers")]
#[test]
fn brokers_and_tokens_are_arguments_or_variables() {
    let store = Store::empty();
    let list = ["trace", "list", "--connection-string", "messaging://"];
    let said = store.run(&list).expect_failure();
    assert!(said.contains("transport_url"), "{said}");
    let said =
        store.run(&[&list[..], &["--transport-url", "rabbit://u:s3cret@127.0.0.1:1/"]].concat()).expect_failure();
    assert!(said.starts_with("cannot ") && said.contains("127.0.0.1:1") && !said.contains("s3cret"), "{said}");
    let run = store.command(&list).env("OSPROFILER_TRANSPORT_URL", "kafka://h").output().expect("it runs");
    assert!(String::from_utf8_lossy(&run.stderr).contains("kafka"), "{run:?}");
    for wrong in ["-1", "soon"] {
        assert_eq!(store.run(&["trace", "list", "--idle-timeout", wrong]).code, Some(2), "{wrong}");
    }
    let ceilometer = ["trace", "show", FIRST, "--connection-string", "ceilometer://"];
    assert!(store.run(&ceilometer).expect_failure().contains("CEILOMETER_URL"));
    let url = ["--ceilometer-url", "http://127.0.0.1:1", "--os-auth-token", "s3cret"];
    let said = store.run(&[&ceilometer[..], &url].concat()).expect_failure();
    assert!(said.starts_with("cannot read from http://127.0.0.1:1") && !said.contains("s3cret"), "{said}");
}
