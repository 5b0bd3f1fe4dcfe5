//! Values as they are told to people: on one line, in one way of writing, whatever the layout of the file.

use super::syntax::{
    Spanned,
    ast::{Node, Tree},
};

/// A value on one line; a list of one is that one.
pub(super) fn one_line(node: &Node) -> String {
    match &node.value {
        Tree::Scalar(text) => text.trim().to_owned(),
        Tree::List(items) if items.len() == 1 => items.first().map(one_line).unwrap_or_default(),
        Tree::List(items) => format!("[{}]", items.iter().map(one_line).collect::<Vec<_>>().join(", ")),
        Tree::Map(fields) => {
            let field =
                |(key, value): &(Spanned<String>, Node)| format!("{}: {}", key.value, one_line(value));
            format!("{{{}}}", fields.iter().map(field).collect::<Vec<_>>().join(", "))
        }
    }
}
