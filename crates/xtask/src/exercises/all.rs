//! `cargo x exercises`: whether each exercise is one.
//!
//! All starters, solutions and wrong solutions become members of one workspace in the target folder, so
//! that a single call of cargo builds them side by side. No reader's work is touched.

use super::build::{Built, Kind, build};
use super::check::{LIMIT, MODEL_LIMIT};
use super::package::{self, Table};
use super::trial::{self, End};
use super::{Exercise, catalogue, find, hints};
use crate::metadata::Workspace;
use crate::steps::{Outcome, Steps, root};
use std::fmt::Write;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread::ScopedJoinHandle;

/// How often a wrong solution may fail the tests: it is wrong, after all, and the tests may notice.
const CHANCES: usize = 3;

/// Where a model's atomics, locks and threads come from. It sees no others.
const PRIMITIVES: &str = "handcrank_task::primitives";

/// Who plays the library of an exercise.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Role {
    /// Fails a test.
    Starter,
    /// Passes everything.
    Solution,
    /// Passes the tests, and fails the model.
    Wrong,
}

impl Role {
    const ALL: [Self; 3] = [Self::Starter, Self::Solution, Self::Wrong];

    fn file(self) -> &'static str {
        match self {
            Self::Starter => "starter.rs",
            Self::Solution => "solution.rs",
            Self::Wrong => "wrong.rs",
        }
    }
}

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

/// The workspace in the target folder.
struct Ground {
    folder: PathBuf,
}

impl Ground {
    fn lay(exercises: &[&Exercise]) -> Outcome<Self> {
        let folder = Workspace::read()?.target.join("exercises/ground");
        if folder.exists() {
            std::fs::remove_dir_all(&folder)
                .map_err(|error| format!("{}: {error}", folder.display()))?;
        }
        let ground = Self { folder };
        let table = Table::read()?;
        let mut members = Vec::new();
        for exercise in exercises {
            for role in Role::ALL.into_iter().filter(|role| exercise.has(role.file())) {
                ground.lay_member(exercise, role, &table)?;
                members.push(package_name(exercise, role));
            }
        }
        let manifest = format!("[workspace]\nresolver = \"3\"\nmembers = {members:?}\n");
        package::write(&ground.folder, "Cargo.toml", &manifest)?;
        package::lay_lock_file(&ground.folder)?;
        Ok(ground)
    }

    fn lay_member(&self, exercise: &Exercise, role: Role, table: &Table) -> Outcome {
        let name = package_name(exercise, role);
        let folder = self.member(exercise, role);
        let root = root().display().to_string();
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
             [lib]\ntest = false\ndoctest = false\n\n[dependencies]\n{}\n{}",
            table.lines(exercise, &root)?,
            package::LINTS,
        );
        package::write(&folder, "Cargo.toml", &manifest)?;
        for (file, mut text) in package::files(exercise, role.file())? {
            if file.starts_with("tests/") {
                // The members need different names, and their tests know them by one.
                let _ = write!(text, "\nextern crate {name} as exercise;\n");
            }
            package::write(&folder, file, &text)?;
        }
        Ok(())
    }

    fn member(&self, exercise: &Exercise, role: Role) -> PathBuf {
        self.folder.join(package_name(exercise, role))
    }

    /// The packages whose models are run.
    fn with_models(exercises: &[&Exercise]) -> Vec<String> {
        exercises
            .iter()
            .filter(|exercise| exercise.has("model.rs"))
            .flat_map(|exercise| {
                [Role::Solution, Role::Wrong].map(|role| package_name(exercise, role))
            })
            .collect()
    }
}

fn package_name(exercise: &Exercise, role: Role) -> String {
    format!("e{}_{}", exercise.name, role.file().trim_end_matches(".rs"))
}

/// Why a model failed, in a few words.
fn reason(output: &str) -> &str {
    let why = output.lines().find_map(|line| line.strip_prefix("the model fails: "));
    why.and_then(|why| why.split(':').next()).unwrap_or("for whatever reason")
}

/// What one exercise comes to.
#[derive(Default)]
struct Verdict {
    says: Vec<String>,
    broken: Vec<String>,
}

struct Trial<'a> {
    exercise: &'a Exercise,
    ground: &'a Ground,
    tests: &'a Built,
    models: Option<&'a Built>,
}

