//! Which file an address names, and what it is.

use crate::html::decoded;
use std::path::{Path, PathBuf};

/// The file in the folder that a path of an address names, if there is one. Nothing outside of the
/// folder has a name, whatever way the path tries.
pub(super) fn file(folder: &Path, path: &str) -> Option<PathBuf> {
    let path = decoded(path)?;
    let mut file = folder.to_owned();
    for part in path.split('/').filter(|part| !part.is_empty()) {
        // `..` leads out; a drive, a backslash or a NUL is no name of ours either.
        if part == "." || part == ".." || part.contains(['\\', '\0', ':']) {
            return None;
        }
        file.push(part);
    }
    if file.is_dir() {
        file.push("index.html");
    }
    // A link could lead out as well.
    let real = file.canonicalize().ok()?;
    (real.is_file() && real.starts_with(folder.canonicalize().ok()?)).then_some(real)
}

/// The content type of a file.
pub(super) fn content_type(file: &Path) -> String {
    let kind = mime_guess::from_path(file).first_or_octet_stream();
    let text = kind.type_() == "text" || kind.subtype() == "javascript";
    if text { format!("{kind}; charset=utf-8") } else { kind.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(path: &str) -> Option<String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let file = file(&folder, path)?;
        let below = file.strip_prefix(folder.canonicalize().unwrap()).unwrap();
        Some(below.to_string_lossy().into_owned())
    }

    #[test]
    fn files_are_found() {
        assert_eq!(named("/main.rs").unwrap(), "main.rs");
        assert_eq!(named("/open/mod.rs").unwrap(), "open/mod.rs");
        assert_eq!(named("//open/mod%2Ers").unwrap(), "open/mod.rs");
        assert_eq!(named("/no-such-file"), None);
        // A folder without an index.
        assert_eq!(named("/open/"), None);
    }

    #[test]
    fn no_way_leads_out() {
        for path in [
            "/../Cargo.toml",
            "/open/../../Cargo.toml",
            "/%2e%2e/Cargo.toml",
            "/..%2fCargo.toml",
            "/%2e%2e%2fCargo.toml",
            "/..\\Cargo.toml",
            "//etc/passwd",
            "/%00",
            "/%",
            "/%zz",
            "/%ff",
        ] {
            assert_eq!(named(path), None, "{path}");
        }
    }

    #[test]
    fn browsers_are_told_what_it_is() {
        let kind = |name| content_type(Path::new(name));
        assert_eq!(kind("a.html"), "text/html; charset=utf-8");
        assert_eq!(kind("a.css"), "text/css; charset=utf-8");
        assert_eq!(kind("a.js"), "text/javascript; charset=utf-8");
        assert_eq!(kind("a.svg"), "image/svg+xml");
        assert_eq!(kind("a.woff2"), "font/woff2");
        assert_eq!(kind("a"), "application/octet-stream");
    }
}
