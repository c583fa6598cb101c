//! Columns, and lines that fit them.

use super::Row;

/// As wide as a page of the book.
const WIDTH: usize = 100;
/// Beyond two threads a column gets at least so much, and the table becomes wider.
const NARROWEST: usize = 26;

/// The table: a heading, a rule, and the rows.
pub(super) fn table(threads: &[String], rows: &[Row]) -> String {
    let digits = rows.len().to_string().len().max(2);
    let widths = widths(threads, rows, WIDTH.saturating_sub(digits + 1 + 3 * threads.len()));
    let mut text = String::new();
    let mut line = |number: &str, cells: &mut dyn Iterator<Item = &str>| {
        let mut line = format!("{number:>digits$} ");
        for (cell, &width) in cells.zip(&widths) {
            let gap = " ".repeat(width.saturating_sub(length(cell)));
            line += &["│ ", cell, &gap, " "].concat();
        }
        text.push_str(line.trim_end());
        text.push('\n');
    };
    line("", &mut threads.iter().map(String::as_str));
    let rules: Vec<String> = widths.iter().map(|width| "─".repeat(width + 2)).collect();
    let rule = format!("{}┼{}\n", "─".repeat(digits + 1), rules.join("┼"));
    let mut body = Vec::new();
    let mut at = 0;
    while let Some(row) = rows.get(at) {
        let left_out = repeated(rows, at);
        let (number, text) = if left_out == 0 {
            ((at + 1).to_string(), row.text.clone())
        } else {
            (String::new(), format!("… and so on, up to row {}", at + left_out))
        };
        at += left_out.max(1);
        for (part, words) in wrapped(&text, widths[row.thread]).into_iter().enumerate() {
            let number = if part == 0 { number.clone() } else { String::new() };
            body.push((number, row.thread, words));
        }
    }
    for (number, thread, words) in &body {
        let mut cells =
            (0..threads.len()).map(|column| if column == *thread { words.as_str() } else { "" });
        line(number, &mut cells);
    }
    let heading = text.find('\n').map_or(0, |end| end + 1);
    text.insert_str(heading, &rule);
    text
}

/// Names, and what is said of each.
pub(super) fn list(items: &[(String, String)]) -> String {
    let width = items.iter().map(|(name, _)| length(name)).max().unwrap_or(0);
    let line = |(name, said): &(String, String)| {
        format!("  {name}{}  {said}\n", " ".repeat(width - length(name)))
    };
    items.iter().map(line).collect::<Vec<_>>().concat()
}

fn length(text: &str) -> usize {
    text.chars().count()
}

/// How many rows from `at` on only say again what the rows before them have said twice: a thread that goes
/// round and round fills pages.
fn repeated(rows: &[Row], at: usize) -> usize {
    /// Fewer are quickly read.
    const FEW: usize = 8;
    let same = |one: usize, other: usize| {
        rows[one].thread == rows[other].thread && rows[one].text == rows[other].text
    };
    (1..=4)
        .filter(|&round| at >= 2 * round && (at - round..at).all(|row| same(row, row - round)))
        .map(|round| (at..rows.len()).take_while(|&row| same(row, row - round)).count())
        .find(|&rows| rows >= FEW)
        .unwrap_or(0)
}

/// As wide as what stands in it, as long as there is room; what is short leaves room to what is long.
fn widths(threads: &[String], rows: &[Row], room: usize) -> Vec<usize> {
    let mut wanted: Vec<usize> = threads.iter().map(|name| length(name)).collect();
    for row in rows {
        wanted[row.thread] = wanted[row.thread].max(length(&row.text));
    }
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by_key(|&column| wanted[column]);
    let mut widths = wanted.clone();
    let mut left = room;
    for (taken, column) in order.into_iter().enumerate() {
        let share = left / (wanted.len() - taken);
        widths[column] = wanted[column].min(share.max(NARROWEST));
        left = left.saturating_sub(widths[column]);
    }
    widths
}

/// Lines no longer than `width`, broken at spaces and after `|`, and if it has to be within a word; all but the
/// first are indented.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for piece in text.split_inclusive([' ', '|']) {
        if !line.trim().is_empty() && length(&line) + length(piece.trim_end()) > width {
            lines.push(std::mem::replace(&mut line, "  ".to_owned()).trim_end().to_owned());
        }
        line.push_str(piece);
        // A word that is longer than the column.
        while length(line.trim_end()) > width {
            let end = line.char_indices().nth(width).map_or(line.len(), |(at, _)| at);
            let cut = line[..end].rfind('(').map_or(end, |at| at + 1);
            let rest = line.split_off(cut);
            lines.push(std::mem::replace(&mut line, format!("  {rest}")));
        }
    }
    lines.push(line.trim_end().to_owned());
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_steps_are_wrapped_and_columns_stand_in_line() {
        let rows = [
            Row { thread: 0, text: "short".to_owned() },
            Row { thread: 1, text: "word ".repeat(40) + &"x".repeat(120) },
        ];
        let text = table(&["main".to_owned(), "other".to_owned()], &rows);
        for line in text.lines() {
            assert!(length(line) <= WIDTH, "{line}");
            assert_eq!(
                line.find(['│', '┼']),
                Some(text.find('│').unwrap())
                    .map(|at| { if line.contains('┼') { 3 * 3 } else { at } })
            );
        }
        assert_eq!(text.matches("word").count(), 40);
        assert_eq!(text.matches('x').count(), 120);
    }

    #[test]
    fn a_word_too_long_is_broken_at_its_bracket() {
        let text = "look: state.compare_exchange(NOTIFIED, EMPTY) → Ok";
        let lines = ["look:", "  state.compare_exchange(", "  NOTIFIED, EMPTY) → Ok"];
        assert_eq!(wrapped(text, 30), lines);
        assert_eq!(wrapped("(((abcdefgh", 5), ["(((", "  abc", "  def", "  gh"]);
    }

    #[test]
    fn what_goes_round_and_round_is_left_out() {
        let row = |thread, text: &str| Row { thread, text: text.to_owned() };
        let mut rows = vec![row(0, "begins")];
        for _ in 0..100 {
            rows.extend([
                row(0, "looks whether the other one is there"),
                row(1, "looks whether the one is there"),
            ]);
        }
        rows.push(row(1, "gives up"));
        let text = table(&["main".to_owned(), "other".to_owned()], &rows);
        let said: Vec<&str> = text.lines().skip(2).collect();
        assert_eq!(said.len(), 7, "{text}");
        assert!(said[5].contains("… and so on, up to row 201"), "{text}");
        assert!(said[6].starts_with("202 │"), "{text}");
        assert_eq!(repeated(&rows[..12], 5), 0, "there are few");
    }

    #[test]
    fn a_short_column_leaves_room() {
        let rows =
            [Row { thread: 0, text: "ab".to_owned() }, Row { thread: 1, text: "y".repeat(70) }];
        let text = table(&["m".to_owned(), "t".to_owned()], &rows);
        assert_eq!(text.lines().count(), 4);
    }
}
