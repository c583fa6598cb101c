use super::*;
use handcrank_task::primitives::{model, thread};
use loom::future::block_on;

#[test]
fn a_send_meets_a_poll() {
    model(|| {
        let (sender, receiver) = channel();
        let sending = thread::spawn(move || sender.send(7).unwrap());
        assert_eq!(block_on(receiver), Ok(7));
        sending.join().unwrap();
    });
}

#[test]
fn a_send_meets_a_close_and_the_value_ends_up_on_one_side() {
    model(|| {
        let (sender, mut receiver) = channel();
        let sending = thread::spawn(move || sender.send(7));
        receiver.close();
        let received = block_on(receiver);
        let sent = sending.join().unwrap();
        assert_eq!(received.is_ok(), sent.is_ok());
    });
}

#[test]
fn a_send_meets_a_drop_and_the_value_is_dropped_once() {
    model(|| {
        let value = loom::sync::Arc::new(());
        let (sender, receiver) = channel();
        let sent = loom::sync::Arc::clone(&value);
        let sending = thread::spawn(move || drop(sender.send(sent)));
        drop(receiver);
        sending.join().unwrap();
        assert!(loom::sync::Arc::try_unwrap(value).is_ok());
    });
}

#[test]
fn a_drop_of_either_side_reaches_the_other() {
    model(|| {
        let (sender, receiver) = channel::<u8>();
        let dropping = thread::spawn(move || drop(sender));
        assert!(block_on(receiver).is_err());
        dropping.join().unwrap();
    });
    model(|| {
        let (mut sender, receiver) = channel::<u8>();
        let dropping = thread::spawn(move || drop(receiver));
        block_on(sender.closed());
        dropping.join().unwrap();
    });
}
