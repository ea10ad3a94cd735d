//! The point's name comes first.

use osprofiler::{trace, trace_cls, trace_trait};

#[trace]
fn without() {}

#[trace(rpc)]
fn not_a_text() {}

#[trace(skip)]
fn skipped() {}

struct Rpc;

#[trace_cls]
impl Rpc {}

#[trace_trait(hide_args = true)]
trait Call {}

fn main() {}
