//! A small HTTP server of a test's own, perhaps by TLS: it keeps what it is asked and answers as the test says.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

use osprofiler_test_servers::certificates;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tempfile::TempDir;

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// Such as `POST /v1/traces`.
    pub(crate) line: String,
    /// In small letters, without values' case changed.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// What an answer is: status and body.
type Answer = (u16, Vec<u8>);

/// The running server. Its threads end with the process.
pub(crate) struct Listener {
    pub(crate) port: u16,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Listener {
    pub(crate) fn start(answer: impl Fn(usize, &Request) -> Answer + Send + Sync + 'static) -> Self {
        Self::start_with(None, answer)
    }

    /// As [`start`](Self::start), by TLS; with it comes a directory whose `ca.pem` has signed the server's certificate. `None` and
    /// a skip where no certificate can be made.
    pub(crate) fn start_with_tls(
        answer: impl Fn(usize, &Request) -> Answer + Send + Sync + 'static,
    ) -> Option<(Self, TempDir)> {
        let directory = tempfile::tempdir().expect("a directory");
        certificates::make(directory.path())?;
        let certificate = CertificateDer::from_pem_file(directory.path().join("server.pem")).expect("a certificate");
        let key = PrivateKeyDer::from_pem_file(directory.path().join("server.key")).expect("a key");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.expect("versions").with_no_client_auth().with_single_cert(vec![certificate], key);
        Some((Self::start_with(Some(Arc::new(config.expect("a key that fits"))), answer), directory))
    }

    fn start_with(
        tls: Option<Arc<ServerConfig>>,
        answer: impl Fn(usize, &Request) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (kept, answer) = (Arc::clone(&requests), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (kept, answer) = (Arc::clone(&kept), Arc::clone(&answer));
                let tls = tls.clone().map(|config| ServerConnection::new(config).expect("a connection"));
                thread::spawn(move || match tls {
                    None => serve(stream, &kept, answer.as_ref()),
                    Some(tls) => serve(StreamOwned::new(tls, stream), &kept, answer.as_ref()),
                });
            }
        });
        Self { port, requests }
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().expect("the requests").clone()
    }
}

fn serve(
    stream: impl Read + Write,
    kept: &Mutex<Vec<Request>>,
    answer: &dyn Fn(usize, &Request) -> Answer,
) -> Option<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let mut headers = Vec::new();
        loop {
            let mut header = String::new();
            reader.read_line(&mut header).ok()?;
            let Some((name, value)) = header.split_once(':') else { break };
            headers.push((name.to_lowercase(), value.trim().to_owned()));
        }
        let line = line.trim_end().trim_end_matches(" HTTP/1.1").to_owned();
        let mut request = Request { line, headers, body: Vec::new() };
        let length = request.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        request.body = vec![0; length];
        reader.read_exact(&mut request.body).ok()?;
        let number = {
            let mut kept = kept.lock().ok()?;
            kept.push(request.clone());
            kept.len() - 1
        };
        let (status, body) = answer(number, &request);
        let writer = reader.get_mut();
        write!(writer, "HTTP/1.1 {status} x\r\ncontent-length: {}\r\n\r\n", body.len()).ok()?;
        writer.write_all(&body).ok()?;
        writer.flush().ok()?;
    }
}
