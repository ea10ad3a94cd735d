//! Five ways to make a trace point, in Rust and in Python: the same messages.

use osprofiler_examples::trace_points;
use serde_json::Value;

use crate::python;
use crate::store::Store;

/// A message as the other language would have it: its name, where it lies, and what its info says, with the values that
/// are the language's own left out.
fn comparable(messages: &[Value], message: &Value) -> Value {
    let place = |id: &Value| match messages.iter().position(|other| other["trace_id"] == *id) {
        Some(place) => Value::from(place),
        None => Value::from("the trace"),
    };
    assert!(message["timestamp"].is_string() && message["info"]["host"].is_string(), "{message}");
    let mut info = message["info"].clone();
    info["host"] = Value::Null;
    if let Some(function) = info["function"].as_object_mut() {
        let name = function["name"].as_str().expect("text").rsplit(['.', ':']).next().expect("a part").to_owned();
        function["name"] = name.into();
        // Both are the text of a tuple; how a text or a method's object looks in it is the language's own.
        for value in ["args", "kwargs"] {
            let text = function[value].as_str().expect("text").to_owned();
            function[value] = Value::from(format!("{}…{}", &text[..1], &text[text.len() - 1..]));
        }
    }
    let trace = message["parent_id"] == message["base_id"];
    serde_json::json!({
        "name": message["name"], "point": place(&message["trace_id"]), "info": info,
        "parent": if trace { Value::from("the trace") } else { place(&message["parent_id"]) },
    })
}

fn comparables(messages: &[Value]) -> Vec<Value> {
    messages.iter().map(|message| comparable(messages, message)).collect()
}

#[test]
fn points_made_in_all_five_ways_are_those_of_python() {
    let Some(python) = python::python() else { return };
    let theirs = python::run_json(&python, "trace_points.py", &[]);
    let store = Store::new();
    let traces = trace_points::run(store.notifier());
    let messages = store.messages();
    for (index, ((way, _), base_id)) in trace_points::WAYS.iter().zip(traces).enumerate() {
        let ours: Vec<Value> = messages
            .iter()
            .filter(|message| *message.base_id() == base_id)
            .map(|message| serde_json::from_str(message.json()).expect("JSON"))
            .collect();
        let theirs = theirs[index].as_array().expect("a list of messages");
        assert_eq!(comparables(&ours), comparables(theirs), "{way}");
        // Keys and their order, but for project and service, which Python's drivers add.
        for (ours, theirs) in ours.iter().zip(theirs) {
            let keys = |message: &Value| message.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
            assert_eq!(keys(ours)[..6], keys(theirs), "{way}");
            assert_eq!(keys(&ours["info"]), keys(&theirs["info"]), "{way}");
        }
    }
}
