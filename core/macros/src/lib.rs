//! The attributes of `osprofiler`, which gives them out: `#[trace]`, `#[trace_cls]` and `#[trace_trait]`.
//!
//! Here: the entrances. Below: what may stand in an attribute (`options`), one function (`function`), an `impl` block
//! (`class`), a trait with its wrapper (`wrapper`), and what several attributes on one function mean (`multiple`). Not
//! here: what runs in a traced function, which is in `osprofiler` itself. Their documentation is there too.

mod class;
mod function;
mod multiple;
mod options;
mod wrapper;

use proc_macro::TokenStream;

/// Makes a trace point of each call of a function; see `osprofiler`.
#[proc_macro_attribute]
pub fn trace(options: TokenStream, item: TokenStream) -> TokenStream {
    expanded(function::expand(options.into(), item.into()))
}

/// Makes trace points of the calls of an `impl` block's methods; see `osprofiler`.
#[proc_macro_attribute]
pub fn trace_cls(options: TokenStream, item: TokenStream) -> TokenStream {
    expanded(class::expand(options.into(), item.into()))
}

/// Makes trace points of the calls through a trait; see `osprofiler`.
#[proc_macro_attribute]
pub fn trace_trait(options: TokenStream, item: TokenStream) -> TokenStream {
    expanded(wrapper::expand(options.into(), item.into()))
}

fn expanded(result: syn::Result<proc_macro2::TokenStream>) -> TokenStream {
    result.unwrap_or_else(syn::Error::into_compile_error).into()
}
