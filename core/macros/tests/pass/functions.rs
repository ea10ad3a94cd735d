//! Functions of every shape keep their meaning, and no lint complains.

#![deny(warnings)]
#![deny(unsafe_op_in_unsafe_fn, unreachable_pub, missing_debug_implementations, elided_lifetimes_in_paths)]

use std::borrow::Cow;
use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

use osprofiler::trace;

/// Names that the attribute's own code might use.
#[trace("names", hide_result = false, info = {"call": call, "start": {"text": text}})]
fn names(call: u8, start: u8, text: u8, result: u8, future: u8, never: u8, info: u8, argument_0: u8) -> u8 {
    let point = call + start + text + result + future;
    point + never + info + argument_0
}

#[trace("names", hide_result = false)]
async fn async_names(call: u8, start: u8, text: u8, result: u8, future: u8, never: u8, info: u8) -> u8 {
    call + start + text + result + future + never + info
}

#[trace("empty")]
fn empty() {}

#[trace("empty")]
async fn async_empty() {}

#[trace("patterns", info = serde_json_like())]
fn patterns((a, ref b): (u8, String), [c, ..]: [u8; 3], _: &str, Wrapped { inner: d }: Wrapped, mut e: u8) -> usize {
    e += 1;
    usize::from(a + c + d + e) + b.len()
}

fn serde_json_like() -> Vec<u8> {
    vec![1]
}

struct Wrapped {
    inner: u8,
}

#[trace("references")]
fn references(ref a: String, ref mut b: u8, (ref mut c, d): (u8, String), mut e: u8) -> usize {
    *b += 1;
    *c += *b;
    e += *c;
    a.len() + d.len() + usize::from(e)
}

/// A trait of everything, with methods that the attribute's own code might call.
trait Everything {
    fn show(&self, _: &mut u8) {}
    fn failure(&self) -> Option<u8> {
        None
    }
}

impl<T: ?Sized> Everything for T {}

#[trace("everything", hide_result = false)]
fn everything(mut a: u8) -> Result<u8, String> {
    1.show(&mut a);
    Ok(a)
}

/// The bound says what the closure's parameter is.
#[trace("closure")]
fn closure() -> impl Fn(&str) -> usize {
    |text| text.len()
}

#[trace("generic", hide_result = false)]
fn generic<'a, T: ?Sized + AsRef<str>, U, const N: usize>(text: &'a T, more: [U; N], f: impl Fn(&str) -> U) -> (&'a str, U)
where
    U: Clone,
{
    let _ = more.first().cloned();
    (text.as_ref(), f(text.as_ref()))
}

#[trace("conditions")]
fn conditions(#[cfg(any())] _never: u8, #[cfg(all())] always: u8) -> u8 {
    always
}

#[trace("iterator")]
fn iterator<'a>(items: &'a [u8]) -> impl Iterator<Item = &'a u8> + use<'a> {
    items.iter().filter(|item| **item > 1)
}

#[trace("nested")]
fn nested_impl(ok: bool) -> Result<impl Debug, Box<dyn std::error::Error + Send + Sync>> {
    if !ok {
        return Err("no".into());
    }
    Ok(1)
}

#[trace("coerced")]
fn coerced(b: bool) -> Box<dyn Debug> {
    if b {
        return Box::new("text");
    }
    Box::new(1)
}

#[trace("coerced")]
async fn async_coerced(b: bool) -> Result<Box<dyn Debug + Send>, String> {
    if b {
        return Ok(Box::new("text"));
    }
    Err("no")?;
    Ok(Box::new(1))
}

#[trace("cow")]
fn cow(text: &str) -> Cow<'_, str> {
    text.into()
}

/// An unsafe function.
///
/// # Safety
///
/// Is the caller's.
#[trace("unsafe")]
unsafe fn read(from: *const u8) -> u8 {
    unsafe { *from }
}

#[trace("extern")]
extern "C" fn plain(x: i32) -> i32 {
    x + 1
}

#[trace("never")]
fn exits(code: i32) -> ! {
    std::process::exit(code)
}

#[trace("recursion")]
fn factorial(n: u64) -> u64 {
    if n < 2 { 1 } else { n * factorial(n - 1) }
}

#[trace("future")]
fn future(text: &str) -> impl Future<Output = usize> + Send + Sync {
    std::future::ready(text.len())
}

#[trace("boxed")]
fn boxed<'a>(text: &'a str) -> Pin<Box<dyn Future<Output = Result<usize, String>> + Send + 'a>> {
    Box::pin(async move { Ok(text.len()) })
}

#[trace("boxed")]
fn box_future(text: &str) -> futures::future::BoxFuture<'_, usize> {
    Box::pin(async move { text.len() })
}

#[trace("outer")]
#[trace("inner", allow_multiple_trace = false)]
#[must_use]
fn twice(x: u8) -> u8 {
    x
}

struct Counter {
    items: Vec<u32>,
}

impl Counter {
    #[trace("method")]
    fn get_mut(&mut self, at: usize) -> Option<&mut u32> {
        self.items.get_mut(at)
    }

    #[trace("method")]
    fn consume(mut self) -> Vec<u32> {
        self.items.push(1);
        self.items
    }

    #[trace("method")]
    fn shared(self: Arc<Self>) -> usize {
        self.items.len()
    }

    #[trace("method")]
    fn not_send(self: &Rc<Self>) -> usize {
        self.items.len()
    }

    #[trace("method")]
    async fn wait<'a>(&'a mut self, more: &'a [u32]) -> &'a mut Vec<u32> {
        self.items.extend_from_slice(more);
        &mut self.items
    }
}

fn is_sync<T: Sync>(_: T) {}

fn is_send<T: Send>(value: T) -> T {
    value
}

fn main() {
    empty();
    assert_eq!(names(1, 1, 1, 1, 1, 1, 1, 1), 8);
    assert_eq!(patterns((1, "b".to_owned()), [2, 0, 0], "", Wrapped { inner: 3 }, 4), 12);
    assert_eq!(references("a".to_owned(), 1, (1, "b".to_owned()), 1), 6);
    assert_eq!(closure()("abc"), 3);
    assert_eq!((everything(1), 1.failure()), (Ok(1), None));
    assert_eq!(generic::<str, u8, 1>("a", [1], |_| 2), ("a", 2));
    assert_eq!(conditions(1), 1);
    assert_eq!(iterator(&[1, 2, 3]).count(), 2);
    assert!(nested_impl(false).is_err());
    assert_eq!(format!("{:?}", coerced(true)), "\"text\"");
    assert_eq!(cow("c"), "c");
    assert_eq!(unsafe { read(&7) }, 7);
    assert_eq!(plain(1), 2);
    assert_eq!(factorial(5), 120);
    assert_eq!(twice(1), 1);
    let mut counter = Counter { items: vec![1] };
    *counter.get_mut(0).expect("one") = 2;
    is_sync(async_empty());
    is_sync(future("f"));
    futures::executor::block_on(is_send(async {
        async_empty().await;
        assert_eq!(async_names(1, 1, 1, 1, 1, 1, 1).await, 7);
        assert!(async_coerced(false).await.is_err());
        assert_eq!(future("f").await, 1);
        assert_eq!(boxed("f").await, Ok(1));
        assert_eq!(box_future("f").await, 1);
        assert_eq!(counter.wait(&[3]).await.len(), 2);
    }));
    assert_eq!(counter.consume(), [2, 3, 1]);
    assert_eq!(Arc::new(Counter { items: Vec::new() }).shared(), 0);
    assert_eq!(Rc::new(Counter { items: Vec::new() }).not_send(), 0);
    if false {
        exits(1);
    }
}
