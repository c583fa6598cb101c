//! A line of a manifest that was written for tokio, with tokio's features in it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// Has Cargo resolve a workspace whose member adds `features` to an inherited line.
fn resolve(name: &str, features: &str) -> Output {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let drop_in = Path::new(env!("CARGO_MANIFEST_DIR"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("member/src")).unwrap();
    fs::write(folder.join("member/src/lib.rs"), "").unwrap();
    // The versions that this workspace has are the ones that are there without a network.
    fs::copy(drop_in.join("../../Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    let root = format!(
        "[workspace]\nmembers = [\"member\"]\nresolver = \"3\"\n[workspace.dependencies]\n\
         tokio = {{ package = \"handcrank-drop-in\", path = '{}', default-features = false }}\n",
        drop_in.display()
    );
    fs::write(folder.join("Cargo.toml"), root).unwrap();
    let member = format!(
        "[package]\nname = \"member\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[dependencies]\n\
         tokio = {{ workspace = true, features = [{features}] }}\n"
    );
    fs::write(folder.join("member/Cargo.toml"), member).unwrap();
    Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--depth", "1"])
        .current_dir(folder)
        .output()
        .unwrap()
}

#[test]
fn those_of_tokio_that_are_kept() {
    let kept = r#""full", "io-util", "macros", "net", "parking_lot", "rt", "rt-multi-thread", "signal", "sync",
        "test-util", "time""#;
    let output = resolve("kept", kept);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("handcrank-drop-in"));
}

#[test]
fn those_that_stand_for_what_is_missing() {
    for missing in ["fs", "io-std", "process"] {
        let output = resolve("missing", &format!("\"rt\", \"{missing}\""));
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success());
        assert!(errors.contains(&format!("`{missing}`")), "{errors}");
    }
}
