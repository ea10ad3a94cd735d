//! Traces that go through services of Rust and of Python, with the real OSProfiler 4.4.0 behind the latter.
//!
//! All of them write to one store, and what they wrote is one tree, for this project's reports and for Python's.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, Request};
use axum::routing::get;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use osprofiler::report::Trace;
use osprofiler::{Id, Notifier, Profiler, TraceExt, driver, profiler, web};
use osprofiler_sqlx::TracedSqlitePool;
use serde_json::Value;
use tower::{Layer, ServiceExt};

use crate::python::{self, KEY};
use crate::report;
use crate::store::Store;

/// A Python service, until it is dropped.
struct Service {
    process: Child,
    url: String,
}

impl Service {
    fn start(python: &OsStr, directory: &Path) -> Self {
        let mut command = Command::new(python);
        command.arg(python::file("python/services.py")).arg("serve").arg(directory);
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("Python starts");
        let mut port = String::new();
        BufReader::new(process.stdout.take().expect("a pipe")).read_line(&mut port).expect("a port");
        Self { process, url: format!("http://127.0.0.1:{}", port.trim()) }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // That its standard input ends tells it to end.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

fn notifier(directory: &Path, service: &str) -> Notifier {
    let driver = driver::connect(&format!("file:{}", directory.display())).expect("the file driver");
    Notifier::builder().project("rust").service(service).build(driver)
}

/// Asks by the client layer; what is done meanwhile is in the active trace.
async fn ask(url: &str) -> String {
    let client = web::TraceClientLayer::new().layer(Client::builder(TokioExecutor::new()).build_http());
    let request = Request::get(url).body(Full::<Bytes>::default()).expect("a valid request");
    let response = client.oneshot(request).await.expect("a response");
    let body = response.into_body().collect().await.expect("a body").to_bytes();
    String::from_utf8(body.to_vec()).expect("text")
}

/// Name, service and children of each node.
fn outline(node: &Value, depth: usize, lines: &mut Vec<String>) {
    for child in report::children(node) {
        let text = |key: &str| child["info"][key].as_str().expect("text").to_owned();
        lines.push(format!("{}{} {}", "  ".repeat(depth), text("name"), text("service")));
        outline(child, depth + 1, lines);
    }
}

/// The trace's outline, which our reports and Python's have in common.
fn common_outline(python: &OsStr, directory: &Path, base_id: &str) -> String {
    let store = driver::connect(&format!("file:{}", directory.display())).expect("the file driver");
    let trace = Trace::build(store.read(&Id::from(base_id)).expect("readable"));
    assert_eq!((trace.skipped_lines(), trace.lost_messages()), (0, 0));
    assert!(trace.points().iter().all(|point| !point.orphan && !point.is_unfinished()));
    let file = directory.join(format!("trace-{base_id}.jsonl"));
    let outlines = [report::json(&trace), python::run_json(python, "report.py", &[file.as_ref()])].map(|report| {
        let mut lines = Vec::new();
        outline(&report, 0, &mut lines);
        lines.join("\n")
    });
    assert_eq!(outlines[0], outlines[1]);
    let [outline, _] = outlines;
    outline
}

/// A Rust service that runs a statement and asks the one at `url`.
async fn serve(notifier: &Notifier, url: String) -> String {
    profiler::set_trace_sql(true);
    let pool = sqlx::SqlitePool::connect("sqlite::memory:").await.expect("SQLite");
    let pool = TracedSqlitePool::from(pool);
    let handler = get(async move || {
        let one: i64 = sqlx::query_scalar("SELECT 1").fetch_one(&pool).await.expect("a row");
        format!("{one} {}", ask(&format!("{url}/posts?page=2")).await)
    });
    let layer = web::TraceLayer::new().hmac_keys([KEY]).notifier(notifier.clone());
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let router = Router::new().route("/front-page", handler).layer(layer);
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}/front-page")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trace_of_python_rust_and_python_is_one_tree() {
    let Some(python) = python::python() else { return };
    let directory = tempfile::tempdir().expect("a directory");
    let service = Service::start(&python, directory.path());
    let notifier = notifier(directory.path(), "rust-service");
    let url = serve(&notifier, service.url.clone()).await;

    let arguments = ["client".as_ref(), directory.path().as_os_str(), url.as_ref()];
    let answer = tokio::task::block_in_place(|| python::run_json(&python, "services.py", &arguments));
    assert!(notifier.flush(Duration::from_secs(10)));
    assert_eq!(answer["body"], "1 traced");
    let base_id = answer["base_id"].as_str().expect("an id");
    assert_eq!(answer["headers"]["x-trace-id"], base_id);
    let timing = answer["headers"]["server-timing"].as_str().expect("it was traced");
    assert!(timing.ends_with(";desc=\"1 query\""), "{timing}");
    let expected = "client python-client\n  \
                      wsgi rust-service\n    \
                        db rust-service\n    \
                        http rust-service\n      \
                          wsgi python-service\n        \
                            render python-service";
    assert_eq!(common_outline(&python, directory.path(), base_id), expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rust_client_is_traced_by_a_python_service() {
    let Some(python) = python::python() else { return };
    let directory = tempfile::tempdir().expect("a directory");
    let service = Service::start(&python, directory.path());
    let notifier = notifier(directory.path(), "rust-client");
    let profiler = Profiler::with_notifier(&notifier, KEY, None, None);
    assert_eq!(ask(&service.url).await, "not traced");
    assert_eq!(ask(&service.url).traced("client", ()).in_trace(&profiler).await, "traced");
    assert!(notifier.flush(Duration::from_secs(10)));
    assert_eq!(
        common_outline(&python, directory.path(), &profiler.base_id().to_string()),
        "client rust-client\n  http rust-client\n    wsgi python-service\n      render python-service"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn point_of_a_request_says_what_that_of_python_says() {
    let Some(python) = python::python() else { return };
    let directory = tempfile::tempdir().expect("a directory");
    let service = Service::start(&python, directory.path());
    for path in ["/posts?page=2&q=%C3%A9", "", "/a%20b"] {
        let url = format!("{}{path}", service.url);
        let arguments = ["requests".as_ref(), url.as_ref()];
        let theirs = tokio::task::block_in_place(|| python::run_json(&python, "services.py", &arguments));
        let store = Store::new();
        ask(&url).in_trace(&store.profiler()).await;
        let ours: Vec<Value> = store.messages().iter().map(|message| named_info(message.json())).collect();
        let theirs: Vec<Value> =
            theirs.as_array().expect("messages").iter().map(|message| named_info(&message.to_string())).collect();
        assert_eq!(ours, theirs, "{url}");
    }
}

/// A message's name and info, without the host.
fn named_info(message: &str) -> Value {
    let mut message: Value = serde_json::from_str(message).expect("JSON");
    message["info"].as_object_mut().expect("an object").remove("host");
    serde_json::json!([message["name"], message["info"]])
}

#[test]
fn header_map_of_a_rust_client_is_that_of_python() {
    let Some(python) = python::python() else { return };
    let profiler = Profiler::new(KEY, None, None);
    let mut headers = HeaderMap::new();
    profiler.in_scope(|| web::inject(&mut headers));
    let value = |name| headers[name].to_str().expect("text");
    let arguments = ["check".as_ref(), value(web::X_TRACE_INFO).as_ref(), value(web::X_TRACE_HMAC).as_ref()];
    assert_eq!(python::run_json(&python, "headers.py", &arguments)["base_id"], profiler.base_id().to_string());
}
