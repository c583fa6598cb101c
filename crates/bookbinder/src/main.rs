//! Builds the book, and checks that it says what the code does.

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
mod outputs;
mod page;
mod problem;
mod source;
mod summary;
mod tokio;
mod workshop;

use check::{Parsed, Read};
use clap::Parser;
use expand::{Expanded, Source};
use house::House;
use outputs::Then;
use problem::Problem;
use std::process::ExitCode;

/// Builds the book, and checks that it says what the code does.
#[derive(Parser)]
#[command(name = "cargo x book", bin_name = "cargo x book")]
struct Arguments {
    /// Do not run the steps and the broken variants.
    #[arg(long)]
    quick: bool,
    /// Then look at every page with Chromium, wide and narrow, light and dark.
    #[arg(long)]
    browser: bool,
    /// Put pictures of the pages, as the browser shows them, into this folder.
    #[arg(long, value_name = "DIR", requires = "browser")]
    shots: Option<std::path::PathBuf>,
    /// Run the steps and variants, and write down what is missing or differs. Names are `3.2`,
    /// `ch03_2_park` or a variant's; without one, all of them.
    #[arg(long, value_name = "NAME", num_args = 0..)]
    bless: Option<Vec<String>>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match build(&arguments) {
        Ok(problems) if problems.is_empty() => ExitCode::SUCCESS,
        Ok(problems) => {
            for problem in &problems {
                eprintln!("{problem}");
            }
            ExitCode::FAILURE
        }
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn build(arguments: &Arguments) -> Result<Vec<Problem>, String> {
    let house = House::read()?;
    let mut problems = Vec::new();
    let workshop = workshop::Workshop::read(&house, &mut problems);
    match &arguments.bless {
        Some(names) if names.is_empty() => {
            outputs::run(&house, &outputs::printers(&workshop), Then::Bless, &mut problems);
        }
        Some(names) => {
            let printers: Result<Vec<_>, _> =
                names.iter().map(|name| outputs::find(&workshop, name)).collect();
            outputs::run(&house, &printers?, Then::BlessEach, &mut problems);
        }
        None if arguments.quick => {}
        None => {
            outputs::run(&house, &outputs::printers(&workshop), Then::Complain, &mut problems);
        }
    }
    outputs::check_files(&house, &workshop, &mut problems);
    let pages = page::pages(&house, &mut problems);
    let source = Source { house: &house, workshop: &workshop, pages: &pages };
    let expanded: Vec<Expanded> =
        pages.iter().map(|page| source.expand(page, &mut problems)).collect();
    let read: Vec<Read> = pages
        .iter()
        .zip(&expanded)
        .map(|(page, expanded)| Read {
            page,
            expanded,
            parsed: Parsed::new(&page.text, &expanded.asked),
        })
        .collect();
    check::check_pages(&house, &workshop, &read, &mut problems);
    bind::bind(&house, &read)?;
    check::check_html(&house, &pages, &mut problems);
    summary::print(&read);
    println!("built: book/out/index.html");
    if arguments.browser {
        let names: Vec<String> = pages.iter().map(bind::html_of).collect();
        let shots = arguments.shots.as_deref();
        problems.extend(browser::check(&house.path(bind::OUT), &names, shots)?);
    }
    problems.sort();
    problems.dedup();
    Ok(problems)
}
