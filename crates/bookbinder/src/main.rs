//! Builds the book, and checks that it says what the code does.
//!
//! `book/README.md` tells what a page may say; this is the program that keeps it to that.

#![forbid(unsafe_code)]

mod bind;
mod browser;
mod check;
mod diff;
mod directive;
mod expand;
mod figure;
mod glossary;
mod house;
mod html;
mod make;
mod open;
mod outputs;
mod page;
mod problem;
mod source;
mod summary;
mod tokio;
mod workshop;

use clap::Parser;
use house::House;
use make::{Made, Runs};
use problem::Problem;
use std::path::PathBuf;
use std::process::ExitCode;

/// Builds the book, and checks that it says what the code does.
///
/// Without options: runs every step and every broken variant, compares what they print with what
/// the book shows, checks the pages, and leaves the book in book/out. All that is wrong is listed,
/// each with its file and line; then the exit code is 1.
#[derive(Parser)]
#[command(name = "cargo x book", bin_name = "cargo x book")]
struct Arguments {
    /// Do not run the steps and the broken variants.
    #[arg(long, conflicts_with_all = ["bless", "open"])]
    quick: bool,
    /// Run them, and write down what is missing or prints something else; read it before you commit.
    /// A name is `3.2`, `ch03_2_park`, a variant's, or `3` for the steps of a chapter; without names:
    /// all of them.
    #[arg(long, value_name = "NAME", num_args = 0.., conflicts_with = "open")]
    bless: Option<Vec<String>>,
    /// Then look at every page with Chromium: wide and narrow, light and dark.
    #[arg(long, conflicts_with = "open")]
    browser: bool,
    /// Put pictures of the pages, as the browser shows them, into this folder.
    #[arg(long, value_name = "DIR", requires = "browser")]
    shots: Option<PathBuf>,
    /// Build quickly, show the book in the browser, and build again when something changes.
    /// Ctrl-C ends it.
    #[arg(long)]
    open: bool,
    /// Where to show it; the next free port if somebody has this one.
    #[arg(long, default_value_t = 3000, requires = "open")]
    port: u16,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = House::read().and_then(|house| {
        if arguments.open {
            return open::open(house, arguments.port).map(|()| ExitCode::SUCCESS);
        }
        let runs = match arguments.bless {
            Some(names) if names.is_empty() => Runs::BlessAll,
            Some(names) => Runs::Bless(names),
            None if arguments.quick => Runs::Nothing,
            None => Runs::Compare,
        };
        let Made { mut problems, summary, bound } = make::make(&house, &runs)?;
        println!("\n{summary}");
        if bound {
            println!("the book: {}", house.path(bind::OUT).join("index.html").display());
        }
        if arguments.browser && bound {
            // What is wrong with the table of contents has been told already.
            let pages = page::pages(&house, &mut Vec::new());
            let pages: Vec<String> = pages.iter().map(bind::html_of).collect();
            let shots = arguments.shots.as_deref();
            match browser::check(&house.path(bind::OUT), &pages, shots) {
                Ok(found) => problems.extend(found),
                Err(why) => {
                    tell(&problems);
                    return Err(why);
                }
            }
        }
        Ok(tell(&problems))
    });
    done.unwrap_or_else(|why| {
        eprintln!("{why}");
        ExitCode::FAILURE
    })
}

/// Lists what is wrong.
fn tell(problems: &[Problem]) -> ExitCode {
    for problem in problems {
        eprintln!("{problem}");
    }
    match problems.len() {
        0 => return ExitCode::SUCCESS,
        1 => eprintln!("one thing is wrong with the book"),
        count => eprintln!("{count} things are wrong with the book"),
    }
    ExitCode::FAILURE
}
