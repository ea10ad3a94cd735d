//! Without the feature `net`: what runs on sqlx's own connections is not heard of.

pub(crate) const fn listens(_events_elsewhere: bool) -> bool {
    false
}

pub(crate) const fn warn_if_starved() {}
