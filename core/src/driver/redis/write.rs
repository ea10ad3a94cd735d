//! Storing messages.

use redis::{Pipeline, RedisError, RedisResult, Value};
use serde_json::json;

use super::server::{ERROR, LIST, Server, is_retryable};
use crate::Message;
use crate::driver::failure::is_failure;
use crate::driver::{DriverError, WriteError};

const ACTION: &str = "write to";

/// Commands, and how many messages each of them stores.
type Commands = Vec<(redis::Cmd, usize)>;

/// Puts each message at the head of its trace's list, as OSProfiler does.
pub(super) fn write(server: &Server, batch: &[Message]) -> Result<(), WriteError> {
    if batch.is_empty() {
        return Ok(());
    }
    let commands = commands(server, batch);
    let counts: Vec<usize> = commands.iter().map(|(_, count)| *count).collect();
    let mut pipeline = Pipeline::with_capacity(commands.len());
    for (command, _) in commands {
        pipeline.add_command(command);
    }
    pipeline.ignore_errors();
    let answers = server.run(ACTION, move |mut connection| {
        let pipeline = pipeline.clone();
        async move {
            let answers: Vec<RedisResult<Value>> = pipeline.query_async(&mut connection).await?;
            // A server that is loading, full or no master says so for each command.
            match answers.iter().filter_map(|answer| answer.as_ref().err()).find(|error| is_retryable(error)) {
                Some(error) => Err(error.clone()),
                None => Ok(answers),
            }
        }
    });
    // Where one answer is missing, all of it is written again.
    let answers = answers.map_err(|error| WriteError::unwritten(batch.len(), error))?;
    let refused = counts.into_iter().zip(&answers).filter(|(_, answer)| answer.is_err());
    let lost: usize = refused.map(|(count, _)| count).sum();
    match answers.iter().find_map(|answer| answer.as_ref().err()) {
        None => Ok(()),
        Some(error) if lost > 0 => Err(WriteError::lost(lost, refusal(server, error))),
        Some(error) => {
            // The messages are there; they stay for ever, or are not noted.
            tracing::warn!(%error, "Redis refused a note or a time to live");
            Ok(())
        }
    }
}

fn commands(server: &Server, batch: &[Message]) -> Commands {
    let mut commands: Commands = Vec::new();
    // Messages of one trace most often follow each other: they are one command.
    for trace in batch.chunk_by(|one, other| one.base_id() == other.base_id()) {
        let base_id = trace[0].base_id();
        let mut push = redis::cmd("LPUSH");
        push.arg(format!("{LIST}{base_id}"));
        for message in trace {
            push.arg(message.json());
        }
        commands.push((push, trace.len()));
        if let Some(failing) = trace.iter().rfind(|message| server.config.filter_error_trace && is_failure(message)) {
            let note = json!({"base_id": base_id.to_string(), "timestamp": failing.timestamp().to_string()});
            let mut set = redis::cmd("SET");
            set.arg(format!("{ERROR}{base_id}")).arg(note.to_string());
            if let Some(ttl) = server.config.ttl {
                set.arg("EX").arg(ttl.as_secs());
            }
            commands.push((set, 0));
        }
        if let Some(ttl) = server.config.ttl {
            let mut expire = redis::cmd("EXPIRE");
            expire.arg(format!("{LIST}{base_id}")).arg(ttl.as_secs());
            commands.push((expire, 0));
        }
    }
    commands
}

fn refusal(server: &Server, error: &RedisError) -> DriverError {
    let (store, source) = (server.config.store.clone(), Box::new(error.clone()));
    DriverError::Server { action: ACTION, store, retryable: false, source }
}
