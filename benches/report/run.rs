//! A whole run: workloads, then curves, then memory; and the files, whether it ended or was ended.

use crate::arguments::Options;
use crate::catalogue::{Selection, limit};
use crate::contest::{Entrant, Pace, contest};
use crate::files::{self, Outcome};
use crate::progress::Progress;
use crate::record::{Fact, MemorySample, PointTurn, Turn, runtime};
use crate::stamp::{self, CONTROL, EXTENT, PARTIAL, fact};
use crate::statistics::median;
use crate::stop::Stop;
use crate::table::{figure, ratio};
use crate::{ALLOCATOR, memory};
use benches::{Curve, Workload};
use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::time::Duration;

/// Everything that one run needs.
struct Run<'a> {
    options: &'a Options,
    selection: Selection,
    pace: Pace,
    progress: Progress,
    stop: Stop,
    /// What could not be measured, and why.
    troubles: RefCell<Vec<String>>,
}

/// Measures and writes the figures. With `append`, those of other allocators stay beside them.
/// Says whether it came to its end.
pub(crate) fn run(options: &Options, folder: &Path, append: bool) -> Outcome<bool> {
    let (rounds, millis) = if options.quick { (9, 20) } else { (21, 50) };
    let pace = Pace {
        rounds: options.rounds.unwrap_or(rounds),
        slice: Duration::from_millis(options.millis.unwrap_or(millis)),
    };
    let selection = Selection::of(options)?;
    let stop = Stop::listen()?;
    let mut run = Run {
        options,
        selection,
        pace,
        progress: Progress::new(0),
        stop,
        troubles: RefCell::default(),
    };
    run.progress = Progress::new(run.turns_to_come());

    let mut facts = stamp::facts(ALLOCATOR);
    facts.push(fact(
        ALLOCATOR,
        EXTENT,
        format!("{} of {} ms", pace.rounds, pace.slice.as_millis()),
    ));
    if options.control {
        facts.push(fact(ALLOCATOR, CONTROL, "Tokio on both sides"));
    }
    let (turns, points, samples) = (run.workloads(), run.curves(), run.memory());
    run.progress.end();
    let finished = !run.stop.asked();
    if let Some(why) = run.why_partial(&turns) {
        facts.push(fact(ALLOCATOR, PARTIAL, why));
    }

    let keep = append && folder.join(files::RESULTS).exists();
    put(folder, files::RESULTS, keep, turns, |turn: &Turn| &turn.allocator)?;
    put(folder, files::CURVES, keep, points, |point: &PointTurn| &point.allocator)?;
    put(folder, files::MEMORY, keep, samples, |sample: &MemorySample| &sample.allocator)?;
    put(folder, files::STAMP, keep, facts, |fact: &Fact| &fact.allocator)?;
    Ok(finished)
}

/// Writes a file: beside what it holds from other allocators, or alone.
fn put<T>(
    folder: &Path,
    name: &str,
    keep: bool,
    ours: Vec<T>,
    allocator: fn(&T) -> &String,
) -> Outcome
where
    T: serde::Serialize + serde::de::DeserializeOwned,
{
    let mut lines = if keep { files::read(folder, name)? } else { Vec::new() };
    lines.retain(|line| allocator(line) != ALLOCATOR);
    lines.extend(ours);
    files::write(folder, name, &lines)
}

