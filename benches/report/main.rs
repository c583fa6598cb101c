//! Tokio and Handcrank measured side by side, with a report for people.
//!
//! `cargo x bench` builds this once for each allocator and runs it. Measuring and rendering are two
//! steps: the first writes figures into a folder, the second makes summary, table and charts of
//! what lies there.

#![forbid(unsafe_code)]

mod arguments;
mod catalogue;
mod chart;
mod contest;
mod files;
mod machine;
mod memory;
mod progress;
mod publish;
mod readme;
mod record;
mod render;
mod run;
mod stamp;
mod statistics;
mod stop;
mod summary;
mod table;

use arguments::{Allocator, Options};
use clap::Parser;
use files::Outcome;
use std::path::PathBuf;
use std::process::ExitCode;

/// What everything is measured with in this build, by the name that it has in the files.
const ALLOCATOR: &str = if cfg!(feature = "mimalloc") { "mimalloc" } else { "system" };

/// Measures Tokio and Handcrank side by side. `cargo x bench` starts it.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    options: Options,

    /// The figures of other allocators stay in the folder.
    #[arg(long, hide = true)]
    append: bool,

    /// Another allocator follows: it is too early to publish anything.
    #[arg(long, hide = true)]
    more_follows: bool,

    /// Says one figure about memory.
    #[arg(long, hide = true, num_args = 2, value_names = ["NAME", "RUNTIME"])]
    weigh: Option<Vec<String>>,
}

fn main() -> ExitCode {
    match work(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(stop::INTERRUPTED),
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

/// Says whether it came to its end.
fn work(arguments: &Arguments) -> Outcome<bool> {
    let Arguments { options, append, more_follows, weigh } = arguments;
    if let Some([name, runtime]) = weigh.as_deref() {
        println!("{}", memory::weigh(name, runtime)?);
        return Ok(true);
    }
    if options.list {
        print!("{}", catalogue::list());
        return Ok(true);
    }
    if options.publish_only {
        return publish::again().map(|()| true);
    }
    if let Some(folder) = &options.render {
        println!("{}", render::render(folder)?);
        if options.publish {
            publish::publish(folder)?;
        }
        return Ok(true);
    }
    fits_this_build(options.allocator)?;
    let folder = options.out.clone().unwrap_or_else(|| PathBuf::from("target/bench"));
    let finished = run::run(options, &folder, *append)?;
    let table = render::render(&folder)?;
    if *more_follows && finished {
        return Ok(true);
    }
    println!("{table}");
    eprintln!("figures, table and charts are in {}", folder.display());
    if options.publish && finished {
        publish::publish(&folder)?;
    }
    Ok(finished)
}

/// One build has one allocator: only `cargo x bench` can bring the others.
fn fits_this_build(asked: Option<Allocator>) -> Outcome {
    match asked {
        Some(Allocator::System) if ALLOCATOR != "system" => Err(wrong_build("system")),
        Some(Allocator::Mimalloc) if ALLOCATOR != "mimalloc" => Err(wrong_build("mimalloc")),
        _ => Ok(()),
    }
}

fn wrong_build(asked: &str) -> String {
    format!(
        "this build allocates with {ALLOCATOR}; for {asked} there is \
         `cargo x bench --allocator {asked}`"
    )
}
