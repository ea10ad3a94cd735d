//! Requests that go out: a point for each, and headers that let the callee go on with the trace.
//!
//! Here: the point, whatever client it is for. Below: the future that it lasts for (`future`), and what puts it around the
//! requests of a client (`layer` for tower, `middleware` for reqwest).

mod future;
#[cfg(feature = "tower")]
mod layer;
#[cfg(feature = "reqwest-middleware")]
mod middleware;
#[cfg(test)]
mod tests;

use http::header::HOST;
use http::uri::Authority;
use http::{HeaderMap, Method, Uri};
use serde_json::{Value, json};

pub use future::ClientFuture;
#[cfg(feature = "tower")]
pub use layer::{TraceClient, TraceClientLayer};
#[cfg(feature = "reqwest-middleware")]
pub use middleware::TraceMiddleware;

use super::inject::inject_of;
use super::work::Work;
use crate::profiler::{self, Point};

/// Begins the point of a request and signs its headers within it, so that the callee's root lies under it; `None` without a
/// trace.
fn begin(method: &Method, uri: &Uri, headers: &mut HeaderMap, traceparent: bool) -> Option<Box<Work>> {
    let outer = profiler::get()?;
    let scheme = uri.scheme_str().unwrap_or("http").to_ascii_lowercase();
    let point = Point::new(scheme.clone()).map(|mut point| {
        point.start(info(method, uri, headers, &scheme));
        point
    });
    let profiler = point.as_ref().map_or_else(|| outer.clone(), Point::profiler);
    inject_of(&profiler, headers, traceparent);
    Some(Work::new(point, &outer, "requests"))
}

/// What OSProfiler's adapter for requests says; where the URI has no host, the header says it.
fn info(method: &Method, uri: &Uri, headers: &HeaderMap, scheme: &str) -> Value {
    let host = || headers.get(HOST)?.to_str().ok()?.parse::<Authority>().ok();
    let authority = uri.authority().cloned().or_else(host);
    let known = match scheme {
        "http" => Value::from(80),
        "https" => Value::from(443),
        _ => Value::from(""),
    };
    // OSProfiler takes 0 for a port that is not given.
    let port = authority.as_ref().and_then(Authority::port_u16).filter(|port| *port != 0);
    json!({"requests": {
        "method": method.as_str(),
        "query": uri.query().unwrap_or_default(),
        "path": uri.path(),
        "hostname": authority.as_ref().map(hostname),
        "port": port.map_or(known, Value::from),
        "scheme": scheme,
    }})
}

/// As Python's `urlsplit` has it: in lower case, and an IPv6 address without its brackets.
fn hostname(authority: &Authority) -> String {
    let host = authority.host();
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host).to_ascii_lowercase()
}
