//! Reads the code's own names: a step is called after the field it touches and the function it stands
//! in, and a number after the constant that has this value.

mod constants;
mod scan;

pub(crate) use constants::Constant;

use crate::record::At;
use scan::{back_over, ident_before, ident_from, is_ident};
use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// A file of source code.
pub(crate) struct File {
    /// The text with comments, strings and characters blanked out, byte for byte.
    code: Vec<u8>,
    /// Where each line begins, and how long its characters are.
    text: String,
    functions: Vec<Function>,
    impls: Vec<(String, Range<usize>)>,
    constants: Vec<Constant>,
}

struct Function {
    name: String,
    /// The body, with its braces.
    body: Range<usize>,
    test: bool,
}

/// What a step is done to, as the code calls it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) text: String,
    /// Is it a field, and not some variable?
    pub(crate) field: bool,
}

/// The files that have been read so far.
#[derive(Default)]
pub(crate) struct Sources(HashMap<String, Option<Rc<File>>>);

impl Sources {
    /// The file in which a step stands, if it is there to be read.
    pub(crate) fn file(&mut self, at: At) -> Option<Rc<File>> {
        self.0
            .entry(at.file().to_owned())
            .or_insert_with(|| read(at.file()).map(|text| Rc::new(File::parse(text))))
            .clone()
    }
}

/// Cargo tells the compiler paths from the workspace's root, and runs tests in the package's folder.
fn read(file: &str) -> Option<String> {
    let file = Path::new(file);
    let here = std::env::current_dir().ok();
    let package = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    [here, package]
        .into_iter()
        .flatten()
        .flat_map(|folder| folder.ancestors().map(|above| above.join(file)).collect::<Vec<_>>())
        .find_map(|path| std::fs::read_to_string(path).ok())
}

impl File {
    pub(crate) fn parse(text: String) -> Self {
        let code = scan::blank(&text);
        let functions = scan::functions(&code)
            .map(|(name, item, body)| Function { name, test: scan::is_test(&code, item), body })
            .collect();
        let impls = scan::impls(&code);
        let constants = constants::read(&code);
        Self { code, text, functions, impls, constants }
    }

    /// Where a line and column (in characters, from 1) are.
    fn offset(&self, at: At) -> Option<usize> {
        let mut lines = self.text.split_inclusive('\n');
        let before: usize =
            lines.by_ref().take(at.line().checked_sub(1)? as usize).map(str::len).sum();
        let line = lines.next()?;
        let column = line.char_indices().nth(at.column().checked_sub(1)? as usize)?.0;
        Some(before + column)
    }

    fn function_at(&self, at: At) -> Option<&Function> {
        let offset = self.offset(at)?;
        self.functions
            .iter()
            .filter(|function| function.body.contains(&offset))
            .min_by_key(|function| function.body.len())
    }

    /// The function in which a step stands; nothing for a test, or for `main`.
    pub(crate) fn function(&self, at: At) -> Option<&str> {
        let function = self.function_at(at)?;
        (!function.test && function.name != "main").then_some(function.name.as_str())
    }

    /// The type whose `impl` this is.
    fn impl_at(&self, offset: usize) -> Option<&str> {
        self.impls
            .iter()
            .filter(|(_, body)| body.contains(&offset))
            .min_by_key(|(_, body)| body.len())
            .map(|(name, _)| name.as_str())
    }

    /// What the method at this place is called on.
    pub(crate) fn receiver(&self, at: At) -> Option<Name> {
        let offset = self.offset(at)?;
        // Some compilers point at the method's name, some at the beginning of the expression.
        let dot = back_over(&self.code, offset, u8::is_ascii_whitespace);
        if dot == 0 || self.code[dot - 1] != b'.' {
            return None;
        }
        self.name_before(dot - 1)
    }

    /// The last name of the expression that ends here.
    fn name_before(&self, end: usize) -> Option<Name> {
        let code = &self.code;
        let mut end = back_over(code, end, u8::is_ascii_whitespace);
        let mut call = "";
        loop {
            match *code.get(end.checked_sub(1)?)? {
                b'?' => end -= 1,
                b')' => {
                    let open = scan::opening(code, end - 1)?;
                    let before = scan::back_over_turbofish(code, open);
                    if before == 0 || !is_ident(&code[before - 1]) {
                        // An expression in parentheses: what it is about stands inside.
                        return self.name_before(end - 1);
                    }
                    (end, call) = (before, "()");
                }
                b']' => (end, call) = (scan::opening(code, end - 1)?, "[]"),
                _ => break,
            }
            end = back_over(code, end, u8::is_ascii_whitespace);
        }
        let name = ident_before(code, end)?;
        let start = end - name.len();
        let dot = back_over(code, start, u8::is_ascii_whitespace);
        let field = dot > 0 && code[dot - 1] == b'.';
        if name == "self" {
            return Some(Name { text: self.impl_at(start)?.to_owned(), field: true });
        }
        if name.bytes().all(|byte| byte.is_ascii_digit()) && field {
            // A field without a name: its owner's.
            let owner = self.name_before(dot - 1)?;
            return Some(Name { field: true, ..owner });
        }
        Some(Name { text: format!("{name}{call}"), field })
    }

    /// The step at this place, as it stands there: `state.swap`.
    pub(crate) fn step(&self, at: At) -> Option<String> {
        let method = ident_from(&self.code, self.offset(at)?)?;
        let name = self.receiver(at).map(|name| format!("{}.", name.text)).unwrap_or_default();
        Some(format!("{name}{method}"))
    }

    /// The constants of one type that the function at this place speaks of: all of them, if it speaks
    /// of any.
    pub(crate) fn constants(&self, at: At, kind: &str) -> Vec<&Constant> {
        let Some(function) = self.function_at(at) else { return Vec::new() };
        let fitting: Vec<&Constant> =
            self.constants.iter().filter(|constant| constant.kind == kind).collect();
        let spoken = fitting.iter().any(|constant| {
            scan::words(&self.code[function.body.clone()]).any(|word| word == constant.name)
        });
        if spoken { fitting } else { Vec::new() }
    }
}

#[cfg(test)]
mod tests;
