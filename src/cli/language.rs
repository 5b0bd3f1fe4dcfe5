//! In which language a command speaks to people.

use crate::{domain::Language, settings::Settings};

/// Variables that say a person's language, the strongest first, as POSIX has it.
const VARIABLES: [&str; 3] = ["LC_ALL", "LC_MESSAGES", "LANG"];

/// The language that was asked for; else the one of the settings, else that of the environment.
pub(super) fn stated(asked: Option<Language>, settings: &Settings) -> Option<Language> {
    asked.or(settings.rules.language).or_else(of_environment)
}

/// `it_IT.UTF-8` is Italian; of a language that we do not speak nothing follows.
fn of_environment() -> Option<Language> {
    let stated = VARIABLES
        .iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|value| !value.is_empty())?;
    Language::from_tag(&stated)
}

/// Reads `--language`.
pub(super) fn read(tag: &str) -> Result<Language, String> {
    Language::from_tag(tag).ok_or_else(|| {
        let known = Language::ALL.map(Language::tag).join(", ");
        format!("known languages are {known}")
    })
}
