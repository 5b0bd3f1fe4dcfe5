//! Which ids may name a contact: pseudonyms, never an address at which a person can be reached.

/// Whether an id is likely an e-mail address, or a telephone number in a written form: with `+`, `00` or
/// separators before or between 7 to 15 digits. Bare digits are taken for a number of the deployment's own.
#[must_use]
pub fn reaches_a_person(id: &str) -> bool {
    let id = id.trim();
    let mail = id
        .split_once('@')
        .is_some_and(|(user, host)| !user.is_empty() && host.contains('.'));
    let written = id.starts_with('+') || id.starts_with("00") || id.contains([' ', '(', ')', '.', '-', '/']);
    let digits = id.bytes().filter(u8::is_ascii_digit).count();
    let only = id
        .chars()
        .all(|letter| letter.is_ascii_digit() || "+ ().-/".contains(letter));
    mail || (written && only && (7..=15).contains(&digits))
}
