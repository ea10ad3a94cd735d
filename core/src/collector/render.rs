//! [`Renderer`]: makes messages of records, on the worker.
//!
//! Most messages share their trace, their parent and their second with the one before, and their texts' memory with an
//! earlier batch: what can be written once is written once.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use super::queue::Record;
use crate::json::{InfoWriter, write_json, write_str};
use crate::quiet::discard;
use crate::{Id, Info, Message};

/// Room for a common message.
const BUFFER: usize = 640;

/// Longer texts than this give their memory back.
const BUFFER_CAP: usize = 4096;

/// Makes messages.
pub(crate) struct Renderer {
    project: Option<Arc<str>>,
    service: Option<Arc<str>>,
    /// The info's member `host`, as an object.
    host: String,
    /// What follows the info.
    tail: String,
    name: Last<Cow<'static, str>>,
    base_id: Last<Id>,
    trace_id: Last<Id>,
    parent_id: Last<Id>,
    second: Last<i64>,
    buffers: Vec<String>,
    spent: Vec<Info>,
}

/// A part of the message that most often is as in the one before, and its text.
struct Last<T> {
    value: Option<T>,
    text: String,
}

impl<T> Default for Last<T> {
    fn default() -> Self {
        Self { value: None, text: String::new() }
    }
}

impl<T: Clone + PartialEq> Last<T> {
    /// Appends the text of `value`, which `write` makes where it is another than before.
    #[inline]
    fn append(&mut self, value: &T, out: &mut String, write: impl FnOnce(&mut String)) {
        if self.value.as_ref() != Some(value) {
            self.value = Some(value.clone());
            self.text.clear();
            write(&mut self.text);
        }
        out.push_str(&self.text);
    }
}

impl Renderer {
    pub(crate) fn new(project: Option<Arc<str>>, service: Option<Arc<str>>, host: &str) -> Self {
        let mut info = InfoWriter::new();
        info.string("host", host);
        let mut tail = String::new();
        for (key, value) in [(",\"project\":", &project), (",\"service\":", &service)] {
            tail.push_str(key);
            write_json(&mut tail, &value.as_deref());
        }
        tail.push('}');
        Self {
            project,
            service,
            host: info.finish(),
            tail,
            name: Last::default(),
            base_id: Last::default(),
            trace_id: Last::default(),
            parent_id: Last::default(),
            second: Last::default(),
            buffers: Vec::new(),
            spent: Vec::new(),
        }
    }

    /// Makes a message of `record`, whose info is taken.
    pub(super) fn message(&mut self, record: &mut Record) -> Message {
        let mut info = std::mem::take(&mut record.info);
        // User code renders itself here, and may panic; what the message says without it is still worth having.
        let message = catch_unwind(AssertUnwindSafe(|| self.write(record, &mut info)));
        // After the panic is over: a second one in the meantime, by what the info drops, would end the process.
        if matches!(catch_unwind(AssertUnwindSafe(|| info.goes_back())), Ok(true)) {
            self.spent.push(info);
        } else {
            discard(info);
        }
        message.unwrap_or_else(|payload| {
            discard(payload);
            self.write(record, &mut Info::error("panic", "the info panicked while it was rendered"))
        })
    }

    /// What was rendered and is to be dropped by calling threads.
    pub(super) fn spent(&mut self) -> &mut Vec<Info> {
        &mut self.spent
    }

    /// Takes back messages that are not needed any more, for the memory of their texts.
    pub(super) fn recycle(&mut self, messages: &mut Vec<Message>) {
        for message in messages.iter_mut().filter(|message| message.json.capacity() <= BUFFER_CAP) {
            self.buffers.push(std::mem::take(&mut message.json));
        }
        messages.clear();
    }

