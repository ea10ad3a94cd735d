//! An attribute on a trait, for all who implement it, where Python has a metaclass for all who inherit.
//!
//! ```python
//! class RpcManagerClass(object, metaclass=profiler.TracedMeta):
//!     __trace_args__ = {'name': 'rpc',
//!                       'info': None,
//!                       'hide_args': False,
//!                       'hide_result': True,
//!                       'trace_private': False}
//!
//!     def my_method(self, some_args):
//!         pass
//!
//!     def my_method2(self, some_arg1, some_arg2, kw=None, kw2=None):
//!         pass
//! ```

#[osprofiler::trace_trait("rpc", info = null, hide_args = false, hide_result = true, trace_private = false)]
trait RpcManager {
    fn my_method(&self, some_args: &str);
    fn my_method2(&self, some_arg1: u32, some_arg2: u32);
}

/// Knows nothing of all this.
struct RpcManagerClass;

impl RpcManager for RpcManagerClass {
    fn my_method(&self, _some_args: &str) {}
    fn my_method2(&self, _some_arg1: u32, _some_arg2: u32) {}
}

fn serve(manager: &impl RpcManager) {
    manager.my_method("some");
    manager.my_method2(1, 2);
}

pub(super) fn run() {
    // The one place that says so.
    serve(&RpcManagerClass.traced_rpc_manager());
}
