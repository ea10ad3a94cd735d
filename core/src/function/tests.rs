//! What the attributes make of functions, methods and traits.

mod order;

use std::future::Future;
use std::pin::Pin;

use osprofiler::{trace, trace_cls, trace_trait};
use serde_json::{Value, json};

use crate::test_store::Store;
use crate::{Message, profiler};

/// The info of all messages, without the host.
fn infos(store: &Store) -> Vec<(String, Value)> {
    let without_host = |message: &Message| {
        let mut info = message.info();
        info.remove("host");
        (message.name(), Value::Object(info))
    };
    store.messages().iter().map(without_host).collect()
}

/// What `f` records, in a trace.
fn recorded<T>(f: impl FnOnce() -> T) -> (T, Vec<(String, Value)>) {
    let store = Store::new();
    let result = store.profiler("t").in_scope(f);
    (result, infos(&store))
}

fn recorded_async<F: Future>(future: F) -> (F::Output, Vec<(String, Value)>) {
    use crate::TraceExt;
    let store = Store::new();
    let result = futures::executor::block_on(future.in_trace(&store.profiler("t")));
    (result, infos(&store))
}

struct NoDebug;

#[trace("add", info = {"unit": "apples", "twice": left * 2}, hide_result = false)]
fn add(left: u32, right: u32) -> u32 {
    left + right
}

#[test]
fn call_says_its_name_arguments_and_result() {
    let (sum, infos) = recorded(|| add(1, 2));
    assert_eq!(sum, 3);
    let function = json!({"name": "osprofiler::function::tests::add", "args": "(1, 2)", "kwargs": "{}"});
    assert_eq!(
        infos,
        [
            ("add-start".to_owned(), json!({"unit": "apples", "twice": 2, "function": function})),
            ("add-stop".to_owned(), json!({"function": {"result": "3"}})),
        ]
    );
    assert_eq!(add(1, 2), 3);
}

#[trace("generic")]
fn generic<T, U: std::fmt::Debug>(
    _: NoDebug,
    (a, b): (T, U),
    mut c: impl Into<String> + Clone,
) -> impl Iterator<Item = U> {
    let _text: String = c.clone().into();
    c = c.clone();
    drop((a, c));
    std::iter::once(b)
}

#[test]
fn arguments_without_debug_show_their_type() {
    let (mut items, infos) = recorded(|| generic(NoDebug, (1, "b"), "c"));
    assert_eq!(items.next(), Some("b"));
    let args = infos[0].1["function"]["args"].as_str().expect("text");
    assert_eq!(args, "(<osprofiler::function::tests::NoDebug>, <(i32, &str)>, <&str>)");
}

#[trace("fail", hide_args = true)]
fn fail(text: &str) -> Result<i32, std::num::ParseIntError> {
    let number: i32 = text.parse()?;
    if number > 9 {
        return Ok(9);
    }
    Ok(number)
}

#[test]
fn an_error_is_told_and_returned() {
    let (result, infos) = recorded(|| fail("x"));
    assert!(result.is_err());
    let message = "invalid digit found in string";
    assert_eq!(infos[0].1, json!({"function": {"name": "osprofiler::function::tests::fail"}}));
    assert_eq!(infos[1].1, json!({"etype": "core::num::error::ParseIntError", "message": message}));
    let (result, infos) = recorded(|| fail("12"));
    assert_eq!((result, &infos[1].1), (Ok(9), &json!({})));
}

#[trace("silent")]
fn fail_silently() -> Result<(), NoDebug> {
    Err(NoDebug)
}

#[trace("boxed")]
fn fail_boxed(text: &str) -> Result<Box<dyn std::fmt::Debug>, Box<dyn std::error::Error>> {
    match text {
        "" => Err("empty")?,
        text => Ok(Box::new(text.len())),
    }
}

#[test]
fn errors_of_any_type_are_told() {
    let (_, infos) = recorded(fail_silently);
    assert_eq!(infos[1].1["message"], "<osprofiler::function::tests::NoDebug>");
    let (_, infos) = recorded(|| fail_boxed("").map(drop).map_err(drop));
    assert_eq!(infos[1].1["message"], "empty");
}

#[trace("panics")]
fn panics() -> u8 {
    panic!("boom")
}

