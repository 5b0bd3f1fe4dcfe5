//! Plain tables, and numbers as people write them.

use crate::domain::Language;

/// `12,480`; in Italian and Spanish `12.480`.
pub(super) fn thousands(count: u64, language: Language) -> String {
    let separator = match language {
        Language::English => ',',
        Language::Italian | Language::Spanish => '.',
    };
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(separator);
        }
        text.push(digit);
    }
    text
}

/// Rows under a heading, each column as wide as its widest cell. Columns that hold numbers stand to the right.
pub(super) fn table(heading: &[&str], rows: &[Vec<String>]) -> Vec<String> {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        let widest = cells.map(|cell| cell.chars().count()).max().unwrap_or(0);
        widest.max(heading.get(column).map_or(0, |name| name.chars().count()))
    };
    let is_number = |column: usize| {
        let mut cells = rows.iter().filter_map(|row| row.get(column));
        let digits = |cell: &String| {
            let mut letters = cell.chars();
            letters.all(|letter| letter.is_ascii_digit() || ".,".contains(letter))
        };
        !rows.is_empty() && cells.all(digits)
    };
    let columns: Vec<(usize, bool)> = (0..heading.len()).map(|at| (width(at), is_number(at))).collect();
    let line = |cells: Vec<&str>| {
        let cells = cells.into_iter().zip(&columns).map(|(cell, (width, right))| {
            if *right {
                format!("{cell:>width$}")
            } else {
                format!("{cell:<width$}")
            }
        });
        format!("  {}", cells.collect::<Vec<_>>().join("  "))
            .trim_end()
            .to_owned()
    };
    let mut lines = vec![line(heading.to_vec())];
    lines.extend(
        rows.iter()
            .map(|row| line(row.iter().map(String::as_str).collect())),
    );
    lines
}
