use tonic::metadata::MetadataMap;

use crate::domain::Language;

/// The language in which a caller wants sentences: the first of `accept-language` that we speak, by its weights,
/// else the one of the settings.
///
/// The header is read as HTTP has it (RFC 9110, 12.5.4): `it-IT, es;q=0.8`.
pub(super) fn language_of(metadata: &MetadataMap, otherwise: Language) -> Language {
    let stated = metadata
        .get("accept-language")
        .and_then(|text| text.to_str().ok());
    stated.and_then(preferred).unwrap_or(otherwise)
}

fn preferred(stated: &str) -> Option<Language> {
    let mut wanted: Vec<(f32, Language)> = stated.split(',').filter_map(weighted).collect();
    // A stable sort: of two with one weight the first counts.
    wanted.sort_by(|a, b| b.0.total_cmp(&a.0));
    wanted.first().map(|(_, language)| *language)
}

/// `es;q=0.8`; nothing of a language that we do not speak, or that is not wanted.
fn weighted(entry: &str) -> Option<(f32, Language)> {
    let (tag, parameters) = entry.split_once(';').unwrap_or((entry, ""));
    let weight = match parameters.trim().strip_prefix("q=") {
        Some(weight) => weight.trim().parse().ok()?,
        None => 1.0,
    };
    (weight > 0.0).then_some((weight, Language::from_tag(tag.trim())?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_wanted_language_that_we_speak_is_spoken() {
        assert_eq!(preferred("it"), Some(Language::Italian));
        assert_eq!(preferred("de-DE, es-ES;q=0.7, it;q=0.8"), Some(Language::Italian));
        assert_eq!(preferred("es, it"), Some(Language::Spanish));
        assert_eq!(preferred("it;q=0, en;q=0.1"), Some(Language::English));
        assert_eq!(preferred("de, fr"), None);
        assert_eq!(preferred(""), None);
    }
}
