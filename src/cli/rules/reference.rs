use super::{Ended, print};
use crate::{domain::Language, rules::reference::reference};

pub(super) fn run(language: Language) -> anyhow::Result<Ended> {
    print(reference(language).trim_end())?;
    Ok(Ended::Fine)
}
