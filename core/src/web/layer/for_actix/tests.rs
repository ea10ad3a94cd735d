//! What the layer records of actix-web's requests, within actix-web's own routing and by its own server.

use std::io::{Read as _, Write as _};
use std::pin::pin;

use actix_web::body::BodyStream;
use actix_web::dev::ServiceFactory;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{App, Error, HttpResponse, HttpServer, error, rt, web as actix};
use bytes::Bytes;
use futures::{FutureExt, StreamExt, stream};
use serde_json::{Value, json};

use super::*;
use crate::test_store::Store;
use crate::{Id, Notifier, Profiler, TraceExt, web};

const KEY: &str = "SECRET_KEY";
const BASE: &str = "7a4b3b7e-0a7e-4f0e-9a53-0123456789ab";

fn layer(store: &Store) -> TraceLayer {
    TraceLayer::new().hmac_keys([KEY]).notifier(store.notifier.clone())
}

fn headers() -> Vec<(&'static str, String)> {
    Profiler::with_notifier(&Notifier::default(), KEY, Some(Id::from(BASE)), None).in_scope(web::headers)
}

fn signed(uri: &str) -> TestRequest {
    headers().into_iter().fold(TestRequest::with_uri(uri), |request, header| request.append_header(header))
}

/// The info of the only message of that name.
fn info(store: &Store, name: &str) -> Value {
    let messages = store.messages();
    let mut named = messages.iter().filter(|message| message.name() == name);
    let mut info = named.next().unwrap_or_else(|| panic!("no {name} in {messages:?}")).info();
    assert!(named.next().is_none(), "more than one {name}");
    info.remove("host");
    Value::Object(info)
}

async fn hello() -> HttpResponse {
    async {}.traced("query", ()).await;
    HttpResponse::Ok().append_header(("server-timing", "own;dur=1")).body("hello")
}

async fn streams() -> HttpResponse {
    HttpResponse::Ok().body(BodyStream::new(Box::pin(stream::iter(["one", "two"]).then(async |text| {
        async {}.traced("chunk", ()).await;
        Ok::<_, Error>(Bytes::from(text))
    }))))
}

async fn breaks() -> HttpResponse {
    HttpResponse::Ok().body(BodyStream::new(stream::iter([Err::<Bytes, _>(error::ErrorImATeapot("broken"))])))
}

async fn fails() -> Result<HttpResponse, Error> {
    Err(error::ErrorConflict("taken"))
}

async fn panics() -> HttpResponse {
    assert!(crate::profiler::get().is_none(), "no luck");
    hello().await
}

async fn waits() -> HttpResponse {
    std::future::pending::<()>().traced("query", ()).await;
    hello().await
}

