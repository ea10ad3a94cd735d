//! What a wrapper cannot hand on.

use std::sync::Arc;

use osprofiler::trace_trait;

#[trace_trait("receiver")]
trait Receiver {
    fn call(self: Arc<Self>);
}

#[trace_trait("argument")]
trait Argument {
    fn call(&self, others: &[Self])
    where
        Self: Sized;
}

#[trace_trait("result")]
trait Returned {
    fn call(&self) -> Vec<Self>
    where
        Self: Sized;
}

fn main() {}
