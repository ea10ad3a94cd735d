//! What several trace attributes on one function mean.
//!
//! The compiler expands the first attribute first, so that the second would wrap what the first has made. In Python it is
//! the other way round: the decorator that stands on top is the outermost. So an attribute that finds others below it
//! goes down behind them, and waits for its turn there.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Meta};

use crate::options;

/// Whether this is `#[trace]` of ours, by its name.
pub(crate) fn is_trace(attribute: &Attribute) -> bool {
    let segments: Vec<String> = attribute.path().segments.iter().map(|segment| segment.ident.to_string()).collect();
    segments == ["trace"] || segments == ["osprofiler", "trace"]
}

/// Whether this is `#[trace(skip)]`.
pub(crate) fn is_skip(attribute: &Attribute) -> bool {
    is_trace(attribute) && matches!(&attribute.meta, Meta::List(list) if list.tokens.to_string() == "skip")
}

/// Whether it is a trace attribute that a person wrote, and that comes first.
fn waits(attribute: &Attribute) -> bool {
    is_trace(attribute) && !matches!(&attribute.meta, Meta::List(list) if options::is_placed(&list.tokens))
}

/// The error for a function that is traced already; `None` where no other attribute of ours is on it.
pub(crate) fn refusal(attributes: &[Attribute], function: &syn::Ident) -> Option<syn::Error> {
    let other = attributes.iter().find(|attribute| waits(attribute))?;
    let says = format!("`{function}` is traced already, by this attribute, and `allow_multiple_trace` is false");
    Some(syn::Error::new_spanned(other, says))
}

/// Puts the attribute with `options` behind the others; `false` where there is none that comes first.
pub(crate) fn place(attributes: &mut Vec<Attribute>, options: &TokenStream) -> bool {
    let Some(last) = attributes.iter().rposition(waits) else { return false };
    let options = options::placed(options);
    attributes.insert(last + 1, syn::parse_quote!(#[::osprofiler::trace(#options)]));
    true
}

/// `#[trace]` with these options, for a method.
pub(crate) fn attribute(options: &TokenStream) -> Attribute {
    let path = quote!(::osprofiler::trace);
    syn::parse_quote!(#[#path(#options)])
}