fn app(
    layer: &TraceLayer,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody + use<>>,
        Error = Error,
        InitError = (),
    > + use<>,
> {
    App::new()
        .wrap(layer.clone())
        .route("/hello", actix::get().to(hello))
        .route("/streams", actix::get().to(streams))
        .route("/breaks", actix::get().to(breaks))
        .route("/fails", actix::get().to(fails))
        .route("/panics", actix::get().to(panics))
        .route("/waits", actix::get().to(waits))
}

/// Asks for it within actix-web's own routing: status, whether it was traced, and body.
fn ask(layer: &TraceLayer, request: TestRequest) -> (u16, bool, Bytes) {
    rt::System::new().block_on(async {
        let service = init_service(app(layer)).await;
        let response = call_service(&service, request.to_request()).await;
        let is_traced = response.headers().contains_key(web::X_TRACE_ID);
        (response.status().as_u16(), is_traced, read_body(response).await)
    })
}

#[test]
fn signed_request_is_the_root_of_what_runs_for_it() {
    let store = Store::new();
    rt::System::new().block_on(async {
        let service = init_service(app(&layer(&store))).await;
        let response = call_service(&service, signed("/hello?x=%C3%A9").to_request()).await;
        assert_eq!(response.headers().get(web::X_TRACE_ID).expect("traced"), BASE);
        let timings: Vec<_> = response.headers().get_all(web::SERVER_TIMING).collect();
        assert_eq!(timings[0], "own;dur=1");
        assert!(timings[1].to_str().expect("text").starts_with("total;dur="));
        assert_eq!(read_body(response).await, "hello");
    });
    assert_eq!(store.tree(BASE), "wsgi\n  query");
    assert_eq!(
        info(&store, "wsgi-start"),
        json!({"request": {"path": "/hello", "query": "x=%C3%A9", "method": "GET", "scheme": "http"}})
    );
    assert_eq!(info(&store, "wsgi-stop"), json!({"response": {"status_code": 200}}));
}

#[test]
fn unsigned_and_repeated_headers_are_not_traced_and_bodies_pass_through() {
    let store = Store::new();
    let twice = headers().into_iter().fold(signed("/hello"), |request, header| request.append_header(header));
    for request in [TestRequest::with_uri("/hello"), twice, TestRequest::with_uri("/streams")] {
        let (status, is_traced, body) = ask(&layer(&store), request);
        assert_eq!((status, is_traced), (200, false));
        assert!(body == "hello" || body == "onetwo");
    }
    assert!(store.messages().is_empty());
}

#[test]
fn triggers_count_here_too() {
    let store = Store::new();
    let when = layer(&store).when(|request| request.uri.path() == "/hello" && request.headers.contains_key("x-debug"));
    let debug = |uri| TestRequest::with_uri(uri).append_header(("x-debug", "1"));
    assert!(ask(&when, debug("/hello")).1);
    assert!(!ask(&when, debug("/streams")).1 && !ask(&when, TestRequest::with_uri("/hello")).1);
    assert!(ask(&layer(&store).always(), TestRequest::with_uri("/hello")).1);
}

#[test]
fn what_a_body_does_while_it_streams_is_in_the_trace() {
    let store = Store::new();
    assert_eq!(ask(&layer(&store), signed("/streams")).2, "onetwo");
    assert_eq!(store.tree(BASE), "wsgi\n  chunk\n  chunk");
}

#[test]
fn failing_body_is_on_the_root_point() {
    let store = Store::new();
    rt::System::new().block_on(async {
        let service = init_service(app(&layer(&store))).await;
        let response = call_service(&service, signed("/breaks").to_request()).await;
        assert!(actix_web::body::to_bytes(response.into_body()).await.is_err());
    });
    let stop = info(&store, "wsgi-stop");
    assert_eq!((&stop["message"], &stop["response"]["status_code"]), (&json!("broken"), &json!(200)));
}

#[test]
fn error_of_a_handler_is_a_response_with_its_status() {
    let store = Store::new();
    let (status, is_traced, body) = ask(&layer(&store), signed("/fails"));
    assert_eq!((status, is_traced, &body[..]), (409, true, &b"taken"[..]));
    assert_eq!(info(&store, "wsgi-stop"), json!({"response": {"status_code": 409}}));
}

#[test]
fn root_point_stops_before_the_last_bytes_are_handed_out() {
    let store = Store::new();
    rt::System::new().block_on(async {
        let service = init_service(app(&layer(&store))).await;
        let response = call_service(&service, signed("/hello").to_request()).await;
        assert_eq!(store.messages().len(), 3);
        let mut body = pin!(response.into_body());
        let first = std::future::poll_fn(|cx| body.as_mut().poll_next(cx)).await;
        assert!(first.expect("bytes").is_ok_and(|bytes| bytes == "hello"));
        assert_eq!(info(&store, "wsgi-stop"), json!({"response": {"status_code": 200}}));
    });
}

#[test]
fn abandoned_requests_and_bodies_are_cancelled() {
    let store = Store::new();
    rt::System::new().block_on(async {
        let service = init_service(app(&layer(&store))).await;
        assert!(call_service(&service, signed("/waits").to_request()).now_or_never().is_none());
    });
    assert_eq!(store.tree(BASE), "wsgi cancelled\n  query cancelled");

    let store = Store::new();
    rt::System::new().block_on(async {
        let service = init_service(app(&layer(&store))).await;
        drop(call_service(&service, signed("/streams").to_request()).await);
    });
    assert_eq!(info(&store, "wsgi-stop"), json!({"cancelled": true, "response": {"status_code": 200}}));
}

#[test]
fn panic_is_on_the_root_point_and_passes_through() {
    let store = Store::new();
    rt::System::new().block_on(async {
        let service = init_service(app(&layer(&store))).await;
        let call = std::panic::AssertUnwindSafe(call_service(&service, signed("/panics").to_request()));
        assert!(call.catch_unwind().await.is_err());
    });
    assert_eq!(info(&store, "wsgi-stop"), json!({"etype": "panic", "message": "no luck"}));
}

#[test]
fn server_of_actix_web_is_traced() {
    let store = Store::new();
    let layer = layer(&store);
    let (port, started) = std::sync::mpsc::channel();
    let server = std::thread::spawn(move || {
        rt::System::new().block_on(async {
            let server = HttpServer::new(move || app(&layer)).workers(1).disable_signals();
            let server = server.bind(("127.0.0.1", 0)).expect("a port");
            let address = server.addrs()[0];
            let server = server.run();
            port.send((address, server.handle())).expect("the test waits");
            server.await.expect("it serves");
        });
    });
    let (address, handle) = started.recv().expect("a server");
    let mut stream = std::net::TcpStream::connect(address).expect("a server");
    let headers: String = headers().into_iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    write!(stream, "GET /streams HTTP/1.1\r\nhost: h\r\nconnection: close\r\n{headers}\r\n").expect("a server");
    let mut response = String::new();
    stream.read_to_string(&mut response).expect("a response");
    assert!(response.contains(&format!("x-trace-id: {BASE}")), "{response}");
    assert_eq!(store.tree(BASE), "wsgi\n  chunk\n  chunk");
    futures::executor::block_on(handle.stop(false));
    server.join().expect("no panic");
}
