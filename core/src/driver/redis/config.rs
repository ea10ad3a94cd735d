//! [`RedisConfig`]: the connection strings of `redis`, `rediss` and `redissentinel`.

use std::fmt;
use std::time::Duration;

use redis::sentinel::{SentinelClient, SentinelNodeConnectionInfo, SentinelServerType};
use redis::{Client, ConnectionInfo, IntoConnectionInfo as _, RedisResult, TlsCertificates};
use url::Url;

use crate::driver::mistake::{bad, said};
use crate::driver::query::Query;
use crate::driver::{DriverError, DriverOptions, Redacted, parse_duration};

/// Where Redis Sentinel listens.
const SENTINEL_PORT: u16 = 26_379;

const KNOWN: [&str; 9] = [
    "ttl",
    "legacy",
    "filter_error_trace",
    "sentinel_service_name",
    "sentinel_password",
    "socket_timeout",
    "ca_cert",
    "connect_timeout",
    "timeout",
];

/// Where the lists are.
///
/// | connection string | server |
/// | --- | --- |
/// | `redis://USER:PASSWORD@HOST:PORT/DATABASE` | Redis |
/// | `rediss://...` | Redis by TLS |
/// | `redissentinel://USER:PASSWORD@HOST:PORT,HOST2:PORT2/DATABASE` | the master that one of these Redis Sentinels names; user and password are the master's |
///
/// | option | meaning | default |
/// | --- | --- | --- |
/// | `ttl` | how long a trace is kept after its last message: a number and `s`, `m`, `h`, `d` or `w` | for ever, as with OSProfiler |
/// | `legacy` | whether messages are looked for, too, that versions of OSProfiler before 3 have stored; all keys are looked through for them, which takes a second for a million or so | `true` |
/// | `filter_error_trace` | whether traces with errors are noted under keys of their own | as [`DriverOptions`] says |
/// | `sentinel_service_name` | the name by which Sentinel knows the service | as [`DriverOptions`] says |
/// | `sentinel_password` | Sentinel's own password | none |
/// | `ca_cert` | a PEM file with the certificate that the server's is signed with | those of the web |
/// | `connect_timeout` | how long connecting may take | `5s` |
/// | `timeout` | how long storing a batch, or one question, may take | `10s` |
/// | `socket_timeout` | the same, with Sentinel, in seconds | as [`DriverOptions`] says |
///
/// A Sentinel has half a second to answer, and a second to be connected to, before the next is asked.
#[derive(Clone)]
#[non_exhaustive]
pub struct RedisConfig {
    pub(super) target: Target,
    /// The connection string, without credentials.
    pub(super) store: String,
    /// How long a trace is kept after its last message; `None` is for ever.
    pub ttl: Option<Duration>,
    /// Whether messages are looked for that versions of OSProfiler before 3 have stored. Default: `true`.
    pub legacy: bool,
    /// Whether traces with errors are noted under keys of their own. Default: `false`.
    pub filter_error_trace: bool,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// How long storing a batch, or one question, may take.
    pub timeout: Duration,
}

/// What is connected to.
#[derive(Clone)]
pub(super) enum Target {
    Server(Box<Client>),
    Sentinel(Box<Sentinel>),
}

/// Redis Sentinels, and what they are asked for.
#[derive(Clone)]
pub(super) struct Sentinel {
    nodes: Vec<ConnectionInfo>,
    service_name: String,
    /// How to speak to the server that they name.
    server: ConnectionInfo,
}

impl Sentinel {
    pub(super) fn client(&self) -> RedisResult<SentinelClient> {
        let server =
            SentinelNodeConnectionInfo::default().set_redis_connection_info(self.server.redis_settings().clone());
        SentinelClient::build(self.nodes.clone(), &self.service_name, Some(server), SentinelServerType::Master)
    }
}

impl RedisConfig {
    /// Reads a connection string.
    ///
    /// # Errors
    ///
    /// [`DriverError::BadConnectionString`], which says what to change.
    pub fn parse(connection_string: &str, options: &DriverOptions) -> Result<Self, DriverError> {
        let mut query = Query::of(connection_string);
        let ttl = query.duration("ttl")?;
        if ttl.is_some_and(|ttl| ttl.subsec_nanos() > 0) {
            return Err(query.bad("ttl is whole seconds"));
        }
        let legacy = query.switch("legacy")?.unwrap_or(true);
        let filter_error_trace = query.switch("filter_error_trace")?.unwrap_or(options.filter_error_trace);
        let service_name = query.take("sentinel_service_name").unwrap_or_else(|| options.sentinel_service_name.clone());
        let sentinel_password = query.take("sentinel_password");
        let socket_timeout = match query.take("socket_timeout") {
            Some(text) => Some(
                seconds(&text)
                    .ok_or_else(|| query.bad_option("socket_timeout", &text, "a number of seconds above zero"))?,
            ),
            None => options.socket_timeout,
        };
        let ca_cert = query.take("ca_cert");
        let connect_timeout = query.duration("connect_timeout")?.unwrap_or(Duration::from_secs(5));
        let mut timeout = query.duration("timeout")?.unwrap_or(Duration::from_secs(10));
        query.finish(&KNOWN)?;
        let address = connection_string.split('?').next().unwrap_or_default();
        let target = if let Some(rest) = address.strip_prefix("redissentinel://") {
            if ca_cert.is_some() {
                return Err(bad(connection_string, "ca_cert is of use with rediss:// alone"));
            }
            timeout = socket_timeout.unwrap_or(timeout);
            sentinel(connection_string, rest, service_name, sentinel_password.as_deref())?
        } else {
            server(connection_string, address, ca_cert.as_deref())?
        };
        let store = Redacted(connection_string).to_string();
        Ok(Self { target, store, ttl, legacy, filter_error_trace, connect_timeout, timeout })
    }
}

