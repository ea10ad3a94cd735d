//! `#[trace]`: one function.
//!
//! The body goes into a closure, or an async block, so that its result is seen whichever way it returns. The function's
//! signature stays as it is.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::parse::{ParseStream, Parser as _};
use syn::punctuated::Punctuated;
use syn::visit_mut::VisitMut;
use syn::{
    Attribute, FnArg, GenericArgument, Ident, Pat, PathArguments, ReturnType, Signature, Token, Type, TypeParamBound,
    Visibility,
};

use crate::multiple;
use crate::options::{self, Options};

/// A function with its body as it stands there.
struct Function {
    attributes: Vec<Attribute>,
    visibility: Visibility,
    defaultness: Option<Token![default]>,
    signature: Signature,
    body: TokenStream,
}

impl Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        let defaultness = input.parse()?;
        let signature: Signature = input
            .parse()
            .map_err(|error| syn::Error::new(error.span(), "`#[trace]` belongs on a function; there is `#[trace_cls]` for `impl` blocks and `#[trace_trait]` for traits"))?;
        if input.peek(Token![;]) {
            let says =
                "`#[trace]` needs a body to trace; `#[trace_trait]` on the trait traces the calls of this method";
            return Err(syn::Error::new_spanned(&signature, says));
        }
        let inside;
        syn::braced!(inside in input);
        attributes.extend(
            inside
                .call(Attribute::parse_inner)?
                .into_iter()
                .map(|attribute| Attribute { style: syn::AttrStyle::Outer, ..attribute }),
        );
        Ok(Self { attributes, visibility, defaultness, signature, body: inside.parse()? })
    }

    fn with_body(self, body: &TokenStream) -> TokenStream {
        let Self { attributes, visibility, defaultness, signature, .. } = self;
        quote!(#(#attributes)* #visibility #defaultness #signature { #body })
    }
}

pub(crate) fn expand(options: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let mut function = Function::parse.parse2(item)?;
    let settings = Options::parse(options::Attribute::Trace, options.clone())?;
    if let Some(constness) = &function.signature.constness {
        return Err(syn::Error::new_spanned(
            constness,
            "a `const fn` cannot be traced: it may run while it is compiled",
        ));
    }
    if let Some(variadic) = &function.signature.variadic {
        return Err(syn::Error::new_spanned(variadic, "a variadic function cannot be traced"));
    }
    if !settings.allow_multiple_trace
        && !settings.is_placed
        && let Some(refusal) = multiple::refusal(&function.attributes, &function.signature.ident)
    {
        return Err(refusal);
    }
    if !settings.is_placed && multiple::place(&mut function.attributes, &options) {
        let body = function.body.clone();
        return Ok(function.with_body(&body));
    }
    let body = traced(&settings, &mut function.signature, &function.body);
    Ok(function.with_body(&body))
}

