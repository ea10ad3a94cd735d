//! [`TraceMiddleware`]: the requests of reqwest.

use http::{Extensions, Uri};
use reqwest::{Request, Response};
use reqwest_middleware::{Middleware, Next, Result};

use super::{ClientFuture, begin};

/// Makes points of the requests that reqwest sends, and signs their headers, as a middleware of `reqwest-middleware`.
///
/// Points and headers are those of `TraceClientLayer` (feature `tower`), which says more of them. They go with redirects as well,
/// and to every host: whoever is sent a signature can have requests traced by all services that share the key.
///
/// ```
/// use osprofiler::web::TraceMiddleware;
///
/// let client = reqwest_middleware::ClientBuilder::new(reqwest::Client::new()).with(TraceMiddleware::new()).build();
/// # let _ = client;
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct TraceMiddleware {
    traceparent: bool,
}

impl TraceMiddleware {
    /// A middleware that signs.
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

#[async_trait::async_trait]
impl Middleware for TraceMiddleware {
    async fn handle(&self, mut request: Request, extensions: &mut Extensions, next: Next<'_>) -> Result<Response> {
        // Both know the same URLs but for some that no request can be sent to.
        let uri: Uri = request.url().as_str().parse().unwrap_or_default();
        let method = request.method().clone();
        let mut work = begin(&method, &uri, request.headers_mut(), self.traceparent);
        let future = match &mut work {
            Some(work) => work.inside(|| next.run(request, extensions)),
            None => next.run(request, extensions),
        };
        ClientFuture::new(future, work).await
    }
}
