//! The attributes of `osprofiler`, which gives them out: `#[trace]`, `#[trace_cls]` and `#[trace_trait]`.
//!
//! Here: the entrances. Below: what may stand in an attribute (`options`), one function (`function`), an `impl` block
//! (`class`), a trait with its wrapper (`wrapper`), and what several attributes on one function mean (`multiple`). Not
//! here: what runs in a traced function, which is in `osprofiler` itself.

mod class;
mod function;
mod multiple;
mod options;
mod wrapper;

use proc_macro::TokenStream;

/// Makes a trace point of each call of a function, as OSProfiler's decorator `profiler.trace` does.
///
/// ```
/// #[osprofiler::trace("price", info = {"currency": "EUR", "pieces": count}, hide_result = false)]
/// fn price(count: u32, name: &str) -> Result<u32, String> {
///     count.checked_mul(3).ok_or_else(|| format!("too many of {name}"))
/// }
/// # assert_eq!(price(2, "apples"), Ok(6));
/// ```
///
/// In Python:
///
/// ```python
/// @profiler.trace("price", info={"currency": "EUR"}, hide_result=False)
/// def price(count, name): ...
/// ```
///
/// | option | default | meaning |
/// | --- | --- | --- |
/// | a text | it must be there | the point's name |
/// | `info` | nothing | what else the start info says: `{"key": value}` as in `serde_json::json!`, or an expression that serde serializes; the arguments are in scope, by reference |
/// | `hide_args` | `false` | leaves the arguments out |
/// | `hide_result` | `true` | leaves the result out; an error is told either way |
/// | `allow_multiple_trace` | `true` | where it is `false`, another `#[trace]` on the function is an error of the compiler |
///
/// `hide_args` alone means `hide_args = true`, and so for the other switches.
///
/// # What is recorded
///
/// - The start info is `{"function": {"name", "args", "kwargs"}}` beside `info`: the function's path, and the arguments as
///   one text, `(2, "apples")`. `kwargs` is `{}`: OSProfiler's reports have it, and Rust has none.
/// - Arguments and results are shown by `Debug`. What has no `Debug`, or is generic without that bound, shows its type,
///   `<blog::Store>`, and so does `self`. 4 KiB are kept; the rest is not even formatted. What must not be recorded, such as a
///   password, is left out with `hide_args`, or shown otherwise by the `Debug` of its type.
/// - The stop info is `{"function": {"result": "Ok(6)"}}` with `hide_result = false`, else nothing.
/// - A function that returns `Err` stops with `etype`, the error's type, and `message`, its text; one that panics with the
///   `etype` `panic`.
/// - A call is the parent of what happens in it.
///
/// # Where it can stand
///
/// On functions, async functions, methods, generic ones, those that return `impl Trait`, and those that return a future:
/// `impl Future`, `Pin<Box<dyn Future>>` or what the crate `futures` calls `BoxFuture` and `LocalBoxFuture`. Their call lasts
/// from the future's first poll to its end; dropped before, it stops as cancelled. A future that was made where no trace is
/// active, and is polled where one is, is traced then, without its arguments (one in a box is not). On functions of a trait
/// with a body; for those without there is [`macro@trace_trait`]. Not on a `const fn`.
///
/// With several of them the upper is the outer point, as with decorators.
///
/// The body moves into a closure or an async block. So `Location::caller()` in a `#[track_caller]` function is that of the
/// closure, and an argument that is never used is no warning of the compiler's. Where the function returns a closure within
/// another type, `Result<impl Fn(&str) -> usize, E>`, the closure must name its arguments' types. Arguments whose `Debug` is
/// implemented for `'static` alone need `hide_args`. The crate must be called `osprofiler` where the attribute stands.
///
/// # Cost
///
/// Where no trace is active: one read of a thread local, and nothing is formatted or evaluated. An async function's future
/// grows by some 300 bytes and, unless `hide_args`, by the size of its arguments.
#[proc_macro_attribute]
pub fn trace(options: TokenStream, item: TokenStream) -> TokenStream {
    expanded(function::expand(options.into(), item.into()))
}

