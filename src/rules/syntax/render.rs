use std::fmt;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, ThemeCharacters, ThemeStyles,
};

use super::{Diagnostic, Message, Severity, Sources, Told, ToldNote, say, sheet::Cell};
use crate::domain::Language;

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
pub fn render(diagnostic: &Diagnostic, sources: &Sources, style: Style, language: Language) -> String {
    let told = diagnostic.told_beside(sources, language);
    let theme = theme(style);
    let handler = GraphicalReportHandler::new_themed(theme.clone())
        .with_width(WIDTH)
        .with_context_lines(1)
        .without_syntax_highlighting();
    let elsewhere = told.related.iter().filter(|note| note.file != told.file);
    let reports = [Report::of(&told, sources)]
        .into_iter()
        .chain(elsewhere.map(|note| Report::note(note, sources)));
    let mut drawn = String::new();
    for report in reports {
        if handler.render_report(&mut drawn, &report).is_err() {
            return format!("{}: {}\n", told.code, told.message);
        }
    }
    if let Some(cell) = in_sheet(&told) {
        let label = format!("  {}: ", say!("in the sheet").in_language(language));
        drawn += &wrapped(
            &cell.in_language(language),
            &label,
            &theme.styles.help.style(&label).to_string(),
        );
    }
    if let Some(help) = &told.help {
        let label = format!("  {}: ", say!("help").in_language(language));
        drawn += &wrapped(help, &label, &theme.styles.help.style(&label).to_string());
    }
    if let Some(example) = &told.example {
        let label = format!("  {}:", say!("to see it in a test").in_language(language));
        drawn += &theme.styles.help.style(&label).to_string();
        // Not wrapped: these lines are there to be copied.
        drawn += &format!(
            "\n    tests_at: {}\n    given: {}\n",
            example.tests_at, example.given
        );
    }
    drawn
}

/// Where a finding stands in a sheet, as a spreadsheet names it.
fn in_sheet(told: &Told) -> Option<Message> {
    let Cell { row, column, name } = told.cell.as_ref()?;
    Some(match (column, name) {
        (None, _) => say!("row {}", *row),
        (Some(column), None) => say!("cell {}", format!("{column}{row}")),
        (Some(column), Some(name)) => say!("cell {}, in the column `{}`", format!("{column}{row}"), name),
    })
}

/// How many columns a finding may take.
const WIDTH: usize = 110;

fn theme(style: Style) -> GraphicalTheme {
    match style {
        Style::Terminal => GraphicalTheme::unicode(),
        Style::Plain => GraphicalTheme {
            characters: ThemeCharacters::unicode(),
            styles: ThemeStyles::none(),
        },
    }
}

/// A text with a label before it, its later lines below its first.
fn wrapped(text: &str, label: &str, drawn_label: &str) -> String {
    let indent = " ".repeat(label.chars().count());
    let options = textwrap::Options::new(WIDTH - 2)
        .initial_indent(drawn_label)
        .subsequent_indent(&indent)
        .break_words(false);
    textwrap::fill(text, options) + "\n"
}

/// A finding in the shape that miette draws. Its help and its places in other files are drawn beside it: miette
/// has their headings in English only.
#[derive(Debug)]
struct Report {
    code: Option<&'static str>,
    severity: miette::Severity,
    message: String,
    /// `None` for what is said of no file.
    source: Option<NamedSource<String>>,
    labels: Vec<LabeledSpan>,
}

impl Report {
    fn of(told: &Told, sources: &Sources) -> Self {
        let source = named(sources, &told.file);
        let length = source.as_ref().map_or(0, |source| source.inner().len());
        let mut labels = vec![LabeledSpan::new_primary_with_span(
            None,
            clamped(&told.span, length),
        )];
        let here = told.related.iter().filter(|note| note.file == told.file);
        labels.extend(
            here.map(|note| {
                LabeledSpan::new_with_span(Some(note.message.clone()), clamped(&note.span, length))
            }),
        );
        Self {
            code: Some(told.code),
            severity: match told.severity {
                Severity::Error => miette::Severity::Error,
                Severity::Warning => miette::Severity::Warning,
            },
            message: told.message.clone(),
            source,
            labels,
        }
    }

    fn note(note: &ToldNote, sources: &Sources) -> Self {
        let source = named(sources, &note.file);
        let length = source.as_ref().map_or(0, |source| source.inner().len());
        let at = clamped(&note.span, length);
        Self {
            code: None,
            severity: miette::Severity::Advice,
            message: note.message.clone(),
            source,
            labels: vec![LabeledSpan::new_primary_with_span(None, at)],
        }
    }
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

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        self.source
            .as_ref()
            .map(|source| source as &dyn miette::SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.source.as_ref()?;
        Some(Box::new(self.labels.iter().cloned()))
    }
}
