//! An attribute on a function.
//!
//! ```python
//! @profiler.trace("point_name",
//!                 info={"any_info_about_point": "in_this_dict"},
//!                 hide_args=False)
//! def some_func2(*args, **kwargs):
//!     # If you need to hide args in profile info, put hide_args=True
//!     pass
//! ```

#[osprofiler::trace("point_name", info = {"any_info_about_point": "in_this_dict"}, hide_args = false)]
fn some_func2(_number: u32, _text: &str) {
    // To keep the arguments out of the record, say `hide_args = true`.
}

pub(super) fn run() {
    some_func2(1, "two");
}