/// The names that the generated code uses: no user's code sees them.
fn hidden(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

fn traced(settings: &Options, signature: &mut Signature, body: &TokenStream) -> TokenStream {
    let start = start(settings, signature);
    // The user's patterns, in the place where the arguments had them.
    let patterns = name_arguments(signature);
    let captures = captures(signature);
    let inline = quote!(#patterns #body);
    let body = quote!(#captures #inline);
    let (call, future, result, never) = (hidden("call"), hidden("future"), hidden("result"), hidden("never"));
    let private = quote!(::osprofiler::__private);
    let declared = match &signature.output {
        ReturnType::Default => quote!(()),
        ReturnType::Type(_, output) => without_impl(output).into_token_stream(),
    };
    let stop = stop(settings, &result);

    if signature.asyncness.is_some() {
        return quote! {
            let #call = #private::begin(#start);
            let #future = async move {
                #captures
                // Says what type the block has, so that a value becomes that at its end as in any function.
                #[allow(clippy::diverging_sub_expression, unreachable_code)]
                if let ::core::option::Option::Some(#never) = #private::never::<#declared>() {
                    return #never;
                }
                #[allow(clippy::let_unit_value, clippy::unit_arg)]
                { #inline }
            };
            #private::CallFuture::new(#call, #future, |#result: &#declared| #stop).await
        };
    }
    let output = match &signature.output {
        ReturnType::Default => None,
        ReturnType::Type(_, output) => Some(bare(output)),
    };
    match output {
        Some(Type::Never(_)) => quote! {
            let #call = #private::Call::begin(#start);
            #inline
        },
        // What parameters a closure has, that is returned, the compiler sees by the bound; and it is no error.
        Some(output) if settings.hide_result && is_closure(output) => quote! {
            let #call = #private::Call::begin(#start);
            #inline
        },
        Some(output) if is_future(output) => {
            let late = late(settings);
            let made = quote! {
                #private::CallFuture::late(#call, #late, #future, |#result: &_| #stop)
            };
            let wrapped = match output {
                Type::ImplTrait(_) => made,
                // Without a trace it stays in the box that it is in.
                _ => quote!(match #call.is_some() {
                    true => ::std::boxed::Box::pin(#made),
                    false => #future,
                }),
            };
            quote! {
                let #call = #private::begin(#start);
                let #future = #private::run(move || -> #declared { #body });
                #wrapped
            }
        }
        _ => quote! {
            let #call = #private::Call::begin(#start);
            #[allow(clippy::let_unit_value)]
            let #result = #private::run(move || -> #declared { #body });
            #call.end(|| { let #result = &#result; #stop });
            #result
        },
    }
}

/// A closure that makes the start info, from arguments that it borrows.
fn start(settings: &Options, signature: &Signature) -> TokenStream {
    let private = quote!(::osprofiler::__private);
    let name = &settings.name;
    let function = function_name(settings);
    let (start, text) = (hidden("start"), hidden("text"));
    let info = settings.info.as_ref().map(|info| quote!(#start.info(#private::json!(#info));));
    let arguments = (!settings.hide_args).then(|| {
        let shown = signature.inputs.iter().enumerate().map(|(index, argument)| match argument {
            FnArg::Receiver(receiver) => {
                let attributes = conditions(&receiver.attrs);
                let of = settings.function.as_ref().map_or_else(|| quote!(Self), |(of, _)| quote!(#of));
                quote!(#(#attributes)* #start.receiver::<#of>();)
            }
            FnArg::Typed(typed) => {
                let attributes = conditions(&typed.attrs);
                let argument = argument_name(index, &typed.pat);
                quote!(
                    #(#attributes)*
                    #[allow(clippy::used_underscore_binding)]
                    #start.argument(|#text| (&&#private::Shown(&#argument)).osprofiler_show(#text));
                )
            }
        });
        quote! {
            #[allow(unused_imports)]
            use #private::{ShowDebug as _, ShowType as _};
            #start.shows_arguments();
            #(#shown)*
        }
    });
    quote! {
        #name,
        || {
            #[allow(unused_mut)]
            let mut #start = #private::Start::new(#function);
            #info
            #arguments
            #start
        }
    }
}

/// What a future says that found no trace when it was made, and one when it was first polled.
fn late(settings: &Options) -> TokenStream {
    let (name, function) = (&settings.name, function_name(settings));
    quote!((#name, #function))
}

/// Where the function is called what: a function within it has its path, which only the compiler knows.
fn function_name(settings: &Options) -> TokenStream {
    let private = quote!(::osprofiler::__private);
    match &settings.function {
        Some((of, method)) => quote!(#private::Name::of::<#of>(#method)),
        None => quote!({
            fn here() {}
            #private::Name::around(here)
        }),
    }
}

/// The stop info of `result`, a reference.
fn stop(settings: &Options, result: &Ident) -> TokenStream {
    let private = quote!(::osprofiler::__private);
    let (info, text) = (hidden("info"), hidden("text"));
    let otherwise = if settings.hide_result {
        quote!(#private::no_info())
    } else {
        quote!(#private::result_info(|#text| (&&#private::Shown(#result)).osprofiler_show(#text)))
    };
    quote! {{
        #[allow(unused_imports)]
        use #private::{FailsDebug as _, FailsDisplay as _, FailsSilently as _, ShowDebug as _, ShowType as _, Succeeds as _};
        match (&&&&#private::Outcome(#result)).osprofiler_failure() {
            ::core::option::Option::Some(#info) => #info,
            ::core::option::Option::None => #otherwise,
        }
    }}
}

/// Whether an argument is there at all.
fn conditions(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("cfg"))
}

/// The name of an argument: its own where it has one.
fn argument_name(index: usize, pattern: &Pat) -> Ident {
    match pattern {
        Pat::Ident(named) if has_name(pattern) => named.ident.clone(),
        _ => format_ident!("argument_{index}", span = Span::mixed_site()),
    }
}

/// Whether a pattern is a name, and what has it the whole argument.
fn has_name(pattern: &Pat) -> bool {
    matches!(pattern, Pat::Ident(pattern) if pattern.by_ref.is_none() && pattern.subpat.is_none())
}

/// Whether a part of a pattern is `ref mut`.
fn borrows_mutably(pattern: &Pat) -> bool {
    struct Search(bool);

    impl VisitMut for Search {
        fn visit_pat_ident_mut(&mut self, pattern: &mut syn::PatIdent) {
            self.0 |= pattern.by_ref.is_some() && pattern.mutability.is_some();
            syn::visit_mut::visit_pat_ident_mut(self, pattern);
        }
    }

    let mut search = Search(false);
    search.visit_pat_mut(&mut pattern.clone());
    search.0
}

/// Gives every argument a name, and returns the statements that take apart what the user's patterns do.
///
/// Arguments are dropped in the reverse of their order. So those behind one that is taken apart are declared behind its parts.
fn name_arguments(signature: &mut Signature) -> TokenStream {
    let mut patterns = TokenStream::new();
    for (index, argument) in signature.inputs.iter_mut().enumerate() {
        let FnArg::Typed(typed) = argument else { continue };
        let name = argument_name(index, &typed.pat);
        if has_name(&typed.pat) && patterns.is_empty() {
            continue;
        }
        let mutability = borrows_mutably(&typed.pat).then(|| quote!(mut));
        let pattern = std::mem::replace(&mut *typed.pat, syn::parse_quote!(#mutability #name));
        let attributes = conditions(&typed.attrs);
        patterns.extend(quote_spanned! {Span::mixed_site()=>
            #(#attributes)*
            #[allow(clippy::redundant_locals, clippy::used_underscore_binding)]
            let #pattern = #name;
        });
    }
    patterns
}

/// Statements that have a closure or an async block capture all arguments as a whole, the last first: it drops what it
/// captured in that order, and so does the function without the attribute.
fn captures(signature: &Signature) -> TokenStream {
    let captures = signature.inputs.iter().enumerate().rev().map(|(index, argument)| {
        let (attributes, name) = match argument {
            FnArg::Receiver(receiver) => (&receiver.attrs, receiver.self_token.to_token_stream()),
            FnArg::Typed(typed) => (&typed.attrs, argument_name(index, &typed.pat).to_token_stream()),
        };
        let attributes = conditions(attributes);
        quote! {
            #(#attributes)*
            #[allow(clippy::used_underscore_binding)]
            let _ = &#name;
        }
    });
    quote!(#(#captures)*)
}

/// The type with `_` for every `impl Trait`, which only a function's signature may have.
fn without_impl(output: &Type) -> Type {
    struct Erase;

    impl VisitMut for Erase {
        fn visit_type_mut(&mut self, node: &mut Type) {
            match node {
                Type::ImplTrait(_) => *node = syn::parse_quote!(_),
                _ => syn::visit_mut::visit_type_mut(self, node),
            }
        }
    }

    let mut output = output.clone();
    Erase.visit_type_mut(&mut output);
    output
}

/// The type without the invisible brackets that a macro puts around what it was given.
fn bare(mut output: &Type) -> &Type {
    while let Type::Group(syn::TypeGroup { elem, .. }) | Type::Paren(syn::TypeParen { elem, .. }) = output {
        output = elem;
    }
    output
}

/// Whether a function with this type returns a future: `impl Future`, `Pin<Box<dyn Future>>`, or what `futures` calls
/// `BoxFuture` and `LocalBoxFuture`.
fn is_future(output: &Type) -> bool {
    match output {
        Type::ImplTrait(output) => has_future(&output.bounds),
        Type::Path(path) => path.path.segments.last().is_some_and(|last| match last.ident.to_string().as_str() {
            "BoxFuture" | "LocalBoxFuture" => true,
            "Pin" => argument(&last.arguments).is_some_and(|inner| match inner {
                Type::Path(path) => path.path.segments.last().is_some_and(|last| {
                    let inner = argument(&last.arguments).filter(|_| last.ident == "Box");
                    matches!(inner, Some(Type::TraitObject(object)) if has_future(&object.bounds))
                }),
                _ => false,
            }),
            _ => false,
        }),
        _ => false,
    }
}

/// Whether a function with this type returns `impl Fn` or the like.
fn is_closure(output: &Type) -> bool {
    let Type::ImplTrait(output) = output else { return false };
    has_bound(&output.bounds, &["Fn", "FnMut", "FnOnce", "AsyncFn", "AsyncFnMut", "AsyncFnOnce"])
}

fn has_future(bounds: &Punctuated<TypeParamBound, Token![+]>) -> bool {
    has_bound(bounds, &["Future"])
}

fn has_bound(bounds: &Punctuated<TypeParamBound, Token![+]>, names: &[&str]) -> bool {
    bounds.iter().any(|bound| match bound {
        TypeParamBound::Trait(bound) => {
            bound.path.segments.last().is_some_and(|last| names.iter().any(|name| last.ident == name))
        }
        _ => false,
    })
}

/// The first type among a path's arguments.
fn argument(arguments: &PathArguments) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) = arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(argument) => Some(argument),
        _ => None,
    })
}
