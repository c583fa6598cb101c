//! `cargo x sabotage`: the real code broken on purpose, and the interleaving in which it fails.
//!
//! What a broken variant consists of is written in `book/README.md`. The real code is never touched: a
//! copy of the crates is broken, in the folder for what cargo builds.

mod tree;
mod trial;
mod variant;

pub(crate) use tree::Tree;

use crate::paint::{bold, green, print, red};
use crate::steps::Outcome;
use std::fmt::Write;
use std::process::ExitCode;
use std::time::Instant;
use variant::Variant;

/// Lists the variants.
pub(crate) fn list() -> Outcome<ExitCode> {
    let variants = variant::all()?;
    let width = variants.iter().map(|variant| variant.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for variant in &variants {
        let name = bold(&format!("{:<width$}", variant.name));
        let _ = writeln!(text, "{name}  {}", variant.says);
    }
    text.push_str("\n`cargo x sabotage NAME` shows what goes wrong then.\n");
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// Breaks a copy and runs the model. With `output_only`, prints the table and nothing else.
pub(crate) fn run(name: &str, output_only: bool) -> Outcome<ExitCode> {
    let variant = variant::find(variant::all()?, name)?;
    let tree = Tree::broken(&variant)?;
    let table = trial::run(&variant, &tree)?;
    if !output_only {
        println!("{}", bold(&variant.says));
        println!("\n{}", variant.file);
        for line in variant.change() {
            match line.as_bytes()[0] {
                b'-' => println!("{}", red(&line)),
                b'+' => println!("{}", green(&line)),
                _ => println!("{line}"),
            }
        }
        println!("\n{}\n", variant.model);
    }
    print!("{table}");
    Ok(ExitCode::SUCCESS)
}

/// Runs every variant, with a line for each.
pub(crate) fn all() -> Outcome<ExitCode> {
    let variants = variant::all()?;
    let width = variants.iter().map(|variant| variant.name.len()).max().unwrap_or(0);
    let mut missed = 0;
    for variant in &variants {
        let started = Instant::now();
        let outcome = Tree::broken(variant).and_then(|tree| trial::run(variant, &tree));
        let seconds = started.elapsed().as_secs_f64();
        let (mark, what) = match outcome {
            Ok(table) => ("ok    ".to_owned(), trial::reason(&table).to_owned()),
            Err(why) => {
                missed += 1;
                (red("FAILED"), why)
            }
        };
        println!("{mark} {seconds:>6.1} s  {:<width$}  {what}", variant.name);
    }
    if missed == 0 {
        println!("{} broken variants, and each was caught", variants.len());
        return Ok(ExitCode::SUCCESS);
    }
    Err(format!("{missed} of {} broken variants were not caught", variants.len()))
}

/// The broken copy that the environment asks for, if it does.
pub(crate) fn wanted() -> Outcome<Option<Tree>> {
    let Some(name) = std::env::var("SABOTAGE").ok().filter(|name| !name.is_empty()) else {
        return Ok(None);
    };
    let variant = variant::find(variant::all()?, &name)?;
    println!("{}", red(&format!("SABOTAGE: these models run on code that is broken: {name}")));
    println!("{}", variant.says);
    Tree::broken(&variant).map(Some)
}
