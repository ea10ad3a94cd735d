//! The layer in actix-web: the middleware that looks at requests, the future that makes the response and the body that
//! streams it.
//!
//! actix-web has its own types of headers, statuses and bodies; what they mean is decided where tower's layer does.

mod body;
mod future;
#[cfg(test)]
mod tests;

use std::future::{Ready, ready};
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use http::request::Parts;

pub use body::ActixTracedBody;
pub use future::ActixResponseFuture;

use super::decision::Incoming;
use super::{Settings, TraceLayer};

impl<S, B> Transform<S, ServiceRequest> for TraceLayer
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>>,
    S::Error: std::fmt::Display,
    B: MessageBody,
{
    type Response = ServiceResponse<ActixTracedBody<B>>;
    type Error = S::Error;
    type Transform = ActixTraceService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        ready(Ok(ActixTraceService { inner, settings: Arc::clone(&self.0) }))
    }
}

/// An actix-web service whose requests are traced, as far as they are to be; made by [`TraceLayer`].
#[derive(Debug)]
pub struct ActixTraceService<S> {
    inner: S,
    settings: Arc<Settings>,
}

impl<S, B> Service<ServiceRequest> for ActixTraceService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>>,
    S::Error: std::fmt::Display,
    B: MessageBody,
{
    type Response = ServiceResponse<ActixTracedBody<B>>;
    type Error = S::Error;
    type Future = ActixResponseFuture<S::Future>;

    fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        match self.settings.begin(&request) {
            Some((mut work, answer)) => {
                let future = work.inside(|| self.inner.call(request));
                ActixResponseFuture::traced(future, work, answer)
            }
            None => ActixResponseFuture::untraced(self.inner.call(request)),
        }
    }
}

impl Incoming for ServiceRequest {
    fn only(&self, name: &str) -> Option<&str> {
        let mut values = self.headers().get_all(name);
        let value = values.next()?;
        if values.next().is_some() { None } else { value.to_str().ok() }
    }

    fn method(&self) -> &str {
        Self::method(self).as_str()
    }

    fn path(&self) -> &str {
        self.uri().path()
    }

    fn query(&self) -> &str {
        self.uri().query().unwrap_or_default()
    }

    fn scheme(&self) -> &str {
        let known = if self.app_config().secure() { "https" } else { "http" };
        self.uri().scheme_str().unwrap_or(known)
    }

    /// The closure sees the request in the types of a newer version of `http` than actix-web has, without extensions. What
    /// that version does not take, such as a method of one's own with strange letters, is not there.
    fn satisfies(&self, when: &dyn Fn(&Parts) -> bool) -> bool {
        let mut request = http::Request::builder().method(Incoming::method(self)).uri(self.uri().to_string());
        for (name, value) in self.headers() {
            if let Ok(value) = http::HeaderValue::from_bytes(value.as_bytes()) {
                request = request.header(name.as_str(), value);
            }
        }
        request.body(()).is_ok_and(|request| when(&request.into_parts().0))
    }
}
