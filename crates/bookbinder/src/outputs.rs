//! What steps and variants printed when they were last looked at.

/// Where the output of a step or a variant is kept, counted from the root.
pub(crate) fn file_of(name: &str) -> String {
    if is_step(name) {
        format!("book/outputs/{name}.txt")
    } else {
        format!("book/outputs/sabotage-{name}.txt")
    }
}

/// Steps are called `ch07_2_word`, and no variant has a name with underscores.
fn is_step(name: &str) -> bool {
    name.starts_with("ch") && name.contains('_')
}
