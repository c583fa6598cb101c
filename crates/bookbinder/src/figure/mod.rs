//! Drawings, made from `book/figures/NAME.toml`.
//!
//! They are drawn inside the page, with the page's own colours, so that they follow the theme.

mod svg;
mod timeline;
mod word;

use crate::house::House;
use crate::html::escape;
use serde::Deserialize;

/// Where they lie, counted from the root.
pub(crate) const FOLDER: &str = "book/figures";

/// What every figure says of itself.
#[derive(Deserialize)]
struct About {
    /// Its caption.
    title: String,
    /// What it shows, in words, for those who do not see it.
    says: String,
    #[serde(flatten)]
    kind: Kind,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Kind {
    Word(word::Word),
    Timeline(timeline::Timeline),
}

/// What a kind of figure draws.
struct Drawing {
    width: u32,
    height: u32,
    svg: String,
    /// HTML that stands below it.
    below: String,
}

/// Draws a figure: HTML without empty lines, so that Markdown leaves it alone. The error is for
/// the author.
pub(crate) fn draw(house: &House, name: &str) -> Result<String, String> {
    let file = format!("{FOLDER}/{name}.toml");
    let text = house.text(&file)?;
    let about: About =
        toml::from_str(&text).map_err(|error| format!("`{file}`: {}", error.message().trim()))?;
    let drawing = match &about.kind {
        Kind::Word(word) => word.draw(&house.text(&word.file)?),
        Kind::Timeline(timeline) => timeline.draw(),
    };
    let drawing = drawing.map_err(|why| format!("`{file}`: {why}"))?;
    Ok(framed(name, &about, &drawing))
}

fn framed(name: &str, About { title, says, .. }: &About, drawing: &Drawing) -> String {
    let Drawing { width, height, svg, below } = drawing;
    let (title, says) = (escape(title), escape(&one_line(says)));
    // A bit larger than it is made for, where there is room.
    let widest = width * 4 / 3;
    let frame = format!(
        "<figure class=\"drawing\" id=\"figure-{name}\">\n\
         <figcaption>{title}</figcaption>\n\
         <svg viewBox=\"0 0 {width} {height}\" style=\"max-width: {widest}px\" role=\"img\" \
         aria-labelledby=\"{name}-title {name}-says\">\n\
         <title id=\"{name}-title\">{title}</title>\n\
         <desc id=\"{name}-says\">{says}</desc>\n\
         {svg}</svg>\n{below}</figure>\n"
    );
    debug_assert!(!frame.contains("\n\n"), "an empty line would end the block of HTML");
    frame
}

/// Text from several lines on one.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_figures_can_be_drawn() {
        let house = House::read().unwrap();
        for file in house.names_in(FOLDER) {
            let name = file.strip_suffix(".toml").unwrap();
            let drawn = draw(&house, name).unwrap();
            assert!(drawn.contains("<title id="), "{drawn}");
            assert!(!drawn.contains("\n\n"), "{drawn}");
        }
    }
}
