//! Free: what a future takes in memory, and what the compiler makes of one that never waits.

use handcrank_executor::yield_now;
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use steps::paint;

// ANCHOR: sizes
async fn forgets() -> u64 {
    let sum = {
        let page = [1; 512];
        page.iter().sum()
    };
    yield_now().await;
    sum
}

async fn keeps() -> u64 {
    let page = [1; 512];
    yield_now().await;
    page.iter().sum()
}

async fn keeps_twice() -> u64 {
    keeps().await + keeps().await
}
// ANCHOR_END: sizes

/// Compiled three times: `answer` with and without a future, and with one that waits.
const SOURCE: &str = r"
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

#[cfg(plain)]
#[unsafe(no_mangle)]
pub fn answer(a: u64, b: u64) -> u64 {
    2 * a + 2 * b
}

async fn double(n: u64) -> u64 {
    2 * n
}

async fn sum(a: u64, b: u64) -> u64 {
    let a = double(a).await;
    #[cfg(waits)]
    Once(false).await;
    a + double(b).await
}

#[cfg(not(plain))]
#[unsafe(no_mangle)]
pub fn answer(a: u64, b: u64) -> u64 {
    let mut future = pin!(sum(a, b));
    let mut cx = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(sum) = future.as_mut().poll(&mut cx) {
            return sum;
        }
    }
}

struct Once(bool);

impl Future for Once {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) { Poll::Ready(()) } else { Poll::Pending }
    }
}
";

fn main() -> io::Result<()> {
    println!("{}", paint::bold("size of the future"));
    println!("  async {{}}       {:>5} bytes", size_of_val(&async {}));
    println!("  forgets()      {:>5} bytes", size_of_val(&forgets()));
    println!("  keeps()        {:>5} bytes", size_of_val(&keeps()));
    println!("  keeps_twice()  {:>5} bytes", size_of_val(&keeps_twice()));

    let Ok(plain) = instructions_of_answer("plain") else {
        println!("{}", paint::yellow("(no rustc found, so there is no machine code to see)"));
        return Ok(());
    };
    let polled = instructions_of_answer("polled")?;
    let waits = instructions_of_answer("waits")?;
    println!("{}", paint::bold("2 * a + 2 * b, as a function"));
    println!("{}", plain.join("\n"));
    println!("{}", paint::bold("the same with three futures, polled until it is ready"));
    println!("{}", polled.join("\n"));
    println!("{}", paint::bold("the same, waiting once in the middle"));
    println!("        ≈{} instructions", waits.len());
    Ok(())
}

/// What `rustc -O` makes of the function `answer`.
fn instructions_of_answer(variant: &str) -> io::Result<Vec<String>> {
    // The compiler lies beside the cargo that built this program.
    let rustc = Path::new(env!("CARGO")).with_file_name("rustc");
    let mut command = Command::new(if rustc.exists() { &rustc } else { Path::new("rustc") });
    command.args(["--edition=2024", "--crate-type=lib", "--emit=asm=-", "-O", "-Awarnings"]);
    command.args(["--cfg", variant, "-"]);
    if cfg!(target_arch = "x86_64") {
        command.arg("-Cllvm-args=-x86-asm-syntax=intel");
    }
    let mut compiling = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    compiling.stdin.take().expect("it is piped").write_all(SOURCE.as_bytes())?;
    let output = compiling.wait_with_output()?;
    let assembly = String::from_utf8_lossy(&output.stdout);

    // Instructions are indented; labels are not, and what begins with a dot is for the assembler.
    // The end is marked by a label that is called `.Lfunc_end0:` or so.
    let body =
        assembly.lines().skip_while(|line| !line.trim_start_matches('_').starts_with("answer:"));
    let body = body.skip(1).take_while(|line| !line.contains("func_end"));
    let instructions = body.filter(|line| line.starts_with('\t') && !line.starts_with("\t."));
    Ok(instructions.map(|line| format!("        {}", line.trim().replace('\t', " "))).collect())
}
