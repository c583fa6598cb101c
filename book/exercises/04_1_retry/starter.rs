//! Retry with back-off: an async fn, and the same by hand.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

/// What happened, in order.
#[derive(Clone, Default)]
pub struct Log(Rc<RefCell<Vec<String>>>);

impl Log {
    pub fn note(&self, event: impl Into<String>) {
        self.0.borrow_mut().push(event.into());
    }

    pub fn take(&self) -> Vec<String> {
        self.0.take()
    }
}

/// How a call ends.
#[derive(Clone, Copy)]
pub enum Outcome {
    Answer(u32),
    Refusal,
    Panic,
}

#[derive(Debug, PartialEq)]
pub struct Refused;

/// A service whose calls end as the script says, each after so many pending polls.
pub struct Service {
    script: VecDeque<(usize, Outcome)>,
    log: Log,
}

impl Service {
    pub fn new(script: &[(usize, Outcome)], log: &Log) -> Self {
        Self { script: script.iter().copied().collect(), log: log.clone() }
    }

    pub fn call(&mut self) -> Call {
        let (pending, outcome) = self.script.pop_front().unwrap_or((0, Outcome::Refusal));
        Call { pending, outcome, log: self.log.clone() }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.log.note("service dropped");
    }
}

/// One call under way.
pub struct Call {
    pending: usize,
    outcome: Outcome,
    log: Log,
}

impl Future for Call {
    type Output = Result<u32, Refused>;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        if self.pending > 0 {
            self.pending -= 1;
            self.log.note("call: pending");
            return Poll::Pending;
        }
        match self.outcome {
            Outcome::Answer(answer) => {
                self.log.note("call: answered");
                Poll::Ready(Ok(answer))
            }
            Outcome::Refusal => {
                self.log.note("call: refused");
                Poll::Ready(Err(Refused))
            }
            Outcome::Panic => panic!("the service is on fire"),
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.log.note("call dropped");
    }
}

/// A pause of so many polls. (A clock would do the same in more code.)
pub struct Pause {
    left: usize,
    log: Log,
}

pub fn pause(polls: usize, log: &Log) -> Pause {
    log.note(format!("pause of {polls}"));
    Pause { left: polls, log: log.clone() }
}

impl Future for Pause {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if self.left == 0 {
            self.log.note("pause: over");
            return Poll::Ready(());
        }
        self.left -= 1;
        self.log.note("pause: pending");
        Poll::Pending
    }
}

impl Drop for Pause {
    fn drop(&mut self) {
        self.log.note("pause dropped");
    }
}

/// A permit to bother the service, given back when it is dropped.
pub struct Permit {
    log: Log,
}

impl Permit {
    pub fn take(log: &Log) -> Self {
        log.note("permit taken");
        Self { log: log.clone() }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.log.note("permit given back");
    }
}

/// The longest pause. A refusal after it is final.
pub const LONGEST: usize = 4;

/// What `Retry` has to do, and exactly that.
pub async fn retry(mut service: Service) -> Result<u32, Refused> {
    let permit = Permit::take(&service.log);
    let mut next_pause = 1;
    loop {
        let result = service.call().await;
        if result.is_ok() || next_pause > LONGEST {
            return result;
        }
        pause(next_pause, &permit.log).await;
        next_pause *= 2;
    }
}

// ------------------------------------------------------------------------------------------------

/// `retry` by hand.
pub enum Retry {
    Start { service: Service },
    Calling { service: Service, permit: Permit, call: Call },
    Done,
}

impl Retry {
    pub fn new(service: Service) -> Self {
        Self::Start { service }
    }
}

impl Future for Retry {
    type Output = Result<u32, Refused>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            match mem::replace(&mut *self, Self::Done) {
                Self::Start { mut service } => {
                    let permit = Permit::take(&service.log);
                    let call = service.call();
                    *self = Self::Calling { service, permit, call };
                }
                Self::Calling { service, permit, mut call } => {
                    let Poll::Ready(result) = Pin::new(&mut call).poll(cx) else {
                        *self = Self::Calling { service, permit, call };
                        return Poll::Pending;
                    };
                    // Is that all that can happen to a call?
                    return Poll::Ready(result);
                }
                Self::Done => panic!("polled too often"),
            }
        }
    }
}