/// Makes trace points of the calls of an `impl` block's methods, as OSProfiler's decorator `profiler.trace_cls` does for a
/// class.
///
/// ```
/// struct Shelf(Vec<String>);
///
/// #[osprofiler::trace_cls("shelf", hide_args = true)]
/// impl Shelf {
///     pub fn first(&self) -> Option<&str> {
///         self.at(0)
///     }
///
///     #[trace(skip)]
///     pub fn len(&self) -> usize {
///         self.0.len()
///     }
///
///     // Private: traced with `trace_private = true`.
///     fn at(&self, place: usize) -> Option<&str> {
///         self.0.get(place).map(String::as_str)
///     }
/// }
/// # assert_eq!(Shelf(vec!["a".to_owned()]).first(), Some("a"));
/// ```
///
/// In Python:
///
/// ```python
/// @profiler.trace_cls("shelf", hide_args=True)
/// class Shelf(object): ...
/// ```
///
/// It has the options of [`macro@trace`] for each method, and these:
///
/// | option | default | meaning |
/// | --- | --- | --- |
/// | `trace_private` | `false` | traces methods too that are not `pub`, or whose name begins with `_` |
/// | `trace_class_methods` | `false` | traces functions too that have no receiver, but `Self` in their signature, such as `fn new() -> Self` |
/// | `trace_static_methods` | `false` | traces functions too that have neither |
///
/// What is `pub` in some places, as `pub(crate)` is, counts as public, and so does every method in the implementation of a
/// trait. Names that begin with `__` are never traced, as in OSProfiler, nor is a `const fn`. `#[trace(skip)]` leaves out
/// one. With `allow_multiple_trace = false` a method that has `#[trace]` of its own is an error of the compiler.
#[proc_macro_attribute]
pub fn trace_cls(options: TokenStream, item: TokenStream) -> TokenStream {
    expanded(class::expand(options.into(), item.into()))
}

/// Makes trace points of the calls through a trait, whoever implements it: the counterpart of OSProfiler's metaclass
/// `TracedMeta`, which traces all who inherit.
///
/// ```
/// #[osprofiler::trace_trait("rpc")]
/// trait Compute {
///     async fn boot(&self, name: &str) -> Result<u32, String>;
/// }
///
/// struct Local;
///
/// // Untouched.
/// impl Compute for Local {
///     async fn boot(&self, name: &str) -> Result<u32, String> {
///         Ok(name.len() as u32)
///     }
/// }
///
/// async fn serve(compute: impl Compute) -> Result<u32, String> {
///     compute.boot("first").await
/// }
///
/// // The one edit: where it is made.
/// let served = serve(Local.traced_compute());
/// # let _ = served;
/// ```
///
/// In Python:
///
/// ```python
/// class Compute(object, metaclass=profiler.TracedMeta):
///     __trace_args__ = {"name": "rpc"}
///     ...
/// ```
///
/// The trait gets a method `traced_compute`, and beside it stands a type `TracedCompute<T>` that implements the trait for
/// every `T` that does, by handing the calls on, each within a point. It is as public as the trait, derefs to what it
/// wraps, and has `into_inner`, unless that is a method of the trait. `Box<dyn Compute>` and generics take it as any other
/// implementor.
///
/// Why a wrapper: what an implementor implements under the trait's name is what a call runs, and it is not to be touched,
/// so something has to stand in between. It is asked for once, where the implementor is made; attributes on each `impl`
/// would be more places, and inherent methods on `dyn Compute` would leave out generics. So calls of an implementor to
/// itself are not traced, and neither are those through a value that was not wrapped.
///
/// The function's name is the implementor's type with the method, `blog::Local::boot`. The options are those of
/// [`macro@trace_cls`]; all methods of a trait are public, so that `trace_private` adds those that begin with `_`. Associated
/// types and constants, generics, supertraits and `async_trait` work; of supertraits that are no auto traits the wrapper has
/// the derived ones of the standard library (`Debug`, `Clone`, `PartialEq` and so on), and others must be implemented for it.
/// `Self` can be handed on as receiver (`self`, `&self`, `&mut self`, `self: Box<Self>`), as argument (`Self`, `&Self`,
/// `&mut Self`) and as result (`Self`, `Option<Self>`, `Result<Self, _>`); elsewhere in a signature it is an error of the
/// compiler that says so.
///
/// Where `allow_multiple_trace = false`, to wrap what is wrapped is an error of the compiler, as long as it sees that it is.
#[proc_macro_attribute]
pub fn trace_trait(options: TokenStream, item: TokenStream) -> TokenStream {
    expanded(wrapper::expand(options.into(), item.into()))
}

fn expanded(result: syn::Result<proc_macro2::TokenStream>) -> TokenStream {
    result.unwrap_or_else(syn::Error::into_compile_error).into()
}
