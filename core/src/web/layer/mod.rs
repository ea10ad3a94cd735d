//! [`TraceLayer`]: traces the requests of a web service.
//!
//! Here: what the layer is told. Below: which requests are traced (`decision`), their root points (`root`), and how a
//! framework's requests and responses pass through (`for_tower`).

mod decision;
#[cfg(feature = "tower")]
mod for_tower;
mod root;

use std::sync::Arc;

#[cfg(feature = "tower")]
pub use for_tower::{ResponseFuture, TraceService, TracedBody};

use super::{HmacKey, state};
use crate::Notifier;

/// Traces validly signed requests, for tower services such as axum's `Router`.
///
/// For a request whose headers [`trace_info`](super::trace_info) accepts, the layer
///
/// - makes the root point `wsgi`, named as in OSProfiler, with
///   `{"request": {"path": "/posts", "query": "page=2", "method": "GET", "scheme": "http"}}`; path and query are as sent,
///   percent-encoded, and the scheme is `http` where the request line has none;
/// - runs the inner service, and the streaming of the response's body, in the trace and under that point;
/// - sets the header [`X_TRACE_ID`](super::X_TRACE_ID) on the response;
/// - stops the point with `{"response": {"status_code": 200}}`, before the last bytes of the body are handed out: who
///   has read the whole response finds a whole trace. On an error or a panic of the service or the body there are `etype`
///   and `message`, and where future or body are dropped unfinished, `"cancelled": true`.
///
/// Any other request costs a look into the headers, and a check of the signature where both headers are there.
///
/// By default the keys are those of [`web::enable`](super::enable), and the messages go to the process-wide notifier.
///
/// ```
/// use std::convert::Infallible;
///
/// use http::{Request, Response};
/// use osprofiler::{Profiler, web};
/// use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
///
/// web::enable(["SECRET_KEY"]);
/// let mut service = ServiceBuilder::new()
///     .layer(web::TraceLayer::new())
///     .service(service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new("hello".to_owned()))));
///
/// // What a client sends that wants this request traced:
/// let client = Profiler::new("SECRET_KEY", None, None);
/// let mut request = Request::get("/posts?page=2");
/// for (name, value) in client.in_scope(web::headers) {
///     request = request.header(name, value);
/// }
/// # futures::executor::block_on(async {
/// let response = service.ready().await?.call(request.body(())?).await?;
/// assert_eq!(response.headers()[web::X_TRACE_ID], client.base_id().to_string());
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct TraceLayer(Arc<Settings>);

#[derive(Clone, Debug, Default)]
struct Settings {
    hmac_keys: Option<Arc<[HmacKey]>>,
    notifier: Option<Notifier>,
}

impl TraceLayer {
    /// A layer that goes by the process-wide settings.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes requests that are signed with these keys, in place of those of [`web::enable`](super::enable).
    ///
    /// [`web::disable`](super::disable) switches this layer off as well.
    #[must_use]
    pub fn hmac_keys<K: Into<HmacKey>>(mut self, hmac_keys: impl IntoIterator<Item = K>) -> Self {
        Arc::make_mut(&mut self.0).hmac_keys = Some(state::collect(hmac_keys));
        self
    }

    /// Sends the messages to `notifier` in place of the process-wide one.
    #[must_use]
    pub fn notifier(mut self, notifier: Notifier) -> Self {
        Arc::make_mut(&mut self.0).notifier = Some(notifier);
        self
    }
}