impl Run<'_> {
    fn workloads(&self) -> Vec<Turn> {
        let mut turns = Vec::new();
        for workload in &self.selection.workloads {
            if self.stop.asked() {
                break;
            }
            self.progress.begin(workload.name);
            let entrants = self.entrants(workload);
            let names = (ALLOCATOR, workload.name);
            let new = self.contest(names, entrants, self.pace);
            self.tell(workload.name, &new);
            turns.extend(new);
        }
        turns
    }

    fn entrants(&self, workload: &'static Workload) -> Vec<Entrant<'static>> {
        let operations = workload.operations;
        let entrant = |runtime, make: fn() -> benches::Round| Entrant {
            runtime,
            operations,
            make: Box::new(make),
        };
        let mut entrants = vec![entrant(runtime::TOKIO, workload.tokio)];
        if self.options.control {
            entrants.push(entrant(runtime::AGAIN, workload.tokio));
            return entrants;
        }
        entrants.push(entrant(runtime::HANDCRANK, workload.handcrank));
        if let Some(smol) = workload.smol.filter(|_| !self.options.no_smol) {
            entrants.push(entrant(runtime::SMOL, smol));
        }
        if let Some(limit) = workload.limit.and_then(limit) {
            let make = Box::new(limit.make);
            let operations = limit.operations;
            entrants.push(Entrant { runtime: runtime::LIMIT, operations, make });
        }
        entrants
    }

    fn curves(&self) -> Vec<PointTurn> {
        let mut points = Vec::new();
        for curve in &self.selection.curves {
            for &point in curve.points {
                if self.stop.asked() {
                    return points;
                }
                let title = format!("{} at {point} {}", curve.name, curve.axis);
                self.progress.begin(&title);
                let names = (ALLOCATOR, curve.name);
                let entrants = self.entrants_at(curve, point);
                let turns = self.contest(names, entrants, self.curve_pace());
                self.tell(&title, &turns);
                points.extend(turns.into_iter().map(|turn| PointTurn::new(turn, point)));
            }
        }
        points
    }

    /// A curve has many points: a third of the rounds for each will do.
    fn curve_pace(&self) -> Pace {
        Pace { rounds: (self.pace.rounds / 3).max(3).min(self.pace.rounds), ..self.pace }
    }

    fn entrants_at(&self, curve: &'static Curve, point: u64) -> Vec<Entrant<'static>> {
        let smol = curve.smol.filter(|_| !self.options.no_smol);
        let sides = [
            (runtime::TOKIO, Some(curve.tokio)),
            (runtime::HANDCRANK, Some(curve.handcrank)),
            (runtime::SMOL, smol),
        ];
        type Make = Option<fn(u64) -> benches::Round>;
        let entrant = |(runtime, make): (&'static str, Make)| {
            let make = make?;
            let operations = (curve.operations)(point);
            Some(Entrant { runtime, operations, make: Box::new(move || make(point)) })
        };
        sides.into_iter().filter_map(entrant).collect()
    }

    /// A workload that fails, for want of descriptors perhaps, must not take the others' figures
    /// with it.
    fn contest(&self, names: (&str, &str), entrants: Vec<Entrant<'_>>, pace: Pace) -> Vec<Turn> {
        let work = || contest(names, entrants, pace, (&self.progress, &self.stop));
        panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
            self.trouble(format!("{} failed", names.1));
            Vec::new()
        })
    }

    fn trouble(&self, what: String) {
        self.progress.say(&what);
        self.troubles.borrow_mut().push(what);
    }

    fn memory(&self) -> Vec<MemorySample> {
        let mut samples = Vec::new();
        for memory in &self.selection.memory {
            self.progress.begin(memory.name);
            // The operating system's bookkeeping wavers a little: the table takes the median.
            for sample in 0..if self.options.quick { 1 } else { 3 } {
                for runtime in memory::runtimes(memory, !self.options.no_smol) {
                    if self.stop.asked() {
                        return samples;
                    }
                    let bytes = match memory::in_a_fresh_process(memory.name, runtime) {
                        Ok(bytes) => bytes,
                        Err(why) => {
                            self.trouble(why);
                            continue;
                        }
                    };
                    self.progress.say(&format!("{:<30} {runtime} {bytes:.0} bytes", memory.name));
                    let (allocator, what) = (ALLOCATOR.to_owned(), memory.name.to_owned());
                    let runtime = runtime.to_owned();
                    samples.push(MemorySample { allocator, what, runtime, sample, bytes });
                }
            }
        }
        samples
    }

    fn turns_to_come(&self) -> u64 {
        let Selection { workloads, curves, .. } = &self.selection;
        let workloads = workloads
            .iter()
            .map(|workload| self.entrants(workload).len() as u64 * self.pace.rounds);
        let curves = curves.iter().map(|curve| {
            let sides = self.entrants_at(curve, curve.points[0]).len() as u64;
            sides * curve.points.len() as u64 * self.curve_pace().rounds
        });
        workloads.sum::<u64>() + curves.sum::<u64>()
    }

    /// One line about what has just been measured, by the clock.
    fn tell(&self, title: &str, turns: &[Turn]) {
        let time = |name| median(turns.iter().filter(|turn| turn.runtime == name).map(Turn::wall));
        let tokio = time(runtime::TOKIO);
        let ours = time(runtime::HANDCRANK).or_else(|| time(runtime::AGAIN));
        if let Some((tokio, ours)) = tokio.zip(ours) {
            let (a, b, times) = (figure(tokio), figure(ours), ratio(tokio / ours));
            self.progress.say(&format!("{title:<40} {a:>10} ns {b:>10} ns {times:>6} times"));
        }
    }

    /// Why the result is not the whole.
    fn why_partial(&self, turns: &[Turn]) -> Option<String> {
        if self.stop.asked() {
            let mut names: Vec<&str> = turns.iter().map(|turn| turn.workload.as_str()).collect();
            names.dedup();
            let all = self.selection.workloads.len();
            return Some(format!("stopped after {} of {all} workloads", names.len()));
        }
        let mut why = self.troubles.borrow().clone();
        if !self.options.only.is_empty() {
            why.push(format!("only what has {} in its name", self.options.only.join(", ")));
        }
        (!why.is_empty()).then(|| why.join("; "))
    }
}
