//! Links into the source of the version of Tokio that the lock file names.

use crate::house::House;
use crate::html::escape;
use crate::source;

/// A link to a file of Tokio, or to an item in it. The error is for the author.
pub(crate) fn link(house: &House, file: &str, item: Option<&str>) -> Result<String, String> {
    let package = house.package("tokio").ok_or("the lock file names no tokio")?;
    let version = &package.version;
    let text = std::fs::read_to_string(package.folder().join(file)).map_err(|error| {
        format!("tokio {version} has no file `{file}` ({error}); count the path from its manifest")
    })?;
    let page = file.strip_prefix("src/").ok_or("only files below `src/` can be linked to")?;
    let line = match item {
        Some(item) => {
            let listing = source::item(&text, item)
                .map_err(|why| format!("tokio {version}, `{file}`: {why}"))?;
            format!("#{}", listing.head)
        }
        None => String::new(),
    };
    let shown = match item {
        Some(item) => format!("<code>{}</code> in <code>{}</code>", escape(item), escape(page)),
        None => format!("<code>{}</code>", escape(page)),
    };
    let address = format!("https://docs.rs/tokio/{version}/src/tokio/{page}.html{line}");
    Ok(format!("<a href=\"{address}\">{shown}</a>"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_lines() {
        let house = House::read().unwrap();
        let file = "src/runtime/task/state.rs";
        let link = link(&house, file, Some("fn transition_to_running")).unwrap();
        assert!(link.contains("/src/tokio/runtime/task/state.rs.html#"), "{link}");
        assert!(super::link(&house, file, None).unwrap().contains("state.rs.html\""));
    }

    #[test]
    fn what_is_not_there_is_told() {
        let house = House::read().unwrap();
        assert!(link(&house, "src/no_such_file.rs", None).is_err());
        assert!(link(&house, "src/lib.rs", Some("fn no_such_function")).is_err());
    }
}
