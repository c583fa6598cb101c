//! Tasks: spawning, joining, aborting.

use super::rt;
use super::setup::run;
use crate::harness::{Case, Flavour, Log, cases};

pub(crate) const CASES: &[Case] = cases![
    both: output_reaches_the_handle, panic_becomes_an_error, no_id_outside_a_task;
];

fn output_reaches_the_handle(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let task = rt::spawn(async { 6 * 7 });
        log.note(format!("{:?}", task.await));
    });
}

fn panic_becomes_an_error(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let error = rt::spawn(async { panic!("boom") }).await.unwrap_err();
        log.note(format!("{} {}", error.is_panic(), error.is_cancelled()));
        log.note(log.without_ids(&error));
        log.note(log.without_ids(&format!("{error:?}")));
    });
}

fn no_id_outside_a_task(flavour: Flavour, log: &Log) {
    log.note(format!("{:?}", rt::task::try_id()));
    run(flavour, async {
        log.note(format!("{:?}", rt::task::try_id()));
        log.note_panic(rt::task::id);
    });
}
