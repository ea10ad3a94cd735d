//! tonic's server under the layer for requests that come in, and tonic's channel under the one for those that go out.
//!
//! The service is made by hand: what a generated one does with its messages is no concern of layers.

use std::convert::Infallible;
use std::task::{Context, Poll};

use axum::http::{HeaderMap, HeaderValue, Request, Response};
use http_body_util::{BodyExt, Full};
use osprofiler::report::Trace;
use osprofiler::{TraceExt, web};
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Endpoint, Server};
use tower::{Layer, Service, ServiceExt};

use crate::store::Store;

/// Answers every call with an empty message, and `OK` in the trailers. The length is announced, but not for `Stream`.
#[derive(Clone)]
struct Empty;

impl NamedService for Empty {
    const NAME: &'static str = "blog.Posts";
}

impl Service<Request<Body>> for Empty {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        Box::pin(async move {
            async {}.traced("query", ()).await;
            let trailers =
                HeaderMap::from_iter([("grpc-status".parse().expect("a name"), HeaderValue::from_static("0"))]);
            let message = Full::from(&[0_u8; 5][..]);
            let message = match request.uri().path() {
                "/blog.Posts/Stream" => axum::body::Body::from_stream(message.into_data_stream()),
                _ => axum::body::Body::new(message),
            };
            let message = message.with_trailers(async { Some(Ok(trailers)) });
            let response = Response::builder().header("content-type", "application/grpc").body(Body::new(message));
            Ok(response.expect("a valid response"))
        })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn server_and_channel_of_tonic_are_traced() {
    let store = Store::new();
    let incoming = TcpIncoming::bind(([127, 0, 0, 1], 0).into()).expect("a port");
    let address = incoming.local_addr().expect("an address");
    let layer = web::TraceLayer::new().hmac_keys(["key"]).notifier(store.notifier().clone());
    tokio::spawn(Server::builder().layer(layer).add_service(Empty).serve_with_incoming(incoming));

    let channel = Endpoint::try_from(format!("http://{address}")).expect("a URL").connect().await.expect("a server");
    let client = web::TraceClientLayer::new().layer(channel);
    for path in ["/blog.Posts/List", "/blog.Posts/Stream"] {
        let profiler = store.profiler();
        let request = Request::post(path).header("content-type", "application/grpc");
        let request = request.body(Body::new(Full::from(&[0_u8; 5][..]))).expect("a valid request");
        let call = async {
            let response = client.clone().oneshot(request).await.expect("a response");
            assert_eq!(response.headers()[web::X_TRACE_ID], profiler.base_id().to_string());
            response.into_body().collect().await.expect("a body")
        };
        let body = call.in_trace(&profiler).await;
        assert_eq!(body.trailers().expect("trailers")["grpc-status"], "0");

        // The root point has stopped before the trailers came.
        let messages = store.messages().into_iter().filter(|message| message.base_id() == profiler.base_id());
        let whole = Trace::build(messages.collect::<Vec<_>>());
        let points: Vec<(usize, &str)> =
            whole.points().iter().map(|point| (point.depth, point.name.as_str())).collect();
        assert_eq!(points, [(0, "http"), (1, "wsgi"), (2, "query")]);
        assert_eq!(whole.points()[1].request().map(|request| request.path), Some(path));
        assert!(whole.points().iter().all(|point| point.error().is_none() && !point.is_cancelled()));
    }
}
