//! The process-wide switch: whether requests are traced, with which keys, and what else begins a trace.

use std::sync::{Arc, PoisonError, RwLock};

use super::HmacKey;

static STATE: RwLock<State> = RwLock::new(State::Unset);

enum State {
    /// Only layers that have settings of their own trace.
    Unset,
    Enabled(Arc<Switches>),
    Disabled,
}

/// What counts for layers that have no settings of their own.
#[derive(Clone, Debug, Default)]
#[cfg_attr(
    not(any(feature = "tower", feature = "actix-web")),
    expect(dead_code, reason = "triggers are what layers ask for; without one nobody does")
)]
pub(crate) struct Switches {
    pub(crate) hmac_keys: Arc<[HmacKey]>,
    /// Whether every request is traced.
    pub(crate) always: bool,
    /// The part of all requests that is traced. What lies outside of 0 to 1, or is no number, counts as the end that is next
    /// to it, or as 0.
    pub(crate) sample: f64,
}

/// Lets requests be traced that are signed with one of `hmac_keys`, from the next request on.
///
/// Replaces the keys of an earlier call; several keys at once let clients change over from an old to a new one. Without
/// any key no request is traced for its headers. What else begins traces stays as the configuration said:
/// [`init_from_conf`](crate::initializer::init_from_conf) sets keys and triggers.
///
/// ```
/// use osprofiler::web;
///
/// web::enable(["new_key", "old_key"]);
/// assert_eq!(web::hmac_keys().len(), 2);
/// ```
pub fn enable<K: Into<HmacKey>>(hmac_keys: impl IntoIterator<Item = K>) {
    let hmac_keys = collect(hmac_keys);
    let mut state = STATE.write().unwrap_or_else(PoisonError::into_inner);
    let before = match &*state {
        State::Enabled(switches) => Switches::clone(switches),
        State::Unset | State::Disabled => Switches::default(),
    };
    *state = State::Enabled(Arc::new(Switches { hmac_keys, ..before }));
}

/// As [`enable`], with all that counts.
pub(crate) fn enable_with(switches: Switches) {
    let hmac_keys = collect(switches.hmac_keys.iter().cloned());
    set(State::Enabled(Arc::new(Switches { hmac_keys, ..switches })));
}

/// Lets no request be traced any more, from the next request on, by no layer and for no reason, as in OSProfiler.
pub fn disable() {
    set(State::Disabled);
}

/// The keys that [`enable`] was called with; none while requests are not traced.
#[must_use]
pub fn hmac_keys() -> Arc<[HmacKey]> {
    match &*STATE.read().unwrap_or_else(PoisonError::into_inner) {
        State::Enabled(switches) => Arc::clone(&switches.hmac_keys),
        State::Unset | State::Disabled => Arc::default(),
    }
}

/// Goes back to where nothing was said.
pub(crate) fn reset() {
    set(State::Unset);
}

/// What counts where a layer was told nothing; `None` where no layer may trace.
#[cfg(any(feature = "tower", feature = "actix-web"))]
pub(super) fn switches() -> Option<Arc<Switches>> {
    match &*STATE.read().unwrap_or_else(PoisonError::into_inner) {
        State::Disabled => None,
        State::Unset => Some(Arc::default()),
        State::Enabled(switches) => Some(Arc::clone(switches)),
    }
}

/// Whether tracing was switched on for requests; `false` also where only layers that have settings of their own trace.
#[cfg(any(feature = "tower", feature = "actix-web"))]
pub(super) fn is_enabled() -> bool {
    matches!(&*STATE.read().unwrap_or_else(PoisonError::into_inner), State::Enabled(_))
}

/// An empty key would let everybody in.
pub(super) fn collect<K: Into<HmacKey>>(hmac_keys: impl IntoIterator<Item = K>) -> Arc<[HmacKey]> {
    hmac_keys.into_iter().map(Into::into).filter(|key| !key.is_empty()).collect()
}

fn set(state: State) {
    *STATE.write().unwrap_or_else(PoisonError::into_inner) = state;
}
