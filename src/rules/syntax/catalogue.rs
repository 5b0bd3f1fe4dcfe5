//! Translations of messages: one gettext catalogue a language.
//!
//! The files are in the format of translators' tools (`.po`), so that nobody who translates needs Rust. They are
//! part of the program and are read once, at the first message in their language. Of the format only what those
//! tools write for plain messages is understood: comments, `msgid` and `msgstr`, each in one or several quoted
//! lines. Entries that are empty or marked `fuzzy` count as not translated.

use std::{collections::HashMap, sync::LazyLock};

use crate::domain::Language;

/// The translations into one language.
#[derive(Debug, Default)]
pub struct Catalogue {
    entries: HashMap<String, String>,
    faults: Vec<usize>,
}

/// The catalogue of a language; none for the one in which messages are written.
#[must_use]
pub fn catalogue(language: Language) -> Option<&'static Catalogue> {
    static ITALIAN: LazyLock<Catalogue> =
        LazyLock::new(|| Catalogue::read(include_str!("../messages/it.po")));
    static SPANISH: LazyLock<Catalogue> =
        LazyLock::new(|| Catalogue::read(include_str!("../messages/es.po")));
    match language {
        Language::English => None,
        Language::Italian => Some(&ITALIAN),
        Language::Spanish => Some(&SPANISH),
    }
}

/// The text in a language; the English one where it has not been translated.
#[must_use]
pub fn translated(text: &str, language: Language) -> &str {
    let catalogue = catalogue(language);
    catalogue
        .and_then(|catalogue| catalogue.get(text))
        .unwrap_or(text)
}

// === impl Catalogue ===

impl Catalogue {
    /// Reads the text of a `.po` file.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let mut reader = Reader::default();
        for (number, line) in (1..).zip(text.lines()) {
            if reader.line(line.trim()).is_none() {
                reader.catalogue.faults.push(number);
            }
        }
        reader.end_entry();
        reader.catalogue
    }

    /// What an English template is in this language; nothing where it has not been translated.
    #[must_use]
    pub fn get(&self, template: &str) -> Option<&str> {
        self.entries.get(template).map(String::as_str)
    }

    /// Every English template with its translation.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &str)> {
        let entries = self.entries.iter();
        entries.map(|(template, translation)| (template.as_str(), translation.as_str()))
    }

    /// The lines, from 1, that are not understood.
    #[must_use]
    pub fn faults(&self) -> &[usize] {
        &self.faults
    }
}

/// Which of the two texts a quoted line goes on with.
#[derive(Default)]
enum At {
    #[default]
    Template,
    Translation,
}

#[derive(Default)]
struct Reader {
    catalogue: Catalogue,
    template: String,
    translation: String,
    fuzzy: bool,
    at: At,
}

impl Reader {
    /// `None` where the line is not understood.
    fn line(&mut self, line: &str) -> Option<()> {
        if let Some(flags) = line.strip_prefix("#,") {
            self.end_entry();
            self.fuzzy = flags.split(',').any(|flag| flag.trim() == "fuzzy");
        } else if let Some(quoted) = line.strip_prefix("msgid ") {
            if matches!(self.at, At::Translation) {
                self.end_entry();
            }
            self.template = unquoted(quoted)?;
        } else if let Some(quoted) = line.strip_prefix("msgstr ") {
            self.translation = unquoted(quoted)?;
            self.at = At::Translation;
        } else if line.starts_with('"') {
            let more = unquoted(line)?;
            match self.at {
                At::Template => self.template.push_str(&more),
                At::Translation => self.translation.push_str(&more),
            }
        } else if !line.is_empty() && !line.starts_with('#') {
            return None;
        }
        Some(())
    }

    /// The entry with the empty template is the head of the file.
    fn end_entry(&mut self) {
        let Self {
            catalogue,
            template,
            translation,
            fuzzy,
            at,
        } = self;
        let (template, translation) = (std::mem::take(template), std::mem::take(translation));
        if !template.is_empty() && !translation.is_empty() && !*fuzzy {
            catalogue.entries.insert(template, translation);
        }
        *fuzzy = false;
        *at = At::Template;
    }
}

/// `"a \"b\""` as `a "b"`.
fn unquoted(quoted: &str) -> Option<String> {
    let inside = quoted.trim().strip_prefix('"')?.strip_suffix('"')?;
    let mut text = String::with_capacity(inside.len());
    let mut characters = inside.chars();
    while let Some(character) = characters.next() {
        text.push(match character {
            '"' => return None,
            '\\' => match characters.next()? {
                'n' => '\n',
                't' => '\t',
                plain @ ('"' | '\\') => plain,
                _ => return None,
            },
            plain => plain,
        });
    }
    Some(text)
}
