//! Reading and writing the CSV files of a run.

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs;
use std::path::Path;

/// What can go wrong is told in a sentence for a person.
pub(crate) type Outcome<T = ()> = Result<T, String>;

/// Every round of every side.
pub(crate) const RESULTS: &str = "results.csv";
/// One line a workload and allocator.
pub(crate) const SUMMARY: &str = "summary.csv";
/// Every round of every point of every curve.
pub(crate) const CURVES: &str = "curves.csv";
/// Bytes, from processes of their own.
pub(crate) const MEMORY: &str = "memory.csv";
/// Where, when and with what it was measured.
pub(crate) const STAMP: &str = "stamp.csv";
/// The table for people.
pub(crate) const TABLE: &str = "table.md";

/// All lines of a file. Without the file there are none.
pub(crate) fn read<T: DeserializeOwned>(folder: &Path, name: &str) -> Outcome<Vec<T>> {
    let path = folder.join(name);
    if !path.exists() {
        return Ok(Vec::new());
    }
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    parse(&text).map_err(|error| format!("{}: {error}", path.display()))
}

/// Writes a file anew.
pub(crate) fn write<T: Serialize>(folder: &Path, name: &str, lines: &[T]) -> Outcome {
    let text = to_text(lines).map_err(|error| format!("{name}: {error}"))?;
    write_text(folder, name, &text)
}

/// The same for text that is no CSV.
pub(crate) fn write_text(folder: &Path, name: &str, text: &str) -> Outcome {
    let path = folder.join(name);
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&path, text))
        .map_err(|error| format!("{}: {error}", path.display()))
}

/// Lines out of text.
pub(crate) fn parse<T: DeserializeOwned>(text: &str) -> Outcome<Vec<T>> {
    csv::Reader::from_reader(text.as_bytes())
        .deserialize()
        .collect::<Result<_, _>>()
        .map_err(|error| error.to_string())
}

/// Text out of lines.
pub(crate) fn to_text<T: Serialize>(lines: &[T]) -> Outcome<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for line in lines {
        writer.serialize(line).map_err(|error| error.to_string())?;
    }
    let bytes = writer.into_inner().map_err(|error| error.to_string())?;
    String::from_utf8(bytes).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Turn;

    #[test]
    fn what_is_written_is_read_again() {
        let turn = Turn {
            allocator: "system".to_owned(),
            workload: "with, a comma and a \"quote\"".to_owned(),
            runtime: "tokio".to_owned(),
            round: 3,
            passes: 16,
            operations: 16_000,
            wall_ns: 1_234_567,
            cpu_ns: 2_345_678,
            p50_ns: Some(812.5),
            p99_ns: None,
        };
        let text = to_text(std::slice::from_ref(&turn)).unwrap();
        assert!(text.starts_with("allocator,workload,runtime,round,passes,operations,wall_ns,"));
        assert_eq!(parse::<Turn>(&text).unwrap(), [turn]);
    }

    #[test]
    fn a_file_of_another_kind_is_refused() {
        assert!(parse::<Turn>("name,age\nPip,7\n").is_err());
        assert!(parse::<Turn>("").unwrap().is_empty());
    }
}
