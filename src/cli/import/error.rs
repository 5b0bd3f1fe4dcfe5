//! Why an import could not begin.

use crate::rules::vocabulary::Vocabulary;

/// A mapping that cannot be used, or does not fit the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// The mapping file cannot be read.
    #[error("cannot read the mapping `{0}`: {1}")]
    File(String, String),
    /// The mapping file is not a mapping.
    #[error("the mapping cannot be read: {0}")]
    Syntax(String),
    /// A value of the mapping means nothing.
    #[error("the mapping is wrong: {0}")]
    Value(String),
    /// The file has no such column.
    #[error("the file has no column `{name}`{suggestion}")]
    Column {
        /// As the mapping names it.
        name: String,
        /// What may be meant, or what there is.
        suggestion: String,
    },
    /// There is no such attribute.
    #[error("there is no fact `{name}`{suggestion}; one of your own is declared in `attributes.yaml`")]
    Fact {
        /// As the mapping names it.
        name: String,
        /// What may be meant.
        suggestion: String,
    },
    /// The file cannot be read.
    #[error("the file cannot be read: {0}")]
    Input(String),
}

impl MappingError {
    pub(super) fn column(name: &str, known: &[String]) -> Self {
        let suggestion = match nearest(name, known.iter().map(String::as_str)) {
            Some(near) => format!("; did you mean `{near}`?"),
            None if known.is_empty() => "; columns are numbered from 1".to_owned(),
            None => format!("; it has {}", known.join(", ")),
        };
        Self::Column {
            name: name.to_owned(),
            suggestion,
        }
    }

    pub(super) fn fact(name: &str, vocabulary: &Vocabulary) -> Self {
        let near = nearest(name, vocabulary.entries().map(|entry| entry.attribute.name()));
        let suggestion = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
        Self::Fact {
            name: name.to_owned(),
            suggestion,
        }
    }
}

fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let near = |known: &'a str| {
        (
            strsim::jaro_winkler(&name.to_lowercase(), &known.to_lowercase()),
            known,
        )
    };
    known
        .map(near)
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, known)| known)
}
