//! What the layer records. Here: a service's surroundings; below: requests, headers of strangers, and bodies.

mod bodies;
mod hostile;
mod requests;
mod timing;
mod triggers;

use std::convert::Infallible;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;
use serde_json::{Value, json};

use super::*;
use crate::test_store::Store;
use crate::{Id, Notifier, Profiler, TraceExt, web};

const KEY: &str = "SECRET_KEY";

impl Store {
    fn layer(&self) -> TraceLayer {
        TraceLayer::new().hmac_keys([KEY]).notifier(self.notifier.clone())
    }

    fn names(&self) -> Vec<String> {
        self.messages().into_iter().map(|message| message.name()).collect()
    }

    /// The info of the message of that name, without the host.
    fn info(&self, name: &str) -> Value {
        let messages = self.messages();
        let mut named = messages.iter().filter(|message| message.name() == name);
        let mut info = named.next().unwrap_or_else(|| panic!("no {name} in {messages:?}")).info();
        assert!(named.next().is_none(), "more than one {name}");
        info.remove("host");
        Value::Object(info)
    }
}

/// The headers that a client sends which wants a trace with this id.
fn headers(base_id: &str, key: &str) -> Vec<(&'static str, String)> {
    Profiler::with_notifier(&Notifier::default(), key, Some(Id::from(base_id)), None).in_scope(web::headers)
}

fn request(method: &str, uri: &str, headers: Vec<(&'static str, String)>) -> Request<()> {
    let mut request = Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    request.body(()).expect("a valid request")
}

fn signed(base_id: &str) -> Request<()> {
    request("GET", "/posts", headers(base_id, KEY))
}

/// A handler with a point of its own.
async fn hello(_: Request<()>) -> Result<Response<Full<Bytes>>, Infallible> {
    async {}.traced("query", ()).await;
    Ok(Response::new(Full::from("hello")))
}
