//! What one exercise comes to, when its starter, its solution and its wrong solution have been run.

use super::Exercise;
use super::build::{Built, Kind};
use super::check::{LIMIT, MODEL_LIMIT};
use super::ground::{Ground, Role};
use super::hints;
use super::trial::{self, End};
use crate::steps::Outcome;
use std::thread::ScopedJoinHandle;

/// How often a wrong solution may fail the tests: it is wrong, after all, and the tests may notice.
const CHANCES: usize = 3;

/// Why a model failed, in a few words.
fn reason(output: &str) -> &str {
    let why = output.lines().find_map(|line| line.strip_prefix("the model fails: "));
    why.and_then(|why| why.split(':').next()).unwrap_or("for whatever reason")
}

/// What one exercise comes to.
#[derive(Default)]
pub(super) struct Verdict {
    /// In a line.
    pub(super) says: Vec<String>,
    /// What is wrong with the exercise, each with a file.
    pub(super) broken: Vec<String>,
}

/// One exercise and the programs built of it.
pub(super) struct Trial<'a> {
    pub(super) exercise: &'a Exercise,
    pub(super) ground: &'a Ground,
    pub(super) tests: &'a Built,
    pub(super) models: Option<&'a Built>,
}

impl Trial<'_> {
    pub(super) fn hold(&self) -> Outcome<Verdict> {
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