    fn write(&mut self, record: &Record, info: &mut Info) -> Message {
        let timestamp = record.trace.clock.timestamp(record.at);
        let suffix = record.phase.suffix();
        let mut json = self.buffers.pop().unwrap_or_default();
        json.clear();
        json.reserve(BUFFER);
        self.name.append(&record.name, &mut json, |text| {
            text.push_str("{\"name\":");
            write_str(text, &record.name);
            // The suffix goes inside the quotation marks.
            text.pop();
        });
        json.push_str(suffix);
        self.base_id.append(&record.trace.base_id, &mut json, |text| {
            text.push_str("\",\"base_id\":");
            record.trace.base_id.write_json(text);
            text.push_str(",\"trace_id\":");
        });
        self.trace_id.append(&record.trace_id, &mut json, |text| record.trace_id.write_json(text));
        self.parent_id.append(&record.parent_id, &mut json, |text| {
            text.push_str(",\"parent_id\":");
            record.parent_id.write_json(text);
            text.push_str(",\"timestamp\":\"");
        });
        self.second.append(&timestamp.second(), &mut json, |text| text.push_str(&timestamp.second_text()));
        timestamp.write_fraction(&mut json);
        json.push_str("\",\"info\":");
        let start = json.len();
        let mut writer = InfoWriter::after(json);
        info.render(&mut writer);
        let lost = record.trace.lost.load(Relaxed);
        if lost > 0 {
            writer.number("lost_messages", lost);
        }
        record.trace.handed_out.render(&mut writer);
        writer.members(&self.host);
        let mut json = writer.finish();
        let info = start..json.len();
        json.push_str(&self.tail);
        Message {
            json,
            info,
            point: record.name.clone(),
            suffix,
            base_id: record.trace.base_id.clone(),
            trace_id: record.trace_id.clone(),
            parent_id: record.parent_id.clone(),
            timestamp,
            project: self.project.clone(),
            service: self.service.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use serde_json::{Value, json};

    use super::*;
    use crate::{Phase, Profiler};

    fn record(name: &'static str, phase: Phase, info: impl Into<Info>) -> Record {
        let profiler = Profiler::new("key", Some("base".into()), Some("7a4b3b7e-0a7e-4f0e-9a53-0123456789ab".into()));
        Record {
            trace: profiler.trace.clone(),
            name: name.into(),
            phase,
            trace_id: Id::random(),
            parent_id: profiler.id().clone(),
            at: Instant::now(),
            info: info.into(),
            weight: 0,
        }
    }

    #[test]
    fn a_message_has_the_keys_of_osprofiler_in_its_order() {
        let mut renderer = Renderer::new(Some("proj".into()), Some("svc".into()), "node-1");
        let mut record = record("db", Phase::Start, json!({"db": {"statement": "SELECT 1"}}));
        let message = renderer.message(&mut record);
        assert_eq!(
            message.json(),
            format!(
                r#"{{"name":"db-start","base_id":"base","trace_id":"{}","parent_id":"7a4b3b7e-0a7e-4f0e-9a53-0123456789ab","timestamp":"{}","info":{{"db":{{"statement":"SELECT 1"}},"host":"node-1"}},"project":"proj","service":"svc"}}"#,
                record.trace_id,
                message.timestamp(),
            )
        );
    }

    #[test]
    fn what_is_written_reads_back_equal() -> Result<(), serde_json::Error> {
        let mut renderer = Renderer::new(None, Some("s\\".into()), "\"");
        let mut batch = Vec::new();
        for round in 0..3_u64 {
            let start = record("re\"nder\n", Phase::Start, json!({"round": round}));
            let mut stop = record("db", Phase::Stop, ());
            stop.trace = start.trace.clone();
            stop.trace_id = start.trace_id.clone();
            stop.at += Duration::from_millis(700 * round);
            for mut record in [start, stop] {
                let message = renderer.message(&mut record);
                assert_eq!(Message::from_json(message.json().as_bytes())?, message);
                assert_eq!(message.trace_id(), &record.trace_id);
                batch.push(message);
            }
            renderer.recycle(&mut batch);
        }
        Ok(())
    }

    #[test]
    fn info_that_panics_is_said_to_have_panicked() {
        let mut renderer = Renderer::new(None, None, "h");
        let message = renderer.message(&mut record("x", Phase::Stop, Info::lazy(|| panic!("no"))));
        assert_eq!(message.info()["etype"], "panic");
        assert_eq!(message.name(), "x-stop");
    }

    #[test]
    fn lost_messages_are_told() {
        let record = &mut record("x", Phase::Stop, ());
        record.trace.lost.fetch_add(3, Relaxed);
        let message = Renderer::new(None, None, "h").message(record);
        assert_eq!(Value::from(message.info()), json!({"lost_messages": 3, "host": "h"}));
    }
}
