//! What begins a trace besides a signature, and what a `traceparent` adds to it.

use futures::executor::block_on;
use tower::{ServiceBuilder, ServiceExt, service_fn};

use super::*;

const TRACEPARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// The trace's id of the response to such a request.
fn trace_of(layer: &TraceLayer, uri: &str, headers: Vec<(&'static str, String)>) -> Option<String> {
    let response = block_on(layer.layer(service_fn(hello)).oneshot(request("GET", uri, headers))).expect("infallible");
    response.headers().get(web::X_TRACE_ID).map(|id| id.to_str().expect("text").to_owned())
}

fn with_traceparent(value: &str) -> Vec<(&'static str, String)> {
    vec![(web::TRACEPARENT, value.to_owned())]
}

#[test]
fn always_begins_a_new_trace_for_each_request() {
    let store = Store::new();
    let layer = store.layer().always();
    let ids = [trace_of(&layer, "/", vec![]), trace_of(&layer, "/", vec![])].map(|id| id.expect("traced"));
    assert_ne!(ids[0], ids[1]);
    for id in &ids {
        assert!(Id::from(id.as_str()).as_uuid().is_some());
        assert_eq!(store.tree(id), "wsgi cancelled\n  query");
    }
}

#[test]
fn signature_goes_before_triggers_and_gives_ids_and_key() {
    let store = Store::new();
    let layer = store.layer().hmac_keys(["first", KEY]).always();
    let service = service_fn(async |_: Request<()>| {
        let headers = web::headers();
        let info = web::trace_info(headers[0].1.as_str(), headers[1].1.as_str(), &[KEY]);
        assert_eq!(info.expect("signed with the request's own key").base_id(), &Id::from("base"));
        Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))
    });
    let response = block_on(layer.layer(service).oneshot(signed("base"))).expect("infallible");
    assert_eq!(response.headers()[web::X_TRACE_ID], "base");
}

#[test]
fn first_key_signs_what_goes_out_of_a_trace_that_a_trigger_began() {
    for (keys, is_handed_on) in [(&["first", KEY][..], true), (&[], false)] {
        let store = Store::new();
        let service = service_fn(async |_: Request<()>| {
            let headers: Vec<String> = web::headers().into_iter().map(|(_, value)| value).collect();
            let signed = match &headers[..] {
                [info, hmac] => web::trace_info(info.as_str(), hmac.as_str(), &["first"]).is_some(),
                _ => false,
            };
            assert_eq!(signed, is_handed_on);
            Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))
        });
        let layer = store.layer().hmac_keys(keys.iter().copied()).always();
        drop(block_on(layer.layer(service).oneshot(request("GET", "/", vec![]))));
        assert_eq!(store.names().len(), 2);
    }
}

#[test]
fn sample_takes_its_part_of_the_requests() {
    let traced = |rate: f64| {
        let (store, layer) = (Store::new(), TraceLayer::new().sample(rate));
        let layer = layer.notifier(store.notifier.clone());
        (0..1000).filter(|_| trace_of(&layer, "/", vec![]).is_some()).count()
    };
    for (rate, count) in [(0.0, 0), (1.0, 1000), (-1.0, 0), (f64::NAN, 0), (7.0, 1000), (f64::INFINITY, 1000)] {
        assert_eq!(traced(rate), count, "{rate}");
    }
    // Chance goes beyond these bounds once in more than 10^20 times.
    assert!((150..350).contains(&traced(0.25)));
}

#[test]
fn closure_decides_by_the_request() {
    let store = Store::new();
    let layer = store.layer().when(|request| {
        assert!(crate::profiler::get().is_none());
        request.uri.path() == "/slow" && request.headers.contains_key("x-debug")
    });
    let debug = || vec![("x-debug", "1".to_owned())];
    assert!(trace_of(&layer, "/slow?page=2", debug()).is_some());
    assert!(trace_of(&layer, "/slow", vec![]).is_none());
    assert!(trace_of(&layer, "/fast", debug()).is_none());
}

#[test]
fn trigger_within_a_trace_begins_no_other() {
    let store = Store::new();
    for layer in [store.layer().always(), store.layer().sample(1e-9), store.layer().when(|_| true)] {
        let service = ServiceBuilder::new().layer(store.layer().always()).layer(layer).service(service_fn(hello));
        let response = block_on(service.oneshot(request("GET", "/", vec![]))).expect("infallible");
        let id = response.headers()[web::X_TRACE_ID].to_str().expect("text").to_owned();
        drop(response);
        assert_eq!(store.tree(&id), "wsgi cancelled\n  wsgi cancelled\n    query");
    }
    // Headers of a stranger change nothing about that.
    let service = ServiceBuilder::new().layer(store.layer()).layer(store.layer().always()).service(service_fn(hello));
    drop(block_on(service.oneshot(signed("base"))));
    assert_eq!(store.tree("base"), "wsgi cancelled\n  wsgi cancelled\n    query");
}

#[test]
fn no_trace_begins_where_nobody_takes_its_messages() {
    assert_eq!(trace_of(&TraceLayer::new().notifier(Notifier::default()).always(), "/", vec![]), None);
}

#[test]
fn traceparent_names_a_trace_that_is_begun_anyway() {
    let store = Store::new();
    let trusting = || store.layer().traceparent(true);
    let layer = trusting().always();
    let id = trace_of(&layer, "/", with_traceparent(TRACEPARENT)).expect("traced");
    assert_eq!(id, "4bf92f35-77b3-4da6-a3ce-929d0e0e4736");
    assert_eq!(store.messages()[0].parent_id().to_string(), "00000000-0000-0000-00f0-67aa0ba902b7");
    let both = [with_traceparent(TRACEPARENT), headers("base", KEY)].concat();
    assert_eq!(trace_of(&layer, "/", both).as_deref(), Some("base"));

    assert_eq!(trace_of(&trusting(), "/", with_traceparent(TRACEPARENT)), None);
    assert_ne!(trace_of(&store.layer().always(), "/", with_traceparent(TRACEPARENT)).expect("traced"), id);
}

#[test]
fn traceparent_that_is_malformed_or_repeated_is_ignored() {
    let store = Store::new();
    let layer = store.layer().traceparent(true).always();
    let twice = [with_traceparent(TRACEPARENT), with_traceparent(TRACEPARENT)].concat();
    let upper = with_traceparent(&TRACEPARENT.to_uppercase());
    for headers in [twice, upper, with_traceparent("é"), with_traceparent("00-1-2-3")] {
        let id = trace_of(&layer, "/", headers).expect("traced");
        assert!(!id.contains("4bf92f35"), "{id}");
        assert_eq!(store.tree(&id), "wsgi cancelled\n  query");
    }
}
