//! The new function.

use std::fmt::Write;

use proc_macro::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};

use crate::Attribute;
use crate::args::Args;
use crate::function::Function;
use crate::locate::path_to_runtime;
use crate::token::{Error, flatten, read};
use crate::values::Flavor;

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
/// /* the signature as it was */ {
///     let body = async { /* the body as it was */ };
///     { use path::runtime::Builder; return Builder::new_…().enable_all().build().expect(…).block_on(body); }
/// }
/// ```
///
/// The async block is not `move`: the parameters live in this function, as long as `block_on` does.
///
/// A function that nothing is handed to gets an `async fn` of its own name instead of the block, inside the new body.
/// Of an async block the compiler finds out only afterwards that its result does not fit, and blames the block;
/// of an `async fn` it knows the result from the start, and blames the expression, or the `?`, that is wrong.
fn rewrite(
    attribute: Attribute,
    args: &Args<Span>,
    tokens: &[TokenTree],
    function: &Function,
) -> TokenStream {
    let (inner_attributes, old_body) = open_body(&tokens[function.body]);
    let last_statement = last_statement(&old_body);

    let mut new_body = inner_attributes;
    if function.is_plain {
        // Lints of Clippy's that would be about the user's choice of an `async fn`; the attribute asks for it.
        new_body.extend(code(
            "#[allow(clippy::unnecessary_wraps, clippy::unused_async)] async fn",
            Span::call_site(),
        ));
        new_body.extend(tokens[function.name..function.body].iter().cloned());
        new_body.extend([TokenTree::Group(old_body)]);
        new_body.extend(code("let body =", Span::call_site()));
        new_body.extend([tokens[function.name].clone()]);
        new_body.extend(code("();", Span::call_site()));
    } else {
        new_body.extend(code("let body = async", Span::call_site()));
        new_body.extend([TokenTree::Group(old_body)]);
        new_body.extend(code(";", Span::call_site()));
    }
    if attribute == Attribute::Test {
        new_body.extend(share_block_on(tokens, function));
    }
    new_body.extend(run(args, last_statement));

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

/// The places of the body's last statement: its first token and its last. What is said about the output, and a panic
/// of `block_on` itself, is shown there.
fn last_statement(body: &Group) -> (Span, Span) {
    let is_semicolon =
        |token: &TokenTree| matches!(token, TokenTree::Punct(mark) if mark.as_char() == ';');
    let tokens: Vec<TokenTree> = body.stream().into_iter().collect();
    let Some((last, before)) = tokens.split_last() else {
        return (Span::call_site(), Span::call_site());
    };
    let start = before.iter().rposition(is_semicolon).map_or(0, |at| at + 1);
    (tokens[start].span(), last.span())
}

/// Hands `block_on` a test's body as a `dyn Future`: all tests with the same output then share one
/// copy of `block_on`, and there may be thousands of tests.
fn share_block_on(tokens: &[TokenTree], function: &Function) -> TokenStream {
    let span = Span::call_site();
    let output: TokenStream = match &function.output {
        Some(range) => tokens[range.clone()].iter().cloned().collect(),
        None => code("()", span),
    };
    if is_unnameable(output.clone()) {
        return TokenStream::new();
    }
    let mut shared =
        code("let body: ::core::pin::Pin<&mut dyn ::core::future::Future<Output =", span);
    shared.extend(output);
    shared.extend(code(">> = ::core::pin::pin!(body);", span));
    shared
}

/// Whether a type cannot be written elsewhere: it has an `impl` in it, or is `!`.
fn is_unnameable(output: TokenStream) -> bool {
    output.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident.to_string() == "impl",
        TokenTree::Punct(mark) => mark.as_char() == '!',
        TokenTree::Group(group) => is_unnameable(group.stream()),
        TokenTree::Literal(_) => false,
    })
}

/// The call that builds the runtime and runs the body.
fn run(args: &Args<Span>, (start, end): (Span, Span)) -> TokenStream {
    let constructor = match args.flavor {
        Flavor::MultiThread => "new_multi_thread",
        Flavor::CurrentThread | Flavor::Local => "new_current_thread",
    };
    let build = match args.flavor {
        Flavor::MultiThread | Flavor::CurrentThread => "build()",
        Flavor::Local => "build_local(::core::default::Default::default())",
    };
    let mut settings = String::new();
    if let Some(worker_threads) = args.worker_threads {
        let _ = write!(settings, ".worker_threads({worker_threads}usize)");
    }
    if let Some(start_paused) = args.start_paused {
        let _ = write!(settings, ".start_paused({start_paused})");
    }
    if let Some(name) = &args.name {
        let _ = write!(settings, ".name({name})");
    }

    // The explicit `return` keeps a missing semicolon in the user's body from being blamed on this
    // block; the lints are about code that the user has not written.
    // The path stands apart: one that leads nowhere is shown where the user has written it, or at the attribute.
    let mut call = match &args.path {
        Some((path, span)) => code(&format!("use {path}::runtime::Builder;"), *span),
        None => code(&format!("use {}::runtime::Builder;", path_to_runtime()), Span::call_site()),
    };
    let builder = format!("return Builder::{constructor}(){settings}.enable_all().{build}");
    call.extend(users_code(&builder, start));
    call.extend(users_code(".expect(\"Failed building the Runtime\").block_on", end));
    let mut argument = Group::new(Delimiter::Parenthesis, code("body", end));
    argument.set_span(end);
    call.extend([TokenTree::Group(argument)]);
    call.extend(users_code(";", end));
    let mut run = code(
        "#[allow(clippy::expect_used, clippy::diverging_sub_expression, clippy::needless_return, \
         clippy::unwrap_in_result)]",
        end,
    );
    let mut block = Group::new(Delimiter::Brace, call);
    block.set_span(Span::call_site().located_at(end));
    run.extend([TokenTree::Group(block)]);
    run
}

/// Code of ours as tokens that stand at `span`. They resolve names as if written at the attribute.
fn code(text: &str, span: Span) -> TokenStream {
    let span = Span::call_site().located_at(span);
    text.parse::<TokenStream>().expect("our own code").into_iter().map(|t| at(t, span)).collect()
}

/// Code of ours that passes for the user's own at `span`: a panic in it blames that line, where a
/// macro's code would blame the attribute.
fn users_code(text: &str, span: Span) -> TokenStream {
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
