//! [`Session`]: the connection of a driver, made when it is needed and not used again after an error.

use std::future::Future;
use std::io;
use std::net::{Shutdown, TcpStream, ToSocketAddrs as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lapin::options::{ConfirmSelectOptions, ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::tcp::OwnedTLSConfig;
use lapin::types::FieldTable;
use lapin::uri::{AMQPAuthority, AMQPQueryString, AMQPScheme, AMQPUri, AMQPUserInfo};
use lapin::{AsyncTcpStream, Channel, Connection, ConnectionProperties, ExchangeKind};

use super::MessagingConfig;
use super::cause::Cause;
use super::transport::{Transport, TransportHost};
use crate::driver::runtime::{self, WaitError};

/// Where OSProfiler's notifications go: oslo.messaging's default exchange, and the topic `profiler` with the priority.
pub(super) const EXCHANGE: &str = "openstack";
pub(super) const QUEUE: &str = "profiler.info";

/// What oslo.messaging asks for, in seconds. A broker may ask for less.
const HEARTBEAT: u16 = 60;

/// A driver's connection.
pub(super) struct Session {
    pub(super) config: Arc<MessagingConfig>,
    link: Mutex<Option<Arc<Link>>>,
}

/// A connection to the broker. Its heartbeats go on while nobody uses it.
pub(super) struct Link {
    connection: Connection,
    /// The channel for writing, once somebody writes.
    publisher: Mutex<Option<Channel>>,
    socket: Socket,
}

/// The other handle of a connection's socket, to end what waits for a broker that does not answer.
#[derive(Clone, Default)]
struct Socket(Arc<Mutex<Dialled>>);

#[derive(Default)]
enum Dialled {
    #[default]
    NotYet,
    Open(TcpStream),
    /// Nobody waits for it any more.
    Ended,
}

impl Session {
    pub(super) fn new(config: MessagingConfig) -> Self {
        Self { config: Arc::new(config), link: Mutex::default() }
    }

    /// Does `work` with the connection, which is made where there is none. A connection that was kept may have been closed by the
    /// broker meanwhile: then the work is done again, on a new one.
    pub(super) fn run<T, F>(&self, timeout: Duration, work: impl Fn(Arc<Link>) -> F) -> Result<T, Cause>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Cause>> + Send + 'static,
    {
        let kept = self.link.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(kept) = kept {
            match self.attempt(&kept, timeout, &work) {
                Err(cause) if cause.is_away() => {}
                result => return result,
            }
        }
        let link = Arc::new(self.connect()?);
        *self.link.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&link));
        self.attempt(&link, timeout, &work)
    }

    fn attempt<T, F>(&self, link: &Arc<Link>, timeout: Duration, work: impl Fn(Arc<Link>) -> F) -> Result<T, Cause>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Cause>> + Send + 'static,
    {
        let done = runtime::wait(timeout, work(Arc::clone(link))).map_err(Cause::Wait).flatten();
        if let Err(cause) = &done {
            let hung = matches!(cause, Cause::Wait(_));
            if hung || cause.is_away() || !link.connection.status().connected() {
                let mut kept = self.link.lock().unwrap_or_else(PoisonError::into_inner);
                if kept.as_ref().is_some_and(|kept| Arc::ptr_eq(kept, link)) {
                    *kept = None;
                }
            }
            if hung {
                link.socket.end();
            }
        }
        done
    }

    /// Connects to the first of the hosts that can be reached.
    fn connect(&self) -> Result<Link, Cause> {
        let mut connected = Err(Cause::NoConnection { after: self.config.connect_timeout });
        for host in &self.config.transport.hosts {
            connected = self.connect_to(host);
            match &connected {
                Err(cause) if cause.is_retryable() => {}
                _ => break,
            }
        }
        connected
    }

    fn connect_to(&self, host: &TransportHost) -> Result<Link, Cause> {
        let (config, socket) = (Arc::clone(&self.config), Socket::default());
        let (uri, kept) = (uri(&config.transport, host), socket.clone());
        let connecting = async move {
            let tls = tls(&config.transport)?;
            let runtime = lapin::runtime::default_runtime()?;
            let reactor = runtime.clone();
            let dialled = kept.clone();
            let connect = async move |uri: AMQPUri, _| {
                // This runs on a thread of the connection's own, which may block.
                let mut addresses = (uri.authority.host.as_str(), uri.authority.port).to_socket_addrs()?;
                let mut refusal = io::Error::from(io::ErrorKind::AddrNotAvailable);
                let stream = loop {
                    let Some(address) = addresses.next() else { return Err(refusal.into()) };
                    match AsyncTcpStream::connect(&reactor, address).await {
                        Ok(stream) => break stream,
                        Err(error) => refusal = error,
                    }
                };
                if let AsyncTcpStream::Plain(stream) = &stream {
                    dialled.keep(duplicate(stream.get_ref())?)?;
                }
                match uri.scheme {
                    AMQPScheme::AMQP => Ok(stream),
                    AMQPScheme::AMQPS => Ok(stream.into_tls(&uri.authority.host, tls.as_ref()).await?),
                }
            };
            let name = ConnectionProperties::default().with_connection_name("osprofiler".into());
            let connection = Connection::connector(uri, runtime, connect, name).await?;
            Ok(Link { connection, publisher: Mutex::default(), socket: kept })
        };
        match runtime::wait(self.config.connect_timeout, connecting) {
            Ok(connected) => connected,
            Err(error) => {
                // The client has no limit for this, and would wait on.
                socket.end();
                Err(match error {
                    WaitError::TimedOut { after } => Cause::NoConnection { after },
                    other => other.into(),
                })
            }
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let kept = self.link.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(link) = kept {
            // A broker logs connections that end without a word.
            let _ = runtime::wait(self.config.connect_timeout, async move {
                let _ = link.connection.close(200, "OK".into()).await;
            });
        }
    }
}

impl Link {
    /// A new channel.
    pub(super) async fn channel(&self) -> Result<Channel, Cause> {
        Ok(self.connection.create_channel().await?)
    }

    /// The channel for writing, which confirms what it takes. The exchange and the queue are declared with it.
    pub(super) async fn publisher(&self, durable: bool) -> Result<Channel, Cause> {
        let kept = self.publisher.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(kept) = kept.filter(|kept| kept.status().connected()) {
            return Ok(kept);
        }
        let mut channel = self.channel().await?;
        match declare(&channel, durable, false).await.map_err(|cause| cause.of_declaration(durable)) {
            // Somebody has made the queue with arguments of his own, such as of a quorum queue: it will do.
            Err(cause) if cause.is_of_one_thing() => {
                channel = self.channel().await?;
                declare(&channel, durable, true).await?;
            }
            declared => declared?,
        }
        *self.publisher.lock().unwrap_or_else(PoisonError::into_inner) = Some(channel.clone());
        Ok(channel)
    }

    /// Forgets the channel for writing, so that the next one declares everything again.
    pub(super) fn forget_publisher(&self) {
        *self.publisher.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        if !self.connection.status().connected() {
            self.socket.end();
        }
    }
}

impl Socket {
    /// Keeps what was dialled; an error where that came too late.
    fn keep(&self, socket: TcpStream) -> io::Result<()> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*kept, Dialled::Ended) {
            return Err(io::ErrorKind::TimedOut.into());
        }
        *kept = Dialled::Open(socket);
        Ok(())
    }

    fn end(&self) {
        let kept = std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), Dialled::Ended);
        if let Dialled::Open(socket) = kept {
            // It may have ended by itself.
            let _ = socket.shutdown(Shutdown::Both);
        }
    }
}

