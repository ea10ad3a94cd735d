//! Storing messages: publishing notifications, and waiting until the broker has them.

use std::sync::Arc;

use lapin::options::BasicPublishOptions;
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Confirmation};

use super::cause::Cause;
use super::envelope;
use super::session::{EXCHANGE, Link, QUEUE, Session};
use crate::Message;
use crate::driver::WriteError;

const ACTION: &str = "write to";

/// Stores the messages. What the broker refuses, such as what is too long for it, is lost and does not keep the rest from being
/// stored.
pub(super) fn write(session: &Session, store: &str, batch: &[Message]) -> Result<(), WriteError> {
    if batch.is_empty() {
        return Ok(());
    }
    let (mut bodies, mut lost, mut first) = (Vec::with_capacity(batch.len()), 0, None);
    for message in batch {
        match envelope::seal(message) {
            Ok(body) => bodies.push(body),
            Err(error) => {
                lost += 1;
                first.get_or_insert(Cause::Client(error.to_string()));
            }
        }
    }
    let is_sealed = lost == 0;
    let bodies = Arc::new(bodies);
    match publish(session, &bodies) {
        Ok(()) => {}
        // What could not be sealed is lost when all is written again.
        Err(cause) if cause.is_retryable() => {
            return Err(WriteError::unwritten(batch.len(), cause.into_error(ACTION, store)));
        }
        Err(cause) if bodies.len() > 1 && cause.is_of_one_thing() => {
            // One of them is the culprit, and has cost the others their channel.
            for (index, body) in bodies.iter().enumerate() {
                let Err(cause) = publish(session, &Arc::new(vec![body.clone()])) else { continue };
                if !cause.is_of_one_thing() {
                    let left = bodies.len() - index;
                    if is_sealed {
                        let left = WriteError::unwritten(left, cause.into_error(ACTION, store));
                        return Err(WriteError { failed: left.failed + lost, ..left });
                    }
                    // Bodies are not the messages of the same places: all are written again, or none.
                    let failed = if cause.is_retryable() { batch.len() } else { lost + left };
                    return Err(WriteError::unwritten(failed, cause.into_error(ACTION, store)));
                }
                lost += 1;
                first.get_or_insert(cause);
            }
        }
        Err(cause) => {
            lost += bodies.len();
            first.get_or_insert(cause);
        }
    }
    match first {
        None => Ok(()),
        Some(cause) => Err(WriteError::lost(lost, cause.into_error(ACTION, store))),
    }
}

fn publish(session: &Session, bodies: &Arc<Vec<Vec<u8>>>) -> Result<(), Cause> {
    let durable = session.config.durable;
    session.run(session.config.timeout, |link| {
        let bodies = Arc::clone(bodies);
        async move {
            match once(&link, durable, &bodies).await {
                // Somebody has deleted the queue, its binding or the exchange since they were declared.
                Err(cause) if cause.is_not_found() || matches!(cause, Cause::Unroutable { .. }) => {
                    link.forget_publisher();
                    once(&link, durable, &bodies).await
                }
                result => result,
            }
        }
    })
}

async fn once(link: &Link, durable: bool, bodies: &[Vec<u8>]) -> Result<(), Cause> {
    let channel = link.publisher(durable).await?;
    let result = confirmed(&channel, bodies).await;
    if result.is_err() {
        // Confirmations that are still to come are for nobody any more.
        link.forget_publisher();
    }
    result
}

/// Publishes everything, and waits for all confirmations.
async fn confirmed(channel: &Channel, bodies: &[Vec<u8>]) -> Result<(), Cause> {
    // Without a queue for it, a message that is not mandatory would be confirmed and gone.
    let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
    let (mut confirms, mut failure) = (Vec::with_capacity(bodies.len()), None);
    for body in bodies {
        match channel.basic_publish(EXCHANGE.into(), QUEUE.into(), options, body, properties()).await {
            Ok(confirm) => confirms.push(confirm),
            Err(error) => {
                failure = Some(error);
                break;
            }
        }
    }
    let (mut taken, mut unroutable) = (0, 0);
    for confirm in confirms {
        // Of a channel that was closed for a message, those published before know why, and those after do not.
        match confirm.await? {
            Confirmation::Ack(None) => taken += 1,
            Confirmation::Ack(Some(_)) => unroutable += 1,
            Confirmation::Nack(_) | Confirmation::NotRequested => {}
        }
    }
    if let Some(error) = failure {
        return Err(error.into());
    }
    match (taken, unroutable) {
        (taken, 0) if taken == bodies.len() => Ok(()),
        (taken, 0) => Err(Cause::NotTaken { taken, count: bodies.len() }),
        (_, count) => Err(Cause::Unroutable { count }),
    }
}

/// Those of oslo.messaging; its reader drops what has another content type.
fn properties() -> BasicProperties {
    BasicProperties::default()
        .with_content_type("application/json".into())
        .with_content_encoding("utf-8".into())
        .with_headers(FieldTable::default())
        .with_delivery_mode(2)
        .with_priority(0)
}
