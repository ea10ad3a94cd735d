//! Elasticsearch's interface: osmem, which stands for servers of today, and a listener for those before 7.
//!
//! No real Elasticsearch or OpenSearch was tried: the registries of packages have none.

use osprofiler::Id;
use osprofiler::driver::ListFilter;
use osprofiler_test_servers::{Server, osmem};
use serde_json::{Value, json};

use crate::listener::Listener;
use crate::suite::{self, CollectorConfig, Recording, Store, content, deterministic};

fn of(server: &Server) -> Store {
    Store::new(format!("elasticsearch://127.0.0.1:{}", server.port()))
}

fn store(_: &str) -> Option<(Store, Server)> {
    let server = osmem::start()?;
    Some((of(&server), server))
}

suite!(store);

#[test]
fn server_that_hangs_or_is_absent_is_outlived() {
    let Some(mut server) = osmem::start() else { return };
    let store = of(&server);
    suite::survives_a_server_that_hangs(&store, &server);
    suite::waits_for_a_server_that_is_absent(&store, &mut server);
    // It keeps nothing when it is killed, so that only what comes afterwards can be there.
    let mut recording = Recording::new(&store, CollectorConfig::default());
    server.kill();
    recording.points(100);
    server.start_again();
    recording.assert_all_stored(&store);
}

#[test]
fn small_pages_are_read_to_the_end() {
    let Some((store, _server)) = store("") else { return };
    let base_id = Id::random();
    let messages = suite::big(&base_id, 250);
    store.driver().write(&messages).expect("written");
    let read = store.with("es_scroll_size=7").driver().read(&base_id).expect("read");
    assert_eq!(content(&read.messages), content(&messages));
}

#[test]
fn traces_with_errors_are_noted_where_that_is_asked_for() {
    let Some((store, _server)) = store("") else { return };
    let base_id = Id::random();
    let noting = store.clone().with_options(|options| options.filter_error_trace = true);
    noting.driver().write(&deterministic(&base_id)).expect("written");
    let notes: Value = serde_json::from_slice(&http(&store, "osprofiler-notifications-error")).expect("JSON");
    let sources: Vec<&Value> =
        notes["hits"]["hits"].as_array().expect("hits").iter().map(|hit| &hit["_source"]).collect();
    assert_eq!(sources, [&json!({"base_id": base_id.to_string(), "timestamp": "2026-01-02T03:04:05.043234"})]);
    let listed = noting.driver().list(&ListFilter { errors_only: true, ..ListFilter::default() }).expect("a list");
    assert_eq!(listed.len(), 1);
    assert!(store.driver().delete(&base_id).expect("deleted"));
    let notes: Value = serde_json::from_slice(&http(&store, "osprofiler-notifications-error")).expect("JSON");
    assert_eq!(notes["hits"]["hits"], json!([]));
}

/// What is in an index, by another client.
fn http(store: &Store, index: &str) -> Vec<u8> {
    let address = store.connection_string.replace("elasticsearch:", "http:");
    for request in [format!("{address}/{index}/_refresh"), format!("{address}/{index}/_search")] {
        let mut answer = ureq::get(&request).call().expect("an answer");
        if request.ends_with("_search") {
            return answer.body_mut().read_to_vec().expect("a body");
        }
    }
    Vec::new()
}

#[test]
fn index_that_the_server_made_for_osprofiler_is_read() {
    let Some((store, _server)) = store("") else { return };
    let base_id = Id::random();
    let address = store.connection_string.replace("elasticsearch:", "http:");
    for message in deterministic(&base_id).iter().chain(&deterministic(&Id::random())) {
        let post = ureq::post(format!("{address}/osprofiler-notifications/_doc"));
        post.header("content-type", "application/json").send(message.json()).expect("created");
    }
    let driver = store.driver();
    assert_eq!(content(&driver.read(&base_id).expect("read").messages), content(&deterministic(&base_id)));
    assert_eq!(driver.list(&ListFilter::default()).expect("a list").len(), 2);
    // A text where a number was: the server refuses this one and takes the others.
    let mut batch = deterministic(&Id::random());
    batch.insert(
        2,
        suite::fields(
            "x-start",
            &base_id,
            &Id::from("t"),
            &base_id,
            "2026-01-02T03:04:06",
            r#"{"db": {"params": {"id": "no number"}}}"#,
        ),
    );
    let error = driver.write(&batch).expect_err("refused");
    assert_eq!((error.failed, error.is_retryable()), (1, false), "{error:?}");
    assert!(driver.delete(&base_id).expect("deleted"));
}

