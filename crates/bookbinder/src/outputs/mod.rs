//! What steps and variants print: run, compared with what they printed before, written down.

mod normal;
mod run;

use crate::diff::diff_by;
use crate::house::House;
use crate::problem::Problem;
use crate::workshop::{Number, Step, Workshop};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

const FOLDER: &str = "book/outputs";

/// Something that prints: a step's name, or a variant's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Printer {
    Step(String),
    Variant(String),
}

impl Printer {
    pub(crate) fn name(&self) -> &str {
        let (Self::Step(name) | Self::Variant(name)) = self;
        name
    }

    /// Where its output is kept, counted from the root.
    pub(crate) fn file(&self) -> String {
        match self {
            Self::Step(name) => format!("{FOLDER}/{name}.txt"),
            Self::Variant(name) => format!("{FOLDER}/sabotage-{name}.txt"),
        }
    }
}

/// Everything that prints.
pub(crate) fn printers(workshop: &Workshop) -> Vec<Printer> {
    let steps = workshop.steps.iter().map(|step| Printer::Step(step.name.clone()));
    let variants = workshop.variants.iter().map(|it| Printer::Variant(it.name.clone()));
    steps.chain(variants).collect()
}

/// Finds what somebody calls `3.2`, `ch03_2_park` or by a variant's name, and the steps of chapter `3`.
pub(crate) fn find(workshop: &Workshop, name: &str) -> Result<Vec<Printer>, String> {
    let (number, chapter) = (Number::parse(name), name.parse::<u32>().ok());
    let meant = |step: &&Step| {
        step.name == name || Some(step.number) == number || Some(step.number.chapter) == chapter
    };
    let steps = workshop.steps.iter().filter(meant);
    let variant = workshop.variant(name);
    let found: Vec<Printer> = steps
        .map(|step| Printer::Step(step.name.clone()))
        .chain(variant.map(|variant| Printer::Variant(variant.name.clone())))
        .collect();
    if found.is_empty() {
        return Err(format!(
            "no step and no broken variant is called `{name}`; `cargo x steps` and \
             `cargo x sabotage` list them"
        ));
    }
    Ok(found)
}

/// Every step and variant has its output, and every output its step or variant. Of those that a page
/// has asked for, the page tells.
pub(crate) fn check_files(
    house: &House,
    workshop: &Workshop,
    asked: &[Printer],
    problems: &mut Vec<Problem>,
) {
    let printers = printers(workshop);
    for printer in &printers {
        if !house.path(&printer.file()).is_file() && !asked.contains(printer) {
            let name = printer.name();
            let what = format!("does not exist; run `cargo x book --bless {name}`, and read it");
            problems.push(Problem::of(printer.file(), what));
        }
    }
    for name in house.names_in(FOLDER) {
        let file = format!("{FOLDER}/{name}");
        if !printers.iter().any(|printer| printer.file() == file) {
            problems.push(Problem::of(file, "no step or variant prints this; delete it"));
        }
    }
}

/// What to do with an output that is not what it was.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    /// Tell it as a problem.
    Complain,
    /// Write it down if it says something else.
    Bless,
    /// Write it down if a letter differs: somebody asked for this very one.
    BlessEach,
}

/// Runs them all, and compares or writes down what they print.
pub(crate) fn run(house: &House, printers: &[Printer], then: Then, problems: &mut Vec<Problem>) {
    let step = |printer: &'_ Printer| matches!(printer, Printer::Step(_));
    let steps: Vec<&str> = printers.iter().filter(|it| step(it)).map(Printer::name).collect();
    let programs = if steps.is_empty() {
        Ok(BTreeMap::new())
    } else {
        println!("building {} steps", steps.len());
        run::build_steps(house, &steps)
    };
    for printer in printers {
        let started = Instant::now();
        let printed = match printer {
            Printer::Step(name) => match &programs {
                Ok(programs) => run_step(house, programs.get(name)),
                Err(why) => Err(why.clone()),
            },
            Printer::Variant(name) => run::variant(house, name),
        };
        let seconds = started.elapsed().as_secs_f64();
        match printed {
            Ok(text) => {
                println!("ran {:32} {seconds:6.1} s", printer.name());
                problems.extend(compare(house, printer, &text, then));
            }
            Err(why) => {
                println!("ran {:32} {seconds:6.1} s, in vain", printer.name());
                problems.push(Problem::of(printer.file(), format!("{}: {why}", printer.name())));
            }
        }
    }
}

