//! What the runtime is called in the crate that is being compiled.
//!
//! The expansion has to name the runtime, and a macro cannot ask the compiler for the crate it belongs to. The name is
//! `handcrank` unless the manifest says otherwise: under `tokio = { package = "handcrank", … }` there is no
//! `::handcrank` at all. So the manifest is read, and that of the workspace where a dependency is inherited.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::toml::{Entry, entries};

const PACKAGE: &str = "handcrank";
/// Holds the same under tokio's layout.
const DROP_IN: &str = "handcrank-drop-in";

/// The path to the runtime's root.
///
/// Where no manifest tells, `handcrank` is looked up as if the user had written it: in the package itself and its
/// tests, without Cargo, and where another crate has it re-exported under that name.
pub(crate) fn path_to_runtime() -> String {
    name_in_manifest().map_or_else(|| PACKAGE.to_owned(), |name| format!("::{name}"))
}

fn name_in_manifest() -> Option<String> {
    let manifest = manifest_path()?;
    let is_build_script =
        env::var("CARGO_CRATE_NAME").is_ok_and(|name| name == "build_script_build");
    let own = read(&manifest)?;
    name(&own, is_build_script, || workspace(&manifest, &own).unwrap_or_default())
}

fn manifest_path() -> Option<PathBuf> {
    let of_folder = || Some(Path::new(&env::var_os("CARGO_MANIFEST_DIR")?).join("Cargo.toml"));
    env::var_os("CARGO_MANIFEST_PATH").map(PathBuf::from).or_else(of_folder)
}

fn read(manifest: &Path) -> Option<Vec<Entry>> {
    Some(entries(&fs::read_to_string(manifest).ok()?))
}

/// The manifest of the workspace's root: the one that is named, or the nearest above (or here) with a `[workspace]`.
fn workspace(manifest: &Path, own: &[Entry]) -> Option<Vec<Entry>> {
    let folder = manifest.parent()?;
    if let Some(root) = own.iter().find(|entry| entry.key == ["package", "workspace"]) {
        return read(&folder.join(&root.value).join("Cargo.toml"));
    }
    folder.ancestors().find_map(|folder| {
        let root = read(&folder.join("Cargo.toml"))?;
        root.iter().any(|entry| entry.key[0] == "workspace").then_some(root)
    })
}

/// A dependency as far as one line or several tell.
#[derive(Default)]
struct Dependency<'m> {
    /// In which of the tables, the ones that are looked at first having the lowest number.
    rank: usize,
    name: &'m str,
    package: Option<&'m str>,
    is_inherited: bool,
}

