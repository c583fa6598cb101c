//! What there is to measure, and what of it is asked for.

use crate::arguments::Options;
use crate::files::Outcome;
use crate::summary::About;
use benches::{CURVES, Curve, Figure, Group, LIMITS, Limit, MEMORY, Memory, WORKLOADS, Workload};
use std::fmt::Write as _;

/// What is asked for.
pub(crate) struct Selection {
    pub(crate) workloads: Vec<&'static Workload>,
    pub(crate) curves: Vec<&'static Curve>,
    pub(crate) memory: Vec<&'static Memory>,
}

impl Selection {
    /// What the options leave. An error if that is nothing.
    pub(crate) fn of(options: &Options) -> Outcome<Self> {
        let asked = |names: &[&str]| {
            options.only.is_empty()
                || names.iter().any(|name| options.only.iter().any(|word| name.contains(word)))
        };
        let everything = !options.quick && !options.control && options.only.is_empty();
        let selection = Self {
            workloads: WORKLOADS
                .iter()
                .filter(|workload| asked(&[workload.name, group_name(workload.group)]))
                .collect(),
            curves: CURVES
                .iter()
                .filter(|curve| (everything || options.curves) && asked(&[curve.name]))
                .collect(),
            memory: MEMORY
                .iter()
                .filter(|memory| (everything || options.memory) && asked(&[memory.name]))
                .collect(),
        };
        let Self { workloads, curves, memory } = &selection;
        if workloads.is_empty() && curves.is_empty() && memory.is_empty() {
            let words = options.only.join(", ");
            return Err(format!("nothing has {words} in its name; there is:\n\n{}", list()));
        }
        Ok(selection)
    }
}

/// Its name for people.
pub(crate) fn group_name(group: Group) -> &'static str {
    match group {
        Group::Scheduler => "scheduler",
        Group::BlockOn => "block_on",
        Group::CurrentThread => "current thread",
        Group::Blocking => "blocking",
        Group::Time => "time",
        Group::Net => "net",
        Group::Lifetime => "lifetime",
    }
}

/// The limit of that name.
pub(crate) fn limit(name: &str) -> Option<&'static Limit> {
    LIMITS.iter().find(|limit| limit.name == name)
}

/// What the summary has to know of a workload.
pub(crate) fn about(name: &str) -> About {
    let workload = WORKLOADS.iter().find(|workload| workload.name == name);
    workload.map_or_else(About::default, |workload| About {
        group: group_name(workload.group).to_owned(),
        mark: workload.mark,
        by_processor: workload.figure == Figure::Processor,
        one_thread: workload.group == Group::CurrentThread,
    })
}

/// All of it, for people.
pub(crate) fn list() -> String {
    let mut text = String::new();
    let mut group = None;
    for workload in WORKLOADS {
        if group != Some(workload.group) {
            group = Some(workload.group);
            _ = writeln!(text, "{}", group_name(workload.group));
        }
        line(&mut text, workload.name, workload.what);
    }
    _ = writeln!(text, "limits");
    for limit in LIMITS {
        line(&mut text, limit.name, limit.what);
    }
    _ = writeln!(text, "curves");
    for curve in CURVES {
        line(&mut text, curve.name, curve.what);
    }
    _ = writeln!(text, "memory");
    for memory in MEMORY {
        line(&mut text, memory.name, memory.what);
    }
    text
}

fn line(text: &mut String, name: &str, what: &str) {
    _ = writeln!(text, "  {name:<26} {what}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(word: &str) -> Outcome<Selection> {
        Selection::of(&Options { only: vec![word.to_owned()], ..Options::default() })
    }

    #[test]
    fn words_select_by_name_and_by_group() {
        let first = &WORKLOADS[0];
        assert!(only(first.name).is_ok_and(|it| !it.workloads.is_empty() && it.curves.is_empty()));
        let group = only(group_name(first.group)).unwrap_or_else(|error| panic!("{error}"));
        assert!(group.workloads.iter().any(|workload| workload.name == first.name));
        let error = only("perpetuum").err().unwrap();
        assert!(error.contains("perpetuum") && error.contains(first.name), "{error}");
    }

    #[test]
    fn quick_leaves_out_what_takes_long() {
        let all = Selection::of(&Options::default()).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(all.workloads.len(), WORKLOADS.len());
        assert_eq!((all.curves.len(), all.memory.len()), (CURVES.len(), MEMORY.len()));
        let quick = Options { quick: true, ..Options::default() };
        let quick = Selection::of(&quick).unwrap_or_else(|error| panic!("{error}"));
        assert!(quick.curves.is_empty() && quick.memory.is_empty());
    }
}
