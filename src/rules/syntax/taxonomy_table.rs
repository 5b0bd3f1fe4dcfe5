//! Tables of topics as the IAB publishes them: columns separated by tabs, one topic a row.
//!
//! The first lines are headings. One of them names the columns: `Unique ID`, `Parent` or `Parent ID`, and `Name`;
//! whatever else a table has is not needed.

use super::{FileId, Findings, Source, Span, code, layout, message::say};
use crate::rules::topics::{Family, Topic};

/// A table of topics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaxonomyTable {
    /// The file.
    pub file: FileId,
    /// Which taxonomy it is of.
    pub family: Family,
    /// Its topics, in the order of the file.
    pub topics: Vec<Topic>,
}

/// The family of a table, by the name under which the IAB publishes it: `Content Taxonomy 3.1.tsv`.
pub(super) fn family_of(path: &str) -> Option<Family> {
    let name = path
        .rsplit('/')
        .next()
        .unwrap_or(path)
        .to_lowercase()
        .replace(['_', '-'], " ");
    if name.starts_with("ad product taxonomy") {
        return Some(Family::Product);
    }
    let of_version = |version: &str| name.starts_with(&format!("content taxonomy {version}"));
    (of_version("2.") || of_version("3.")).then_some(Family::Content)
}

/// Reads a table.
pub(super) fn read(file: FileId, source: &Source, findings: &mut Findings<'_>) -> Option<TaxonomyTable> {
    let Some(family) = family_of(&source.path) else {
        findings
            .error(code::FILE_NAME, Span::start_of(file), say!("no taxonomy is read under this name"))
            .help(say!("the IAB's own names are: `Content Taxonomy 3.1.tsv`, `Content Taxonomy 2.2.tsv`, `Ad Product Taxonomy 2.0.tsv`"));
        return None;
    };
    let Ok(text) = std::str::from_utf8(&source.bytes) else {
        findings
            .error(
                code::NOT_UTF8,
                Span::start_of(file),
                say!("the table is not UTF-8"),
            )
            .help(say!("take the file as the IAB publishes it"));
        return None;
    };
    let mut lines = text.trim_start_matches('\u{feff}').lines();
    let Some(columns) = lines.find_map(Columns::of) else {
        findings
            .error(
                code::COLUMNS,
                Span::start_of(file),
                say!("the table has no columns `Unique ID`, `Parent` and `Name`"),
            )
            .help(say!(
                "take the file as the IAB publishes it, with tabs between the columns"
            ));
        return None;
    };
    let topics: Vec<Topic> = lines.filter_map(|line| columns.topic(line)).collect();
    let known = |id: &str| topics.iter().any(|topic| topic.id == id);
    let lost = topics
        .iter()
        .find(|topic| topic.parent.as_deref().is_some_and(|parent| !known(parent)));
    if let Some(lost) = lost {
        let at = text.find(&format!("{}\t", lost.id)).unwrap_or_default();
        findings
            .error(
                code::ROW,
                layout::place(text, at, file, 0),
                say!("the topic above `{}` is not in the table", &lost.name),
            )
            .help(say!("take the file whole, as the IAB publishes it"));
        return None;
    }
    Some(TaxonomyTable { file, family, topics })
}

/// Where the cells of a topic stand in a row.
struct Columns {
    id: usize,
    parent: usize,
    name: usize,
}

impl Columns {
    fn of(heading: &str) -> Option<Self> {
        let names: Vec<String> = heading
            .split('\t')
            .map(|cell| cell.trim().to_lowercase())
            .collect();
        let place = |wanted: &[&str]| names.iter().position(|name| wanted.contains(&name.as_str()));
        Some(Self {
            id: place(&["unique id"])?,
            parent: place(&["parent", "parent id"])?,
            name: place(&["name"])?,
        })
    }

    fn topic(&self, row: &str) -> Option<Topic> {
        let cells: Vec<&str> = row
            .split('\t')
            .map(|cell| cell.trim().trim_matches('"').trim())
            .collect();
        let cell = |place: usize| {
            cells
                .get(place)
                .filter(|cell| !cell.is_empty())
                .map(|cell| (*cell).to_owned())
        };
        let id = cell(self.id)?;
        Some(Topic {
            // Some tables name a topic of the first tier as its own parent.
            parent: cell(self.parent).filter(|parent| *parent != id),
            name: cell(self.name)?,
            id,
        })
    }
}
