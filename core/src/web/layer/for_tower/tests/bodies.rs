//! When the root point stops: bodies that stream, fail or are dropped.

use std::pin::{Pin, pin};

use futures::executor::block_on;
use futures::{FutureExt, Stream, StreamExt, stream};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use http_body::Frame;
use http_body_util::{BodyExt, Empty, StreamBody};
use tower::{ServiceExt, service_fn};

use super::*;

type BoxStream<E> = Pin<Box<dyn Stream<Item = Result<Frame<Bytes>, E>> + Send>>;

/// Streams two frames, each with a point of its own.
fn two_frames() -> BoxStream<std::fmt::Error> {
    Box::pin(stream::iter(["one", "two"]).then(async |text| {
        async {}.traced("query", ()).await;
        Ok(Frame::data(Bytes::from(text)))
    }))
}

/// The layer's answer to a request of that method, where the service answers with `response`.
fn respond<B: Body>(store: &Store, method: &str, response: Response<B>) -> Response<TracedBody<B>> {
    let mut response = Some(response);
    let service = service_fn(|_: Request<()>| {
        let response = response.take().expect("one request");
        async { Ok::<_, Infallible>(response) }
    });
    block_on(store.layer().layer(service).oneshot(request(method, "/", headers("base", KEY)))).expect("infallible")
}

fn next_frame<B: Body + Unpin>(body: &mut TracedBody<B>) -> Option<Result<Frame<B::Data>, B::Error>>
where
    B::Error: std::fmt::Display,
{
    body.frame().now_or_never().expect("these bodies never wait")
}

const OK: fn() -> Value = || json!({"response": {"status_code": 200}});

#[test]
fn root_point_stops_before_the_last_bytes_are_handed_out() {
    let store = Store::new();
    let mut body = respond(&store, "GET", Response::new(Full::<Bytes>::from("hello"))).into_body();
    assert!(!body.is_end_stream());
    assert_eq!(body.size_hint().exact(), Some(5));
    assert_eq!(store.names(), ["wsgi-start"]);
    assert!(next_frame(&mut body).is_some());
    assert_eq!(store.info("wsgi-stop"), OK());
    assert!(body.is_end_stream());
    assert!(next_frame(&mut body).is_none());
}

#[test]
fn what_a_body_does_while_it_streams_is_in_the_trace() {
    let store = Store::new();
    let body = respond(&store, "GET", Response::new(StreamBody::new(two_frames()))).into_body();
    assert_eq!(block_on(body.collect()).expect("no frame fails").to_bytes(), "onetwo");
    let messages = store.messages();
    assert_eq!(
        messages.iter().map(|message| message.name()).collect::<Vec<_>>(),
        ["wsgi-start", "query-start", "query-stop", "query-start", "query-stop", "wsgi-stop"]
    );
    assert!(messages[1..5].iter().all(|message| message.parent_id() == messages[0].trace_id()));
    assert_eq!(store.info("wsgi-stop"), OK());
}

#[test]
fn announced_length_is_an_end_too() {
    let store = Store::new();
    let response = Response::builder().header("content-length", "6").body(StreamBody::new(two_frames()));
    let mut body = respond(&store, "GET", response.expect("a valid response")).into_body();
    next_frame(&mut body);
    assert_eq!(store.names().last().expect("messages"), "query-stop");
    next_frame(&mut body);
    assert_eq!(store.names().last().expect("messages"), "wsgi-stop");
    // As servers do that have sent what they announced.
    drop(body);
    assert_eq!(store.info("wsgi-stop"), OK());
}

/// A stream of messages with a status in the trailers, as gRPC has it.
fn with_trailers() -> BoxStream<Infallible> {
    let status = HeaderMap::from_iter([(HeaderName::from_static("grpc-status"), HeaderValue::from_static("0"))]);
    Box::pin(stream::iter([Ok(Frame::data(Bytes::from("one"))), Ok(Frame::trailers(status))]))
}

