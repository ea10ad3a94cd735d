//! `#[trace_cls]`: the methods of an `impl` block.

use proc_macro2::TokenStream;
use quote::ToTokens as _;
use syn::visit_mut::VisitMut;
use syn::{ImplItem, ImplItemFn, ItemImpl, Signature, Visibility};

use crate::multiple;
use crate::options::{Attribute, Options};

pub(crate) fn expand(options: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let options = Options::parse(Attribute::Class, options)?;
    let mut block: ItemImpl = syn::parse2(item).map_err(|error| {
        syn::Error::new(error.span(), format!("`#[trace_cls]` belongs on an `impl` block: {error}"))
    })?;
    let of_trait = block.trait_.is_some();
    let mut refusals: Option<syn::Error> = None;
    for item in &mut block.items {
        let ImplItem::Fn(method) = item else { continue };
        let skipped = method.attrs.iter().any(multiple::is_skip);
        method.attrs.retain(|attribute| !multiple::is_skip(attribute));
        if skipped || !is_wanted(&options, method, of_trait) {
            continue;
        }
        if !options.allow_multiple_trace
            && let Some(refusal) = multiple::refusal(&method.attrs, &method.sig.ident)
        {
            match &mut refusals {
                Some(refusals) => refusals.combine(refusal),
                None => refusals = Some(refusal),
            }
            continue;
        }
        method.attrs.insert(0, multiple::attribute(&options.of_method(None)));
    }
    match refusals {
        Some(refusals) => Err(refusals),
        None => Ok(block.into_token_stream()),
    }
}

/// Whether a method is to be traced, by OSProfiler's rules for the methods of a class.
fn is_wanted(options: &Options, method: &ImplItemFn, of_trait: bool) -> bool {
    // A trait's methods are as public as the trait.
    let is_public = of_trait || !matches!(method.vis, Visibility::Inherited);
    method.sig.constness.is_none() && is_wanted_by_name(options, &method.sig, is_public)
}

/// As [`is_wanted`], also for the methods of a trait.
pub(crate) fn is_wanted_by_name(options: &Options, signature: &Signature, is_public: bool) -> bool {
    let name = signature.ident.to_string();
    if name.starts_with("__") || !(options.trace_private || is_public && !name.starts_with('_')) {
        return false;
    }
    match signature.receiver() {
        Some(_) => true,
        None if mentions_self(signature) => options.trace_class_methods,
        None => options.trace_static_methods,
    }
}

/// Whether a function without a receiver knows its type, as a class method does.
fn mentions_self(signature: &Signature) -> bool {
    struct Search(bool);

    impl VisitMut for Search {
        fn visit_ident_mut(&mut self, ident: &mut syn::Ident) {
            self.0 |= ident == "Self";
        }
    }

    let mut search = Search(false);
    search.visit_signature_mut(&mut signature.clone());
    search.0
}