/// In the order, and with the arguments, of oslo.messaging; or, `passive`, what is there already.
async fn declare(channel: &Channel, durable: bool, passive: bool) -> Result<(), Cause> {
    let exchange = ExchangeDeclareOptions { durable, passive, ..ExchangeDeclareOptions::default() };
    channel.exchange_declare(EXCHANGE.into(), ExchangeKind::Topic, exchange, FieldTable::default()).await?;
    let queue = QueueDeclareOptions { durable, passive, ..QueueDeclareOptions::default() };
    channel.queue_declare(QUEUE.into(), queue, FieldTable::default()).await?;
    let bind = QueueBindOptions::default();
    channel.queue_bind(QUEUE.into(), EXCHANGE.into(), QUEUE.into(), bind, FieldTable::default()).await?;
    Ok(channel.confirm_select(ConfirmSelectOptions::default()).await?)
}

fn uri(transport: &Transport, host: &TransportHost) -> AMQPUri {
    AMQPUri {
        scheme: if transport.tls { AMQPScheme::AMQPS } else { AMQPScheme::AMQP },
        authority: AMQPAuthority {
            userinfo: AMQPUserInfo { username: host.user.clone(), password: host.password.clone() },
            host: host.host.clone(),
            port: host.port,
        },
        vhost: transport.virtual_host.clone(),
        query: AMQPQueryString { heartbeat: Some(HEARTBEAT), ..AMQPQueryString::default() },
    }
}

fn tls(transport: &Transport) -> Result<OwnedTLSConfig, Cause> {
    let read = |path: &std::path::PathBuf| {
        std::fs::read_to_string(path).map_err(|source| Cause::Authorities { path: path.clone(), source })
    };
    let cert_chain = transport.ca_file.as_ref().map(read).transpose()?;
    Ok(OwnedTLSConfig { identity: None, cert_chain })
}

#[cfg(unix)]
fn duplicate(stream: &impl std::os::fd::AsFd) -> io::Result<TcpStream> {
    Ok(stream.as_fd().try_clone_to_owned()?.into())
}

#[cfg(windows)]
fn duplicate(stream: &impl std::os::windows::io::AsSocket) -> io::Result<TcpStream> {
    Ok(stream.as_socket().try_clone_to_owned()?.into())
}
