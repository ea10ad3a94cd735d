//! An attribute on an `impl` block.
//!
//! ```python
//! @profiler.trace_cls("point_name", info={}, hide_args=False,
//!                     trace_private=False)
//! class TracedClass(object):
//!
//!     def traced_method(self):
//!         pass
//!
//!     def _traced_only_if_trace_private_true(self):
//!         pass
//! ```

struct TracedClass;

#[osprofiler::trace_cls("point_name", info = {}, hide_args = false, trace_private = false)]
impl TracedClass {
    pub(super) fn traced_method(&self) {
        self._traced_only_if_trace_private_true();
    }

    fn _traced_only_if_trace_private_true(&self) {}
}

pub(super) fn run() {
    TracedClass.traced_method();
}
