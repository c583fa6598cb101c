//! A browser of our own: started for this, without a window, and gone afterwards.

use super::devtools::{Connection, Tab};
use std::ffi::OsString;
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// The names that it goes by.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// How long it may take to start, on a machine with its hands full.
const START: Duration = Duration::from_mins(1);

/// The running browser.
pub(super) struct Chromium {
    // Before the profile, which it writes to until it has ended.
    _process: Process,
    _profile: Profile,
    connection: Option<Connection>,
}

impl Chromium {
    pub(super) fn start() -> Result<Self, String> {
        let profile = Profile::new()?;
        let mut child = spawn(profile.0.as_path())?;
        let stderr = child.stderr.take().expect("it was asked for");
        let process = Process(child);
        let address = address(stderr)?;
        let connection = Connection::open(&address)?;
        Ok(Self { _process: process, _profile: profile, connection: Some(connection) })
    }

    /// A tab, which takes the connection along: one is enough.
    pub(super) fn tab(&mut self) -> Result<Tab, String> {
        Tab::open(self.connection.take().expect("one tab for each browser"))
    }
}

/// Finds and starts it.
fn spawn(profile: &Path) -> Result<Child, String> {
    let chosen: Option<OsString> = std::env::var_os("CHROMIUM").filter(|name| !name.is_empty());
    let names: Vec<OsString> =
        chosen.map_or_else(|| NAMES.map(OsString::from).into(), |name| vec![name]);
    for name in &names {
        let mut user_data = OsString::from("--user-data-dir=");
        user_data.push(profile);
        let mut command = Command::new(name);
        command
            // The sandbox needs rights that a container does not give, and the pages are our own.
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
            // It should do what it is told, and nothing of its own accord.
            .args(["--no-first-run", "--no-default-browser-check", "--disable-sync"])
            .args(["--disable-background-networking", "--disable-component-update"])
            .args(["--disable-quic", "--disable-extensions", "--mute-audio"])
            // What a page asks of another machine is not answered: it fails, and is reported.
            .arg("--host-resolver-rules=MAP * ~NOTFOUND")
            // Scroll bars take room from the page on some systems, and none on others.
            .arg("--hide-scrollbars")
            .arg("--remote-debugging-port=0")
            .arg(user_data)
            .arg("about:blank")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        match command.spawn() {
            Ok(child) => return Ok(child),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(format!("{} does not start: {error}", name.display())),
        }
    }
    let names: Vec<String> = names.iter().map(|name| name.display().to_string()).collect();
    Err(format!(
        "no browser to look at the pages with: there is no {}. On Debian, `apt-get install chromium` \
         brings one; elsewhere, CHROMIUM names the program of a Chromium or Chrome.",
        names.join(", ")
    ))
}

/// Where it listens: it says so on its standard error stream.
fn address(stderr: ChildStderr) -> Result<String, String> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut stderr = BufReader::new(stderr);
        let mut said = String::new();
        loop {
            let mut line = String::new();
            let Ok(1..) = stderr.read_line(&mut line) else {
                let _ = sender.send(Err(said));
                return;
            };
            if let Some(address) = listening(&line) {
                let _ = sender.send(Ok(address.to_owned()));
                break;
            }
            said += &line;
        }
        // It goes on talking, and would stop if nobody listened.
        let _ = std::io::copy(&mut stderr.by_ref(), &mut std::io::sink());
    });
    match receiver.recv_timeout(START) {
        Ok(Ok(address)) => Ok(address),
        Ok(Err(said)) => Err(format!("the browser ended at once, and said\n{said}")),
        Err(_) => Err(format!("the browser does not start within {} s", START.as_secs())),
    }
}

fn listening(line: &str) -> Option<&str> {
    line.trim().strip_prefix("DevTools listening on ")
}

/// Ends the process with the program, whatever happens.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// An empty folder for what the browser remembers: nothing from before, and nothing for later.
struct Profile(PathBuf);

impl Profile {
    fn new() -> Result<Self, String> {
        let path = std::env::temp_dir().join(format!("bookbinder-{}", std::process::id()));
        std::fs::create_dir_all(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Profile {
    fn drop(&mut self) {
        // The browser's own processes end a moment after it, and may write until then.
        for _ in 0..50 {
            if std::fs::remove_dir_all(&self.0).is_ok() || !self.0.exists() {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_found() {
        let line = "DevTools listening on ws://127.0.0.1:4711/devtools/browser/0-1\n";
        assert_eq!(listening(line), Some("ws://127.0.0.1:4711/devtools/browser/0-1"));
        assert_eq!(listening("[1:1:ERROR] something about D-Bus"), None);
    }
}
