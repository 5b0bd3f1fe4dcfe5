//! Walking one map against its table: unknown keys, missing keys, and each field read by a reader that fits.

use super::{
    Findings, Message, Span, Spanned,
    ast::{Node, Tree},
    code, did_you_mean, say,
    scalar::{self, Reader},
    table::{Field, Need, Shape, Table, keys},
};

/// The fields that a map really has.
pub(super) struct Fields<'n> {
    table: &'static Table,
    /// The first key, or the map if it is empty: where to say what it lacks.
    pub(super) head: Span,
    entries: Vec<(&'static Field, &'n Node)>,
}

impl<'n> Fields<'n> {
    /// Opens a map; reports every key that does not belong and every one that is missing.
    pub(super) fn open(node: &'n Node, table: &'static Table, findings: &mut Findings<'_>) -> Option<Self> {
        let Tree::Map(written) = &node.value else {
            let help = say!("{} has the keys {}", table.name(), keys(table));
            wrong_shape(node, &table.name(), findings).help(help);
            return None;
        };
        let mut entries = Vec::with_capacity(written.len());
        for (key, value) in written {
            match table.fields.iter().find(|field| field.name == key.value) {
                Some(field) => entries.push((field, value)),
                None => unknown_key(key, table, findings),
            }
        }
        let head = written.first().map_or(node.span, |(key, _)| key.span);
        let opened = Self { table, head, entries };
        opened.report_missing(written, findings);
        Some(opened)
    }

    fn report_missing(&self, written: &[(Spanned<String>, Node)], findings: &mut Findings<'_>) {
        let meant = |name: &str| {
            let near = |key: &str| did_you_mean(key, [name]).is_some();
            written
                .iter()
                .any(|(key, _)| self.table.fields.iter().all(|f| f.name != key.value) && near(&key.value))
        };
        for field in self.table.fields.iter().filter(|field| self.is_needed(field)) {
            // A misspelt key was reported already; that it is missing too would be said twice.
            if self.node(field.name).is_none() && !meant(field.name) {
                findings
                    .error(
                        code::MISSING_KEY,
                        self.head,
                        say!("{} needs `{}`", self.table.name(), field.name),
                    )
                    .help(missing_help(field));
            }
        }
    }

    fn is_needed(&self, field: &Field) -> bool {
        match field.need {
            Need::Required => true,
            Need::Optional => false,
            Need::Unless(other) => self.node(other).is_none(),
        }
    }

    /// What stands at a field.
    pub(super) fn node(&self, name: &str) -> Option<&'n Node> {
        self.entries
            .iter()
            .find(|(field, _)| field.name == name)
            .map(|(_, node)| *node)
    }

    fn with_shape(&self, name: &str) -> Option<(Shape, &'n Node)> {
        self.entries
            .iter()
            .find(|(field, _)| field.name == name)
            .map(|(field, node)| (field.shape, *node))
    }

    /// One text, read.
    pub(super) fn scalar<T>(
        &self,
        name: &str,
        read: Reader<T>,
        findings: &mut Findings<'_>,
    ) -> Option<Spanned<T>> {
        let (shape, node) = self.with_shape(name)?;
        scalar_of(node, &shape.expected(), read, findings)
    }

    /// One text as it is.
    pub(super) fn text(&self, name: &str, findings: &mut Findings<'_>) -> Option<Spanned<String>> {
        self.scalar(name, scalar::text, findings)
    }

    /// One name.
    pub(super) fn name(&self, name: &str, findings: &mut Findings<'_>) -> Option<Spanned<String>> {
        self.scalar(name, scalar::name, findings)
    }

    /// One word of a few, and what it means.
    pub(super) fn one_of<T: Copy>(
        &self,
        name: &str,
        words: &[(&str, T)],
        findings: &mut Findings<'_>,
    ) -> Option<Spanned<T>> {
        let (shape, node) = self.with_shape(name)?;
        let text = plain(node, &shape.expected(), findings)?;
        let value = scalar::one_of(text, &say!("a value of `{}`", name), words, findings)?;
        Some(Spanned::new(value, text.span))
    }

    /// One text, or a list of them; the good ones.
    pub(super) fn some<T>(
        &self,
        name: &str,
        read: Reader<T>,
        findings: &mut Findings<'_>,
    ) -> Vec<Spanned<T>> {
        let Some((shape, node)) = self.with_shape(name) else {
            return Vec::new();
        };
        let texts = plain_texts(node, &shape.expected(), findings);
        texts
            .into_iter()
            .filter_map(|text| Some(Spanned::new(read(text, findings)?, text.span)))
            .collect()
    }

    /// A list, each entry read; the good ones.
    pub(super) fn each<T>(
        &self,
        name: &str,
        findings: &mut Findings<'_>,
        mut read: impl FnMut(&'n Node, &mut Findings<'_>) -> Option<T>,
    ) -> Vec<T> {
        let Some((shape, node)) = self.with_shape(name) else {
            return Vec::new();
        };
        let Tree::List(items) = &node.value else {
            if !is_empty(node) {
                wrong_shape(node, &say!("a list"), findings).help(say!(
                    "`{}:` holds {}; begin each with `- `",
                    name,
                    shape.expected()
                ));
            }
            return Vec::new();
        };
        items.iter().filter_map(|item| read(item, findings)).collect()
    }
}

