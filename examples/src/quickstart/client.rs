//! The client: it asks for three requests to be traced, by signing their headers.

use std::error::Error;
use std::net::SocketAddr;

use axum::body::Bytes;
use axum::http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use osprofiler::{Id, Profiler, web};
use serde_json::json;

use super::HMAC_KEY;

/// What the service said to one request.
#[derive(Debug)]
pub struct Answer {
    /// The request's method.
    pub method: Method,
    /// The request's path and query.
    pub path: &'static str,
    /// The response's status.
    pub status: StatusCode,
    /// The response's body.
    pub body: String,
    /// The request's trace.
    pub base_id: Id,
}

pub(super) async fn call_all(address: SocketAddr) -> Result<Vec<Answer>, Box<dyn Error>> {
    // The address is that of an author who is there already.
    let author = json!({"name": "Ada", "email": "author7@example.org", "born": null, "portrait": b"\x89PNG"});
    Ok(vec![
        call(address, Method::GET, "/authors-with-posts", String::new()).await?,
        call(address, Method::GET, "/posts?year=2026", String::new()).await?,
        call(address, Method::POST, "/authors", author.to_string()).await?,
    ])
}

async fn call(address: SocketAddr, method: Method, path: &'static str, body: String) -> Result<Answer, Box<dyn Error>> {
    let profiler = Profiler::new(HMAC_KEY, None, None);
    let mut request = Request::builder().method(&method).uri(format!("http://{address}{path}"));
    request = request.header("Content-Type", "application/json");
    // A client that is traced itself calls `web::headers()` where it is, without a profiler of its own.
    for (name, value) in profiler.in_scope(web::headers) {
        request = request.header(name, value);
    }
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let response = client.request(request.body(Full::from(body))?).await?;
    let status = response.status();
    // The trace is whole when the response has been read to its end.
    let body = String::from_utf8(response.into_body().collect().await?.to_bytes().to_vec())?;
    Ok(Answer { method, path, status, body, base_id: profiler.base_id().clone() })
}
