//! What is recorded of a request that goes out, and what it carries, whatever client sends it.

use http::{HeaderValue, Request};
use serde_json::json;

use super::*;
use crate::test_store::Store;
use crate::{Id, Profiler, web};

fn info_of(request: Request<()>) -> Value {
    let (parts, ()) = request.into_parts();
    let scheme = parts.uri.scheme_str().unwrap_or("http").to_owned();
    info(&parts.method, &parts.uri, &parts.headers, &scheme)["requests"].clone()
}

#[test]
fn info_is_that_of_osprofilers_requests_adapter() {
    let get = |uri: &str| Request::get(uri).body(()).expect("a valid request");
    // As its code says of these URLs with Python 3.11.
    for (uri, hostname, port, path, query) in [
        ("http://Example.ORG/", json!("example.org"), json!(80), "/", ""),
        ("https://example.org/a/b?x=1&y=%20", json!("example.org"), json!(443), "/a/b", "x=1&y=%20"),
        ("http://u:p@[::1]:8080/%C3%A9?", json!("::1"), json!(8080), "/%C3%A9", ""),
        ("http://127.0.0.1:0/", json!("127.0.0.1"), json!(80), "/", ""),
        ("ws://h/", json!("h"), json!(""), "/", ""),
    ] {
        let scheme = uri.split(':').next().expect("a scheme");
        assert_eq!(
            info_of(get(uri)),
            json!({"method": "GET", "query": query, "path": path, "hostname": hostname, "port": port, "scheme": scheme}),
            "{uri}"
        );
    }
}

#[test]
fn host_comes_from_the_header_where_the_uri_has_none() {
    let mut request = Request::post("/posts").body(()).expect("a valid request");
    assert_eq!(info_of(request.clone())["hostname"], Value::Null);
    request.headers_mut().insert(HOST, HeaderValue::from_static("Blog.example:8080"));
    let info = info_of(request);
    assert_eq!((&info["hostname"], &info["port"]), (&json!("blog.example"), &json!(8080)));
    assert_eq!((&info["scheme"], &info["method"]), (&json!("http"), &json!("POST")));
}

#[test]
fn trace_is_handed_on_where_nobody_takes_messages() {
    let mut headers = HeaderMap::new();
    let profiler = Profiler::with_notifier(&crate::Notifier::default(), "k", Some(Id::from("base")), None);
    let uri = Uri::from_static("http://h/");
    assert!(begin(&Method::GET, &uri, &mut headers, false).is_none());
    assert!(headers.is_empty());
    assert!(profiler.in_scope(|| begin(&Method::GET, &uri, &mut headers, false)).is_some());
    assert!(headers.contains_key(web::X_TRACE_HMAC));
}

#[cfg(feature = "tower")]
mod layer {
    use std::convert::Infallible;

    use futures::FutureExt;
    use futures::executor::block_on;
    use http::Response;
    use tower::{Layer, Service, ServiceExt, service_fn};

    use super::*;
    use crate::TraceExt;

    fn get() -> Request<()> {
        Request::get("http://h/posts").body(()).expect("a valid request")
    }

    fn stop_info(store: &Store) -> Value {
        let messages = store.messages();
        let mut info = messages.iter().find(|message| message.name() == "http-stop").expect("a stop").info();
        info.remove("host");
        Value::Object(info)
    }

    #[test]
    fn request_is_a_point_and_the_callee_lies_under_it() {
        let store = Store::new();
        let client = service_fn(async |request: Request<()>| {
            let header = |name| request.headers()[name].to_str().expect("text");
            let info = web::trace_info(header(web::X_TRACE_INFO), header(web::X_TRACE_HMAC), &["key"]);
            let parent = info.expect("signed").parent_id().cloned();
            assert_eq!(parent, crate::profiler::get().map(|open| open.id().clone()));
            assert_eq!(request.headers().contains_key(web::TRACEPARENT), request.method() == "PUT");
            async {}.traced("connect", ()).await;
            Ok::<_, Infallible>(Response::builder().status(204).body(()).expect("a valid response"))
        });
        let base_id = Id::random().to_string();
        block_on(TraceClientLayer::new().layer(client).oneshot(get()).in_trace(&store.profiler(&base_id)))
            .expect("infallible");
        assert_eq!(store.tree(&base_id), "http\n  connect");
        assert_eq!(stop_info(&store), json!({"requests": {"status_code": 204}}));

        let mut put = get();
        *put.method_mut() = Method::PUT;
        let layer = TraceClientLayer::new().traceparent(true);
        block_on(layer.layer(client).oneshot(put).in_trace(&store.profiler(&base_id))).expect("infallible");
    }

