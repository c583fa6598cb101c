//! `cargo x …`: the project's own commands.

#![forbid(unsafe_code)]

mod bench;
mod book;
mod chapters;
mod client;
mod exercises;
mod house;
mod lines;
mod lint;
mod metadata;
mod paint;
mod place;
mod pointers;
mod programs;
mod sabotage;
mod sanitize;
mod smoke;
mod steps;
mod test;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// The project's own commands.
#[derive(Parser)]
#[command(name = "cargo x", bin_name = "cargo x")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Lists the steps of the book: small programs, chapter by chapter.
    Steps,
    /// Runs one of them: `cargo x step 3.2`.
    Step {
        /// Its number, like `3.2`, or its name, like `ch03_2_park`.
        step: String,
        /// Build it with optimisations.
        #[arg(long)]
        release: bool,
    },
    /// Lays an exercise out to be solved: `cargo x start 3.1`.
    Start {
        /// Its number, like `3.1`.
        exercise: Option<String>,
        /// Begin anew. What is there already is put aside.
        #[arg(long)]
        again: bool,
    },
    /// Tests your solution of an exercise, and says what it lacks.
    Check {
        /// Its number. Not needed in the exercise's folder.
        exercise: Option<String>,
    },
    /// Prints how the book solves an exercise.
    Solution {
        /// Its number. Not needed in the exercise's folder.
        exercise: Option<String>,
    },
    /// With `--list`, lists the exercises. Without, checks that each of them is one.
    Exercises {
        /// Only these, like `3.1`.
        exercises: Vec<String>,
        /// Show which there are.
        #[arg(long)]
        list: bool,
    },
    /// Breaks a copy of the code on purpose, and shows the interleaving that fails.
    Sabotage {
        /// The variant's name, like `park-without-asking`. Without one, they are listed.
        name: Option<String>,
        /// Print the table and nothing else.
        #[arg(long, requires = "name")]
        output_only: bool,
        /// Every variant, with a line for each.
        #[arg(long, conflicts_with = "name")]
        all: bool,
    },
    /// Builds the book, and checks it. `cargo x book --help` has the options.
    #[command(disable_help_flag = true)]
    Book {
        /// What the bookbinder is told.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Everything: all tests with all features, the examples in the documentation, every model.
    Test,
    /// The models alone: loom tries every interleaving of the lock-free protocols.
    Models {
        /// Run only the models whose name contains this.
        filter: Option<String>,
        /// Also the orders of a load and another thread's load and exchange that loom leaves out. Takes
        /// about twice as long.
        #[arg(long)]
        thorough: bool,
    },
    /// Formatting, clippy, the documentation, and the rules of the house.
    Lint,
    /// Starts the `serve` example as a user would, talks to it, and stops it with a signal.
    Smoke,
    /// The tests and the stress test under a sanitizer. Needs a nightly toolchain.
    Sanitize {
        /// What to look for.
        #[arg(value_enum)]
        sanitizer: sanitize::Sanitizer,
        /// How long the stress test runs, in seconds. 0 leaves it out.
        #[arg(long, default_value_t = 20)]
        stress: u64,
    },
    /// Measures Tokio, Handcrank and smol side by side, with table and charts.
    Bench {
        #[command(flatten)]
        options: Box<bench::Options>,
    },
    /// Counts the lines of each crate, without tests and models.
    Lines,
}

fn main() -> ExitCode {
    let mut steps = steps::Steps::new();
    match Arguments::parse().command {
        Command::Steps => return exit(programs::list()),
        Command::Step { step, release } => return exit(programs::run(&step, release)),
        Command::Start { exercise, again } => {
            return exit(exercises::start(exercise.as_deref(), again));
        }
        Command::Check { exercise } => return exit(exercises::check(exercise.as_deref())),
        Command::Solution { exercise } => return exit(exercises::solution(exercise.as_deref())),
        Command::Exercises { list: true, .. } => return exit(exercises::list()),
        Command::Exercises { exercises, list: false } => exercises::all(&mut steps, &exercises),
        Command::Sabotage { all: true, .. } => return exit(sabotage::all()),
        Command::Sabotage { name: Some(name), output_only, .. } => {
            return exit(sabotage::run(&name, output_only));
        }
        Command::Sabotage { .. } => return exit(sabotage::list()),
        Command::Book { arguments } => return book::bind(&arguments),
        Command::Test => test::everything(&mut steps),
        Command::Models { filter, thorough } => {
            test::models(&mut steps, filter.as_deref(), thorough);
        }
        Command::Lint => lint::lint(&mut steps),
        Command::Smoke => smoke::smoke(&mut steps),
        Command::Sanitize { sanitizer, stress } => {
            sanitize::sanitize(&mut steps, sanitizer, stress);
        }
        Command::Bench { options } => bench::bench(&mut steps, &options),
        Command::Lines => return lines::print(),
    }
    steps.finish()
}

/// For the commands that are no series of steps: their own exit code, or why there is none.
fn exit(outcome: steps::Outcome<ExitCode>) -> ExitCode {
    outcome.unwrap_or_else(|why| {
        eprintln!("{why}");
        ExitCode::FAILURE
    })
}
