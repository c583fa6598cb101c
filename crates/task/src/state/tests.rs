use super::*;

fn text(state: &State) -> String {
    format!("{state:?}")
}

#[test]
fn a_quiet_life() {
    let state = State::new();
    assert_eq!(state.start_poll(), Start::Poll);
    assert_eq!(state.end_poll(true, false), End::Idle);
    // The list's and the handle's.
    assert_eq!(text(&state), "{JoinInterest, 2 refs}");
    assert_eq!(state.wake_by_ref(), Woken::Submit);
    assert_eq!(state.wake_by_ref(), Woken::Nothing);
    assert_eq!(state.start_poll(), Start::Poll);
    assert!(!state.is_sole(2));
    assert_eq!(state.complete(2), Joiner::Absent);
    assert!(state.is_sole(1));
    assert!(state.drop_join_handle().output);
    assert!(state.ref_dec(1));
}

#[test]
fn woken_while_running_is_requeued_once() {
    let state = State::new();
    state.start_poll();
    state.ref_inc();
    assert_eq!(state.wake_by_val(), Woken::Nothing);
    assert_eq!(state.end_poll(true, false), End::Requeue);
    assert_eq!(text(&state), "{Scheduled, JoinInterest, 3 refs}");
}

#[test]
fn aborts_at_every_stage() {
    let queued = State::new();
    assert!(!queued.abort());
    assert_eq!(queued.start_poll(), Start::Cancel);

    let running = State::new();
    running.start_poll();
    assert!(!running.abort());
    assert_eq!(running.end_poll(false, false), End::Cancel);

    let idle = State::new();
    idle.start_poll();
    idle.end_poll(true, false);
    assert!(idle.abort());
    assert!(!idle.abort(), "the second abort must not push again");
    assert_eq!(idle.start_poll(), Start::Cancel);
    idle.complete(1);
    assert!(!idle.abort());
}

#[test]
fn a_task_nobody_can_wake_is_cancelled() {
    let state = State::new();
    assert!(state.drop_new_join_handle());
    state.start_poll();
    assert!(state.is_sole(1));
    assert_eq!(state.end_poll(false, false), End::Cancel);
}

#[test]
fn the_join_waker_changes_owners() {
    let state = State::new();
    assert!(state.set_join_waker());
    assert!(state.unset_join_waker());
    assert!(state.set_join_waker());
    state.start_poll();
    assert_eq!(state.complete(1), Joiner::Waiting);
    assert!(!state.unset_join_waker() && !state.set_join_waker());
    let left = state.drop_join_handle();
    assert!(left.output && !left.waker, "the runner still reads the waker");
    assert!(state.join_waker_used(), "so the runner drops it");
}

#[test]
fn shutdown_takes_what_nobody_runs() {
    let idle = State::new();
    idle.start_poll();
    idle.end_poll(true, false);
    assert!(idle.start_shutdown());
    idle.complete(1);
    assert!(!idle.start_shutdown());

    let running = State::new();
    running.start_poll();
    assert!(!running.start_shutdown());
    assert_eq!(running.end_poll(false, false), End::Cancel);
}

#[test]
fn an_entry_that_comes_after_a_shutdown_is_not_run() {
    let queued = State::new();
    assert!(queued.start_shutdown());
    assert_eq!(queued.start_poll(), Start::Gone);
    queued.complete(1);
    assert_eq!(queued.start_poll(), Start::Gone);
    assert!(queued.is_completed());
}
