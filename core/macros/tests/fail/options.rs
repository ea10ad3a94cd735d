//! Options that are none, or not there.

use osprofiler::{trace, trace_cls, trace_trait};

#[trace("rpc", hide_arg = true)]
fn unknown() {}

#[trace("rpc", trace_private = true)]
fn of_blocks() {}

#[trace("rpc", hide_args, hide_args = false)]
fn twice() {}

#[trace("rpc", hide_args = 1)]
fn no_bool() {}

struct Rpc;

#[trace_cls("rpc", trace_everything)]
impl Rpc {}

#[trace_trait("rpc", name = "x")]
trait Call {}

fn main() {}
