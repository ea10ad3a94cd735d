//! What a point says when it ends by a panic.

use std::any::Any;
use std::cell::RefCell;
use std::panic;
use std::sync::Once;

use crate::context;

/// The `etype` of a point that ended by a panic.
pub(crate) const ETYPE: &str = "panic";

thread_local! {
    static LAST_MESSAGE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Lets [`Trace`](super::Trace) guards record what a panic says.
///
/// A guard that is dropped by a panic cannot see its message; a panic hook can. The hook keeps the message for guards, only
/// where a trace is active, and then calls the hook that was there before. Without it, or where a program sets a hook of its
/// own later, guards record that there was a panic and no more.
/// [`init_from_conf`](crate::initializer::init_from_conf) installs it. Calling this again does nothing.
pub fn install_panic_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if context::is_active() {
                let message = message_of(info.payload());
                let _ = LAST_MESSAGE.try_with(|last| last.replace(Some(message)));
            }
            previous(info);
        }));
    });
}

/// Forgets the panics so far: a guard that begins now ends by none of them. A panic that is passed on by `resume_unwind`
/// goes through no hook, and must not be taken for an earlier one, least of all for one of another request.
pub(crate) fn forget() {
    let _ = LAST_MESSAGE.try_with(RefCell::take);
}

/// The message of the panic that unwinds this thread.
pub(crate) fn last_message() -> String {
    LAST_MESSAGE
        .try_with(|last| last.borrow().clone())
        .ok()
        .flatten()
        .unwrap_or_else(|| "the thread panicked".to_owned())
}

/// The message in a panic's payload.
pub(crate) fn message_of(payload: &(dyn Any + Send)) -> String {
    if let Some(text) = payload.downcast_ref::<&str>() {
        (*text).to_owned()
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text.clone()
    } else {
        "the panic's payload is no text".to_owned()
    }
}
