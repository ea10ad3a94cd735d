//! [`handed_out`]: a wrapper gives away what it wraps, and does not see what runs on that.

use std::panic::Location;
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use serde_json::{Value, json};

use super::elsewhere::lies_elsewhere;
use crate::profiler::{self, SqlState};
use crate::{InfoWriter, context};

/// So many places are told apart in a trace; what others give away is counted together.
const MAX_SITES: usize = 8;

/// Counts that a traced type hands out the host's own connection, pool or transaction, where a trace is active: the
/// statements that run on it are not seen, and reports say so.
///
/// `what` is named as in "sqlx's own connection". `at` is where that happens: `#[track_caller]` knows. `seen` says that what runs
/// on it is recorded otherwise.
#[doc(hidden)]
#[inline]
pub fn handed_out(what: &'static str, at: &'static Location<'static>, seen: bool) {
    if profiler::sql_state() == SqlState::Active {
        count(Place { what, at, seen });
    }
}

#[cold]
#[inline(never)]
fn count(place: Place) {
    context::with_current(|scope| scope.trace.handed_out.count(place));
}

/// What was handed out, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) what: &'static str,
    pub(super) at: &'static Location<'static>,
    /// Whether what runs on it is recorded otherwise.
    pub(super) seen: bool,
}

/// What was handed out in a trace, and where.
#[derive(Default)]
pub(crate) struct HandedOut {
    /// Made when there is something to count: most traces have nothing.
    sites: OnceLock<Box<Sites>>,
    /// How many of them a message has told of.
    told: AtomicU64,
}

#[derive(Default)]
struct Sites {
    /// Tells this counter from those of the trace's other requests and processes, so that their counts can be added.
    counter: u32,
    known: [Site; MAX_SITES],
    /// At other places than those.
    others: AtomicU64,
}

#[derive(Default)]
struct Site {
    place: OnceLock<Place>,
    count: AtomicU64,
}

impl HandedOut {
    pub(super) fn count(&self, place: Place) {
        let sites = self.sites.get_or_init(|| Box::new(Sites { counter: fastrand::u32(..), ..Sites::default() }));
        let is_here = |site: &Site| *site.place.get_or_init(|| place) == place;
        let count = sites.known.iter().find(|site| is_here(site)).map_or(&sites.others, |site| &site.count);
        count.fetch_add(1, Relaxed);
    }

    /// Writes the member `handed_out` where there is something that no message has told of yet:
    /// `[{"what": "sqlx's own connection", "count": 12, "file": "src/repo.rs", "line": 30, "seen": true, "counter": 7}]`.
    ///
    /// Counts are those of all that this `counter` has counted, so that the last message with them tells all.
    pub(crate) fn render(&self, info: &mut InfoWriter) {
        let Some(sites) = self.sites.get() else { return };
        let counts =
            || sites.known.iter().map(|site| &site.count).chain([&sites.others]).map(|count| count.load(Relaxed));
        let total = counts().sum();
        if self.told.swap(total, Relaxed) == total {
            return;
        }
        info.value("handed_out", &sites.to_json());
    }

    /// The same as JSON, whether it was told or not.
    #[cfg(feature = "testing")]
    pub(crate) fn to_json(&self) -> Vec<Value> {
        self.sites.get().map(|sites| sites.to_json()).unwrap_or_default()
    }
}

impl Sites {
    fn to_json(&self) -> Vec<Value> {
        let mut list = Vec::new();
        for site in &self.known {
            let (Some(Place { what, at, seen }), count @ 1..) = (site.place.get(), site.count.load(Relaxed)) else {
                continue;
            };
            let mut one = json!({"what": what, "count": count});
            if is_programs(at.file()) {
                one["file"] = at.file().into();
                one["line"] = at.line().into();
            }
            if *seen {
                one["seen"] = true.into();
            }
            list.push(one);
        }
        if let others @ 1.. = self.others.load(Relaxed) {
            list.push(json!({"what": "the host library's own connection", "count": others}));
        }
        for one in &mut list {
            one["counter"] = self.counter.into();
        }
        list
    }
}

/// Whether the file may be the program's own, wherever it was compiled.
fn is_programs(file: &str) -> bool {
    !lies_elsewhere(Path::new(&file.replace('\\', "/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Without the counter's number.
    fn told(handed_out: &HandedOut) -> String {
        let mut info = InfoWriter::new();
        handed_out.render(&mut info);
        let counter = handed_out.sites.get().map_or(0, |sites| sites.counter);
        info.finish().replace(&format!(",\"counter\":{counter}"), "")
    }

    fn place(what: &'static str, at: &'static Location<'static>) -> Place {
        Place { what, at, seen: false }
    }

    #[test]
    fn places_are_counted_and_told_once() {
        let handed_out = HandedOut::default();
        assert_eq!(told(&handed_out), "{}");
        let here = Location::caller();
        for _ in 0..3 {
            handed_out.count(place("sqlx's own connection", here));
        }
        handed_out.count(place("sqlx's own pool", here));
        let (file, line) = (here.file(), here.line());
        let of = |what: &str, count: u64| {
            format!(r#"{{"what":"sqlx's own {what}","count":{count},"file":"{file}","line":{line}}}"#)
        };
        assert_eq!(told(&handed_out), format!(r#"{{"handed_out":[{},{}]}}"#, of("connection", 3), of("pool", 1)));
        assert_eq!(told(&handed_out), "{}");
        handed_out.count(place("sqlx's own pool", here));
        assert_eq!(told(&handed_out), format!(r#"{{"handed_out":[{},{}]}}"#, of("connection", 3), of("pool", 2)));
    }

    #[test]
    fn places_beyond_the_last_are_counted_together() {
        let handed_out = HandedOut::default();
        let names = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
        for what in names {
            handed_out.count(place(what, Location::caller()));
        }
        let text = told(&handed_out);
        assert!(text.contains(r#""what":"7","count":1"#) && !text.contains(r#""what":"8""#), "{text}");
        assert!(text.ends_with(r#"{"what":"the host library's own connection","count":2}]}"#), "{text}");
    }

    #[test]
    fn every_thread_is_counted() {
        let handed_out = HandedOut::default();
        let at = Location::caller();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..1000).for_each(|_| handed_out.count(place("x", at))));
            }
        });
        assert!(told(&handed_out).contains(r#""count":4000"#));
    }

    #[test]
    fn places_in_libraries_are_not_named() {
        for (file, programs) in [
            ("src/repo.rs", true),
            ("/srv/me/.cargo/registry/src/index-1/sqlx-core-0.9.0/src/pool.rs", false),
            ("C:\\me\\.cargo\\registry\\src\\index-1\\sqlx-core-0.9.0\\src\\pool.rs", false),
            ("/rustc/5980/library/core/src/ops/function.rs", false),
            ("/srv/me/blog/vendor/sqlx-core/src/pool.rs", false),
        ] {
            assert_eq!(is_programs(file), programs, "{file}");
        }
    }
}
