use std::{ops::Range, sync::Arc};

use serde::Serialize;

use super::{
    FileId, Message, Sources, Span, code,
    sheet::{Cell, cell_at},
};
use crate::domain::Language;

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The rulebook is refused.
    Error,
    /// Somebody should look at it.
    Warning,
}

/// A second place that a finding speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What is there.
    pub message: Message,
    /// The file, relative to the rules folder.
    pub file: Arc<str>,
    /// The bytes in it.
    pub span: Range<usize>,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

/// A finding in a rules folder, as data.
///
/// Messages are lower case without a full stop and hold the user's words in backticks; the help says what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// `R` and three digits; the same mistake always has the same code.
    pub code: &'static str,
    /// How grave it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: Message,
    /// The file, relative to the rules folder.
    pub file: Arc<str>,
    /// The bytes in it.
    pub span: Range<usize>,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// What to do.
    pub help: Option<Message>,
    /// Other places that it speaks of.
    pub related: Vec<Note>,
    /// A query that shows it.
    pub example: Option<Example>,
}

/// A query in the words of a rule file, ready to be put into a test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Example {
    /// What stands behind `given:` in a test.
    pub given: String,
    /// What stands behind `tests_at:` in the file.
    pub tests_at: String,
}

/// A [`Note`] in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ToldNote {
    /// What is there.
    pub message: String,
    /// The file, relative to the rules folder.
    pub file: Arc<str>,
    /// The bytes in it.
    pub span: Range<usize>,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

/// A finding in one language, for programs: its code is the same in all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Told {
    /// `R` and three digits; the same mistake always has the same code.
    pub code: &'static str,
    /// How grave it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// The file, relative to the rules folder.
    pub file: Arc<str>,
    /// The bytes in it.
    pub span: Range<usize>,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// The cell, or the row, of a sheet. What is said of its first row, or of the whole of it, has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cell: Option<Cell>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// Other places that it speaks of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<ToldNote>,
    /// A query that shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub example: Option<Example>,
}

// === impl Diagnostic ===

impl Diagnostic {
    /// An error that concerns no single file.
    #[must_use]
    pub fn of_folder(message: Message) -> Self {
        Self {
            code: code::FOLDER,
            severity: Severity::Error,
            message,
            file: Arc::from(""),
            span: 0..0,
            line: 0,
            column: 0,
            help: None,
            related: Vec::new(),
            example: None,
        }
    }

    /// The finding in a language.
    #[must_use]
    pub fn told(&self, language: Language) -> Told {
        let Self {
            code,
            severity,
            message,
            file,
            span,
            line,
            column,
            help,
            related,
            example,
        } = self;
        Told {
            code,
            severity: *severity,
            message: message.in_language(language),
            file: Arc::clone(file),
            span: span.clone(),
            line: *line,
            column: *column,
            cell: None,
            help: help.as_ref().map(|help| help.in_language(language)),
            related: related.iter().map(|note| note.told(language)).collect(),
            example: example.clone(),
        }
    }
}

impl Diagnostic {
    /// The same, and the cell where it stands in a sheet.
    #[must_use]
    pub fn told_beside(&self, sources: &Sources, language: Language) -> Told {
        let mut told = self.told(language);
        let source = sources.find(&told.file).and_then(|file| sources.get(file));
        if told.file.ends_with(".csv") && told.line > 1 {
            told.cell = source.and_then(|source| cell_at(&source.bytes, &told.span));
        }
        told
    }
}

impl Note {
    fn told(&self, language: Language) -> ToldNote {
        let Self {
            message,
            file,
            span,
            line,
            column,
        } = self;
        ToldNote {
            message: message.in_language(language),
            file: Arc::clone(file),
            span: span.clone(),
            line: *line,
            column: *column,
        }
    }
}

/// Collects findings about some sources.
#[derive(Debug, Clone)]
pub struct Findings<'a> {
    sources: &'a Sources,
    found: Vec<Diagnostic>,
}

impl<'a> Findings<'a> {
    /// None yet.
    #[must_use]
    pub const fn new(sources: &'a Sources) -> Self {
        Self {
            sources,
            found: Vec::new(),
        }
    }

    /// Whether an error was found in that file so far.
    #[must_use]
    pub fn has_error_in(&self, file: FileId) -> bool {
        let path = self.sources.path(file);
        let mut errors = self
            .found
            .iter()
            .filter(|found| found.severity == Severity::Error);
        errors.any(|error| *error.file == *path)
    }

    /// Adds an error; what it returns can be told the help and related places.
    pub fn error(&mut self, code: &'static str, at: Span, message: Message) -> Finding<'_> {
        self.add(code, Severity::Error, at, message)
    }

    /// Adds a warning.
    pub fn warning(&mut self, code: &'static str, at: Span, message: Message) -> Finding<'_> {
        self.add(code, Severity::Warning, at, message)
    }

    fn add(&mut self, code: &'static str, severity: Severity, at: Span, message: Message) -> Finding<'_> {
        let at_once = self.found.len();
        self.found.push(Diagnostic {
            code,
            severity,
            message,
            file: self.sources.path(at.file).into(),
            span: at.range(),
            line: at.line,
            column: at.column,
            help: None,
            related: Vec::new(),
            example: None,
        });
        Finding {
            sources: self.sources,
            diagnostic: self.found.get_mut(at_once),
        }
    }

    /// How many were added so far.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.found.len()
    }

    /// Whether none was added.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// The sources that they speak of.
    #[must_use]
    pub const fn sources(&self) -> &'a Sources {
        self.sources
    }

    /// All of them, by file and place.
    #[must_use]
    pub fn into_sorted(self) -> Vec<Diagnostic> {
        let mut found = self.found;
        found.sort_by(|a, b| (&a.file, a.span.start, a.code).cmp(&(&b.file, b.span.start, b.code)));
        found.dedup();
        found
    }
}

/// A finding just added.
#[derive(Debug)]
pub struct Finding<'f> {
    sources: &'f Sources,
    diagnostic: Option<&'f mut Diagnostic>,
}

impl Finding<'_> {
    /// Says what to do.
    pub fn help(mut self, help: Message) -> Self {
        if let Some(diagnostic) = &mut self.diagnostic {
            diagnostic.help = Some(help);
        }
        self
    }

    /// Says what to do, where something is known.
    pub fn maybe_help(self, help: Option<Message>) -> Self {
        match help {
            Some(help) => self.help(help),
            None => self,
        }
    }

    /// Shows a query.
    pub fn example(mut self, example: Option<Example>) -> Self {
        if let Some(diagnostic) = &mut self.diagnostic {
            diagnostic.example = example;
        }
        self
    }

    /// Points at a second place.
    pub fn related(mut self, at: Span, message: Message) -> Self {
        if let Some(diagnostic) = &mut self.diagnostic {
            diagnostic.related.push(Note {
                message,
                file: self.sources.path(at.file).into(),
                span: at.range(),
                line: at.line,
                column: at.column,
            });
        }
        self
    }
}

/// The known word that somebody probably meant by `written`, if one is near enough.
#[must_use]
pub fn did_you_mean<'k>(written: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    // Quotes of word processors are no quotes here, and stand in the word.
    let plain = |word: &str| {
        let word = word.trim_matches(['“', '”', '„', '‘', '’', '«', '»']);
        word.to_lowercase().replace(['-', ' '], "_")
    };
    let written = plain(written);
    known
        .into_iter()
        .map(|word| (strsim::damerau_levenshtein(&written, &plain(word)), word))
        .filter(|(distance, word)| *distance <= (word.chars().count().max(3) / 3).min(3))
        .min()
        .map(|(_, word)| word)
}
