//! [`Forward`]: a method of the wrapper, which hands the call on.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::visit_mut::VisitMut;
use syn::{Attribute, FnArg, GenericParam, Pat, Receiver, ReturnType, Signature, TraitItemFn, Type};

use super::Names;

pub(super) struct Forward<'a> {
    pub(super) names: &'a Names,
    pub(super) method: &'a TraitItemFn,
}

impl Forward<'_> {
    /// The method, with the attribute that traces it, if it is traced.
    pub(super) fn expand(&self, attribute: Option<&Attribute>) -> syn::Result<TokenStream> {
        let conditions = super::conditions(&self.method.attrs);
        let mut signature = self.method.sig.clone();
        let arguments = arguments(&mut signature)?;
        let (inner, path, name) = (&self.names.inner, &self.names.path, &signature.ident);
        let turbofish = turbofish(&signature);
        let mut call = quote!(<#inner as #path>::#name #turbofish(#(#arguments),*));
        if signature.unsafety.is_some() {
            // SAFETY is the caller's: the same contract holds one step further.
            call = quote!(unsafe { #call });
        }
        if signature.asyncness.is_some() {
            call = quote!(#call.await);
        }
        let call = self.wrap(&signature, call)?;
        Ok(quote!(#(#conditions)* #attribute #signature { #call }))
    }

    /// Wraps what a method returns of its own type.
    fn wrap(&self, signature: &Signature, call: TokenStream) -> syn::Result<TokenStream> {
        let ReturnType::Type(_, output) = &signature.output else { return Ok(call) };
        let wrapper = &self.names.wrapper;
        if is_self(output) {
            return Ok(quote!(#wrapper::__new(#call)));
        }
        if let Type::Path(path) = &**output
            && let Some(last) = path.path.segments.last()
            && (last.ident == "Result" || last.ident == "Option")
            && let syn::PathArguments::AngleBracketed(arguments) = &last.arguments
            && let Some(syn::GenericArgument::Type(first)) = arguments.args.first()
            && is_self(first)
            && !arguments.args.iter().skip(1).any(has_self_argument)
        {
            return Ok(quote!(#call.map(#wrapper::__new)));
        }
        if has_self(output) {
            let says =
                "`#[trace_trait]` can wrap `Self`, `Result<Self, _>` and `Option<Self>`, and no other type with `Self`";
            return Err(syn::Error::new_spanned(output, says));
        }
        Ok(call)
    }
}

/// Gives every argument a name, and returns what is handed on.
fn arguments(signature: &mut Signature) -> syn::Result<Vec<TokenStream>> {
    let mut arguments = Vec::new();
    for (index, argument) in signature.inputs.iter_mut().enumerate() {
        let handed = match argument {
            FnArg::Receiver(receiver) => self::receiver(receiver)?,
            FnArg::Typed(typed) => {
                let name = match &*typed.pat {
                    Pat::Ident(pattern) if pattern.subpat.is_none() => pattern.ident.clone(),
                    _ => format_ident!("argument_{index}"),
                };
                typed.pat = syn::parse_quote!(#name);
                match &*typed.ty {
                    of if is_self(of) => quote!(#name.0),
                    Type::Reference(reference) if is_self(&reference.elem) => {
                        let mutability = &reference.mutability;
                        quote!(& #mutability #name.0)
                    }
                    of if has_self(of) => {
                        let says = "`#[trace_trait]` can hand on `Self`, `&Self` and `&mut Self`, and no other type with `Self`";
                        return Err(syn::Error::new_spanned(of, says));
                    }
                    _ => quote!(#name),
                }
            }
        };
        arguments.push(handed);
    }
    Ok(arguments)
}

/// The receiver of the call within.
fn receiver(receiver: &mut Receiver) -> syn::Result<TokenStream> {
    if receiver.colon_token.is_none() {
        let mutability = receiver.mutability.filter(|_| receiver.reference.is_some());
        return Ok(match &receiver.reference {
            Some(_) => quote!(& #mutability self.0),
            None => {
                receiver.mutability = None;
                quote!(self.0)
            }
        });
    }
    match &*receiver.ty {
        of if is_self(of) => Ok(quote!(self.0)),
        Type::Reference(reference) if is_self(&reference.elem) => {
            let mutability = &reference.mutability;
            Ok(quote!(& #mutability self.0))
        }
        Type::Path(path)
            if path.path.segments.last().is_some_and(|last| {
                last.ident == "Box"
                    && matches!(&last.arguments, syn::PathArguments::AngleBracketed(arguments)
                        if matches!(arguments.args.first(), Some(syn::GenericArgument::Type(of)) if is_self(of)))
            }) =>
        {
            Ok(quote!(::std::boxed::Box::new((*self).0)))
        }
        of => {
            let says = "`#[trace_trait]` can hand on `self`, `&self`, `&mut self` and `self: Box<Self>`";
            Err(syn::Error::new_spanned(of, says))
        }
    }
}

/// The method's parameters that cannot always be told from its arguments.
fn turbofish(signature: &Signature) -> Option<TokenStream> {
    let named: Vec<_> = signature
        .generics
        .params
        .iter()
        .filter_map(|parameter| match parameter {
            GenericParam::Type(parameter) => Some(&parameter.ident),
            GenericParam::Const(parameter) => Some(&parameter.ident),
            GenericParam::Lifetime(_) => None,
        })
        .collect();
    (!named.is_empty()).then(|| quote!(::<#(#named),*>))
}

fn is_self(of: &Type) -> bool {
    matches!(of, Type::Path(path) if path.qself.is_none() && path.path.is_ident("Self"))
}

fn has_self_argument(argument: &syn::GenericArgument) -> bool {
    matches!(argument, syn::GenericArgument::Type(of) if has_self(of))
}

/// Whether `Self` itself is somewhere in the type: `Self::Item` is not.
fn has_self(of: &Type) -> bool {
    struct Search(bool);

    impl VisitMut for Search {
        fn visit_type_mut(&mut self, node: &mut Type) {
            self.0 |= is_self(node);
            syn::visit_mut::visit_type_mut(self, node);
        }
    }

    let mut search = Search(false);
    search.visit_type_mut(&mut of.clone());
    search.0
}
