//! A guard, for a part of a function.
//!
//! ```python
//! def some_func3():
//!     with profiler.Trace("point_name",
//!                         info={"any_key": "with_any_value"}):
//!         # some code here
//! ```

use osprofiler::Trace;
use serde_json::json;

fn some_func3() {
    let _trace = Trace::new("point_name", json!({"any_key": "with_any_value"}));
    // Some code here.
}

pub(super) fn run() {
    some_func3();
}