/// The name under which the manifest has the runtime. If there are several, `[dependencies]` go first, which are there
/// for every target but the build script; within a table `handcrank` goes before other names.
fn name(
    own: &[Entry],
    is_build_script: bool,
    workspace: impl FnOnce() -> Vec<Entry>,
) -> Option<String> {
    let order = if is_build_script {
        ["build-dependencies", "dependencies", "dev-dependencies"]
    } else {
        ["dependencies", "dev-dependencies", "build-dependencies"]
    };
    let mut dependencies = Vec::<Dependency<'_>>::new();
    for Entry { key, value } in own {
        // `[target.'cfg(…)'.dependencies]` ranks right behind the table for all targets.
        let (is_for_target, key) = match &key[..] {
            [target, _, key @ ..] if target == "target" => (1, key),
            key => (0, key),
        };
        let [table, name, rest @ ..] = key else { continue };
        let table = table.replace('_', "-");
        let Some(at) = order.iter().position(|&known| known == table) else { continue };
        let rank = 2 * at + is_for_target;
        let known = dependencies.iter().position(|known| known.rank == rank && known.name == name);
        let at = known.unwrap_or_else(|| {
            dependencies.push(Dependency { rank, name, ..Dependency::default() });
            dependencies.len() - 1
        });
        match rest {
            [package] if package == "package" => dependencies[at].package = Some(value),
            [workspace] if workspace == "workspace" => {
                dependencies[at].is_inherited = value == "true";
            }
            _ => {}
        }
    }

    // The workspace is looked for only if something is inherited that may be the runtime.
    let inherited = dependencies.iter().any(|dependency| dependency.is_inherited).then(workspace);
    let inherited = inherited.unwrap_or_default();
    let package = |dependency: &Dependency<'_>| -> String {
        let mut package = dependency.package.unwrap_or(dependency.name);
        if dependency.is_inherited {
            let key = ["workspace", "dependencies", dependency.name, "package"];
            if let Some(entry) = inherited.iter().find(|entry| entry.key == key) {
                package = &entry.value;
            }
        }
        package.to_owned()
    };
    dependencies.sort_by_key(|dependency| (dependency.rank, dependency.name != PACKAGE));
    let is_runtime = |package: &str| package == PACKAGE || package == DROP_IN;
    let found = dependencies.iter().find(|&dependency| is_runtime(&package(dependency)))?;
    Some(found.name.replace('-', "_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name_in(own: &str) -> Option<String> {
        name(&entries(own), false, || panic!("nothing is inherited"))
    }

    fn inherited_name(own: &str, workspace: &str) -> Option<String> {
        name(&entries(own), false, || entries(workspace))
    }

    #[test]
    fn under_its_own_name() {
        assert_eq!(name_in("[dependencies]\nhandcrank = \"0.1\"").unwrap(), "handcrank");
        let drop_in = "[dependencies]\ntokio = { package = \"handcrank-drop-in\", path = \"x\" }";
        assert_eq!(name_in(drop_in).unwrap(), "tokio");
        assert_eq!(name_in("[dev-dependencies.handcrank]\npath = \"x\"").unwrap(), "handcrank");
        assert_eq!(name_in("[package]\nname = \"handcrank\"\n[dependencies]\ntokio = \"1\""), None);
    }

    #[test]
    fn renamed_in_every_notation() {
        for own in [
            "[dependencies]\ntokio = { version = \"0.1\", package = \"handcrank\" }",
            "[dependencies.tokio]\npackage = \"handcrank\"\nfeatures = [\"net\"]",
            "[dependencies]\ntokio.version = \"0.1\"\ntokio.package = 'handcrank'",
            "dependencies.tokio.package = \"handcrank\"",
            "dependencies = { tokio = { package = \"handcrank\" } }",
            "[target.'cfg(unix)'.dependencies]\ntokio = { package = \"handcrank\" }",
            "[target.x86_64-unknown-linux-gnu.dev-dependencies.tokio]\npackage = \"handcrank\"",
            "[build_dependencies]\ntokio = { package = \"handcrank\" }",
        ] {
            assert_eq!(name_in(own).as_deref(), Some("tokio"), "{own}");
        }
        assert_eq!(
            name_in("[dependencies]\nmy-tokio.package = \"handcrank\"").unwrap(),
            "my_tokio"
        );
    }

    #[test]
    fn another_package_of_this_name() {
        let own = "[dependencies]\nhandcrank = { package = \"other\" }\ntokio = { package = \"handcrank\" }";
        assert_eq!(name_in(own).unwrap(), "tokio");
        assert_eq!(name_in("[dependencies]\nhandcrank.package = \"other\""), None);
        assert_eq!(
            name_in("[features]\nhandcrank = [\"a\"]\n[patch.crates-io]\nhandcrank.path = \"x\""),
            None
        );
    }

    #[test]
    fn the_table_that_is_there_for_all_targets_goes_first() {
        let own = "[dev-dependencies]\nhandcrank = \"1\"\n[dependencies]\na.package = \"handcrank\"\n\
                   [build-dependencies]\nb.package = \"handcrank\"";
        assert_eq!(name_in(own).unwrap(), "a");
        assert_eq!(name(&entries(own), true, Vec::new).unwrap(), "b");
        let own = "[dependencies]\na = { package = \"handcrank\" }\nhandcrank = \"1\"";
        assert_eq!(name_in(own).unwrap(), "handcrank");
    }

    #[test]
    fn inherited_from_the_workspace() {
        let root = "[workspace]\nmembers = []\n[workspace.dependencies]\ntokio = { package = \"handcrank\" }\nx = \"1\"";
        for own in [
            "[dependencies]\nx.workspace = true\ntokio = { workspace = true, features = [\"net\"] }",
            "[dependencies.tokio]\nworkspace = true",
            "[target.'cfg(unix)'.dev-dependencies]\ntokio.workspace = true",
        ] {
            assert_eq!(inherited_name(own, root).as_deref(), Some("tokio"), "{own}");
        }
        assert_eq!(inherited_name("[dependencies]\nx.workspace = true\ntokio = \"1\"", root), None);
        let root = "[workspace.dependencies]\nhandcrank = \"1\"";
        assert_eq!(
            inherited_name("[dependencies]\nhandcrank.workspace = true", root).unwrap(),
            "handcrank"
        );
        let root = "[workspace.dependencies]\nhandcrank.package = \"other\"";
        assert_eq!(inherited_name("[dependencies]\nhandcrank.workspace = true", root), None);
    }
}
