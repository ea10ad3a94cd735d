//! Reading traces back, out of a queue that holds those of everybody.
//!
//! A reader takes all messages without acknowledging them, and gives them back by closing its channel: RabbitMQ puts them
//! where they were. It is the queue's only consumer meanwhile, so that it sees all of them; a second one waits. The broker
//! sends as fast as it can, and the client keeps what was not looked at yet: a reader may hold the whole queue in memory.

use std::collections::HashMap;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_core::Stream;
use lapin::options::{BasicAckOptions, BasicConsumeOptions, QueueDeclareOptions};
use lapin::types::FieldTable;
use lapin::{Channel, Consumer};
use tokio::time::{Instant, sleep, timeout};

use super::MessagingConfig;
use super::cause::Cause;
use super::envelope::{self, Opened};
use super::session::{Link, QUEUE, Session};
use crate::driver::runtime::WaitError;
use crate::driver::{DriverError, ListFilter, StoredTrace, TraceSummary, summary};
use crate::{Id, Message, MessageFields, Timestamp};

/// How often a reader asks whether the one before it has ended.
const TURN: Duration = Duration::from_millis(50);

/// A walk may take as long as there are messages; each of its steps has a limit.
const WALK: Duration = Duration::from_secs(24 * 3600);

/// Delivery tags, by which messages are acknowledged.
type Tags = Vec<u64>;

/// Reads a trace; with the option `consume` it is out of the queue then.
pub(super) fn trace(session: &Session, store: &str, base_id: &Id) -> Result<StoredTrace, DriverError> {
    let consume = session.config.consume;
    let read = walk(
        session,
        || (base_id.clone(), StoredTrace::default(), Tags::new()),
        |(base_id, trace, tags), tag, opened| {
            match opened {
                Opened::Message(message) if message.base_id() == base_id => trace.messages.push(message),
                Opened::Unreadable(id) if id == *base_id => trace.skipped += 1,
                // It stays in the queue: it may be another trace's.
                Opened::Garbled => {
                    trace.skipped += 1;
                    return;
                }
                _ => return,
            }
            tags.push(tag);
        },
        move |(_, _, tags)| if consume { std::mem::take(tags) } else { Tags::new() },
    );
    read.map(|(_, trace, _)| trace).map_err(|cause| cause.into_error("read from", store))
}

/// Lists the traces in the queue.
pub(super) fn list(session: &Session, store: &str, filter: &ListFilter) -> Result<Vec<TraceSummary>, DriverError> {
    let prefix = filter.id_prefix.clone().unwrap_or_default();
    let (_, traces) = walk(
        session,
        || (prefix.clone(), HashMap::<Id, Vec<Message>>::new()),
        |(prefix, traces), _, opened| {
            let Opened::Message(message) = opened else { return };
            if !prefix.is_empty() && !message.base_id().to_string().starts_with(prefix.as_str()) {
                return;
            }
            if let Some(message) = essence(&message) {
                traces.entry(message.base_id().clone()).or_default().push(message);
            }
        },
        |_| Tags::new(),
    )
    .map_err(|cause| cause.into_error("read from", store))?;
    let mut summaries: Vec<TraceSummary> = traces.values().filter_map(|messages| TraceSummary::of(messages)).collect();
    summaries.retain(|summary| !filter.errors_only || summary.errors > 0);
    summaries.sort_by(|one, other| other.started.cmp(&one.started).then_with(|| one.base_id.cmp(&other.base_id)));
    summaries.truncate(filter.limit.unwrap_or(usize::MAX));
    Ok(summaries)
}

/// Takes a trace out of the queue, and says whether there was one.
pub(super) fn delete(session: &Session, store: &str, base_id: &Id) -> Result<bool, DriverError> {
    let (_, _, deleted) = walk(
        session,
        || (base_id.clone(), Tags::new(), false),
        |(base_id, tags, _), tag, opened| match opened {
            Opened::Message(message) if message.base_id() == base_id => tags.push(tag),
            Opened::Unreadable(id) if id == *base_id => tags.push(tag),
            _ => {}
        },
        |(_, tags, deleted)| {
            *deleted = !tags.is_empty();
            std::mem::take(tags)
        },
    )
    .map_err(|cause| cause.into_error("delete from", store))?;
    Ok(deleted)
}

/// Takes the traces out of the queue whose last message is older than `before`, and says how many there were.
pub(super) fn prune(session: &Session, store: &str, before: Timestamp) -> Result<u64, DriverError> {
    let (_, pruned) = walk(
        session,
        || (HashMap::<Id, (Timestamp, Tags)>::new(), 0),
        |(traces, _), tag, opened| {
            let Opened::Message(message) = opened else { return };
            let at = message.timestamp();
            let (last, tags) = traces.entry(message.base_id().clone()).or_insert((at, Tags::new()));
            *last = at.max(*last);
            tags.push(tag);
        },
        move |(traces, pruned)| {
            traces.retain(|_, (last, _)| *last < before);
            *pruned = traces.len() as u64;
            traces.drain().flat_map(|(_, (_, tags))| tags).collect()
        },
    )
    .map_err(|cause| cause.into_error("delete from", store))?;
    Ok(pruned)
}

