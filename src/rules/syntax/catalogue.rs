use crate::domain::Language;

/// What a template is in a language; nothing where it has not been translated.
pub(super) fn translated(_template: &str, language: Language) -> Option<&'static str> {
    match language {
        Language::English | Language::Italian | Language::Spanish => None,
    }
}
