//! Two services, of which one asks the other, in one trace.
//!
//! Here: starting them, the client's request, and what is printed of it. Below: the services, `gateway` and `posts`. In
//! earnest each is a program of its own and calls `init_from_conf`; here both are in this one, and each has a notifier.

mod gateway;
mod posts;

use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::Request;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use osprofiler::report::{Trace, text};
use osprofiler::{Notifier, Profiler, driver, profiler, web};
use tokio::net::TcpListener;

/// Who knows this key may have requests traced: the client, and both services.
const HMAC_KEY: &str = "SECRET_KEY";

/// What came of the client's request.
#[derive(Debug)]
pub struct Outcome {
    /// The gateway's answer.
    pub body: String,
    /// The header `Server-Timing` of that answer.
    pub server_timing: String,
    /// What both services recorded.
    pub trace: Trace,
}

/// Serves, calls and shows, with traces in `directory`.
///
/// # Errors
///
/// Where the machine has no loopback port to give, or `directory` or `out` cannot be written.
pub fn run(directory: &Path, mut out: impl Write) -> Result<Outcome, Box<dyn Error>> {
    // Both write to one store: that is what makes one trace of what they record.
    let store = format!("file:{}", directory.display());
    let notifier = |service: &str| -> Result<Notifier, Box<dyn Error>> {
        let builder = Notifier::builder().project("distributed").service(service);
        Ok(builder.build(driver::connect(&store)?))
    };
    let (gateway, posts) = (notifier("gateway")?, notifier("posts")?);
    profiler::set_trace_sql(true);

    // The client marks its request as traced.
    let client = Profiler::with_notifier(&Notifier::default(), HMAC_KEY, None, None);
    let (body, server_timing) = tokio::runtime::Runtime::new()?.block_on(async {
        let posts = serve(posts::router(layer(&posts)).await?).await?;
        let gateway = serve(gateway::router(layer(&gateway), posts)).await?;
        ask(&client, &format!("http://{gateway}/front-page")).await
    })?;

    // Services that run on need nothing like this: their messages reach the store within moments.
    if !(gateway.flush(Duration::from_secs(10)) && posts.flush(Duration::from_secs(10))) {
        return Err(format!("{store} took too long").into());
    }
    let trace = Trace::build(driver::connect(&store)?.read(client.base_id())?);
    writeln!(out, "GET /front-page → {body}\nServer-Timing: {server_timing}\n")?;
    text::write(&trace, &text::Style::default(), &mut out)?;
    writeln!(out, "\nThe trace again, in a terminal and as an HTML report:\n")?;
    writeln!(out, "  cargo run -q -p osprofiler-cli --no-default-features -- trace show {}", client.base_id())?;
    writeln!(
        out,
        "  cargo run -q -p osprofiler-cli --no-default-features -- trace show --html --out distributed.html {}",
        client.base_id()
    )?;
    Ok(Outcome { body, server_timing, trace })
}

fn layer(notifier: &Notifier) -> web::TraceLayer {
    web::TraceLayer::new().hmac_keys([HMAC_KEY]).notifier(notifier.clone())
}

/// Serves in the background and returns the address.
async fn serve(router: Router) -> Result<std::net::SocketAddr, Box<dyn Error>> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

/// Body and `Server-Timing` of the response to a signed request.
async fn ask(profiler: &Profiler, url: &str) -> Result<(String, String), Box<dyn Error>> {
    let mut request = Request::get(url).body(Full::<Bytes>::default())?;
    profiler.in_scope(|| web::inject(request.headers_mut()));
    let response = Client::builder(TokioExecutor::new()).build_http().request(request).await?;
    let timing = response.headers().get(web::SERVER_TIMING).ok_or("the request was not traced")?.to_str()?.to_owned();
    Ok((String::from_utf8(response.into_body().collect().await?.to_bytes().to_vec())?, timing))
}