#[test]
fn servers_before_7_are_asked_with_types() {
    let base_id = Id::random();
    let messages = deterministic(&base_id);
    let hits: Vec<Value> = messages
        .iter()
        .map(|message| json!({"_source": serde_json::from_str::<Value>(message.json()).expect("JSON")}))
        .collect();
    let listener = Listener::start(move |_, request| match request.line.as_str() {
        "GET /" => (200, json!({"version": {"number": "6.8.23"}}).to_string().into_bytes()),
        "POST /_bulk" => (200, json!({"errors": false, "items": []}).to_string().into_bytes()),
        line if line.starts_with("POST /osprofiler-notifications/notification/_search?scroll=2m&size=10000") => {
            (200, json!({"_scroll_id": "s", "hits": {"hits": hits}}).to_string().into_bytes())
        }
        "POST /_search/scroll" => (200, json!({"_scroll_id": "s", "hits": {"hits": []}}).to_string().into_bytes()),
        _ => (200, b"{}".to_vec()),
    });
    let driver = Store::new(format!("elasticsearch://u:secret@127.0.0.1:{}", listener.port)).driver();
    driver.write(&messages).expect("written");
    assert_eq!(content(&driver.read(&base_id).expect("read").messages), content(&messages));
    let requests = listener.requests();
    let made: Value = serde_json::from_slice(&requests[1].body).expect("JSON");
    assert_eq!(made["mappings"]["notification"]["properties"]["base_id"]["type"], "keyword");
    let bulk = String::from_utf8(requests[2].body.clone()).expect("text");
    assert_eq!(bulk.lines().count(), 12);
    let action: Value = serde_json::from_str(bulk.lines().next().expect("a line")).expect("JSON");
    assert_eq!(
        (&action["index"]["_index"], &action["index"]["_type"]),
        (&json!("osprofiler-notifications"), &json!("notification"))
    );
    assert_eq!(bulk.lines().nth(1), Some(messages[0].json()));
    assert!(requests.iter().all(|request| request.header("authorization").is_some()));
}

#[test]
fn answers_that_are_only_a_part_are_errors() {
    for page in [
        json!({"_scroll_id": "s", "timed_out": true, "hits": {"hits": []}}),
        json!({"_scroll_id": "s", "_shards": {"total": 5, "failed": 1}, "hits": {"hits": []}}),
    ] {
        let listener = Listener::start(move |_, request| match request.line.as_str() {
            "GET /" => (200, json!({"version": {"number": "8.1.0"}}).to_string().into_bytes()),
            _ => (200, page.to_string().into_bytes()),
        });
        let driver = Store::new(format!("elasticsearch://127.0.0.1:{}", listener.port)).driver();
        for error in [driver.read(&Id::random()).map(drop), driver.list(&ListFilter::default()).map(drop)] {
            assert!(error.expect_err("a part").is_retryable());
        }
    }
}

#[test]
fn who_may_only_write_documents_does() {
    let listener = Listener::start(|_, request| match request.line.as_str() {
        "POST /_bulk" => (200, json!({"errors": false, "items": []}).to_string().into_bytes()),
        _ => (403, b"security_exception".to_vec()),
    });
    let driver = Store::new(format!("elasticsearch://127.0.0.1:{}", listener.port)).driver();
    driver.write(&deterministic(&Id::random())).expect("written");
    let listener = Listener::start(|_, request| match request.line.as_str() {
        "GET /" => (200, json!({"version": {"number": "8.1.0"}}).to_string().into_bytes()),
        "POST /_bulk" => (200, json!({"errors": false, "items": []}).to_string().into_bytes()),
        _ => (400, br#"{"error":{"reason":"already exists as alias"}}"#.to_vec()),
    });
    let driver = Store::new(format!("elasticsearch://127.0.0.1:{}", listener.port)).driver();
    driver.write(&deterministic(&Id::random())).expect("written");
}

#[test]
fn wrong_password_is_refused() {
    let listener = Listener::start(|_, _| (401, b"unable to authenticate user [u]".to_vec()));
    let store = Store::new(format!("elasticsearch://u:wr0ng@127.0.0.1:{}", listener.port));
    suite::refuses_a_wrong_password(&store, "wr0ng");
}
