//! What the attributes make of functions, blocks and traits; here what the tests share.

mod blocks;
mod functions;
mod order;
mod traits;

use std::future::Future;

use serde_json::Value;

use crate::test_store::Store;
use crate::{Message, TraceExt};

/// The info of all messages, without the host.
fn infos(store: &Store) -> Vec<(String, Value)> {
    let without_host = |message: &Message| {
        let mut info = message.info();
        info.remove("host");
        (message.name(), Value::Object(info))
    };
    store.messages().iter().map(without_host).collect()
}

/// What `f` records, in a trace.
fn recorded<T>(f: impl FnOnce() -> T) -> (T, Vec<(String, Value)>) {
    let store = Store::new();
    let result = store.profiler("t").in_scope(f);
    (result, infos(&store))
}

/// What a future records, in a trace.
fn recorded_async<F: Future>(future: F) -> (F::Output, Vec<(String, Value)>) {
    let store = Store::new();
    let result = futures::executor::block_on(future.in_trace(&store.profiler("t")));
    (result, infos(&store))
}

/// The messages' names.
fn names(infos: &[(String, Value)]) -> Vec<&str> {
    infos.iter().map(|(name, _)| name.as_str()).collect()
}