fn seconds(text: &str) -> Option<Duration> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.or_else(|| parse_duration(text)).filter(|duration| !duration.is_zero())
}

/// What redis-rs makes of a URL; its errors quote no part of it.
fn info(connection_string: &str, url: &str) -> Result<ConnectionInfo, DriverError> {
    let wrong = |reason: String| bad(connection_string, reason);
    let url = Url::parse(url).map_err(|error| wrong(said(connection_string, &error.to_string())))?;
    if url.host_str().is_none_or(str::is_empty) {
        return Err(wrong("the host is missing".to_owned()));
    }
    url.into_connection_info().map_err(|error| wrong(said(connection_string, &error.to_string())))
}

fn server(connection_string: &str, address: &str, ca_cert: Option<&str>) -> Result<Target, DriverError> {
    let info = info(connection_string, address)?;
    let client = match ca_cert {
        None => Client::open(info),
        Some(_) if !address.starts_with("rediss:") => {
            return Err(bad(connection_string, "ca_cert is of use with rediss:// alone"));
        }
        Some(path) => {
            let certificate = std::fs::read(path).map_err(|error| {
                bad(connection_string, format!("the file that ca_cert names cannot be read: {error}"))
            })?;
            Client::build_with_tls(info, TlsCertificates { client_tls: None, root_cert: Some(certificate) })
        }
    };
    let client = client.map_err(|error| bad(connection_string, said(connection_string, &error.to_string())))?;
    Ok(Target::Server(Box::new(client)))
}

/// `rest` is what follows the scheme: credentials of the server, hosts of Sentinels, the database's number.
fn sentinel(
    connection_string: &str,
    rest: &str,
    service_name: String,
    password: Option<&str>,
) -> Result<Target, DriverError> {
    let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
    let (credentials, hosts) = match authority.rsplit_once('@') {
        Some((credentials, hosts)) => (format!("{credentials}@"), hosts),
        None => (String::new(), authority),
    };
    let mut nodes = Vec::new();
    for host in hosts.split(',') {
        let with_port = if has_port(host) { host.to_owned() } else { format!("{host}:{SENTINEL_PORT}") };
        let node = info(connection_string, &format!("redis://{with_port}"))?;
        let mut settings = node.redis_settings().clone();
        if let Some(password) = password {
            settings = settings.set_password(password);
        }
        nodes.push(node.set_redis_settings(settings));
    }
    // The host is another, which Sentinel names.
    let server = info(connection_string, &format!("redis://{credentials}sentinel/{database}"))?;
    Ok(Target::Sentinel(Box::new(Sentinel { nodes, service_name, server })))
}

/// Whether a host, perhaps an address of version 6 in brackets, has a port behind it.
fn has_port(host: &str) -> bool {
    host.rsplit_once(':').is_some_and(|(_, port)| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()))
}

impl fmt::Debug for RedisConfig {
    /// Without what the client keeps, which has the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisConfig")
            .field("store", &self.store)
            .field("ttl", &self.ttl)
            .field("legacy", &self.legacy)
            .field("filter_error_trace", &self.filter_error_trace)
            .field("connect_timeout", &self.connect_timeout)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<RedisConfig, DriverError> {
        RedisConfig::parse(text, &DriverOptions::default())
    }

    #[test]
    fn options_are_read() -> Result<(), DriverError> {
        let config = parse("redis://u:p%40ss@h:1/3?ttl=7d&filter_error_trace=on&timeout=2s")?;
        assert_eq!((config.ttl, config.timeout), (Some(Duration::from_secs(7 * 86_400)), Duration::from_secs(2)));
        assert!(config.filter_error_trace && !format!("{config:?}").contains("p%40ss"));
        let Target::Server(client) = &config.target else { panic!("a server") };
        let settings = client.get_connection_info().redis_settings();
        assert_eq!((settings.db(), settings.password()), (3, Some("p@ss")));
        Ok(())
    }

    #[test]
    fn sentinels_are_several_and_have_a_port() -> Result<(), DriverError> {
        let config = parse("redissentinel://:s3cret@a,b:1,[::1]/2?socket_timeout=0.1&sentinel_service_name=main")?;
        assert_eq!(config.timeout, Duration::from_millis(100));
        let Target::Sentinel(sentinel) = &config.target else { panic!("sentinels") };
        let addresses: Vec<String> = sentinel.nodes.iter().map(|node| node.addr().to_string()).collect();
        assert_eq!(addresses, ["a:26379", "b:1", "[::1]:26379"].map(|text| text.replace("[::1]", "::1")));
        assert_eq!((sentinel.server.redis_settings().db(), sentinel.service_name.as_str()), (2, "main"));
        sentinel.client().map(drop).map_err(|error| bad("x", error.to_string()))
    }

    #[test]
    fn mistakes_say_what_to_change_and_show_no_password() {
        for (text, says) in [
            ("redis://", "host"),
            ("redis://u:s3cret@h:port", "port"),
            ("redis://u:s3cret@h/x", "atabase"),
            ("redis://u:s3cret@h?tt=1", "unknown option tt; known are ttl"),
            ("redis://u:s3cret@h?ttl=100ms", "whole seconds"),
            ("redissentinel://:s3cret@h?socket_timeout=0", "socket_timeout = 0"),
            ("redis://u:s3cret@h?ca_cert=x", "rediss:// alone"),
            ("redissentinel://:s3cret@h?ca_cert=x", "rediss:// alone"),
            ("rediss://h?ca_cert=/no/such/s3cret", "the file that ca_cert names cannot be read"),
        ] {
            let error = parse(text).expect_err(text).to_string();
            assert!(error.contains(says) && !error.contains("s3cret"), "{text}: {error}");
        }
    }
}
