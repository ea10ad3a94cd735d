//! `#[trace_trait]`: a trait, and a wrapper that traces the calls through it.
//!
//! An implementor is not to be touched, and what it implements under the trait's name is what a call runs: so something must
//! stand between the caller and it. That is a type of its own, `TracedName<T>`, which implements the trait for every `T`
//! that does, by handing each call on within a point. It costs the user one call, `.traced_name()`, where the implementor
//! is made, and works for generics, `dyn` and `async fn` alike. Here: the wrapper and that method. Below: the forwarding
//! methods (`forward`).

mod forward;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, format_ident, quote};
use syn::{Ident, ItemTrait, LitStr, TraitItem, Type};

use crate::class;
use crate::multiple;
use crate::options::{Attribute, Options};
use forward::Forward;

pub(crate) fn expand(options: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let tokens = options.clone();
    let options = Options::parse(Attribute::Trait, options)?;
    let mut declared: ItemTrait = syn::parse2(item)
        .map_err(|error| syn::Error::new(error.span(), format!("`#[trace_trait]` belongs on a trait: {error}")))?;
    if let Some(place) = declared.attrs.iter().rposition(is_async_trait) {
        // What that one makes of async functions is what is to be handed on, so it comes first.
        declared.attrs.insert(place + 1, syn::parse_quote!(#[::osprofiler::trace_trait(#tokens)]));
        return Ok(declared.into_token_stream());
    }
    let names = Names::of(&declared);
    let mut forwarded = TokenStream::new();
    for item in &mut declared.items {
        forwarded.extend(forward_item(&options, &names, item)?);
    }
    let method = method(&names, &declared);
    declared.items.push(method);
    let wrapper = wrapper(&options, &names, &declared, &forwarded);
    Ok(quote!(#declared #wrapper))
}

fn is_async_trait(attribute: &syn::Attribute) -> bool {
    attribute.path().segments.last().is_some_and(|last| last.ident == "async_trait")
}

/// What things are called.
struct Names {
    /// The wrapper.
    wrapper: Ident,
    /// The method that makes one.
    method: Ident,
    /// The wrapper's own type parameter.
    inner: Ident,
    /// The trait with its own generics.
    path: Type,
}

impl Names {
    fn of(declared: &ItemTrait) -> Self {
        let name = &declared.ident;
        let (_, arguments, _) = declared.generics.split_for_impl();
        Self {
            wrapper: format_ident!("Traced{name}"),
            method: format_ident!("traced_{}", snake_case(&name.to_string()), span = name.span()),
            // Type parameters hide the user's types of their name.
            inner: Ident::new("__Inner", Span::mixed_site()),
            path: syn::parse_quote!(#name #arguments),
        }
    }
}

/// `HttpClient` as `http_client`.
fn snake_case(name: &str) -> String {
    let characters: Vec<char> = name.chars().collect();
    let mut snake = String::new();
    for (index, character) in characters.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|before| characters.get(before));
        let begins_word = before.is_some_and(|before| !before.is_uppercase())
            || characters.get(index + 1).is_some_and(|after| after.is_lowercase());
        if character.is_uppercase() && index > 0 && begins_word && before != Some(&'_') {
            snake.push('_');
        }
        snake.extend(character.to_lowercase());
    }
    snake
}

fn forward_item(options: &Options, names: &Names, item: &mut TraitItem) -> syn::Result<TokenStream> {
    let (inner, path) = (&names.inner, &names.path);
    match item {
        TraitItem::Fn(method) => {
            let skipped = method.attrs.iter().any(multiple::is_skip);
            method.attrs.retain(|attribute| !multiple::is_skip(attribute));
            let name = &method.sig.ident;
            let traced = !skipped && class::is_wanted_by_name(options, &method.sig, true);
            if traced
                && !options.allow_multiple_trace
                && let Some(refusal) = multiple::refusal(&method.attrs, name)
            {
                return Err(refusal);
            }
            let attribute = traced.then(|| {
                let inner: Type = syn::parse_quote!(#inner);
                multiple::attribute(&options.of_method(Some((&inner, LitStr::new(&name.to_string(), name.span())))))
            });
            Forward { names, method }.expand(attribute.as_ref())
        }
        TraitItem::Const(constant) => {
            let conditions = conditions(&constant.attrs);
            let (name, of) = (&constant.ident, &constant.ty);
            Ok(quote!(#(#conditions)* const #name: #of = <#inner as #path>::#name;))
        }
        TraitItem::Type(declared) => {
            let conditions = conditions(&declared.attrs);
            let name = &declared.ident;
            let (generics, arguments, bounds) = declared.generics.split_for_impl();
            Ok(quote!(#(#conditions)* type #name #generics = <#inner as #path>::#name #arguments #bounds;))
        }
        other => Err(syn::Error::new_spanned(other, "`#[trace_trait]` cannot see what this macro makes of the trait")),
    }
}

fn conditions(attributes: &[syn::Attribute]) -> impl Iterator<Item = &syn::Attribute> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("cfg"))
}

/// The trait's method that wraps.
fn method(names: &Names, declared: &ItemTrait) -> TraitItem {
    let Names { wrapper, method, .. } = names;
    let documentation = format!("Lets the calls of `{}` through the returned value be traced.", declared.ident);
    syn::parse_quote! {
        #[doc = #documentation]
        fn #method(self) -> #wrapper<Self>
        where
            Self: ::core::marker::Sized,
        {
            #wrapper::__new(self)
        }
    }
}

/// The type, and its implementation of the trait.
fn wrapper(options: &Options, names: &Names, declared: &ItemTrait, forwarded: &TokenStream) -> TokenStream {
    let Names { wrapper, method, inner, path } = names;
    let (visibility, trait_name) = (&declared.vis, &declared.ident);
    let documentation =
        format!("An implementor of `{trait_name}` whose calls through the trait are traced; made by `{method}`.");
    let unsafety = &declared.unsafety;
    let mut generics = declared.generics.clone();
    generics.params.push(syn::parse_quote!(#inner: #path));
    if !declared.supertraits.is_empty() {
        let supertraits = &declared.supertraits;
        generics.make_where_clause().predicates.push(syn::parse_quote!(Self: #supertraits));
    }
    let (parameters, _, bounds) = generics.split_for_impl();
    // A method of the type's own would hide one of the trait's.
    let is_free =
        |name: &str| !declared.items.iter().any(|item| matches!(item, TraitItem::Fn(of) if of.sig.ident == name));
    let into_inner = is_free("into_inner").then(|| {
        quote! {
            /// What was wrapped.
            #[allow(dead_code)]
            #visibility fn into_inner(self) -> #inner {
                self.0
            }
        }
    });
    let refusal = (!options.allow_multiple_trace).then(|| {
        quote! {
            impl<#inner> #wrapper<#inner> {
                /// Refuses: this is traced already.
                #[doc(hidden)]
                #visibility fn #method(self) -> Self
                where
                    Self: ::osprofiler::__private::NotTracedYet,
                {
                    self
                }
            }
        }
    });
    quote! {
        #[doc = #documentation]
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #visibility struct #wrapper<#inner>(#inner);

        impl<#inner> #wrapper<#inner> {
            #[doc(hidden)]
            fn __new(inner: #inner) -> Self {
                Self(inner)
            }

            #into_inner
        }

        #refusal

        impl<#inner> ::core::ops::Deref for #wrapper<#inner> {
            type Target = #inner;

            fn deref(&self) -> &#inner {
                &self.0
            }
        }

        impl<#inner> ::core::ops::DerefMut for #wrapper<#inner> {
            fn deref_mut(&mut self) -> &mut #inner {
                &mut self.0
            }
        }

        #[allow(deprecated, clippy::used_underscore_binding)]
        #unsafety impl #parameters #path for #wrapper<#inner> #bounds {
            #forwarded
        }
    }
}
