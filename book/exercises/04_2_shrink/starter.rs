//! An import that keeps more than it needs.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

pub const PAGE: usize = 4096;

/// What the source was asked for, in order.
pub type Log = Rc<RefCell<Vec<String>>>;

/// Bytes that come page by page, each after a wait.
pub struct Source {
    bytes: Vec<u8>,
    position: usize,
    log: Log,
}

impl Source {
    pub fn new(bytes: &[u8], log: &Log) -> Self {
        Self { bytes: bytes.to_vec(), position: 0, log: log.clone() }
    }

    /// Fills `page` as far as there is something left, at once. Says how much it was.
    pub fn read_now(&mut self, page: &mut [u8]) -> usize {
        let rest = &self.bytes[self.position..];
        let read = rest.len().min(page.len());
        page[..read].copy_from_slice(&rest[..read]);
        self.position += read;
        self.log.borrow_mut().push(format!("room for {}, read {read}", page.len()));
        read
    }

    /// The same, after a wait.
    pub async fn read(&mut self, page: &mut [u8]) -> usize {
        wait().await;
        self.read_now(page)
    }

    /// Waits until the source has nothing else to do.
    pub async fn settle(&self) {
        wait().await;
        self.log.borrow_mut().push("settled".into());
    }

    /// Back to the first byte.
    pub fn rewind(&mut self) {
        self.position = 0;
        self.log.borrow_mut().push("rewound".into());
    }
}

/// Pending once, for the source's sake.
fn wait() -> Wait {
    Wait { waited: false }
}

struct Wait {
    waited: bool,
}

impl Future for Wait {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.waited {
            return Poll::Ready(());
        }
        self.waited = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// What is known of a source in the end.
#[derive(Debug, PartialEq)]
pub struct Summary {
    /// The first line.
    pub title: String,
    /// How many bytes come after the first page.
    pub bytes: usize,
    /// Their sum.
    pub sum: u64,
    /// How often the commonest byte occurs in the whole source. Only sources whose title ends with
    /// `!` are worth this.
    pub commonest: Option<u32>,
}

fn sum_of(bytes: &[u8]) -> u64 {
    bytes.iter().map(|&byte| u64::from(byte)).sum()
}

// ------------------------------------------------------------------------------------------------

/// Reads the whole source, and sums it up.
pub async fn import(mut source: Source) -> Summary {
    let mut head = [0; PAGE];
    let read = source.read_now(&mut head);
    let line = head[..read].split(|&byte| byte == b'\n').next().unwrap_or_default();
    let title = String::from_utf8_lossy(line).into_owned();
    source.settle().await;

    let mut page = [0; PAGE];
    let mut bytes = 0;
    let mut sum = 0;
    loop {
        let read = source.read(&mut page).await;
        if read == 0 {
            break;
        }
        bytes += read;
        sum += sum_of(&page[..read]);
    }

    let commonest = if title.ends_with('!') {
        source.rewind();
        Some(announced(&source.log.clone(), commonest(&mut source)).await)
    } else {
        None
    };
    Summary { title, bytes, sum, commonest }
}

/// Counts how often each byte occurs, and returns the largest count.
async fn commonest(source: &mut Source) -> u32 {
    let mut counts = [0; 256];
    let mut page = [0; PAGE];
    loop {
        let read = source.read(&mut page).await;
        if read == 0 {
            break;
        }
        for &byte in &page[..read] {
            counts[usize::from(byte)] += 1;
        }
    }
    counts.into_iter().max().unwrap_or_default()
}

/// Says when something long begins and ends.
async fn announced<F: Future>(log: &Log, future: F) -> F::Output {
    log.borrow_mut().push("begins".into());
    let output = future.await;
    log.borrow_mut().push("ends".into());
    output
}