fn run_step(house: &House, program: Option<&PathBuf>) -> Result<String, String> {
    run::step(house, program.ok_or("does not compile; cargo says why above")?)
}

fn compare(house: &House, printer: &Printer, text: &str, then: Then) -> Option<Problem> {
    let file = printer.file();
    let text = text.trim_end().to_owned() + "\n";
    let before = house.text(&file).ok();
    let same = match (&before, then) {
        (Some(before), Then::BlessEach) => *before == text,
        (Some(before), _) => normal::same(before, &text),
        (None, _) => false,
    };
    if same {
        return None;
    }
    let changes = before.as_ref().map(|before| diff_by(before, &text, 0, normal::normal));
    if then == Then::Complain {
        let name = printer.name();
        // One that does not exist is told by `check_files`.
        let what = format!(
            "{name} prints something else now; run `cargo x book --bless {name}`, \
             read the difference, and commit it if it is right\n{}",
            quoted(&beginning(&changes?))
        );
        return Some(Problem::of(file, what));
    }
    let path = house.path(&file);
    let written = std::fs::create_dir_all(house.path(FOLDER))
        .and_then(|()| std::fs::write(&path, &text))
        .map_err(|error| Problem::of(&file, error.to_string()));
    match changes {
        None => println!("new: {file}\n{}", quoted(&text)),
        Some(changes) if changes.is_empty() => println!("changed: {file}, in numbers only"),
        Some(changes) => println!("changed: {file}\n{}", quoted(&changes)),
    }
    written.err()
}

/// Not more of a difference than lets the other problems be seen.
fn beginning(changes: &str) -> String {
    const ENOUGH: usize = 40;
    let lines: Vec<&str> = changes.lines().collect();
    match lines.len().saturating_sub(ENOUGH) {
        0 => changes.to_owned(),
        rest => format!("{}\n(and {rest} more lines)", lines[..ENOUGH].join("\n")),
    }
}

/// Lines set apart from what is said about them.
fn quoted(text: &str) -> String {
    let lines: Vec<String> = text.trim_end().lines().map(|line| format!("    {line}")).collect();
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    fn workshop() -> Workshop {
        let number = Number { chapter: 3, place: 2 };
        let step = Step { number, name: "ch03_2_park".into(), file: String::new() };
        Workshop { steps: vec![step], variants: vec![], exercises: vec![], terms: vec![] }
    }

    #[test]
    fn a_long_difference_is_cut_short() {
        let lines = |count: usize| vec!["x"; count].join("\n");
        assert_eq!(beginning(&lines(40)), lines(40));
        assert!(beginning(&lines(43)).ends_with("x\n(and 3 more lines)"));
    }

    #[test]
    fn steps_are_found_by_number_or_name() {
        let step = Printer::Step("ch03_2_park".into());
        for name in ["3.2", "ch03_2_park", "3"] {
            assert_eq!(find(&workshop(), name).unwrap(), std::slice::from_ref(&step), "{name}");
        }
        for name in ["3.3", "2", "park"] {
            assert!(find(&workshop(), name).is_err(), "{name}");
        }
        assert_eq!(step.file(), "book/outputs/ch03_2_park.txt");
        assert_eq!(Printer::Variant("x".into()).file(), "book/outputs/sabotage-x.txt");
    }
}