/// Shows all messages of the queue to `visit`, and takes those out whose tags `take` returns afterwards.
fn walk<S: Send + 'static>(
    session: &Session,
    state: impl Fn() -> S,
    visit: impl Fn(&mut S, u64, Opened) + Copy + Send + Sync + 'static,
    take: impl Fn(&mut S) -> Tags + Copy + Send + Sync + 'static,
) -> Result<S, Cause> {
    session.run(WALK, |link| {
        let (config, mut state) = (Arc::clone(&session.config), state());
        async move {
            let Some((channel, mut consumer, expected)) = begin(&link, &config).await? else { return Ok(state) };
            each(&channel, &mut consumer, expected, &config, |tag, body| visit(&mut state, tag, envelope::open(body)))
                .await?;
            for tag in take(&mut state) {
                answer(&config, channel.basic_ack(tag, BasicAckOptions::default())).await?;
            }
            // The broker answers when it has done all that was said before, and has put back the rest.
            answer(&config, channel.close(200, "OK".into())).await?;
            Ok(state)
        }
    })
}

/// Becomes the only consumer, and says how many messages there are at least; `None` where there is no queue.
async fn begin(link: &Link, config: &MessagingConfig) -> Result<Option<(Channel, Consumer, u32)>, Cause> {
    let begun = Instant::now();
    loop {
        let channel = answer(config, link.channel()).await?;
        let expected = match count(&channel, config).await {
            Err(cause) if cause.is_not_found() => return Ok(None),
            counted => counted?,
        };
        let options = BasicConsumeOptions { exclusive: true, ..BasicConsumeOptions::default() };
        let consuming = channel.basic_consume(QUEUE.into(), "".into(), options, FieldTable::default());
        match answer(config, consuming).await.map_err(Cause::of_consumer) {
            Ok(consumer) => return Ok(Some((channel, consumer, expected))),
            Err(Cause::Busy) if begun.elapsed() < config.timeout => sleep(TURN).await,
            Err(cause) => return Err(cause),
        }
    }
}

/// Shows the messages as they come, until none has come for the idle timeout.
async fn each(
    channel: &Channel,
    consumer: &mut Consumer,
    expected: u32,
    config: &MessagingConfig,
    mut visit: impl FnMut(u64, &[u8]),
) -> Result<(), Cause> {
    let (mut seen, mut end) = (0, None);
    loop {
        // What was there at first is awaited longer than what may still come. And under a service that never pauses, that ends too.
        let wait = match end {
            None if seen < expected => config.timeout,
            _ => {
                let end = *end.get_or_insert_with(|| Instant::now() + config.timeout.max(config.idle_timeout));
                config.idle_timeout.min(end.saturating_duration_since(Instant::now()))
            }
        };
        match timeout(wait, poll_fn(|cx| Pin::new(&mut *consumer).poll_next(cx))).await {
            Ok(Some(delivery)) => {
                let delivery = delivery?;
                visit(delivery.delivery_tag, &delivery.data);
                seen += 1;
            }
            // The queue has been deleted, and with it what was in it.
            Ok(None) => return Ok(()),
            Err(_) => {
                // A broker that hangs is no queue without messages.
                count(channel, config).await?;
                return Ok(());
            }
        }
    }
}

/// How many messages are ready in the queue.
async fn count(channel: &Channel, config: &MessagingConfig) -> Result<u32, Cause> {
    let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
    let queue = answer(config, channel.queue_declare(QUEUE.into(), passive, FieldTable::default())).await?;
    Ok(queue.message_count())
}

/// Waits for one answer of the broker.
async fn answer<T, E: Into<Cause>>(
    config: &MessagingConfig,
    asked: impl Future<Output = Result<T, E>>,
) -> Result<T, Cause> {
    let after = config.timeout;
    timeout(after, asked).await.map_err(|_| WaitError::TimedOut { after })?.map_err(Into::into)
}

/// The message with what a summary needs of its info, so that what a list keeps of a long queue is small.
fn essence(message: &Message) -> Option<Message> {
    Message::new(&MessageFields {
        name: &message.name(),
        base_id: message.base_id(),
        trace_id: message.trace_id(),
        parent_id: message.parent_id(),
        timestamp: message.timestamp(),
        info: &summary::essence(message),
        project: None,
        service: message.service(),
    })
    .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn essence_of_messages_has_the_summary_of_the_whole() {
        let infos = [
            ("a-start", r#"{"request": {"method": "GET", "path": "/x", "query": "q"}, "host": "h"}"#),
            ("a-start", r#"{"request": {"method": 5}, "db": {"statement": "SELECT 1", "params": {"a": 1}}}"#),
            ("db-start", r#"{"db": {"statement": "SELECT 1"}}"#),
            ("db-start", r#"{"db": {"statement": 7}}"#),
            ("db-stop", r#"{"etype": "ValueError", "message": "long"}"#),
            ("db-stop", r#"{"etype": null}"#),
            ("db-stop", r#"{"request": "GET", "db": ["x"], "etype": "ValueError"}"#),
            ("db-stop", r#"{"etype": "sqlx::Error::PoolTimedOut", "db": {"sent": false}}"#),
            ("db-stop", "[1]"),
        ];
        let id = Id::from("b");
        for (name, info) in infos {
            let message = Message::new(&MessageFields {
                name,
                base_id: &id,
                trace_id: &Id::from("t"),
                parent_id: &id,
                timestamp: Timestamp::now(),
                info,
                project: Some("p"),
                service: Some("s"),
            })
            .expect("a message");
            let slim = essence(&message).expect("its essence");
            assert_eq!(TraceSummary::of(&[slim]), TraceSummary::of(&[message]), "{info}");
        }
    }
}
