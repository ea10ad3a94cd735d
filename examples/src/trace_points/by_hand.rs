//! `start` and `stop`.
//!
//! ```python
//! def some_func():
//!     profiler.start("point_name", {"any_key": "with_any_value"})
//!     # your code
//!     profiler.stop({"any_info_about_point": "in_this_dict"})
//! ```

use osprofiler::profiler;
use serde_json::json;

fn some_func() {
    profiler::start("point_name", json!({"any_key": "with_any_value"}));
    // Your code.
    profiler::stop(json!({"any_info_about_point": "in_this_dict"}));
}

pub(super) fn run() {
    some_func();
}
