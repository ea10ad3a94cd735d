//! Which requests are traced, and what the root point says of them.

use futures::executor::block_on;
use futures::{FutureExt, join};
use http_body_util::BodyExt;
use tower::util::BoxService;
use tower::{ServiceBuilder, ServiceExt, service_fn};

use super::*;

#[test]
fn signed_request_is_the_root_of_what_runs_for_it() {
    let store = Store::new();
    let request = request("POST", "https://host/a%20b?x=%C3%A9&y", headers("base", KEY));
    let response = block_on(store.layer().layer(service_fn(hello)).oneshot(request)).expect("infallible");
    assert_eq!(response.headers()[web::X_TRACE_ID], "base");
    // The body is not at its end before it was read once.
    assert_eq!(store.names(), ["wsgi-start", "query-start", "query-stop"]);
    drop(response);

    let messages = store.messages();
    assert!(messages.iter().all(|message| *message.base_id() == Id::from("base")));
    assert_eq!(messages[0].parent_id(), &Id::from("base"));
    assert_eq!(messages[1].parent_id(), messages[0].trace_id());
    assert_eq!(
        store.info("wsgi-start"),
        json!({"request": {"path": "/a%20b", "query": "x=%C3%A9&y", "method": "POST", "scheme": "https"}})
    );
}

#[test]
fn scheme_and_query_have_defaults() {
    let store = Store::new();
    drop(block_on(store.layer().layer(service_fn(hello)).oneshot(signed("base"))));
    assert_eq!(
        store.info("wsgi-start"),
        json!({"request": {"path": "/posts", "query": "", "method": "GET", "scheme": "http"}})
    );
}

#[test]
fn unsigned_and_badly_signed_requests_are_not_traced() {
    let good = headers("base", KEY);
    let with =
        |info: &str, hmac: &str| vec![(web::X_TRACE_INFO, info.to_owned()), (web::X_TRACE_HMAC, hmac.to_owned())];
    for (case, headers) in [
        ("no headers", vec![]),
        ("info only", good[..1].to_vec()),
        ("signature only", good[1..].to_vec()),
        ("other key", headers("base", "other")),
        ("tampered", with(&format!("A{}", &good[0].1[1..]), &good[1].1)),
        ("upper case", with(&good[0].1, &good[1].1.to_uppercase())),
        ("no text", with(&good[0].1, "\u{e9}")),
        ("too long", with(&"A".repeat(100_000), &good[1].1)),
        ("empty", with("", "")),
    ] {
        let store = Store::new();
        let service = store.layer().layer(service_fn(async |request| {
            assert!(crate::profiler::get().is_none());
            hello(request).await
        }));
        let response = block_on(service.oneshot(request("GET", "/", headers))).expect("infallible");
        assert!(!response.headers().contains_key(web::X_TRACE_ID), "{case}");
        assert!(store.messages().is_empty(), "{case}");
    }
}

#[test]
fn any_of_several_keys_signs() {
    let store = Store::new();
    let layer = store.layer().hmac_keys(["new_key", KEY]);
    let response = block_on(layer.layer(service_fn(hello)).oneshot(signed("base"))).expect("infallible");
    assert!(response.headers().contains_key(web::X_TRACE_ID));
}

#[test]
fn error_is_on_the_root_point_and_passes_through() {
    let store = Store::new();
    let service = service_fn(async |_: Request<()>| Err::<Response<Full<Bytes>>, _>(std::fmt::Error));
    assert_eq!(block_on(store.layer().layer(service).oneshot(signed("base"))).err(), Some(std::fmt::Error));
    assert_eq!(store.info("wsgi-stop"), json!({"etype": "core::fmt::Error", "message": std::fmt::Error.to_string()}));
}

#[test]
fn panic_is_on_the_root_point_and_passes_through() {
    let late = service_fn(async |request: Request<()>| {
        hello(request).await?;
        assert!(crate::profiler::get().is_none(), "late");
        Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))
    });
    let early = service_fn(|request: Request<()>| {
        assert!(crate::profiler::get().is_none(), "early");
        hello(request)
    });
    for (message, service) in [("late", BoxService::new(late)), ("early", BoxService::new(early))] {
        let store = Store::new();
        let call = std::panic::AssertUnwindSafe(store.layer().layer(service).oneshot(signed("base")));
        assert!(block_on(call.catch_unwind()).is_err());
        assert_eq!(store.info("wsgi-stop"), json!({"etype": "panic", "message": message}));
        assert!(crate::profiler::get().is_none());
    }
}

#[test]
fn abandoned_request_is_cancelled() {
    let store = Store::new();
    let service = service_fn(async |_: Request<()>| {
        std::future::pending::<()>().traced("query", ()).await;
        Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))
    });
    let mut call = Box::pin(store.layer().layer(service).oneshot(signed("base")));
    assert!(call.as_mut().now_or_never().is_none());
    drop(call);
    assert_eq!(store.names(), ["wsgi-start", "query-start", "query-stop", "wsgi-stop"]);
    assert_eq!(store.info("wsgi-stop"), json!({"cancelled": true}));
}

#[test]
fn concurrent_requests_never_mix() {
    let store = Store::new();
    let service = store.layer().layer(service_fn(async |request| {
        for _ in 0..3 {
            hello(Request::new(())).await?;
            // Gives the thread to the other request.
            yield_now().await;
        }
        hello(request).await
    }));
    block_on(async {
        let (one, other, untraced) = join!(
            service.clone().oneshot(signed("one")),
            service.clone().oneshot(signed("other")),
            service.clone().oneshot(request("GET", "/", vec![])),
        );
        for response in [one, other, untraced] {
            response.expect("infallible").into_body().collect().await.expect("infallible");
        }
    });
    for base_id in ["one", "other"] {
        let messages: Vec<_> =
            store.messages().into_iter().filter(|message| *message.base_id() == Id::from(base_id)).collect();
        assert_eq!(messages.len(), 10);
        let root = &messages[0];
        assert_eq!((root.name().as_str(), messages[9].name().as_str()), ("wsgi-start", "wsgi-stop"));
        assert!(messages[1..9].iter().all(|message| message.parent_id() == root.trace_id()));
    }
    assert_eq!(store.messages().len(), 20);
}

#[test]
fn layers_around_each_other_nest() {
    let store = Store::new();
    let service = ServiceBuilder::new().layer(store.layer()).layer(store.layer()).service(service_fn(hello));
    drop(block_on(service.oneshot(signed("base"))));
    let messages = store.messages();
    assert_eq!(
        messages.iter().map(|message| message.name()).collect::<Vec<_>>(),
        ["wsgi-start", "wsgi-start", "query-start", "query-stop", "wsgi-stop", "wsgi-stop"]
    );
    assert_eq!(messages[1].parent_id(), messages[0].trace_id());
    assert_eq!(messages[2].parent_id(), messages[1].trace_id());
    assert_eq!(messages[4].trace_id(), messages[1].trace_id());
}

#[test]
fn trace_is_handed_on_where_nobody_takes_messages() {
    let layer = TraceLayer::new().hmac_keys([KEY]).notifier(Notifier::default());
    let service = service_fn(async |_: Request<()>| {
        assert_eq!(web::headers(), headers("base", KEY));
        Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))
    });
    let response = block_on(layer.layer(service).oneshot(signed("base"))).expect("infallible");
    assert_eq!(response.headers()[web::X_TRACE_ID], "base");
}

async fn yield_now() {
    let mut yielded = false;
    std::future::poll_fn(|cx| {
        if std::mem::replace(&mut yielded, true) {
            return std::task::Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}
