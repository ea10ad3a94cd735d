//! The process-wide switch: whether requests are traced, and with which keys.

use std::sync::{Arc, PoisonError, RwLock};

use super::HmacKey;

static STATE: RwLock<State> = RwLock::new(State::Unset);

enum State {
    /// Only layers that have keys of their own trace.
    Unset,
    Enabled(Arc<[HmacKey]>),
    Disabled,
}

/// Lets requests be traced that are signed with one of `hmac_keys`, from the next request on.
///
/// Replaces the keys of an earlier call; several keys at once let clients change over from an old to a new one. Without
/// any key no request is traced. [`init_from_conf`](crate::initializer::init_from_conf) calls this.
///
/// ```
/// use osprofiler::web;
///
/// web::enable(["new_key", "old_key"]);
/// assert_eq!(web::hmac_keys().len(), 2);
/// ```
pub fn enable<K: Into<HmacKey>>(hmac_keys: impl IntoIterator<Item = K>) {
    set(State::Enabled(collect(hmac_keys)));
}

/// Lets no request be traced any more, from the next request on, by no layer, as in OSProfiler.
pub fn disable() {
    set(State::Disabled);
}

/// The keys that [`enable`] was called with; none while requests are not traced.
#[must_use]
pub fn hmac_keys() -> Arc<[HmacKey]> {
    match &*STATE.read().unwrap_or_else(PoisonError::into_inner) {
        State::Enabled(keys) => Arc::clone(keys),
        State::Unset | State::Disabled => Arc::default(),
    }
}

/// Goes back to where nothing was said.
pub(crate) fn reset() {
    set(State::Unset);
}

/// The keys that count for a layer which has `own` ones, or none.
#[cfg(any(feature = "tower", feature = "actix-web"))]
pub(super) fn keys_for(own: Option<&Arc<[HmacKey]>>) -> Option<Arc<[HmacKey]>> {
    match (&*STATE.read().unwrap_or_else(PoisonError::into_inner), own) {
        (State::Disabled, _) | (State::Unset, None) => None,
        (_, Some(own)) => Some(Arc::clone(own)),
        (State::Enabled(keys), None) => Some(Arc::clone(keys)),
    }
}

/// An empty key would let everybody in.
pub(super) fn collect<K: Into<HmacKey>>(hmac_keys: impl IntoIterator<Item = K>) -> Arc<[HmacKey]> {
    hmac_keys.into_iter().map(Into::into).filter(|key| !key.is_empty()).collect()
}

fn set(state: State) {
    *STATE.write().unwrap_or_else(PoisonError::into_inner) = state;
}