#[trace("never")]
fn never_returns() -> ! {
    panic!("never")
}

#[test]
fn a_panic_is_told_and_goes_on() {
    profiler::install_panic_hook();
    for (f, message) in [(panics as fn() -> u8, "boom"), (|| never_returns(), "never")] {
        let (caught, infos) = recorded(|| std::panic::catch_unwind(f));
        assert!(caught.is_err());
        assert_eq!(infos[1].1, json!({"etype": "panic", "message": message}));
    }
}

struct Shelf {
    rows: Vec<u32>,
}

#[trace_cls("shelf", hide_result = false)]
impl Shelf {
    const SIZE: usize = 3;

    pub(crate) fn first(&mut self) -> Option<&mut u32> {
        if self.rows.len() > Self::SIZE {
            return None;
        }
        self.rows.first_mut()
    }

    pub(crate) fn new(rows: Vec<u32>) -> Self {
        Self { rows }
    }

    fn private(&self) -> usize {
        self.rows.len()
    }

    #[trace(skip)]
    pub(crate) fn skipped(&self) -> usize {
        self.private()
    }

    #[trace("own", hide_args)]
    pub(crate) async fn twice(self, by: u32) -> Box<dyn std::fmt::Debug + Send> {
        if by > 100 {
            return Box::new(());
        }
        Box::new(self.rows.iter().map(|row| row * by).collect::<Vec<_>>())
    }
}

#[test]
fn public_methods_of_a_block_are_traced() {
    let (_, infos) = recorded(|| {
        let mut shelf = Shelf::new(vec![7]);
        *shelf.first().expect("one") += 1;
        shelf.skipped()
    });
    let names: Vec<&str> = infos.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["shelf-start", "shelf-stop"]);
    let function = &infos[0].1["function"];
    assert_eq!(function["name"], "osprofiler::function::tests::Shelf::first");
    assert_eq!(function["args"], "(<osprofiler::function::tests::Shelf>,)");
    assert_eq!(infos[1].1["function"]["result"], "Some(7)");
}

#[test]
fn the_upper_attribute_is_the_outer_point() {
    let (_, infos) = recorded_async(async { Shelf::new(vec![7]).twice(2).await });
    let names: Vec<&str> = infos.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["shelf-start", "own-start", "own-stop", "shelf-stop"]);
    assert_eq!(infos[3].1["function"]["result"], "[14]");
    assert_eq!(infos[0].1["function"]["name"], "osprofiler::function::tests::Shelf::twice");
}

#[trace_cls("all", trace_private, trace_class_methods, trace_static_methods = true)]
impl NoDebug {
    fn new() -> Self {
        Self::_private();
        Self
    }

    fn _private() {}

    fn __never() {}
}

#[test]
fn private_and_associated_functions_are_traced_when_asked_for() {
    let (_, infos) = recorded(|| {
        NoDebug::__never();
        NoDebug::new()
    });
    let names: Vec<&str> = infos.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["all-start", "all-start", "all-stop", "all-stop"]);
    assert_eq!(infos[1].1["function"]["args"], "()");
}

#[trace("impl", hide_result = false)]
fn returns_future(id: u32) -> impl Future<Output = Result<u32, String>> + Send {
    async move { if id > 9 { Err(format!("{id} is too much")) } else { Ok(id) } }
}

#[trace("boxed")]
fn returns_boxed<'a>(text: &'a str) -> Pin<Box<dyn Future<Output = usize> + Send + 'a>> {
    Box::pin(async move { text.len() })
}

macro_rules! returns {
    ($name:ident, $output:ty, $value:expr) => {
        #[trace("from a macro", hide_args = true)]
        fn $name() -> $output {
            $value
        }
    };
}

async fn with_a_point() {
    drop(crate::Trace::new("inside", ()));
}

returns!(returns_future_from_a_macro, impl Future<Output = ()>, with_a_point());
returns!(returns_boxed_from_a_macro, Pin<Box<dyn Future<Output = ()>>>, Box::pin(with_a_point()));

