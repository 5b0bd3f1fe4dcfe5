//! A tidy layout for YAML files: the same indentation, quotes and spacing whoever wrote them.
//!
//! Comments, blank lines between rules, and the order of everything stay as the author left them. What is tidied is
//! what nobody should have to think about: two blanks of indentation, quotes only where needed, `{a: 1, b: [x, y]}`
//! with one blank after each comma and colon.
//!
//! A layout that changed a meaning would be worse than any mess. So what was written is read again and compared with
//! what had been read before; where they differ the file is left alone, and that is said.

mod read;
mod scalar;
mod write;

use super::syntax::{
    Diagnostic, FileId, Findings, Source, Sources, Spanned,
    ast::{Node, Tree},
    code, parse, tree,
};

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tidied {
    /// It is tidy already.
    Same,
    /// So it is written tidily.
    Changed(String),
    /// It has errors, and is left alone.
    Wrong,
    /// A tidy layout would not say the same; it is left alone.
    Kept,
}

/// A file of rules or declarations in a tidy layout. Lists are left as Excel wrote them.
#[must_use]
pub fn tidied(path: &str, bytes: &[u8]) -> Tidied {
    let Some(text) = well_formed(path, bytes) else {
        return Tidied::Wrong;
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let unix = text.replace("\r\n", "\n");
    match read::document(&unix).map(|document| write::written(&document)) {
        Some(tidy) if tidy.as_bytes() == bytes => Tidied::Same,
        Some(tidy) if says_the_same(&unix, &tidy) => Tidied::Changed(tidy),
        Some(_) | None => Tidied::Kept,
    }
}

/// The text of a file in which the syntax finds no fault.
fn well_formed<'b>(path: &str, bytes: &'b [u8]) -> Option<&'b str> {
    let sources = Sources::from_texts([(path, bytes)]);
    let mut findings = Findings::new(&sources);
    let _ = parse(&sources, &mut findings);
    // Its tables are not looked at.
    let is_fault = |finding: &Diagnostic| finding.code != code::UNKNOWN_TABLE;
    if findings.into_sorted().iter().any(is_fault) {
        return None;
    }
    std::str::from_utf8(bytes).ok()
}

/// Whether two texts hold the same tree and the same comments.
fn says_the_same(one: &str, other: &str) -> bool {
    let trees = [one, other].map(tree_of);
    let [Some(a), Some(b)] = &trees else {
        return false;
    };
    same(a, b) && read::comments(one) == read::comments(other)
}

fn tree_of(text: &str) -> Option<Node> {
    let sources = Sources::from_texts([("x.yaml", text)]);
    let source = Source {
        path: "x.yaml".to_owned(),
        bytes: text.as_bytes().to_vec(),
    };
    let mut findings = Findings::new(&sources);
    let node = tree(FileId(0), &source, &mut findings)?;
    findings.is_empty().then_some(node)
}

/// Whether two trees agree but for their places.
#[must_use]
pub fn same(a: &Node, b: &Node) -> bool {
    match (&a.value, &b.value) {
        (Tree::Scalar(a), Tree::Scalar(b)) => a == b,
        (Tree::List(a), Tree::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Tree::Map(a), Tree::Map(b)) => {
            let entry =
                |((a_key, a), (b_key, b)): (&(_, Node), &(_, Node))| same_text(a_key, b_key) && same(a, b);
            a.len() == b.len() && a.iter().zip(b).all(entry)
        }
        (Tree::Scalar(_) | Tree::List(_) | Tree::Map(_), _) => false,
    }
}

fn same_text(a: &Spanned<String>, b: &Spanned<String>) -> bool {
    a.value == b.value
}
