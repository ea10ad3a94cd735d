//! Functions with `#[trace]`.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use osprofiler::trace;
use serde_json::json;

use super::{names, recorded, recorded_async};
use crate::profiler;

struct NoDebug;

#[trace("add", info = {"unit": "apples", "function": 1, "host": "x", "twice": left * 2}, hide_result = false)]
fn add(left: u32, right: u32) -> u32 {
    left + right
}

#[test]
fn call_says_its_name_arguments_and_result() {
    let (sum, infos) = recorded(|| add(1, 2));
    assert_eq!(sum, 3);
    let function = json!({"name": "osprofiler::function::tests::functions::add", "args": "(1, 2)", "kwargs": "{}"});
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
    assert_eq!(args, "(<osprofiler::function::tests::functions::NoDebug>, <(i32, &str)>, <&str>)");
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
    assert_eq!(infos[0].1, json!({"function": {"name": "osprofiler::function::tests::functions::fail"}}));
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
    assert_eq!(infos[1].1["message"], "<osprofiler::function::tests::functions::NoDebug>");
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
    let call = ["from a macro-start", "inside-start", "inside-stop", "from a macro-stop"];
    assert_eq!(names(&infos), [call, call].concat());
}

#[test]
fn a_future_that_is_returned_is_the_call() {
    let (result, infos) = recorded_async(async {
        let later = returns_future(10);
        assert_eq!(returns_boxed("four").await, 4);
        later.await
    });
    assert_eq!(names(&infos), ["boxed-start", "boxed-stop", "impl-start", "impl-stop"]);
    assert_eq!(infos[2].1["function"]["args"], "(10,)");
    assert_eq!(infos[3].1, json!({"etype": "alloc::string::String", "message": "10 is too much"}));
    assert_eq!(result, Err("10 is too much".to_owned()));
    let future = returns_future(1);
    let (result, infos) = recorded_async(future);
    assert_eq!(result, Ok(1));
    assert_eq!(infos[0].1["function"], json!({"name": "osprofiler::function::tests::functions::returns_future"}));
    assert_eq!(infos[1].1["function"]["result"], "Ok(1)");
}

/// Says how often it was shown, and panics the third time.
#[derive(Default)]
struct Counted(AtomicUsize);

impl fmt::Debug for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        assert!(self.0.fetch_add(1, Relaxed) < 2, "shown too often");
        f.write_str("counted")
    }
}

#[trace("shows", hide_result = false, info = {"shown": format!("{counted:?}")})]
fn shows<'a>(counted: &'a Counted, _long: &[u8]) -> &'a Counted {
    counted
}

#[test]
fn nothing_is_shown_without_a_trace() {
    let counted = Counted::default();
    shows(&counted, &[]);
    assert_eq!(counted.0.load(Relaxed), 0);
}

#[test]
fn what_panics_while_it_is_shown_shows_its_type() {
    let counted = Counted::default();
    let (_, infos) = recorded(|| shows(&counted, &[1]));
    assert_eq!(infos[0].1["shown"], "counted");
    assert_eq!(infos[0].1["function"]["args"], "(counted, [1])");
    assert_eq!(infos[1].1["function"]["result"], "<&osprofiler::function::tests::functions::Counted>");
}

#[test]
fn long_arguments_are_cut() {
    let (_, infos) = recorded(|| shows(&Counted::default(), &vec![7; 1 << 20]).0.load(Relaxed));
    let args = infos[0].1["function"]["args"].as_str().expect("text");
    assert!(args.starts_with("(counted, [7, 7, ") && args.ends_with("…)"), "{args}");
    assert_eq!(args.len(), 4096 + "…)".len());
}
