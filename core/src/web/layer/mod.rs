//! [`TraceLayer`]: traces the requests of a web service.
//!
//! Here: what the layer is told. Below: which requests are traced (`decision`, `trigger`), their root points (`root`), and how a
//! framework's requests and responses pass through (`for_tower`, `for_actix`).

mod decision;
#[cfg(feature = "actix-web")]
mod for_actix;
#[cfg(feature = "tower")]
mod for_tower;
mod root;
mod trigger;

use std::sync::Arc;

#[cfg(feature = "actix-web")]
pub use for_actix::{ActixResponseFuture, ActixTraceService, ActixTracedBody};
#[cfg(feature = "tower")]
pub use for_tower::{ResponseFuture, TraceService, TracedBody};

use http::request::Parts;
use trigger::Triggers;

use super::{HmacKey, state};
use crate::Notifier;

/// Traces the requests of a web service: tower services such as axum's `Router` and tonic's `Server`, with the feature
/// `tower`, and actix-web's `App`, with the feature `actix-web`.
///
/// Traced are requests whose headers [`trace_info`](super::trace_info) accepts, and besides them those for which a trigger
/// fires: [`always`](Self::always), [`sample`](Self::sample) or [`when`](Self::when) of this layer, or `always` or `sample`
/// of the service's [`Config`](crate::Config). For each of them the layer
///
/// - makes the root point `wsgi`, named as in OSProfiler, with
///   `{"request": {"path": "/posts", "query": "page=2", "method": "GET", "scheme": "http"}}`; path and query are as sent,
///   percent-encoded, and the scheme is `http` where the request line has none;
/// - runs the inner service, and the streaming of the response's body, in the trace and under that point;
/// - sets the header [`X_TRACE_ID`](super::X_TRACE_ID) on the response, and adds [`SERVER_TIMING`](super::SERVER_TIMING),
///   which says how long the request took until now and how much of that its database, as
///   [`server_timing`](super::server_timing) does;
/// - stops the point with `{"response": {"status_code": 200}}`, before the last bytes of the body are handed out: who
///   has read the whole response finds a whole trace. On an error or a panic of the service or the body there are `etype`
///   and `message`, and where future or body are dropped unfinished, `"cancelled": true`.
///
/// A valid signature goes before triggers: it says which trace the request belongs to, and its key signs what goes on to
/// further services. A trace that a trigger begins has a new base id, and the first configured key signs; without any key
/// it is not handed on. Where a trace is active already, because a layer around this one began it, a trigger begins no
/// other: the points nest. A trigger begins no trace where nobody takes its messages.
///
/// Any other request costs a look into the headers, and a check of the signature where both headers are there. Headers that do
/// not verify are logged, once a minute at most, without what they say.
///
/// By default the keys are those of [`web::enable`](super::enable), and the messages go to the process-wide notifier.
///
/// ```
/// # #[cfg(feature = "tower")] {
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
/// # }
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
///
/// In actix-web:
///
/// ```
/// # #[cfg(feature = "actix-web")] {
/// use actix_web::App;
/// use osprofiler::web;
///
/// let app = App::new().wrap(web::TraceLayer::new());
/// # let _ = app;
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct TraceLayer(Arc<Settings>);

#[derive(Clone, Debug, Default)]
struct Settings {
    hmac_keys: Option<Arc<[HmacKey]>>,
    notifier: Option<Notifier>,
    triggers: Triggers,
    traceparent: bool,
    without_server_timing: bool,
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

    /// Traces every request, for development.
    ///
    /// ```
    /// # let _layer =
    /// osprofiler::web::TraceLayer::new().always()
    /// # ;
    /// ```
    #[must_use]
    pub fn always(mut self) -> Self {
        Arc::make_mut(&mut self.0).triggers.always = true;
        self
    }

    /// Traces a part of all requests, chosen by chance: `0.01` is one in a hundred, `0.0` none and `1.0` all.
    ///
    /// It takes the place of the configuration's `sample`. A rate below 0 or that is no number counts as 0, and one above 1
    /// as 1.
    #[must_use]
    pub fn sample(mut self, rate: f64) -> Self {
        Arc::make_mut(&mut self.0).triggers.sample = Some(rate);
        self
    }

    /// Traces requests for which `when` says so.
    ///
    /// It is asked about requests that are traced for no other reason. A later call replaces the closure of an earlier one.
    ///
    /// ```
    /// use osprofiler::web::TraceLayer;
    ///
    /// let layer = TraceLayer::new().when(|request| request.uri.path().starts_with("/slow"));
    /// # let _ = layer;
    /// ```
    #[must_use]
    pub fn when(mut self, when: impl Fn(&Parts) -> bool + Send + Sync + 'static) -> Self {
        Arc::make_mut(&mut self.0).triggers.when = Some(Arc::new(when));
        self
    }

    /// Lets a trace that a trigger begins go on with the trace that the header [`TRACEPARENT`](super::TRACEPARENT) names,
    /// which services and browsers of other makes send: its trace is the base id, as a UUID, and its point the parent,
    /// as a UUID whose high half is zero. Off by default.
    ///
    /// The header never begins a trace, since anybody can send it, and where the request is validly signed it is not looked
    /// at. Malformed or repeated ones are ignored, and the trace has an id of its own. Whoever sends it chooses the base id:
    /// switch this on where callers are trusted not to put strange requests under one trace.
    #[must_use]
    pub fn traceparent(mut self, on: bool) -> Self {
        Arc::make_mut(&mut self.0).traceparent = on;
        self
    }

    /// Whether the responses to traced requests have the header [`SERVER_TIMING`](super::SERVER_TIMING). On by default.
    ///
    /// One of the service's own stays. Who sees the header learns how long queries took and how many there were.
    #[must_use]
    pub fn server_timing(mut self, on: bool) -> Self {
        Arc::make_mut(&mut self.0).without_server_timing = !on;
        self
    }
}
