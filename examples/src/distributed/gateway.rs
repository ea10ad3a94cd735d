//! The service `gateway`: asks `posts` for what it shows, by a client whose requests are points of the trace.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{Request, StatusCode, Uri};
use axum::routing::get;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use osprofiler::web::{TraceClient, TraceClientLayer, TraceLayer};
use tower::{Layer, ServiceExt};

#[derive(Clone)]
struct Posts {
    client: TraceClient<Client<HttpConnector, Full<Bytes>>>,
    address: SocketAddr,
}

pub(super) fn router(layer: TraceLayer, posts: SocketAddr) -> Router {
    // One layer around the client: each request is a point, and is signed so that the callee goes on with the trace.
    let client = TraceClientLayer::new().layer(Client::builder(TokioExecutor::new()).build_http());
    Router::new().route("/front-page", get(front_page)).layer(layer).with_state(Posts { client, address: posts })
}

async fn front_page(State(posts): State<Posts>) -> Result<String, StatusCode> {
    let uri = Uri::builder().scheme("http").authority(posts.address.to_string()).path_and_query("/posts?year=2026");
    let request = Request::get(uri.build().map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?);
    let request = request.body(Full::default()).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    let response = posts.client.oneshot(request).await.map_err(|_| StatusCode::BAD_GATEWAY)?;
    let titles = response.into_body().collect().await.map_err(|_| StatusCode::BAD_GATEWAY)?.to_bytes();
    Ok(format!("Front page: {}", String::from_utf8_lossy(&titles)))
}
