//! How one text is written: without quotes where nobody could misread it.

use granit_parser::ScalarStyle;

use super::read::Text;

/// Where a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// On its own line, or behind a key.
    Block,
    /// In brackets, where commas and brackets mean something.
    Flow,
}

/// A text on one line.
pub(super) fn single(text: &Text, place: Place) -> String {
    let was_plain = text.style == ScalarStyle::Plain;
    if was_plain && text.text.is_empty() {
        return String::new();
    }
    let is_clear = was_plain || !looks_like_another_type(&text.text);
    if is_clear && is_plain(&text.text, place) {
        return text.text.clone();
    }
    quoted(&text.text)
}

/// Whether it reads the same without quotes.
fn is_plain(text: &str, place: Place) -> bool {
    let mut chars = text.chars();
    let Some(first) = chars.next() else {
        return false;
    };
    let second = chars.next();
    let begins = match first {
        '-' | '?' | ':' => {
            second.is_some_and(|second| second != ' ' && (place == Place::Block || !is_bracket(second)))
        }
        '#' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' => false,
        first => !is_bracket(first),
    };
    let blanks = text.starts_with(' ') || text.ends_with(' ');
    let misread = text.contains(": ") || text.ends_with(':') || text.contains(" #");
    let in_brackets = place == Place::Flow && (text.contains(is_bracket) || has_bare_colon(text));
    let marks = text.starts_with("---") || text.starts_with("...") || text == "<<" || text == "~";
    begins && !blanks && !misread && !in_brackets && !marks && !text.contains(char::is_control)
}

const fn is_bracket(c: char) -> bool {
    matches!(c, ',' | '[' | ']' | '{' | '}')
}

/// `a:{` would begin a map.
fn has_bare_colon(text: &str) -> bool {
    text.split(':').skip(1).any(|rest| rest.starts_with(is_bracket))
}

/// Whether other readers of YAML would take it for a number, a time, a truth value or nothing: its author put it in
/// quotes, and it keeps them.
fn looks_like_another_type(text: &str) -> bool {
    const WORDS: [&str; 10] = ["true", "false", "yes", "no", "on", "off", "y", "n", "null", "~"];
    let number = text.replace(['_', ':', '-'], "");
    WORDS.contains(&text.to_lowercase().as_str())
        || number.parse::<f64>().is_ok()
        || text.starts_with("0x")
        || text.starts_with("0o")
}

fn quoted(text: &str) -> String {
    let needs_double = text.contains(char::is_control) || !(text.contains('"') || text.contains('\\'));
    if !needs_double {
        return format!("'{}'", text.replace('\'', "''"));
    }
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() => quoted.push_str(&format!("\\U{:08x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// The head and the lines of a text that its author wrote as a block; `None` where it goes on one line.
pub(super) fn block(text: &Text) -> Option<(&'static str, Vec<&str>)> {
    let is_block = matches!(text.style, ScalarStyle::Literal | ScalarStyle::Folded);
    let body = text.text.strip_suffix('\n').unwrap_or(&text.text);
    let lines: Vec<&str> = body.split('\n').collect();
    let is_odd = |line: &&str| line.contains(|c: char| c.is_control());
    let first = lines.first()?;
    let fits = !first.is_empty() && !first.starts_with(' ') && !lines.iter().any(is_odd);
    let one_line = lines.len() == 1 && !text.text.ends_with('\n');
    // A block of one line that is not ended by a line break is a text like any other.
    if !is_block || !fits || body.ends_with('\n') || one_line {
        return None;
    }
    Some((if text.text.ends_with('\n') { "|" } else { "|-" }, lines))
}
