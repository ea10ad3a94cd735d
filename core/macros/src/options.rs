//! [`Options`]: what stands in the parentheses of an attribute.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream};
use syn::{Expr, Ident, LitBool, LitStr, Token, Type};

/// Which of the attributes the options belong to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attribute {
    Trace,
    Class,
    Trait,
}

/// The options of an attribute, with OSProfiler's names and defaults.
pub(crate) struct Options {
    /// How the points are called.
    pub(crate) name: LitStr,
    /// What else their start info says: an expression that serde serializes.
    pub(crate) info: Option<TokenStream>,
    pub(crate) hide_args: bool,
    pub(crate) hide_result: bool,
    pub(crate) allow_multiple_trace: bool,
    pub(crate) trace_private: bool,
    pub(crate) trace_class_methods: bool,
    pub(crate) trace_static_methods: bool,
    /// How the function is called, where that is not what it is written in: an implementor's type and a method.
    pub(crate) function: Option<(Type, LitStr)>,
    /// Whether the attribute has already found its place among others.
    pub(crate) is_placed: bool,
}

/// What a macro of ours says to another, and nobody else may.
const FUNCTION: &str = "__function";
const PLACED: &str = "__placed";

impl Options {
    pub(crate) fn parse(attribute: Attribute, tokens: TokenStream) -> syn::Result<Self> {
        let parser = |input: ParseStream<'_>| Self::parse_from(attribute, input);
        syn::parse::Parser::parse2(parser, tokens)
    }

    fn parse_from(attribute: Attribute, input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(Ident) && input.fork().parse::<Ident>()? == "skip" {
            let place = "`skip` belongs on a method in a block under `#[trace_cls]` or `#[trace_trait]`";
            return Err(syn::Error::new(input.span(), place));
        }
        if !input.peek(LitStr) {
            return Err(syn::Error::new(
                input.span(),
                "the point's name is missing: a text such as \"rpc\" comes first",
            ));
        }
        let mut options = Self {
            name: input.parse()?,
            info: None,
            hide_args: false,
            hide_result: true,
            allow_multiple_trace: true,
            trace_private: false,
            trace_class_methods: false,
            trace_static_methods: false,
            function: None,
            is_placed: false,
        };
        let mut given: Vec<Ident> = Vec::new();
        while !input.is_empty() {
            input.parse::<Token![,]>()?;
            if input.is_empty() {
                break;
            }
            let key = input.call(Ident::parse_any)?;
            if given.contains(&key) {
                return Err(syn::Error::new(key.span(), format!("`{key}` is given twice")));
            }
            options.set(attribute, &key, input)?;
            given.push(key);
        }
        Ok(options)
    }

    fn set(&mut self, attribute: Attribute, key: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
        let of_blocks = attribute != Attribute::Trace;
        let switch = match key.to_string().as_str() {
            "info" => {
                input.parse::<Token![=]>()?;
                self.info = Some(input.call(info)?);
                return Ok(());
            }
            FUNCTION => {
                input.parse::<Token![=]>()?;
                let Named(of, method) = input.parse()?;
                self.function = Some((of, method));
                return Ok(());
            }
            PLACED => &mut self.is_placed,
            "hide_args" => &mut self.hide_args,
            "hide_result" => &mut self.hide_result,
            "allow_multiple_trace" => &mut self.allow_multiple_trace,
            "trace_private" if of_blocks => &mut self.trace_private,
            "trace_class_methods" if of_blocks => &mut self.trace_class_methods,
            "trace_static_methods" if of_blocks => &mut self.trace_static_methods,
            "trace_private" | "trace_class_methods" | "trace_static_methods" => {
                let place = format!("`{key}` belongs to `#[trace_cls]` and `#[trace_trait]`");
                return Err(syn::Error::new(key.span(), place));
            }
            _ => {
                let more = if of_blocks { ", trace_private, trace_class_methods, trace_static_methods" } else { "" };
                let known = format!("there are info, hide_args, hide_result, allow_multiple_trace{more}");
                return Err(syn::Error::new(key.span(), format!("no option is called `{key}`: {known}")));
            }
        };
        *switch = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            input.parse::<LitBool>().map_err(|error| syn::Error::new(error.span(), "`true` or `false`"))?.value
        } else {
            true
        };
        Ok(())
    }

    /// The options that `#[trace]` on one method has, where these stand on the whole block.
    pub(crate) fn of_method(&self, function: Option<(&Type, LitStr)>) -> TokenStream {
        let Self { name, hide_args, hide_result, allow_multiple_trace, .. } = self;
        let info = self.info.as_ref().map(|info| quote!(info = #info,));
        let function = function.map(|(of, method)| {
            let key = private(FUNCTION);
            quote!(#key = (#of, #method),)
        });
        quote! {
            #name, #info #function
            hide_args = #hide_args, hide_result = #hide_result, allow_multiple_trace = #allow_multiple_trace
        }
    }
}

/// Marks an attribute's options as those of one that has found its place.
pub(crate) fn placed(options: &TokenStream) -> TokenStream {
    let key = private(PLACED);
    // A comma may stand at the end already.
    let comma = match options.clone().into_iter().last() {
        Some(TokenTree::Punct(punct)) if punct.as_char() == ',' => None,
        _ => Some(quote!(,)),
    };
    quote!(#options #comma #key)
}

/// Whether these are the options of an attribute that has found its place.
pub(crate) fn is_placed(options: &TokenStream) -> bool {
    options.clone().into_iter().any(|token| matches!(token, TokenTree::Ident(ident) if ident == PLACED))
}

fn private(key: &str) -> Ident {
    Ident::new(key, proc_macro2::Span::mixed_site())
}

/// `{"key": value}` or `null`, as in `serde_json::json!`, or an expression.
fn info(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    if input.peek(syn::token::Brace) {
        let members: TokenTree = input.parse()?;
        debug_assert!(matches!(&members, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace));
        return Ok(members.into_token_stream());
    }
    Ok(input.parse::<Expr>()?.into_token_stream())
}

/// `(Type, "method")`.
struct Named(Type, LitStr);

impl Parse for Named {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let both;
        syn::parenthesized!(both in input);
        let of = both.parse()?;
        both.parse::<Token![,]>()?;
        Ok(Self(of, both.parse()?))
    }
}
