//! One cell of a table of rules: a spreadsheet's number becomes a value as the language writes it.

use super::{
    Findings, Span, Spanned,
    ast::{Node, Tree},
    code, say,
    table::Shape,
};

/// How decimals are written in a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Decimals {
    /// `1.80`
    #[default]
    Point,
    /// `1,80`
    Comma,
}

/// What stands between the values of one cell.
const BETWEEN: char = '|';

/// The values of a cell.
pub(super) fn values(cell: Spanned<&str>) -> Vec<Spanned<String>> {
    let each = cell.value.split(BETWEEN).map(str::trim);
    each.map(|value| Spanned::new(value.to_owned(), cell.span))
        .collect()
}

/// What stands in a cell of an effect, as the tree that a rule written out would have.
///
/// `unit` is what the name of the column says of every cell: `EUR` of `at_most EUR`.
pub(super) fn effect(
    cell: Spanned<&str>,
    shape: Shape,
    unit: Option<&str>,
    decimals: Decimals,
    findings: &mut Findings<'_>,
) -> Option<Node> {
    let scalar = |text: String| Node {
        value: Tree::Scalar(text),
        span: cell.span,
    };
    if matches!(shape, Shape::Text | Shape::Name) {
        return Some(scalar(cell.value.to_owned()));
    }
    let read: Option<Vec<Node>> = cell
        .value
        .split(BETWEEN)
        .map(|value| {
            let plain = decimal_point(Spanned::new(value.trim(), cell.span), decimals, findings)?;
            let whole = with_unit(plain, unit, cell.span, findings)?;
            Some(scalar(whole))
        })
        .collect();
    let mut read = read?;
    if read.len() == 1 {
        return read.pop();
    }
    Some(Node {
        value: Tree::List(read),
        span: cell.span,
    })
}

/// The text with a point where the table writes a comma. A sign that the table does not use for decimals is not
/// guessed at.
fn decimal_point(written: Spanned<&str>, decimals: Decimals, findings: &mut Findings<'_>) -> Option<String> {
    let text = written.value;
    let (commas, points) = (between_digits(text, ','), between_digits(text, '.'));
    let (message, help) = match (decimals, commas, points) {
        (Decimals::Comma, 1, 0) => return Some(swapped(text)),
        // Two points are a date, which its own reader knows better.
        (Decimals::Point, 0, _) | (Decimals::Comma, 0, 0 | 2..) => return Some(text.to_owned()),
        (Decimals::Point, ..) => (
            say!("`{}` has a decimal comma", text),
            say!("write a point, or say in the rule that names the table: `decimals: comma`"),
        ),
        (Decimals::Comma, 0, 1) => (
            say!(
                "`{}` has a point, and the decimals of this table have a comma",
                text
            ),
            say!(
                "write `{}` for decimals, and nothing between thousands",
                text.replace('.', ",")
            ),
        ),
        (Decimals::Comma, ..) => (
            say!("`{}` has more than one sign between its digits", text),
            say!("write a comma before the decimals, and nothing between thousands"),
        ),
    };
    findings.error(code::ROW, written.span, message).help(help);
    None
}

/// How often the sign stands between two digits.
fn between_digits(text: &str, sign: char) -> usize {
    let digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
    let bytes = text.as_bytes();
    text.match_indices(sign)
        .filter(|(at, _)| digit(at.checked_sub(1).and_then(|at| bytes.get(at))) && digit(bytes.get(at + 1)))
        .count()
}

/// The only comma between digits as a point.
fn swapped(text: &str) -> String {
    let mut before = None;
    let mut chars = text.chars().peekable();
    let mut plain = String::with_capacity(text.len());
    while let Some(c) = chars.next() {
        let inside = before.is_some_and(|c: char| c.is_ascii_digit())
            && chars.peek().is_some_and(char::is_ascii_digit);
        plain.push(if c == ',' && inside { '.' } else { c });
        before = Some(c);
    }
    plain
}

/// The text and the unit of its column; a cell may repeat that unit, and no other.
fn with_unit(text: String, unit: Option<&str>, at: Span, findings: &mut Findings<'_>) -> Option<String> {
    let Some(unit) = unit.filter(|unit| !text.ends_with(unit)) else {
        return Some(text);
    };
    let bare = text.chars().all(|c| c.is_ascii_digit() || "+-.,:".contains(c));
    if bare {
        let gap = if unit == "%" { "" } else { " " };
        return Some(format!("{text}{gap}{unit}"));
    }
    findings
        .error(code::ROW, at, say!("`{}` stands in a column of `{}`", text, unit))
        .help(say!(
            "write the number alone; or take `{}` out of the first row, and write its unit into each cell",
            unit
        ));
    None
}
