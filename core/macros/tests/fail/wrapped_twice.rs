//! Wrapped twice where that is not allowed.

use osprofiler::trace_trait;

#[trace_trait("call", allow_multiple_trace = false)]
trait Call {
    fn call(&self);
}

struct Rpc;

impl Call for Rpc {
    fn call(&self) {}
}

fn main() {
    Rpc.traced_call().traced_call().call();
}
