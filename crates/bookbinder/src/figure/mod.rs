//! Drawings, made from `book/figures/NAME.toml`.

use crate::house::House;

/// Draws a figure: HTML without empty lines, so that Markdown leaves it alone.
pub(crate) fn draw(house: &House, name: &str) -> Result<String, String> {
    let file = format!("book/figures/{name}.toml");
    house.text(&file)
}