    #[test]
    fn errors_panics_and_dropped_requests_are_on_the_point() {
        let store = Store::new();
        let failing = service_fn(async |_: Request<()>| Err::<Response<()>, _>(std::fmt::Error));
        let failed = TraceClientLayer::new().layer(failing).oneshot(get()).in_trace(&store.profiler("fails"));
        assert_eq!(block_on(failed).err(), Some(std::fmt::Error));
        assert_eq!(store.tree("fails"), format!("http ✕ core::fmt::Error: {}", std::fmt::Error));

        #[derive(Debug)]
        struct Unspeakable;
        impl std::fmt::Display for Unspeakable {
            fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                panic!("no text")
            }
        }
        let failing = service_fn(async |_: Request<()>| {
            crate::profiler::start("left open", ());
            Err::<Response<()>, _>(Unspeakable)
        });
        let failed = TraceClientLayer::new().layer(failing).oneshot(get()).in_trace(&store.profiler("unspeakable"));
        assert!(block_on(failed).is_err());
        let etype = std::any::type_name::<Unspeakable>();
        assert_eq!(store.tree("unspeakable"), format!("http ✕ {etype}: <{etype}>\n  left open cancelled"));
        let last = store.messages().last().map(crate::Message::name);
        assert_eq!(last.as_deref(), Some("http-stop"));

        let panicking = service_fn(async |request: Request<()>| match request.method().as_str() {
            "GET" => panic!("no luck"),
            _ => Ok::<_, Infallible>(Response::new(())),
        });
        let panicked = TraceClientLayer::new().layer(panicking).oneshot(get()).in_trace(&store.profiler("panics"));
        assert!(block_on(std::panic::AssertUnwindSafe(panicked).catch_unwind()).is_err());
        assert_eq!(store.tree("panics"), "http ✕ panic: no luck");

        let stuck = service_fn(|_: Request<()>| std::future::pending::<Result<Response<()>, Infallible>>());
        let mut call =
            Box::pin(TraceClientLayer::new().layer(stuck).oneshot(get()).in_trace(&store.profiler("dropped")));
        assert!(call.as_mut().now_or_never().is_none());
        drop(call);
        assert_eq!(store.tree("dropped"), "http cancelled");
    }

    #[test]
    fn request_without_a_trace_is_as_it_was() {
        let client = service_fn(async |request: Request<()>| {
            assert!(request.headers().is_empty());
            Ok::<_, Infallible>(Response::new(()))
        });
        let mut client = TraceClientLayer::new().traceparent(true).layer(client);
        block_on(client.call(get())).expect("infallible");
    }
}

#[cfg(feature = "reqwest-middleware")]
mod middleware {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use super::*;
    use crate::TraceExt;

    /// Answers one request, and returns what it was.
    fn answer_once(listener: &TcpListener) -> String {
        let (mut stream, _) = listener.accept().expect("a client");
        let mut request = Vec::new();
        let mut buffer = [0; 1024];
        while !request.ends_with(b"\r\n\r\n") {
            let read = stream.read(&mut buffer).expect("a request");
            request.extend_from_slice(&buffer[..read]);
        }
        stream
            .write_all(b"HTTP/1.1 201 Created\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            .expect("a response");
        String::from_utf8(request).expect("text").to_lowercase()
    }

    #[tokio::test]
    async fn request_of_reqwest_is_a_point_and_carries_headers() {
        let store = Store::new();
        let client = reqwest_middleware::ClientBuilder::new(reqwest::Client::new());
        let client = client.with(TraceMiddleware::new().traceparent(true)).build();
        let base_id = Id::random().to_string();
        for is_traced in [true, false] {
            let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
            let address = listener.local_addr().expect("an address");
            let server = tokio::task::spawn_blocking(move || answer_once(&listener));
            let call = client.get(format!("http://{address}/posts?page=2")).send();
            let response = if is_traced { call.in_trace(&store.profiler(&base_id)).await } else { call.await };
            assert_eq!(response.expect("a response").status(), 201);
            let request = server.await.expect("no panic");
            for header in ["x-trace-info: ", "x-trace-hmac: ", "traceparent: 00-"] {
                assert_eq!(request.contains(header), is_traced, "{request}");
            }
        }
        assert_eq!(store.tree(&base_id), "http");
        let messages = store.messages();
        assert_eq!(messages[0].info()["requests"]["path"], "/posts");
        assert_eq!(messages[1].info()["requests"], json!({"status_code": 201}));
    }

    #[tokio::test]
    async fn request_that_reaches_nobody_has_failed() {
        let store = Store::new();
        let free = TcpListener::bind(("127.0.0.1", 0)).expect("a port").local_addr().expect("an address");
        let client =
            reqwest_middleware::ClientBuilder::new(reqwest::Client::new()).with(TraceMiddleware::new()).build();
        let call = client.get(format!("http://{free}/")).send();
        assert!(call.in_trace(&store.profiler("b")).await.is_err());
        assert!(store.tree("b").starts_with("http ✕ reqwest_middleware::error::Error: "), "{}", store.tree("b"));
    }
}
