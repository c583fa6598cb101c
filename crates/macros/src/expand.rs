//! The new function.

use std::fmt::Write;

use proc_macro::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};

use crate::Attribute;
use crate::args::{Args, Flavor};
use crate::function::Function;
use crate::token::{Error, flatten, read};

/// Expands one attribute. Never panics: what is wrong becomes an error of the compiler at the
/// token that is wrong.
pub(crate) fn expand(attribute: Attribute, args: TokenStream, item: TokenStream) -> TokenStream {
    let tokens: Vec<TokenTree> = item.clone().into_iter().collect();
    let function = match Function::parse(attribute, &read(&tokens)) {
        Ok(function) => function,
        // Keep the item: without it every use of its name would be a further error.
        Err(error) => return compile_error(&error).into_iter().chain(item).collect(),
    };
    match Args::parse(attribute, &read(&flatten(args))) {
        Ok(args) => rewrite(attribute, &args, &tokens, &function),
        // Go on as if there were no arguments, so that the body is still checked and an editor
        // can complete in it.
        Err(error) => {
            let args = Args::default_of(attribute);
            let rewritten = rewrite(attribute, &args, &tokens, &function);
            compile_error(&error).into_iter().chain(rewritten).collect()
        }
    }
}

/// Puts the function together again, without its `async` and with a new body:
///
/// ```ignore
/// /* the function as it was */ {
///     let body = async { /* the body as it was */ };
///     return Builder::new_…().enable_all().build().expect(…).block_on(body);
/// }
/// ```
///
/// The async block is not `move`: the parameters live in this function, as long as `block_on` does.
fn rewrite(
    attribute: Attribute,
    args: &Args,
    tokens: &[TokenTree],
    function: &Function,
) -> TokenStream {
    let (inner_attributes, old_body) = open_body(&tokens[function.body]);
    let body_span = old_body.span_close();

    let mut new_body = inner_attributes;
    new_body.extend(code("let body = async", Span::call_site()));
    new_body.extend([TokenTree::Group(old_body)]);
    new_body.extend(code(";", Span::call_site()));
    // What follows stands at the body, so that an error about its output is shown there.
    if attribute == Attribute::Test {
        new_body.extend(share_block_on(tokens, function, body_span));
    }
    new_body.extend(code(&run(args), body_span));

    let mut new_body = Group::new(Delimiter::Brace, new_body);
    new_body.set_span(tokens[function.body].span());

    let mut output = TokenStream::new();
    output.extend(tokens[..function.attributes_end].iter().cloned());
    if attribute == Attribute::Test {
        output.extend(code("#[::core::prelude::v1::test]", Span::call_site()));
    }
    let signature = function.attributes_end..function.body;
    output.extend(signature.filter(|&at| at != function.async_at).map(|at| tokens[at].clone()));
    output.extend([TokenTree::Group(new_body)]);
    output
}

/// Splits `#![…]` off the body: it belongs to the function and may not stand in an async block.
fn open_body(body: &TokenTree) -> (TokenStream, Group) {
    let TokenTree::Group(group) = body else {
        unreachable!("the parser has found a group here");
    };
    if group.delimiter() == Delimiter::None {
        // `$body` of a `macro_rules`, which wraps the braces once more; or some other fragment,
        // which then is no body, and the compiler will say so.
        return match group.stream().into_iter().next() {
            Some(inner @ TokenTree::Group(_)) => open_body(&inner),
            _ => (TokenStream::new(), group.clone()),
        };
    }
    let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
    let mut at = 0;
    while let [TokenTree::Punct(hash), TokenTree::Punct(not), TokenTree::Group(_), ..] =
        &tokens[at..]
        && hash.as_char() == '#'
        && not.as_char() == '!'
    {
        at += 3;
    }
    let mut rest = Group::new(group.delimiter(), tokens[at..].iter().cloned().collect());
    rest.set_span(group.span());
    (tokens[..at].iter().cloned().collect(), rest)
}

/// Hands `block_on` a test's body as a `dyn Future`: all tests with the same output then share one
/// copy of `block_on`, and there may be thousands of tests.
fn share_block_on(tokens: &[TokenTree], function: &Function, span: Span) -> TokenStream {
    let output: TokenStream = match &function.output {
        Some(range) => tokens[range.clone()].iter().cloned().collect(),
        None => code("()", span),
    };
    let is_unnameable = function.output.as_ref().is_some_and(|range| match &tokens[range.start] {
        TokenTree::Ident(ident) => ident.to_string() == "impl",
        TokenTree::Punct(punct) => punct.as_char() == '!',
        _ => false,
    });
    if is_unnameable {
        return TokenStream::new();
    }
    let mut shared =
        code("let body: ::core::pin::Pin<&mut dyn ::core::future::Future<Output =", span);
    shared.extend(output);
    shared.extend(code(">> = ::core::pin::pin!(body);", span));
    shared
}

/// The call that builds the runtime and runs the body.
fn run(args: &Args) -> String {
    let constructor = match args.flavor {
        Flavor::MultiThread => "new_multi_thread",
        Flavor::CurrentThread => "new_current_thread",
    };
    let mut builder = format!("{}::runtime::Builder::{constructor}()", args.path);
    if let Some(worker_threads) = args.worker_threads {
        let _ = write!(builder, ".worker_threads({worker_threads}usize)");
    }
    if let Some(start_paused) = args.start_paused {
        let _ = write!(builder, ".start_paused({start_paused})");
    }
    // The explicit `return` keeps a missing semicolon in the user's body from being blamed on this
    // block; the lints are about code that the user has not written.
    format!(
        "#[allow(clippy::expect_used, clippy::diverging_sub_expression, clippy::needless_return, \
         clippy::unwrap_in_result)] \
         {{ return {builder}.enable_all().build().expect(\"Failed building the Runtime\")\
         .block_on(body); }}"
    )
}

/// Code of ours as tokens that stand at `span`. They resolve names as if written at the attribute.
fn code(text: &str, span: Span) -> TokenStream {
    let span = Span::call_site().located_at(span);
    text.parse::<TokenStream>().expect("our own code").into_iter().map(|t| at(t, span)).collect()
}

/// Moves a token of ours to `span`.
fn at(mut token: TokenTree, span: Span) -> TokenTree {
    if let TokenTree::Group(group) = token {
        let inner = group.stream().into_iter().map(|token| at(token, span)).collect();
        token = TokenTree::Group(Group::new(group.delimiter(), inner));
    }
    token.set_span(span);
    token
}

/// `::core::compile_error! { "message" }`, standing where the error is.
fn compile_error(error: &Error<Span>) -> TokenStream {
    let mut message = Literal::string(&error.message);
    message.set_span(error.span);
    let mut tokens = Vec::new();
    for word in ["core", "compile_error"] {
        for spacing in [Spacing::Joint, Spacing::Alone] {
            tokens.push(TokenTree::Punct(Punct::new(':', spacing)));
        }
        tokens.push(TokenTree::Ident(Ident::new(word, error.span)));
    }
    tokens.push(TokenTree::Punct(Punct::new('!', Spacing::Alone)));
    let message = TokenStream::from(TokenTree::Literal(message));
    tokens.push(TokenTree::Group(Group::new(Delimiter::Brace, message)));
    tokens
        .into_iter()
        .map(|mut token| {
            token.set_span(error.span);
            token
        })
        .collect()
}
