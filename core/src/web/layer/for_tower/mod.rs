//! The layer in tower: the service that looks at requests, the future that makes the response and the body that streams it.

mod body;
mod future;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::task::{Context, Poll};

use http::request::Parts;
use http::{Request, Response};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

pub use body::TracedBody;
pub use future::ResponseFuture;

use super::decision::Incoming;
use super::{Settings, TraceLayer};

impl<S> Layer<S> for TraceLayer {
    type Service = TraceService<S>;

    fn layer(&self, inner: S) -> TraceService<S> {
        TraceService { inner, settings: Arc::clone(&self.0) }
    }
}

/// A service whose requests are traced, as far as they are to be; made by [`TraceLayer`].
#[derive(Clone, Debug)]
pub struct TraceService<S> {
    inner: S,
    settings: Arc<Settings>,
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
        let (parts, body) = request.into_parts();
        let begun = self.settings.begin(&parts);
        let request = Request::from_parts(parts, body);
        match begun {
            Some((mut work, answer)) => {
                let future = work.inside(|| self.inner.call(request));
                ResponseFuture::traced(future, work, answer)
            }
            None => ResponseFuture::untraced(self.inner.call(request)),
        }
    }
}

impl Incoming for Parts {
    fn only(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next()?;
        if values.next().is_some() { None } else { value.to_str().ok() }
    }

    fn method(&self) -> &str {
        self.method.as_str()
    }

    fn path(&self) -> &str {
        self.uri.path()
    }

    fn query(&self) -> &str {
        self.uri.query().unwrap_or_default()
    }

    fn scheme(&self) -> &str {
        self.uri.scheme_str().unwrap_or("http")
    }

    fn satisfies(&self, when: &dyn Fn(&Parts) -> bool) -> bool {
        when(self)
    }
}
