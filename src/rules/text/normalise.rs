use caseless::Caseless;
use unicode_normalization::UnicodeNormalization;

/// Levels what looks or reads alike: NFKC, full case folding, and no invisible characters.
///
/// That is Unicode's toNFKC_Casefold up to the order of its steps. Most text is ASCII with some accented letters
/// of Latin-1, or Cyrillic; those are written straight away, and only the stretches in between take the long way.
#[must_use]
pub fn normalise(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    // Where the last character that cannot join what stands before it begins: in `plain`, in `text`.
    let mut boundary = (0, 0);
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if let Some((c, simple)) = rest.chars().next().and_then(|c| Some((c, simple(c)?))) {
            boundary = (plain.len(), at);
            plain.push(simple);
            at += c.len_utf8();
            continue;
        }
        let end = rest
            .find(simple_boundary)
            .map_or(text.len(), |length| at + length);
        plain.truncate(boundary.0);
        plain.extend(levelled(text.get(boundary.1..end).unwrap_or_default()));
        boundary = (plain.len(), end);
        at = end;
    }
    plain
}

fn simple_boundary(c: char) -> bool {
    simple(c).is_some()
}

/// The plain form of characters that need no thought.
fn simple(c: char) -> Option<char> {
    match c {
        '\0'..='\x7f' => Some(c.to_ascii_lowercase()),
        'à'..='ö' | 'ø'..='þ' | 'а'..='я' => Some(c),
        'À'..='Ö' | 'Ø'..='Þ' | 'А'..='Я' => char::from_u32(u32::from(c) + 0x20),
        _ => None,
    }
}

/// The long way.
fn levelled(text: &str) -> impl Iterator<Item = char> {
    text.chars()
        .filter(|&c| !is_ignorable(c))
        .nfkc()
        .default_case_fold()
        .nfkc()
        .filter(|&c| !is_ignorable(c))
}

/// Unicode's Default_Ignorable_Code_Point: soft hyphens, joiners, direction marks, variation selectors, fillers.
const fn is_ignorable(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}
