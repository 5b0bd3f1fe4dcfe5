use std::fmt;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, ThemeCharacters, ThemeStyles,
};

use super::{Diagnostic, Note, Severity, Sources, say};

/// How a finding is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// For a terminal: colours and lines.
    Terminal,
    /// For files and pipes: no colours.
    Plain,
}

/// A finding as a person reads it: what, where with the source line, what to do. Ends with a line break.
#[must_use]
pub fn render(diagnostic: &Diagnostic, sources: &Sources, style: Style) -> String {
    let theme = match style {
        Style::Terminal => GraphicalTheme::unicode(),
        Style::Plain => GraphicalTheme {
            characters: ThemeCharacters::unicode(),
            styles: ThemeStyles::none(),
        },
    };
    let mut drawn = String::new();
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(110)
        .with_context_lines(1)
        .without_syntax_highlighting();
    match handler.render_report(&mut drawn, &Report::of(diagnostic, sources)) {
        Ok(()) => drawn,
        Err(fmt::Error) => format!("{}: {}\n", diagnostic.code, diagnostic.message),
    }
}

/// A finding in the shape that miette draws.
#[derive(Debug)]
struct Report {
    code: Option<&'static str>,
    severity: miette::Severity,
    message: String,
    help: Option<String>,
    /// `None` for what is said of no file.
    source: Option<NamedSource<String>>,
    labels: Vec<LabeledSpan>,
    related: Vec<Self>,
}

impl Report {
    fn of(diagnostic: &Diagnostic, sources: &Sources) -> Self {
        let same_file = |note: &&Note| note.file == diagnostic.file;
        let source = named(sources, &diagnostic.file);
        let length = source.as_ref().map_or(0, |source| source.inner().len());
        let mut labels = vec![LabeledSpan::new_primary_with_span(
            None,
            clamped(&diagnostic.span, length),
        )];
        labels.extend(diagnostic.related.iter().filter(same_file).map(|note| {
            LabeledSpan::new_with_span(Some(note.message.to_string()), clamped(&note.span, length))
        }));
        Self {
            code: Some(diagnostic.code),
            severity: match diagnostic.severity {
                Severity::Error => miette::Severity::Error,
                Severity::Warning => miette::Severity::Warning,
            },
            message: diagnostic.message.to_string(),
            help: help(diagnostic),
            source,
            labels,
            related: diagnostic
                .related
                .iter()
                .filter(|note| !same_file(note))
                .map(|note| Self::note(note, sources))
                .collect(),
        }
    }

    fn note(note: &Note, sources: &Sources) -> Self {
        let source = named(sources, &note.file);
        let length = source.as_ref().map_or(0, |source| source.inner().len());
        let at = clamped(&note.span, length);
        Self {
            code: None,
            severity: miette::Severity::Advice,
            message: note.message.to_string(),
            help: None,
            source,
            labels: vec![LabeledSpan::new_primary_with_span(None, at)],
            related: Vec::new(),
        }
    }
}

/// What to do, and where to see it.
fn help(diagnostic: &Diagnostic) -> Option<String> {
    let help = diagnostic.help.as_ref().map(ToString::to_string);
    let example = diagnostic.example.as_ref().map(|example| {
        let see = say!(
            "to see it, put this into a test: `given: {}` (with `tests_at: {}`)",
            example.given,
            example.tests_at
        );
        see.to_string()
    });
    let parts: Vec<String> = help.into_iter().chain(example).collect();
    (!parts.is_empty()).then(|| parts.join("\n"))
}

fn named(sources: &Sources, path: &str) -> Option<NamedSource<String>> {
    let source = sources.find(path).and_then(|file| sources.get(file))?;
    let text = String::from_utf8_lossy(&source.bytes).into_owned();
    Some(NamedSource::new(path, text))
}

/// Never beyond the text, also where replaced bytes made it longer or shorter.
fn clamped(span: &std::ops::Range<usize>, length: usize) -> std::ops::Range<usize> {
    let start = span.start.min(length);
    start..span.end.clamp(start, length)
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Report {}

impl miette::Diagnostic for Report {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.code.map(|code| Box::new(code) as Box<dyn fmt::Display>)
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(self.severity)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help
            .as_deref()
            .map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        self.source
            .as_ref()
            .map(|source| source as &dyn miette::SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.source.as_ref()?;
        Some(Box::new(self.labels.iter().cloned()))
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn miette::Diagnostic> + 'a>> {
        if self.related.is_empty() {
            return None;
        }
        Some(Box::new(
            self.related.iter().map(|note| note as &dyn miette::Diagnostic),
        ))
    }
}
