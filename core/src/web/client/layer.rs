//! [`TraceClientLayer`]: the requests of a tower client.

use std::task::{Context, Poll};

use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use super::{ClientFuture, begin};

/// Makes points of the requests that a client sends, for any `Service<http::Request<B>>`, such as hyper-util's client or
/// tonic's channel, and signs their headers.
///
/// Where a trace is active, each request is a point named after its scheme, with the info that OSProfiler's adapter for
/// Python's `requests` has: `{"requests": {"method": "GET", "query": "page=2", "path": "/posts", "hostname": "localhost",
/// "port": 8080, "scheme": "http"}}`, and at the end `{"requests": {"status_code": 200}}`. A URI without scheme counts as
/// `http`, and one without host has that of the header `Host`. On an error there are `etype` and `message`, and where the
/// future is dropped before there is a response, `"cancelled": true`. The point ends with the response's head.
///
/// The headers are those of [`inject`](crate::web::inject), made within the point: what the callee records lies under it.
/// Without a trace the client's own future runs as it is. In a trace that has no key nothing is signed, which is logged once a
/// minute at most, unless requests carry a `traceparent`.
///
/// They go to every host that this client asks. A signature does not expire: whoever is sent one can have requests traced by all
/// services that share the key. So requests to strangers belong to a client without this layer.
///
/// ```
/// use std::convert::Infallible;
///
/// use http::{Request, Response};
/// use osprofiler::{Profiler, TraceExt, web};
/// use tower::{ServiceBuilder, ServiceExt, service_fn};
///
/// // In the place of a client:
/// let client = service_fn(async |request: Request<()>| {
///     assert!(request.headers().contains_key(web::X_TRACE_INFO));
///     Ok::<_, Infallible>(Response::new(()))
/// });
/// let client = ServiceBuilder::new().layer(web::TraceClientLayer::new()).service(client);
/// let request = Request::get("http://localhost:8080/posts?page=2").body(())?;
/// # futures::executor::block_on(async {
/// client.oneshot(request).in_trace(&Profiler::new("SECRET_KEY", None, None)).await?;
/// # Ok::<_, Infallible>(())
/// # })?;
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct TraceClientLayer {
    traceparent: bool,
}

impl TraceClientLayer {
    /// A layer that signs.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether requests carry the header [`TRACEPARENT`](crate::web::TRACEPARENT) as well, for services of other makes. Off by
    /// default: it tells the trace's id to whoever is called.
    #[must_use]
    pub fn traceparent(mut self, on: bool) -> Self {
        self.traceparent = on;
        self
    }
}

impl<S> Layer<S> for TraceClientLayer {
    type Service = TraceClient<S>;

    fn layer(&self, inner: S) -> TraceClient<S> {
        TraceClient { inner, traceparent: self.traceparent }
    }
}

/// A client whose requests are points of the active trace; made by [`TraceClientLayer`].
#[derive(Clone, Debug)]
pub struct TraceClient<S> {
    inner: S,
    traceparent: bool,
}

impl<S, B, C> Service<Request<B>> for TraceClient<S>
where
    S: Service<Request<B>, Response = Response<C>>,
    S::Error: std::fmt::Display,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ClientFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (mut parts, body) = request.into_parts();
        let mut work = begin(&parts.method, &parts.uri, &mut parts.headers, self.traceparent);
        let request = Request::from_parts(parts, body);
        let future = match &mut work {
            Some(work) => work.inside(|| self.inner.call(request)),
            None => self.inner.call(request),
        };
        ClientFuture::new(future, work)
    }
}