fn missing_help(field: &Field) -> Message {
    let says = say!("`{}:` says {}", field.name, field.says());
    if field.shape == Shape::Text {
        return says;
    }
    say!("{}; write {}", says, field.shape.expected())
}

fn unknown_key(key: &Spanned<String>, table: &Table, findings: &mut Findings<'_>) {
    let help = match did_you_mean(&key.value, table.fields.iter().map(|field| field.name)) {
        Some(meant) => say!("did you mean `{}`?", meant),
        None => say!("{} has the keys {}", table.name(), keys(table)),
    };
    findings
        .error(
            code::UNKNOWN_KEY,
            key.span,
            say!("`{}` is not a key of {}", key.value, table.name()),
        )
        .help(help);
}

/// Whether nothing was written.
pub(super) fn is_empty(node: &Node) -> bool {
    matches!(&node.value, Tree::Scalar(text) if text.trim().is_empty())
}

/// Reports that a map, list or text stands where `wanted` belongs.
pub(super) fn wrong_shape<'f>(
    node: &Node,
    wanted: &Message,
    findings: &'f mut Findings<'_>,
) -> super::diagnostic::Finding<'f> {
    if is_empty(node) {
        return findings.error(code::EMPTY, node.span, say!("nothing is written here"));
    }
    let found = match &node.value {
        Tree::Scalar(text) => say!("the text `{}`", shortened(text)),
        Tree::List(_) => say!("a list"),
        Tree::Map(_) => say!("a map of keys and values"),
    };
    findings.error(
        code::SHAPE,
        node.span,
        say!("{} stands where {} belongs", found, wanted),
    )
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// One text that is not empty.
pub(super) fn plain<'n>(
    node: &'n Node,
    expected: &Message,
    findings: &mut Findings<'_>,
) -> Option<Spanned<&'n str>> {
    match &node.value {
        Tree::Scalar(text) if !text.trim().is_empty() => Some(Spanned::new(text.as_str(), node.span)),
        Tree::Scalar(_) | Tree::List(_) | Tree::Map(_) => {
            wrong_shape(node, &say!("one value"), findings).help(say!("write {}", expected));
            None
        }
    }
}

/// One text, or the texts of a list; the good ones.
pub(super) fn plain_texts<'n>(
    node: &'n Node,
    expected: &Message,
    findings: &mut Findings<'_>,
) -> Vec<Spanned<&'n str>> {
    let Tree::List(items) = &node.value else {
        return plain(node, expected, findings).into_iter().collect();
    };
    if items.is_empty() {
        findings
            .error(code::EMPTY, node.span, say!("the list is empty"))
            .help(say!("write {}", expected));
    }
    items
        .iter()
        .filter_map(|item| plain(item, expected, findings))
        .collect()
}

/// One text, read.
pub(super) fn scalar_of<T>(
    node: &Node,
    expected: &Message,
    read: Reader<T>,
    findings: &mut Findings<'_>,
) -> Option<Spanned<T>> {
    let text = plain(node, expected, findings)?;
    Some(Spanned::new(read(text, findings)?, text.span))
}
