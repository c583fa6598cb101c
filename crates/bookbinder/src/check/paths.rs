//! Paths that a page names.

use crate::house::House;

/// Where a path begins that has to exist.
const FOLDERS: [&str; 4] = ["crates/", "book/", "tests/", "benches/"];

/// Those that come into being when a reader needs them.
const MADE: [&str; 2] = ["book/work", "book/out"];

/// What is wrong with code between backticks, if it is a path of the house.
pub(super) fn check(house: &House, code: &str) -> Option<String> {
    let path = code.split_whitespace().next()?;
    let ours = FOLDERS.iter().any(|folder| path.starts_with(folder));
    let made = MADE.iter().any(|folder| path.starts_with(folder));
    // A pattern, or a place for a name.
    let pattern = path.contains(['*', '<', '…', '{', 'N']) && !house.path(path).exists();
    if !ours || made || pattern {
        return None;
    }
    // `file.rs:12` names a line.
    let file = path.split_once(':').map_or(path, |(file, _)| file);
    let exists = house.path(file).exists();
    (!exists).then(|| format!("`{file}` does not exist; was it moved, or is it misspelt?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_have_to_exist() {
        let house = House::read().unwrap();
        assert_eq!(check(&house, "crates/task/src/state.rs"), None);
        assert_eq!(check(&house, "crates/task"), None);
        assert_eq!(check(&house, "crates/task/src/state.rs:12"), None);
        assert_eq!(check(&house, "crates/*/README.md"), None);
        assert_eq!(check(&house, "book/work/src/lib.rs"), None);
        assert_eq!(check(&house, "crates of apples"), None);
        assert!(check(&house, "crates/tusk/src/state.rs").is_some());
    }
}