#[test]
fn a_future_is_known_where_a_macro_was_given_its_type() {
    let (_, infos) = recorded_async(async {
        returns_future_from_a_macro().await;
        returns_boxed_from_a_macro().await;
    });
    let names: Vec<&str> = infos.iter().map(|(name, _)| name.as_str()).collect();
    let call = ["from a macro-start", "inside-start", "inside-stop", "from a macro-stop"];
    assert_eq!(names, [call, call].concat());
}

#[test]
fn a_future_that_is_returned_is_the_call() {
    let (result, infos) = recorded_async(async {
        let later = returns_future(10);
        assert_eq!(returns_boxed("four").await, 4);
        later.await
    });
    let names: Vec<&str> = infos.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["boxed-start", "boxed-stop", "impl-start", "impl-stop"]);
    assert_eq!(infos[2].1["function"]["args"], "(10,)");
    assert_eq!(infos[3].1, json!({"etype": "alloc::string::String", "message": "10 is too much"}));
    assert_eq!(result, Err("10 is too much".to_owned()));
    let future = returns_future(1);
    let (result, infos) = recorded_async(future);
    assert_eq!(result, Ok(1));
    assert_eq!(infos[0].1["function"], json!({"name": "osprofiler::function::tests::returns_future"}));
    assert_eq!(infos[1].1["function"]["result"], "Ok(1)");
}

#[trace_trait("rpc", hide_result = false)]
trait Rpc: std::fmt::Debug {
    type Answer;

    const NAME: &'static str;

    async fn call<T: Into<u32>>(&mut self, what: T) -> Result<Self::Answer, String>;

    fn twice(&self, other: &Self) -> usize {
        self._size() + other._size()
    }

    fn _size(&self) -> usize;

    fn fork(&self) -> Self
    where
        Self: Sized;
}

#[derive(Debug)]
struct Local(usize);

impl Rpc for Local {
    type Answer = usize;

    const NAME: &'static str = "local";

    async fn call<T: Into<u32>>(&mut self, what: T) -> Result<usize, String> {
        self.0 += what.into() as usize;
        Ok(self.0)
    }

    fn _size(&self) -> usize {
        self.0
    }

    fn fork(&self) -> Self {
        Self(self.0)
    }
}

async fn generic_caller<R: Rpc>(mut rpc: R) -> Result<R::Answer, String> {
    let other = rpc.fork();
    assert_eq!((rpc.twice(&other), R::NAME), (2, "local"));
    rpc.call(2_u8).await
}

#[test]
fn calls_through_a_trait_are_traced() {
    let (result, infos) = recorded_async(generic_caller(Local(1).traced_rpc()));
    assert_eq!(result, Ok(3));
    let names: Vec<String> = infos.iter().map(|(_, info)| info["function"].to_string()).collect();
    assert_eq!(
        names,
        [
            r#"{"name":"osprofiler::function::tests::Local::fork","args":"(<osprofiler::function::tests::Local>,)","kwargs":"{}"}"#,
            r#"{"result":"TracedRpc(Local(1))"}"#,
            r#"{"name":"osprofiler::function::tests::Local::twice","args":"(<osprofiler::function::tests::Local>, TracedRpc(Local(1)))","kwargs":"{}"}"#,
            r#"{"result":"2"}"#,
            r#"{"name":"osprofiler::function::tests::Local::call","args":"(<osprofiler::function::tests::Local>, <u8>)","kwargs":"{}"}"#,
            // An implementor's types are not known to have `Debug` here, nor is a generic argument's.
            r#"{"result":"<core::result::Result<usize, alloc::string::String>>"}"#,
        ]
    );
    let (result, infos) = recorded_async(generic_caller(Local(1)));
    assert_eq!((result, infos.len()), (Ok(3), 0));
}

#[trace_trait("greet")]
trait Greet {
    fn greet(&self, whom: &str) -> String;
}

impl Greet for Local {
    fn greet(&self, whom: &str) -> String {
        format!("hello {whom}")
    }
}

#[test]
fn calls_through_dyn_are_traced() {
    let greet: Box<dyn Greet + Send> = Box::new(Local(0).traced_greet());
    let (result, infos) = recorded(|| greet.greet("you"));
    assert_eq!((result.as_str(), infos.len()), ("hello you", 2));
    assert_eq!(infos[0].1["function"]["args"], r#"(<osprofiler::function::tests::Local>, "you")"#);
}
