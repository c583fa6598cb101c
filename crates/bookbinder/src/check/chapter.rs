//! What a chapter has to have.

use super::Read;
use super::parsed::Heading;
use crate::directive::Directive;
use crate::problem::Problem;
use crate::workshop::{Number, Term, Workshop};

/// The headings that each chapter has, in this order. Its own ones stand between the first two.
const HEADINGS: [&str; 6] =
    ["Predict", "The real code", "Elsewhere", "Recap", "Exercises", "Answers"];

const STEPS: std::ops::RangeInclusive<usize> = 3..=6;
const EXERCISES: usize = 2;

/// Checks a chapter's page.
pub(super) fn check(chapter: u32, read: &Read, workshop: &Workshop, problems: &mut Vec<Problem>) {
    let file = read.page.file();
    let mut tell = |line: usize, what: String| problems.push(Problem::at(&file, line, what));
    for (line, what) in headings(chapter, &read.parsed.headings) {
        tell(line, what);
    }
    if !read.page.text.contains("*Have open:*") {
        tell(1, "names no files to have open; say it in a line that begins *Have open:*".into());
    }
    let asked: Vec<&Directive> =
        read.expanded.asked.iter().filter_map(|one| one.directive.as_ref().ok()).collect();
    let missing = |directive: &str, number: Number| {
        format!("nowhere says `{{{{#{directive} {number}}}}}`; show it, or take it out of the book")
    };

    let here = |number: &Number| number.chapter == chapter;
    let steps: Vec<Number> = workshop.steps.iter().map(|step| step.number).filter(here).collect();
    if !STEPS.contains(&steps.len()) {
        tell(0, format!("has {} steps in book/steps/examples; write three to six", steps.len()));
    }
    for number in steps {
        if !asked.contains(&&Directive::Step(number)) {
            tell(0, missing("step", number));
        }
        if !asked.contains(&&Directive::Output(number)) {
            tell(0, missing("output", number));
        }
    }

    let exercises: Vec<Number> =
        workshop.exercises.iter().map(|it| it.number).filter(here).collect();
    if exercises.len() < EXERCISES {
        tell(0, format!("has {} exercises; write at least {EXERCISES}", exercises.len()));
    }
    for number in exercises {
        if !asked.contains(&&Directive::Exercise(number)) {
            tell(0, missing("exercise", number));
        }
        if !asked.contains(&&Directive::Solution(number)) {
            tell(0, missing("solution", number));
        }
    }
}

fn headings(chapter: u32, found: &[Heading]) -> Vec<(usize, String)> {
    let mut wrong = Vec::new();
    match found.first() {
        Some(first) if first.level == 1 && first.text.starts_with(&format!("{chapter}. ")) => {}
        first => {
            let line = first.map_or(1, |first| first.line);
            wrong.push((line, format!("begins without `# {chapter}. Title`; give it its number")));
        }
    }
    let second: Vec<&Heading> = found.iter().filter(|heading| heading.level == 2).collect();
    // Where the next one has to stand, at the earliest.
    let mut after = 0;
    for wanted in HEADINGS {
        let places: Vec<usize> =
            (0..second.len()).filter(|at| second[*at].text == wanted).collect();
        match places[..] {
            [] => wrong
                .push((0, format!("has no `## {wanted}`; book/README.md says what stands there"))),
            [at] if at < after => wrong.push((
                second[at].line,
                format!("`## {wanted}` stands too early; the order is {}", HEADINGS.join(", ")),
            )),
            [at] => after = at + 1,
            [_, again, ..] => {
                wrong.push((second[again].line, format!("a second `## {wanted}`; rename one")));
            }
        }
    }
    let place = |wanted| second.iter().position(|heading| heading.text == wanted);
    if let (Some(predict), Some(code)) = (place(HEADINGS[0]), place(HEADINGS[1])) {
        if predict != 0 {
            wrong.push((second[0].line, format!("`## {}` comes first", HEADINGS[0])));
        }
        if code == predict + 1 {
            let what = "no part of its own between `## Predict` and `## The real code`; \
                        the steps stand there";
            wrong.push((second[code].line, what.to_owned()));
        }
    }
    wrong
}

/// Each term stands in italics on its chapter's page, and no term is explained twice.
pub(super) fn check_terms(workshop: &Workshop, read: &[Read], problems: &mut Vec<Problem>) {
    for (number, Term { chapter, file, words }) in workshop.terms.iter().enumerate() {
        let name = &words.name;
        let page = read.iter().find(|one| one.page.chapter() == Some(*chapter));
        if page.is_some_and(|one| !is_explained(name, &one.parsed.emphases)) {
            let what = format!(
                "`{name}` stands nowhere in italics in chapter {chapter}; write *{name}* where it is \
                 explained, or take it out here"
            );
            problems.push(Problem::of(file, what));
        }
        let earlier = &workshop.terms[..number];
        let same = |term: &&Term| term.words.name.to_lowercase() == name.to_lowercase();
        if let Some(first) = earlier.iter().find(same) {
            let what = format!("`{name}` is explained in {} already; keep one", first.file);
            problems.push(Problem::of(file, what));
        }
    }
}

/// Whether a term is among what stands in italics, in whatever number or case.
fn is_explained(name: &str, emphases: &[String]) -> bool {
    let name = name.to_lowercase();
    emphases.iter().map(|words| words.to_lowercase()).any(|words| {
        let words = words.trim_end_matches(['.', ',', ':', ';']);
        words == name || words.strip_suffix('s') == Some(&name) || words == format!("{name}es")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(texts: &[&str]) -> Vec<(usize, String)> {
        let heading = |(number, text): (usize, &&str)| Heading {
            level: if number == 0 { 1 } else { 2 },
            text: (*text).to_owned(),
            line: number + 1,
        };
        headings(3, &texts.iter().enumerate().map(heading).collect::<Vec<_>>())
    }

    #[test]
    fn headings_have_their_order() {
        let good = ["3. Wakers", "Predict", "The naive way", "The real code", "Elsewhere", "Recap"];
        let rest = ["Exercises", "Answers"];
        assert_eq!(found(&[&good[..], &rest].concat()), []);
        assert_eq!(found(&[&good[..], &rest[..1]].concat()).len(), 1);
        let mut swapped = [&good[..], &rest].concat();
        swapped.swap(4, 5);
        assert_eq!(found(&swapped).len(), 1);
        let twice = [&good[..], &["Recap"], &rest].concat();
        assert!(found(&twice)[0].1.contains("a second"));
        let empty = [&good[..2], &good[3..], &rest].concat();
        assert!(found(&empty)[0].1.contains("no part of its own"));
        let unnumbered = [&["Wakers"], &good[1..], &rest].concat();
        assert!(found(&unnumbered)[0].1.contains("# 3. Title"));
    }

    #[test]
    fn terms_stand_in_italics() {
        let emphases = ["Blocking calls".to_owned(), "waker.".to_owned()];
        assert!(is_explained("blocking call", &emphases));
        assert!(is_explained("Waker", &emphases));
        assert!(!is_explained("wake", &emphases));
    }
}
