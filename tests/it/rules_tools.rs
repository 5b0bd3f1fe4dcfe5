//! The tools for those who write rules: what they print is true, current, and changes no meaning.

use balustrade::rules::{
    finding_codes,
    syntax::{EFFECTS, effect_keys},
};

#[test]
fn a_finding_code_means_one_mistake() {
    let rows = finding_codes();
    assert!(rows.len() > 50);
    for pair in rows.windows(2) {
        assert_ne!(pair[0].code, pair[1].code);
    }
}

#[test]
fn an_effect_is_listed_once_and_shows_how_it_is_written() {
    let mut keys: Vec<&str> = effect_keys().collect();
    keys.sort_unstable();
    let count = keys.len();
    keys.dedup();
    assert_eq!(keys.len(), count);
    assert!(EFFECTS.iter().all(|row| !row.forms.is_empty()));
}
