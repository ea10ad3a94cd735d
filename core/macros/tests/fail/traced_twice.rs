//! Traced twice where that is not allowed.

use osprofiler::{trace, trace_cls, trace_trait};

#[trace("outer", allow_multiple_trace = false)]
#[trace("inner")]
fn function() {}

struct Rpc;

#[trace_cls("rpc", allow_multiple_trace = false)]
impl Rpc {
    #[trace("first")]
    pub fn first(&self) {}

    #[osprofiler::trace("second")]
    pub fn second(&self) {}
}

#[trace_trait("call", allow_multiple_trace = false)]
trait Call {
    #[trace("call")]
    fn call(&self) {}
}

fn main() {}
