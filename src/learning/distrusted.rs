use std::collections::HashMap;

use super::example::{Example, KEPT};
use crate::domain::{CampaignId, Timestamp, Word};

/// Who reached for what: a contact, and the campaign for which it did too much.
pub(super) type Who = (CampaignId, Word);

/// Who did more than a person does, and when that was seen last. It is forgotten when no example that could be touched by it is
/// at hand any more.
#[derive(Debug, Default)]
pub(super) struct Distrusted(HashMap<Who, Timestamp>);

impl Distrusted {
    /// Notes that somebody did too much; whether that is new.
    pub(super) fn note(&mut self, who: Who, now: Timestamp) -> bool {
        self.0.insert(who, now).is_none()
    }

    /// Whether an example is of one of them.
    pub(super) fn holds(&self, example: &Example) -> bool {
        !self.0.is_empty() && example.who().is_some_and(|who| self.0.contains_key(&who))
    }

    /// Forgets a contact that was erased.
    pub(super) fn forget_contact(&mut self, contact: &Word) {
        self.0.retain(|(_, known), _| known != contact);
    }

    /// Forgets those of whom nothing was seen for so long that no example of that time is kept.
    pub(super) fn forget(&mut self, now: Timestamp) {
        self.0.retain(|_, seen| now <= seen.plus(KEPT));
    }
}
