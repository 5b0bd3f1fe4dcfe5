//! From nodes to tidy lines.

use super::{
    read::{Comment, Document, Flow, Item, Value},
    scalar::{Place, block, single},
};

/// Beyond this column brackets that were written on several lines are written on several lines again.
const WIDTH: usize = 100;
const STEP: usize = 2;

/// The whole file.
pub(super) fn written(document: &Document<'_>) -> String {
    let mut page = Page::default();
    match &document.root {
        Value::Block(items) => page.items(items, 0),
        Value::Text(_) | Value::Flow(_) => {
            let line = inline(&document.root, 0);
            page.lines.push(line);
        }
    }
    for comment in &document.foot {
        page.above(comment, 0, 0);
    }
    let mut text = page.lines.join("\n");
    text.push('\n');
    text
}

/// Lines as they come, and the items in which the last one stands: their columns before and now.
#[derive(Default)]
struct Page {
    lines: Vec<String>,
    open: Vec<(usize, usize)>,
}

impl Page {
    fn items(&mut self, items: &[Item<'_>], indent: usize) {
        for item in items {
            self.item(item, indent, &" ".repeat(indent));
        }
    }

    /// One item; `lead` is what stands before it on its line: blanks, or the dash of a list that it begins.
    fn item(&mut self, item: &Item<'_>, indent: usize, lead: &str) {
        for comment in &item.above {
            self.above(comment, item.column, indent);
        }
        if item.is_after_blank {
            self.blank();
        }
        self.open.retain(|(column, _)| *column < item.column);
        self.open.push((item.column, indent));
        let head = match &item.key {
            Some(key) => format!("{lead}{}:", single(key, Place::Block)),
            None => format!("{lead}-"),
        };
        match &item.value {
            Value::Block(inner) => self.nested(item, inner, head, indent),
            Value::Text(text) => match block(text) {
                Some((mark, lines)) => {
                    self.line(format!("{head} {mark}"), item);
                    let inner = " ".repeat(indent + STEP);
                    let indented = |line: &&str| format!("{inner}{line}").trim_end().to_owned();
                    self.lines.extend(lines.iter().map(indented));
                }
                None => self.line(joined(&head, &single(text, Place::Block)), item),
            },
            Value::Flow(_) => {
                let indent = indent + STEP;
                let value = inline_at(&item.value, indent, head.chars().count() + 1);
                self.line(joined(&head, &value), item);
            }
        }
    }

    /// Items in an item. The first item of a list in a list, or of a map in a list, begins on the line of the dash.
    fn nested(&mut self, item: &Item<'_>, inner: &[Item<'_>], head: String, indent: usize) {
        let mut rest = inner;
        let begins_here = item.key.is_none() && item.beside.is_none();
        match inner.split_first() {
            Some((first, others)) if begins_here && first.above.is_empty() => {
                self.item(first, indent + STEP, &format!("{head} "));
                rest = others;
            }
            Some(_) | None => self.line(head, item),
        }
        self.items(rest, indent + STEP);
    }

    /// A line and the comment beside it, in its column where that is free.
    fn line(&mut self, mut line: String, item: &Item<'_>) {
        if let Some(comment) = &item.beside {
            let last = line.rsplit('\n').next().unwrap_or_default().chars().count();
            let gap = comment.column.saturating_sub(last).max(STEP);
            line.push_str(&" ".repeat(gap));
            line.push_str(comment.text);
        }
        self.lines.push(line);
    }

    /// A comment on its own line: indented like the item below, or like the one above that it belongs to.
    fn above(&mut self, comment: &Comment<'_>, column: usize, indent: usize) {
        if comment.is_after_blank {
            self.blank();
        }
        let inside = self.open.iter().rev().find(|(open, _)| *open <= comment.column);
        let indent = match inside {
            Some((_, inside)) if comment.column > column => *inside,
            Some(_) | None => indent,
        };
        self.lines.push(format!("{}{}", " ".repeat(indent), comment.text));
    }

    /// One blank line, and none at the top.
    fn blank(&mut self) {
        if self.lines.last().is_some_and(|last| !last.is_empty()) {
            self.lines.push(String::new());
        }
    }
}

fn joined(head: &str, value: &str) -> String {
    if value.is_empty() {
        return head.to_owned();
    }
    format!("{head} {value}")
}

/// A value in brackets, that begins in a column.
fn inline_at(value: &Value<'_>, indent: usize, column: usize) -> String {
    let Value::Flow(flow) = value else {
        return inline(value, indent);
    };
    if flow.is_commented {
        return as_written(flow.source, indent);
    }
    let line = inline(value, indent);
    let several = flow.source.contains('\n');
    if several && column + line.chars().count() > WIDTH {
        return filled(flow, indent, column);
    }
    line
}

/// The value on one line.
fn inline(value: &Value<'_>, indent: usize) -> String {
    match value {
        Value::Text(text) => single(text, Place::Flow),
        Value::Flow(flow) if flow.is_commented => as_written(flow.source, indent),
        Value::Flow(flow) => {
            let items = parts(flow, indent).join(", ");
            format!("{}{items}{}", flow.brackets.0, flow.brackets.1)
        }
        Value::Block(_) => String::new(),
    }
}

fn parts(flow: &Flow<'_>, indent: usize) -> Vec<String> {
    let part = |(key, value): &(Option<super::read::Text>, Value<'_>)| {
        let value = inline(value, indent);
        match key {
            Some(key) => {
                let key = single(key, Place::Flow);
                let colon = if value.is_empty() { "" } else { ":" };
                joined(&format!("{key}{colon}"), &value)
            }
            None => value,
        }
    };
    flow.items.iter().map(part).collect()
}

/// As many parts a line as fit.
fn filled(flow: &Flow<'_>, indent: usize, column: usize) -> String {
    let mut text = flow.brackets.0.to_string();
    let mut at = column + 1;
    let parts = parts(flow, indent);
    for (place, part) in parts.iter().enumerate() {
        let width = part.chars().count() + 1;
        if place > 0 && at + 1 + width > WIDTH {
            text.push_str(&format!(",\n{}", " ".repeat(indent)));
            at = indent;
        } else if place > 0 {
            text.push_str(", ");
            at += 2;
        }
        text.push_str(part);
        at += width - 1;
    }
    text.push(flow.brackets.1);
    text
}

/// As it was written, its later lines indented anew.
fn as_written(source: &str, indent: usize) -> String {
    let mut lines = source.lines();
    let mut text = lines.next().unwrap_or_default().trim_end().to_owned();
    for line in lines {
        let line = line.trim();
        text.push('\n');
        if !line.is_empty() {
            text.push_str(&" ".repeat(indent));
            text.push_str(line);
        }
    }
    text
}