impl Trial<'_> {
    fn hold(&self) -> Outcome<Verdict> {
        let mut verdict = Verdict::default();
        self.starter(&mut verdict)?;
        self.solution(&mut verdict)?;
        if let Some(models) = self.models.filter(|_| self.exercise.has("model.rs")) {
            self.model(&mut verdict, models)?;
        }
        Ok(verdict)
    }

    fn starter(&self, verdict: &mut Verdict) -> Outcome {
        let Some(ends) = self.ends(verdict, Role::Starter, self.tests, Kind::Tests)? else {
            return Ok(());
        };
        let source = self.exercise.read("tests.rs")?;
        for (test, end) in &ends {
            if hints::above(&source, test).is_none() {
                let path = self.exercise.path("tests.rs");
                verdict.broken.push(format!(
                    "{path}: {test} has no `///` lines to tell the reader what is wrong when it fails"
                ));
            }
            if *end == End::CutOff {
                verdict.broken.push(self.hangs(test, "the starter"));
            }
        }
        let failed = ends.iter().filter(|(_, end)| *end != End::Passed).count();
        verdict.says.push(format!("starter: {failed} of {} fail", ends.len()));
        if failed == 0 {
            let path = self.exercise.path("starter.rs");
            verdict.broken.push(format!("{path} passes all tests, so nothing is left to solve"));
        }
        Ok(())
    }

    fn solution(&self, verdict: &mut Verdict) -> Outcome {
        let Some(ends) = self.ends(verdict, Role::Solution, self.tests, Kind::Tests)? else {
            return Ok(());
        };
        let path = self.exercise.path("solution.rs");
        let member = self.ground.member(self.exercise, Role::Solution);
        for warning in self.tests.diagnostics(&member, "warning") {
            verdict.broken.push(format!("{path} or tests.rs: the compiler warns\n{warning}"));
        }
        for (test, end) in &ends {
            match end {
                End::Passed => {}
                End::Failed(output) => {
                    verdict.broken.push(format!("{path} fails {test}\n{output}"));
                }
                End::CutOff => verdict.broken.push(self.hangs(test, "the solution")),
            }
        }
        let passed = ends.iter().filter(|(_, end)| *end == End::Passed).count();
        verdict.says.push(format!("solution: {passed} of {} pass", ends.len()));
        Ok(())
    }

    fn model(&self, verdict: &mut Verdict, models: &Built) -> Outcome {
        let path = self.exercise.path("model.rs");
        if let Some(ends) = self.ends(verdict, Role::Solution, models, Kind::Model)? {
            for (test, end) in &ends {
                match end {
                    End::Passed => {}
                    End::Failed(output) => {
                        let why = format!("{path}: the solution fails {test}\n{output}");
                        verdict.broken.push(why);
                    }
                    End::CutOff => {
                        verdict.broken.push(self.hangs(test, "the model of the solution"));
                    }
                }
            }
            let holds = ends.iter().all(|(_, end)| *end == End::Passed);
            verdict.says.push(format!("model {}", if holds { "holds" } else { "FAILS" }));
        }
        // A wrong solution has to get past the tests: else the model has nothing to add.
        let wrong = self.exercise.path("wrong.rs");
        for chance in 1..=CHANCES {
            let Some(ends) = self.ends(verdict, Role::Wrong, self.tests, Kind::Tests)? else {
                return Ok(());
            };
            match ends.iter().find(|(_, end)| *end != End::Passed) {
                None => break,
                Some((test, _)) if chance == CHANCES => {
                    verdict.broken.push(format!(
                        "{wrong} fails {test} already; only the model should see it"
                    ));
                }
                Some(_) => {}
            }
        }
        if let Some(ends) = self.ends(verdict, Role::Wrong, models, Kind::Model)? {
            let why = ends.iter().find_map(|(_, end)| match end {
                End::Failed(output) => Some(reason(output)),
                _ => None,
            });
            verdict.says.push(match why {
                Some(why) => format!("wrong is caught: {why}"),
                None => "wrong ESCAPES".to_owned(),
            });
            if why.is_none() {
                verdict.broken.push(format!("{path} does not see what is wrong with {wrong}"));
            }
        }
        Ok(())
    }

    /// Runs the tests of one role. Nothing if there is no program to run, which is then said.
    fn ends(
        &self,
        verdict: &mut Verdict,
        role: Role,
        built: &Built,
        kind: Kind,
    ) -> Outcome<Option<Vec<(String, End)>>> {
        let member = self.ground.member(self.exercise, role);
        let path = self.exercise.path(role.file());
        let Some(program) = built.program(&member, kind) else {
            let errors = built.diagnostics(&member, "error").concat();
            verdict.says.push(format!("{} does not compile", role.file()));
            verdict.broken.push(format!(
                "{path}: with {} it does not compile\n{errors}",
                match kind {
                    Kind::Tests => "tests.rs",
                    Kind::Model => "model.rs",
                }
            ));
            return Ok(None);
        };
        let limit = match kind {
            Kind::Tests => LIMIT,
            Kind::Model => MODEL_LIMIT,
        };
        let tests = trial::tests(&program)?;
        if tests.is_empty() {
            verdict.broken.push(format!("{path}: there are no tests for it"));
        }
        let run = |test: &String| trial::run(&program, &member, test, limit);
        let ends: Vec<Outcome<End>> = if role == Role::Starter {
            // Most of them wait for what does not come, and may as well do so together.
            std::thread::scope(|scope| {
                let running: Vec<_> =
                    tests.iter().map(|test| scope.spawn(move || run(test))).collect();
                let join = |it: ScopedJoinHandle<'_, _>| it.join().expect("trials do not panic");
                running.into_iter().map(join).collect()
            })
        } else {
            tests.iter().map(run).collect()
        };
        tests
            .into_iter()
            .zip(ends)
            .map(|(test, end)| Ok((test, end?)))
            .collect::<Outcome<_>>()
            .map(Some)
    }

    fn hangs(&self, test: &str, whose: &str) -> String {
        format!(
            "{}: {test} hangs with {whose}; a test should give up by itself",
            self.exercise.path("tests.rs")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_short() {
        let output = "table\nthread 'x' panicked\nthe model fails: deadlock: nobody wakes it\n";
        assert_eq!(reason(output), "deadlock");
        assert_eq!(reason("process ended"), "for whatever reason");
    }
}
