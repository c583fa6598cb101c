//! What `book/sabotage/NAME.toml` says.

use crate::steps::{Outcome, root};

const FOLDER: &str = "book/sabotage";

/// One way to break the code.
#[derive(Debug, PartialEq)]
pub(crate) struct Variant {
    pub(super) name: String,
    /// What is wrong then, in a sentence.
    pub(super) says: String,
    pub(super) package: String,
    pub(super) file: String,
    find: String,
    replace: String,
    /// The model that sees it, by its path in the crate.
    pub(super) model: String,
    /// The words that its verdict contains.
    pub(super) verdict: String,
}

impl Variant {
    fn parse(name: &str, text: &str) -> Outcome<Self> {
        let wrong = |why: String| format!("{FOLDER}/{name}.toml: {why}");
        let mut table: toml::Table =
            text.parse().map_err(|error: toml::de::Error| wrong(error.to_string()))?;
        let mut text = |key: &str| match table.remove(key) {
            Some(toml::Value::String(text)) => Ok(text),
            _ => Err(wrong(format!("`{key}` should be some text"))),
        };
        let variant = Self {
            name: name.to_owned(),
            says: text("says")?,
            package: text("package")?,
            file: text("file")?,
            find: text("find")?,
            replace: text("replace")?,
            model: text("model")?,
            verdict: text("verdict")?,
        };
        match table.keys().next() {
            Some(key) => Err(wrong(format!("`{key}` has no meaning here"))),
            None => Ok(variant),
        }
    }

    /// The file that says all this, counted from the root.
    pub(super) fn origin(&self) -> String {
        format!("{FOLDER}/{}.toml", self.name)
    }

    /// The file's text, broken.
    pub(super) fn applied(&self, text: &str) -> Outcome<String> {
        let (origin, file) = (self.origin(), &self.file);
        match text.matches(&self.find).count() {
            1 => Ok(text.replacen(&self.find, &self.replace, 1)),
            0 => Err(format!(
                "{origin}: {file} has changed, and does not contain `find` any more: copy the lines anew"
            )),
            times => Err(format!(
                "{origin}: {file} contains `find` {times} times: take a line more, so that it is one place"
            )),
        }
    }

    /// The change, line by line: with `-` what goes, with `+` what comes, with a space what stays.
    pub(super) fn change(&self) -> Vec<String> {
        let (old, new): (Vec<_>, Vec<_>) =
            (self.find.lines().collect(), self.replace.lines().collect());
        let head = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
        let most = old.len().min(new.len()) - head;
        let tail =
            (1..=most).take_while(|&back| old[old.len() - back] == new[new.len() - back]).count();
        let marked = |mark: char, lines: &[&str]| -> Vec<String> {
            lines.iter().map(|line| format!("{mark}{line}")).collect()
        };
        [
            marked(' ', &old[..head]),
            marked('-', &old[head..old.len() - tail]),
            marked('+', &new[head..new.len() - tail]),
            marked(' ', &old[old.len() - tail..]),
        ]
        .concat()
    }
}

/// All of them, by name.
pub(super) fn all() -> Outcome<Vec<Variant>> {
    let entries =
        std::fs::read_dir(root().join(FOLDER)).map_err(|error| format!("{FOLDER}: {error}"))?;
    let mut variants = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| format!("{FOLDER}: {error}"))?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let text = std::fs::read_to_string(&path)
                .map_err(|error| format!("{FOLDER}/{name}.toml: {error}"))?;
            variants.push(Variant::parse(&name, &text)?);
        }
    }
    variants.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(variants)
}

/// The one of that name.
pub(super) fn find(variants: Vec<Variant>, name: &str) -> Outcome<Variant> {
    let names: Vec<String> = variants.iter().map(|variant| variant.name.clone()).collect();
    if let Some(found) = variants.into_iter().find(|variant| variant.name == name) {
        return Ok(found);
    }
    let nearest = nearest(name, names.iter().map(String::as_str));
    Err(format!("There is no broken variant {name}.{nearest} There are: {}.", names.join(", ")))
}

/// A question about the known name that is nearest, if one is so near that it may be meant.
pub(super) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    known
        .map(|known| (strsim::levenshtein(known, name), known))
        .filter(|(distance, known)| distance * 2 <= known.len())
        .min()
        .map(|(_, known)| format!(" Do you mean {known}?"))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
        says = "It sleeps."
        package = "handcrank-executor"
        file = "crates/executor/src/parker.rs"
        find = "one\ntwo\nthree\n"
        replace = "one\n2\n2b\nthree\n"
        model = "parker::models::m"
        verdict = "deadlock"
    "#;

    #[test]
    fn a_change_is_shown_line_by_line() {
        let variant = Variant::parse("x", TEXT).unwrap();
        assert_eq!(variant.change(), [" one", "-two", "+2", "+2b", " three"]);
        assert_eq!(
            variant.applied("a\none\ntwo\nthree\nb\n").unwrap(),
            "a\none\n2\n2b\nthree\nb\n"
        );
    }

    #[test]
    fn a_change_has_to_have_one_place() {
        let variant = Variant::parse("x", TEXT).unwrap();
        assert!(variant.applied("nothing").unwrap_err().contains("has changed"));
        let twice = "one\ntwo\nthree\n".repeat(2);
        assert!(variant.applied(&twice).unwrap_err().contains("2 times"));
    }

    #[test]
    fn a_variant_with_mistakes_is_refused() {
        assert!(Variant::parse("x", "says = 1").unwrap_err().contains("`says`"));
        assert!(Variant::parse("x", &format!("{TEXT}\nword = 1")).unwrap_err().contains("`word`"));
    }

    #[test]
    fn the_nearest_name_is_offered() {
        let variants = || {
            ["park-without-asking", "poll-twice"].map(|name| Variant::parse(name, TEXT).unwrap())
        };
        assert_eq!(find(variants().into(), "poll-twice").unwrap().name, "poll-twice");
        let why = find(variants().into(), "pol-twice").unwrap_err();
        assert!(why.contains("Do you mean poll-twice?"), "{why}");
        let why = find(variants().into(), "foo").unwrap_err();
        assert!(!why.contains("Do you mean"), "{why}");
    }

    #[test]
    fn the_variants_of_the_book_fit_the_code() {
        for variant in all().unwrap() {
            let text = std::fs::read_to_string(root().join(&variant.file)).unwrap();
            variant.applied(&text).unwrap();
        }
    }
}
