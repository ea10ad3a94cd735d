//! Where attributes do not belong.

use osprofiler::{trace, trace_cls, trace_trait};

#[trace("const")]
const fn constant() {}

#[trace("struct")]
struct Struct;

trait Call {
    #[trace("no body")]
    fn call(&self);
}

#[trace_cls("function")]
fn function() {}

#[trace_trait("block")]
impl Struct {}

fn main() {}
