//! Arguments are dropped in the order in which they are without the attribute.

use std::cell::RefCell;
use std::future::{Future, pending};

use futures::FutureExt as _;
use osprofiler::trace;

thread_local! {
    static DROPPED: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
}

struct Noisy(&'static str);

impl Noisy {
    fn touch(&self) {}
}

impl Drop for Noisy {
    fn drop(&mut self) {
        DROPPED.with_borrow_mut(|dropped| dropped.push(self.0));
    }
}

fn dropped(f: impl FnOnce()) -> Vec<&'static str> {
    f();
    DROPPED.take()
}

fn polled_once(future: impl Future<Output = ()>) {
    let _ = future.now_or_never();
}

macro_rules! order_is_kept {
    ($($name:ident: $function:tt ($($argument:pat => $value:expr),+) $body:block)+) => {$(
        #[test]
        fn $name() {
            order_is_kept!($function ($($argument => $value),+) $body);
        }
    )+};
    (sync ($($argument:pat => $value:expr),+) $body:block) => {
        order_is_kept!(@functions (), plain, traced, ($($argument),+) $body);
        assert_eq!(dropped(|| traced($($value),+)), dropped(|| plain($($value),+)));
    };
    (future ($($argument:pat => $value:expr),+) $body:block) => {
        order_is_kept!(@functions (async), plain, traced, ($($argument),+) $body);
        assert_eq!(dropped(|| polled_once(traced($($value),+))), dropped(|| polled_once(plain($($value),+))));
        assert_eq!(dropped(|| drop(traced($($value),+))), dropped(|| drop(plain($($value),+))));
    };
    (@functions ($($asyncness:tt)?), $plain:ident, $traced:ident, ($first:pat, $second:pat, $third:pat) $body:block) => {
        $($asyncness)? fn $plain($first: (Noisy, Noisy), $second: Noisy, $third: Noisy) $body
        #[trace("order")]
        $($asyncness)? fn $traced($first: (Noisy, Noisy), $second: Noisy, $third: Noisy) $body
    };
}

fn pair() -> (Noisy, Noisy) {
    (Noisy("a"), Noisy("b"))
}

order_is_kept! {
    of_arguments: sync (all => pair(), second => Noisy("c"), third => Noisy("d")) {
        all.0.touch();
        second.touch();
        let _local = Noisy("local");
        third.touch();
    }
    of_arguments_that_are_not_used: sync (_all => pair(), second => Noisy("c"), _ => Noisy("d")) {
        second.touch();
    }
    of_a_part_that_is_moved: sync (all => pair(), second => Noisy("c"), _third => Noisy("d")) {
        let _part = all.1;
        second.touch();
    }
    of_patterns: sync ((a, b) => pair(), c => Noisy("c"), mut d => Noisy("d")) {
        b.touch();
        a.touch();
        c.touch();
        d.0 = "e";
    }
    of_an_async_functions_arguments: future (all => pair(), second => Noisy("c"), _ => Noisy("d")) {
        all.0.touch();
        second.touch();
    }
    of_an_async_function_that_is_dropped_half_way: future ((a, b) => pair(), c => Noisy("c"), _d => Noisy("d")) {
        let _local = Noisy("local");
        pending::<()>().await;
        a.touch();
        b.touch();
        drop(c);
    }
}
