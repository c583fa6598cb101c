//! Commands that a page tells the reader to type.

use crate::house::House;
use crate::workshop::{Number, Workshop};

/// What commands may name.
pub(super) struct Commands<'a> {
    house: &'a House,
    workshop: &'a Workshop,
    /// The subcommands of `cargo x`.
    known: Vec<String>,
}

impl<'a> Commands<'a> {
    /// Asks `cargo x` what it can do.
    pub(super) fn ask(house: &'a House, workshop: &'a Workshop) -> Result<Self, String> {
        let output = house.cargo().args(["x", "--help"]).output();
        let output = output.map_err(|error| format!("`cargo x --help` did not start: {error}"))?;
        let known = subcommands(&String::from_utf8_lossy(&output.stdout));
        if known.is_empty() {
            let error = String::from_utf8_lossy(&output.stderr);
            return Err(format!("`cargo x --help` lists no commands; {}", error.trim()));
        }
        Ok(Self::new(house, workshop, known))
    }

    /// An empty list knows everything.
    pub(super) fn new(house: &'a House, workshop: &'a Workshop, known: Vec<String>) -> Self {
        Self { house, workshop, known }
    }

    /// Checks the lines of a shell block. Lines are counted from 1, behind the fence.
    pub(super) fn check_block(&self, text: &str) -> Vec<(usize, String)> {
        let mut found = Vec::new();
        let mut command = String::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.split(" #").next().unwrap_or_default();
            // A command goes on behind a backslash.
            if let Some(begun) = line.trim_end().strip_suffix('\\') {
                command += begun;
                continue;
            }
            command += line;
            found.extend(self.check(&command).map(|what| (number + 1, what)));
            command.clear();
        }
        found
    }

    /// What is wrong with a command, if it is one of cargo's.
    pub(super) fn check(&self, command: &str) -> Option<String> {
        let mut words = command.split_whitespace().skip_while(|word| *word == "$").peekable();
        while let Some((name, value)) = words.peek().and_then(|word| word.split_once('=')) {
            if name == "SABOTAGE" && !is_blank(value) && self.workshop.variant(value).is_none() {
                return Some(no_variant(value));
            }
            words.next();
        }
        if words.next() != Some("cargo") {
            return None;
        }
        match words.next()? {
            "x" => self.check_own(&words.collect::<Vec<_>>()),
            "run" | "test" | "build" => self.check_cargo(&words.collect::<Vec<_>>()),
            _ => None,
        }
    }

    fn check_own(&self, words: &[&str]) -> Option<String> {
        let (subcommand, rest) = words.split_first()?;
        if subcommand.starts_with('-') || is_blank(subcommand) {
            return None;
        }
        if !self.known.is_empty() && !self.known.iter().any(|known| known == subcommand) {
            return Some(format!("`cargo x` has no command `{subcommand}`; see `cargo x --help`"));
        }
        let name = rest.iter().find(|word| !word.starts_with('-') && !is_blank(word))?;
        let number = Number::parse(name);
        match *subcommand {
            "step" => {
                let steps = &self.workshop.steps;
                let exists =
                    steps.iter().any(|step| step.name == *name || Some(step.number) == number);
                (!exists).then(|| format!("there is no step `{name}`; `cargo x steps` lists them"))
            }
            "start" | "check" | "solution" => {
                let exists = number.is_some_and(|number| self.workshop.exercise(number).is_some());
                (!exists).then(|| format!("there is no exercise `{name}` in book/exercises"))
            }
            "sabotage" => self.workshop.variant(name).is_none().then(|| no_variant(name)),
            _ => None,
        }
    }

    fn check_cargo(&self, words: &[&str]) -> Option<String> {
        words.windows(2).find_map(|pair| match pair[0] {
            _ if is_blank(pair[1]) => None,
            "--example" => (!self.house.has_example(pair[1]))
                .then(|| format!("no package has an example `{}`", pair[1])),
            "-p" | "--package" => self
                .house
                .package(pair[1])
                .is_none()
                .then(|| format!("there is no package `{}`", pair[1])),
            _ => None,
        })
    }
}

fn no_variant(name: &str) -> String {
    format!("there is no broken variant `{name}` in book/sabotage; `cargo x sabotage` lists them")
}

/// A place for a name: `NAME`, `N.M`, `…`.
fn is_blank(word: &str) -> bool {
    !word.contains(|letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit())
}

/// The commands that a help text lists.
fn subcommands(help: &str) -> Vec<String> {
    help.lines()
        .skip_while(|line| !line.starts_with("Commands:"))
        .skip(1)
        .take_while(|line| !line.is_empty())
        // Deeper lines go on with a description.
        .filter_map(|line| line.strip_prefix("  ").filter(|rest| !rest.starts_with(' ')))
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workshop::Step;

    fn checked(command: &str) -> Option<String> {
        let house = House::read().unwrap();
        let number = Number { chapter: 3, place: 2 };
        let step = Step { number, name: "ch03_2_park".into(), file: String::new() };
        let workshop =
            Workshop { steps: vec![step], variants: vec![], exercises: vec![], terms: vec![] };
        let known = ["step", "check", "sabotage", "models"].map(str::to_owned).to_vec();
        Commands::new(&house, &workshop, known).check(command)
    }

    #[test]
    fn what_commands_name_has_to_exist() {
        assert_eq!(checked("cargo x step 3.2 --release"), None);
        assert_eq!(checked("$ cargo x step ch03_2_park"), None);
        assert_eq!(checked("cargo x step"), None);
        assert_eq!(checked("cargo x step N.M"), None);
        assert!(checked("cargo x step 3.3").is_some());
        assert!(checked("cargo x chekc 3.1").unwrap().contains("no command"));
        assert!(checked("cargo x check 3.1").unwrap().contains("no exercise"));
        assert!(checked("cargo x sabotage no-park").unwrap().contains("no broken variant"));
        assert!(checked("SABOTAGE=no-park cargo x models").is_some());
        assert_eq!(checked("SABOTAGE=NAME cargo x models"), None);
        assert_eq!(checked("cargo run --release --example serve"), None);
        assert!(checked("cargo run --release --example sevre").is_some());
        assert!(checked("cargo test -p handcrank-tusk").is_some());
        assert_eq!(checked("rustup update"), None);
    }

    #[test]
    fn the_help_is_read() {
        let help = "The commands.\n\nUsage: cargo x\n\nCommands:\n  test   All tests\n         and more\n  \
                    step   A step\n\nOptions:\n  -h  Help\n";
        assert_eq!(subcommands(help), ["test", "step"]);
    }
}
