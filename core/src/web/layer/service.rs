//! [`TraceService`]: decides whether a request is traced.

use std::sync::Arc;
use std::task::{Context, Poll};

use http::header::HeaderName;
use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use super::root::Root;
use super::{ResponseFuture, Settings, TracedBody};
use crate::profiler;
use crate::web::{state, trace_info};

// As in `web::X_TRACE_INFO` and `X_TRACE_HMAC`; the `http` crate wants header names in lower case.
static TRACE_INFO: HeaderName = HeaderName::from_static("x-trace-info");
static TRACE_HMAC: HeaderName = HeaderName::from_static("x-trace-hmac");

/// A service whose validly signed requests are traced; made by [`TraceLayer`](super::TraceLayer).
#[derive(Clone, Debug)]
pub struct TraceService<S> {
    pub(super) inner: S,
    pub(super) settings: Arc<Settings>,
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for TraceService<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    S::Error: std::fmt::Display,
    ResBody: Body,
{
    type Response = Response<TracedBody<ResBody>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        match self.settings.root(&request) {
            Some(mut root) => {
                let future = root.inside(|| self.inner.call(request));
                ResponseFuture::traced(future, root)
            }
            None => ResponseFuture::untraced(self.inner.call(request)),
        }
    }
}

impl Settings {
    /// Begins the trace of a request that carries a valid signature.
    fn root<B>(&self, request: &Request<B>) -> Option<Box<Root>> {
        let info = request.headers().get(&TRACE_INFO)?;
        let hmac = request.headers().get(&TRACE_HMAC)?;
        let keys = state::keys_for(self.hmac_keys.as_ref())?;
        let info = trace_info(info.to_str().ok()?, hmac.to_str().ok()?, &keys)?;
        // A layer around this one has begun the trace already; the points of both nest.
        let outer = profiler::get().filter(|outer| outer.base_id() == info.base_id());
        let profiler = outer.unwrap_or_else(|| match &self.notifier {
            Some(notifier) => info.profiler_with(notifier),
            None => info.profiler(),
        });
        Some(Root::begin(&profiler, request))
    }
}
