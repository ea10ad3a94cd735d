//! The stores that are measured, each empty, and each with a server of its own where it needs one.

use osprofiler::driver::DriverOptions;
use osprofiler_test_servers::{Server, mariadb, mongodb, osmem, postgres, rabbitmq, redis, rotel};
use tempfile::TempDir;

/// A store, and what keeps it alive.
pub(crate) struct Target {
    pub(crate) name: &'static str,
    pub(crate) connection_string: String,
    /// The broker of `messaging:`.
    pub(crate) transport_url: Option<String>,
    pub(crate) server: Option<Server>,
    /// Whether what it has taken outlives a kill, and can be read.
    pub(crate) lasts: bool,
    _directory: Option<TempDir>,
}

impl Target {
    fn of(name: &'static str, server: Server, connection_string: String) -> Self {
        let server = Some(server);
        Self { name, connection_string, transport_url: None, server, lasts: true, _directory: None }
    }

    fn in_directory(name: &'static str, connection_string: impl Fn(&str) -> String) -> Option<Self> {
        let directory = tempfile::tempdir().ok()?;
        let connection_string = connection_string(&directory.path().join("traces").display().to_string());
        let directory = Some(directory);
        Some(Self { name, connection_string, transport_url: None, server: None, lasts: true, _directory: directory })
    }

    pub(crate) fn options(&self) -> DriverOptions {
        options(self.transport_url.as_deref())
    }
}

pub(crate) fn options(transport_url: Option<&str>) -> DriverOptions {
    let mut options = DriverOptions::default();
    options.transport_url = transport_url.map(str::to_owned);
    options
}

/// What starts each store; `None` where it is not installed.
pub(crate) fn all() -> Vec<fn() -> Option<Target>> {
    vec![
        || Target::in_directory("file", |path| format!("file:{path}?max_size=none")),
        || Target::in_directory("sqlite", |path| format!("sqlite:{path}.db")),
        || {
            let server = postgres::start()?;
            let url = format!("postgresql://postgres@127.0.0.1:{}/postgres", server.port());
            Some(Target::of("postgresql", server, url))
        },
        || {
            let server = mariadb::start()?;
            mariadb::execute(&server, "CREATE DATABASE osprofiler");
            let url = format!("mysql://root@127.0.0.1:{}/osprofiler", server.port());
            Some(Target::of("mysql (MariaDB)", server, url))
        },
        || {
            let server = redis::start()?;
            let url = format!("redis://127.0.0.1:{}", server.port());
            Some(Target::of("redis", server, url))
        },
        || {
            let server = mongodb::start()?;
            // A write is acknowledged when it is in the journal.
            let url = format!("mongodb://127.0.0.1:{}/?journal=true", server.port());
            Some(Target::of("mongodb", server, url))
        },
        || {
            let server = rabbitmq::start(&[])?;
            let transport_url = Some(format!("rabbit://guest:guest@127.0.0.1:{}/", server.port()));
            let target = Target::of("messaging (RabbitMQ)", server, "messaging://?durable=true".to_owned());
            Some(Target { transport_url, ..target })
        },
        || {
            let server = osmem::start()?;
            let url = format!("elasticsearch://127.0.0.1:{}", server.port());
            Some(Target { lasts: false, ..Target::of("elasticsearch (osmem)", server, url) })
        },
        || {
            let server = rotel::start()?;
            let url = format!("otlp://127.0.0.1:{}", server.port());
            Some(Target { lasts: false, ..Target::of("otlp (rotel, printing)", server, url) })
        },
    ]
}