#[test]
fn trailers_end_the_body() {
    let store = Store::new();
    let mut body = respond(&store, "POST", Response::new(StreamBody::new(with_trailers()))).into_body();
    next_frame(&mut body);
    assert_eq!(store.names(), ["wsgi-start"]);
    assert!(next_frame(&mut body).expect("a frame").expect("no frame fails").is_trailers());
    assert_eq!(store.info("wsgi-stop"), OK());
    assert!(body.is_end_stream() && next_frame(&mut body).is_none());
    // As servers do, which do not ask for more.
    drop(body);
    assert_eq!(store.names(), ["wsgi-start", "wsgi-stop"]);

    let store = Store::new();
    let mut body = respond(&store, "POST", Response::new(StreamBody::new(with_trailers()))).into_body();
    next_frame(&mut body);
    drop(body);
    assert_eq!(store.info("wsgi-stop"), json!({"cancelled": true, "response": {"status_code": 200}}));
}

#[test]
fn responses_without_body_stop_at_once() {
    let unread = || StreamBody::new(two_frames());
    let status = |status: StatusCode| Response::builder().status(status).body(unread()).expect("a valid response");
    for (method, response) in [
        ("HEAD", Response::new(unread())),
        ("GET", status(StatusCode::NO_CONTENT)),
        ("GET", status(StatusCode::NOT_MODIFIED)),
        ("GET", status(StatusCode::SWITCHING_PROTOCOLS)),
    ] {
        let store = Store::new();
        let code = response.status().as_u16();
        let response = respond(&store, method, response);
        assert_eq!(store.info("wsgi-stop"), json!({"response": {"status_code": code}}));
        drop(response);
        assert_eq!(store.names(), ["wsgi-start", "wsgi-stop"]);
    }
    let store = Store::new();
    let response = respond(&store, "GET", Response::new(Empty::<Bytes>::new()));
    assert_eq!(store.info("wsgi-stop"), OK());
    drop(response);
}

#[test]
fn body_dropped_unfinished_is_cancelled() {
    let store = Store::new();
    let mut body = respond(&store, "GET", Response::new(StreamBody::new(two_frames()))).into_body();
    next_frame(&mut body);
    drop(body);
    assert_eq!(store.info("wsgi-stop"), json!({"cancelled": true, "response": {"status_code": 200}}));
}

#[test]
fn points_of_a_dropped_body_stop_within_the_root_point() {
    let store = Store::new();
    let stuck: BoxStream<Infallible> =
        Box::pin(stream::once(async { std::future::pending().traced("query", ()).await }));
    let mut body = Box::pin(respond(&store, "GET", Response::new(StreamBody::new(stuck))).into_body());
    assert!(pin!(body.frame()).now_or_never().is_none());
    drop(body);
    assert_eq!(store.names(), ["wsgi-start", "query-start", "query-stop", "wsgi-stop"]);
}

#[test]
fn failing_body_is_on_the_root_point() {
    let store = Store::new();
    let failing: BoxStream<std::fmt::Error> = Box::pin(stream::iter([Err(std::fmt::Error)]));
    let mut body = respond(&store, "GET", Response::new(StreamBody::new(failing))).into_body();
    assert!(next_frame(&mut body).expect("a frame").is_err());
    drop(body);
    assert_eq!(
        store.info("wsgi-stop"),
        json!({"etype": "core::fmt::Error", "message": std::fmt::Error.to_string(), "response": {"status_code": 200}})
    );
}

#[test]
fn panicking_body_is_on_the_root_point() {
    let store = Store::new();
    let panicking: BoxStream<Infallible> =
        Box::pin(stream::once(async { panic!("no rows for {:?}", crate::profiler::get().map(|_| ())) }));
    let mut body = respond(&store, "GET", Response::new(StreamBody::new(panicking))).into_body();
    let polled = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| next_frame(&mut body)));
    assert!(polled.is_err());
    assert_eq!(
        store.info("wsgi-stop"),
        json!({"etype": "panic", "message": "no rows for Some(())", "response": {"status_code": 200}})
    );
}

#[test]
fn untraced_body_is_handed_through() {
    let store = Store::new();
    let mut response = Some(Response::new(StreamBody::new(two_frames())));
    let service = service_fn(|_| {
        let response = response.take().expect("one request");
        async { Ok::<_, Infallible>(response) }
    });
    let response = block_on(store.layer().layer(service).oneshot(request("GET", "/", vec![]))).expect("infallible");
    assert_eq!(block_on(response.into_body().collect()).expect("no frame fails").to_bytes(), "onetwo");
    assert!(store.messages().is_empty());
}
