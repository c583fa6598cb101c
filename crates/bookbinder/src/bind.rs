//! mdBook makes HTML of the pages.

use crate::check::Read;
use crate::house::House;
use crate::page::Page;
use mdbook_driver::MDBook;
use mdbook_mermaid::Mermaid;
use std::path::PathBuf;

/// Where the result lies, counted from the root.
pub(crate) const OUT: &str = "book/out";

/// Makes the book of its expanded pages.
pub(crate) fn bind(house: &House, read: &[Read]) -> Result<(), String> {
    let told = |error: mdbook_driver::errors::Error| format!("mdBook: {error:#}");
    let mut book = MDBook::load(house.path("book")).map_err(told)?;
    book.book.for_each_chapter_mut(|chapter| {
        let path = chapter.source_path.as_ref().map(|path| path.to_string_lossy());
        let one = path.and_then(|path| read.iter().find(|one| one.page.name == path));
        if let Some(one) = one {
            chapter.content.clone_from(&one.expanded.text);
        }
    });
    book.with_preprocessor(Mermaid);
    book.build().map_err(told)?;
    // The script in book/theme loads it where a page has a diagram.
    let library = mermaid_library(house)?;
    std::fs::copy(&library, house.path(OUT).join("mermaid.min.js"))
        .map_err(|error| format!("{}: {error}", library.display()))?;
    Ok(())
}

/// The script that draws the diagrams: the one that comes with the preprocessor's own source, so
/// that there is nothing to fetch and no copy to keep up to date.
fn mermaid_library(house: &House) -> Result<PathBuf, String> {
    let package = house.package("mdbook-mermaid").ok_or("cargo knows no mdbook-mermaid")?;
    let file = package.folder().join("src/bin/assets/mermaid.min.js");
    if file.is_file() {
        Ok(file)
    } else {
        Err(format!("mdbook-mermaid {} keeps no mermaid.min.js any more", package.version))
    }
}

/// The page that mdBook makes of a page.
pub(crate) fn html_of(page: &Page) -> String {
    format!("{}.html", page.name.strip_suffix(".md").unwrap_or(&page.name))
}
