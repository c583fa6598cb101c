//! `cargo x exercises`: whether each exercise is one. No reader's work is touched.

use super::build::{Kind, build};
use super::ground::Ground;
use super::verdict::{Trial, Verdict};
use super::{Exercise, catalogue, find};
use crate::steps::{Outcome, Steps, root};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Where a model's atomics, locks and threads come from. It sees no others.
const PRIMITIVES: &str = "handcrank_task::primitives";

/// Checks all exercises, or the wanted ones.
pub(crate) fn all(steps: &mut Steps, wanted: &[String]) {
    let exercises = match catalogue() {
        Ok(exercises) => exercises,
        Err(why) => return steps.run("Exercises", || Err(why)),
    };
    let chosen: Outcome<Vec<&Exercise>> = if wanted.is_empty() {
        Ok(exercises.iter().collect())
    } else {
        wanted.iter().map(|it| find(&exercises, Some(it))).collect()
    };
    match chosen.as_deref() {
        Ok([]) => println!("There are no exercises yet."),
        Ok(chosen) => {
            steps.run("Format of the exercises", || format(chosen));
            steps.run(
                "Exercises: starters fail, solutions pass, models tell right from wrong",
                || none_broken(&judge(chosen)?),
            );
        }
        Err(why) => steps.run("Exercises", || Err(why.clone())),
    }
}

fn none_broken(broken: &[String]) -> Outcome {
    for why in broken {
        println!("- {why}");
    }
    match broken {
        [] => Ok(()),
        [why] => Err(why.lines().next().unwrap_or_default().to_owned()),
        broken => Err(format!("{} things are wrong with the exercises", broken.len())),
    }
}

/// `cargo fmt` sees only what belongs to a package.
fn format(exercises: &[&Exercise]) -> Outcome {
    let mut command = Command::new("rustfmt");
    command.current_dir(root()).args(["--check", "--edition", "2024"]);
    for exercise in exercises {
        let files = ["starter.rs", "solution.rs", "wrong.rs", "tests.rs", "model.rs"];
        let there = files.into_iter().filter(|file| exercise.has(file));
        command.args(there.map(|file| exercise.path(file)));
    }
    let status = command.status().map_err(|error| format!("rustfmt did not start: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err("rustfmt would change what is shown above".to_owned())
    }
}

fn judge(exercises: &[&Exercise]) -> Outcome<Vec<String>> {
    let mut broken: Vec<String> = exercises.iter().flat_map(|it| incomplete(it)).collect();
    if !broken.is_empty() {
        return Ok(broken);
    }
    let ground = Ground::lay(exercises)?;
    println!("building the tests of {} exercises …", exercises.len());
    let tests = build(
        &ground.folder,
        Kind::Tests,
        &["build", "--workspace", "--tests", "--keep-going"],
        false,
    )?;
    let packages = Ground::with_models(exercises);
    let models = if packages.is_empty() {
        None
    } else {
        println!("building {} models …", packages.len());
        let mut words = vec!["test", "--no-run", "--no-fail-fast", "--test", Kind::Model.target()];
        for package in &packages {
            words.extend(["--package", package]);
        }
        Some(build(&ground.folder, Kind::Model, &words, false)?)
    };

    // The lines in the order of the book, whoever is done first.
    let verdicts: Vec<Mutex<Option<Outcome<Verdict>>>> =
        exercises.iter().map(|_| Mutex::new(None)).collect();
    let next = AtomicUsize::new(0);
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers.min(exercises.len()) {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Relaxed);
                    let Some(exercise) = exercises.get(number) else { break };
                    let verdict =
                        Trial { exercise, ground: &ground, tests: &tests, models: models.as_ref() }
                            .hold();
                    *verdicts[number].lock().expect("no judge panics") = Some(verdict);
                }
            });
        }
    });
    for (exercise, verdict) in exercises.iter().zip(verdicts) {
        let verdict = verdict.into_inner().expect("no judge panics").expect("all were judged")?;
        println!(
            "{:<5} {:<22} {}",
            exercise.place.to_string(),
            exercise.name,
            verdict.says.join("; ")
        );
        broken.extend(verdict.broken);
    }
    // A build that failed for a reason that belongs to no exercise.
    if broken.is_empty() && !(tests.success && models.is_none_or(|built| built.success)) {
        broken.push("cargo could not build the exercises, and says why above".to_owned());
    }
    Ok(broken)
}

/// The files that an exercise lacks, and those that a model could not look into.
fn incomplete(exercise: &Exercise) -> Vec<String> {
    let mut broken = Vec::new();
    let mut files = vec!["starter.rs", "solution.rs", "tests.rs"];
    if exercise.has("model.rs") {
        files.push("wrong.rs");
    } else if exercise.has("wrong.rs") {
        broken.push(format!("{} is there, and no model.rs to catch it", exercise.path("wrong.rs")));
    }
    for file in files {
        if !exercise.has(file) {
            broken.push(format!("{} is missing", exercise.path(file)));
        } else if exercise.has("model.rs")
            && file != "tests.rs"
            && exercise.read(file).is_ok_and(|text| !text.contains(PRIMITIVES))
        {
            broken.push(format!(
                "{} takes nothing from {PRIMITIVES}, so its model sees no step of it",
                exercise.path(file)
            ));
        }
    }
    broken
}
