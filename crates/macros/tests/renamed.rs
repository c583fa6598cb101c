//! A crate that has the runtime under another name, as Cargo builds it: `::handcrank` does not exist in there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A library with both attributes, and one more in the example in its documentation.
const PROGRAM: &str = r"
//! ```
//! #[NAME::main]
//! async fn main() -> Result<(), String> { Ok(()) }
//! ```

#[NAME::main]
pub async fn grind(grain: u32) -> u32 { grain }

#[cfg(test)]
mod tests {
    #[NAME::test]
    async fn it_grinds() { async {}.await }
}
";

/// Stands in for the runtime: a package of its name, with what the attributes ask for.
const RUNTIME: &str = r#"
pub use handcrank_macros::{main, test};
pub mod drop_in { pub use handcrank_macros::{main, test}; }
pub mod runtime {
    pub struct Builder;
    impl Builder {
        pub fn new_multi_thread() -> Self { Self }
        pub fn new_current_thread() -> Self { Self }
        pub fn enable_all(&mut self) -> &mut Self { self }
        pub fn build(&mut self) -> Result<Self, String> { Ok(Self) }
        pub fn block_on<F: Future>(&self, future: F) -> F::Output {
            let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
            match std::pin::pin!(future).poll(&mut cx) {
                std::task::Poll::Ready(output) => output,
                std::task::Poll::Pending => panic!("nothing waits in here"),
            }
        }
    }
}
"#;

/// Writes a package.
fn write(folder: &Path, manifest: &str, sources: &[(&str, &str)]) {
    for (file, text) in sources.iter().chain(&[("Cargo.toml", manifest)]) {
        let path = folder.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// An empty folder with the stand-in in it.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    let macros = env!("CARGO_MANIFEST_DIR");
    let manifest = format!(
        "[package]\nname = \"handcrank\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
         [dependencies]\nhandcrank-macros.path = '{macros}'\n"
    );
    write(&folder.join("runtime"), &manifest, &[("src/lib.rs", RUNTIME)]);
    // The versions that this workspace has are the ones that are there without a network.
    let lock = Path::new(macros).join("../../Cargo.lock");
    fs::copy(lock, folder.join("Cargo.lock")).unwrap();
    folder
}

/// Runs the tests in `folder`, which those of its documentation belong to.
///
/// Every folder has a target directory to itself. In a common one, the packages of all folders would have the same
/// file names, as Cargo tells packages of a workspace apart by where they are in it; and as it lets go of the directory
/// before it runs the documentation's tests, these could meet a library that is just built for another folder.
fn test(folder: &Path) {
    let cargo_test = |what: &[&str]| {
        let output = Command::new(env!("CARGO"))
            .args(["test", "--quiet", "--offline", "--workspace"])
            .args(what)
            .env("CARGO_TARGET_DIR", folder.join("target"))
            .current_dir(folder)
            .output()
            .unwrap();
        let report = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "cargo test {what:?}\n{report}\n{errors}");
        report
    };
    cargo_test(&["--all-targets"]);
    let report = cargo_test(&["--doc"]);
    assert!(report.contains("1 passed"), "{report}");
}

fn manifest(dependencies: &str) -> String {
    format!("[package]\nname = \"mill\"\nversion = \"0.1.0\"\nedition = \"2024\"\n{dependencies}")
}

#[test]
fn a_renamed_dependency() {
    let folder = folder("renamed");
    let manifest = manifest(
        "[dependencies]\ntokio = { package = \"handcrank\", path = \"runtime\" }\n[workspace]\n",
    );
    let program = PROGRAM.replace("NAME", "tokio");
    let dropped_in = PROGRAM.replace("NAME", "tokio::drop_in") + "fn main() { grind(1); }";
    write(&folder, &manifest, &[("src/lib.rs", &program), ("examples/dropped_in.rs", &dropped_in)]);
    test(&folder);
}

#[test]
fn a_renamed_dependency_that_is_inherited() {
    let folder = folder("inherited");
    let root = "[workspace]\nmembers = [\"mill\"]\nresolver = \"3\"\n\
                [workspace.dependencies]\nmy-tokio = { package = \"handcrank\", path = \"runtime\" }\n";
    write(&folder, root, &[]);
    let manifest = manifest("[target.'cfg(unix)'.dependencies]\nmy-tokio.workspace = true\n");
    let program = PROGRAM.replace("NAME", "my_tokio");
    write(&folder.join("mill"), &manifest, &[("src/lib.rs", &program)]);
    test(&folder);
}

#[test]
fn only_for_tests_and_under_another_name_in_the_code() {
    let folder = folder("for-tests");
    let manifest = manifest("[dev-dependencies]\nhandcrank.path = \"runtime\"\n[workspace]\n");
    let program =
        PROGRAM.replace("#[NAME::main]\npub async fn grind(grain: u32) -> u32 { grain }", "");
    let program = program
        .replace("mod tests {", "mod tests {\n use handcrank as tokio;")
        .replace("#[NAME::test]", "#[tokio::test]");
    write(&folder, &manifest, &[("src/lib.rs", &program.replace("NAME", "handcrank"))]);
    test(&folder);
}
