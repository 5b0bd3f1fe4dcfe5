//! The declared safe default, as far as it depends on the query.

use std::sync::Arc;

use crate::domain::{
    BrandId, Campaign, CandidateLimits, Choice, DeclaredDefault, Query, Question, SafeDefault,
};

/// Gives each candidate the safe default that is declared for its brand.
pub(super) fn bound(
    limits: &mut [CandidateLimits],
    query: &Query,
    campaigns: &[Arc<Campaign>],
    declared: impl Fn(&BrandId) -> DeclaredDefault,
) {
    for (at, (limits, campaign)) in limits.iter_mut().zip(campaigns).enumerate() {
        let declared = declared(&campaign.brand);
        limits.safe_default = match declared {
            DeclaredDefault::Blocked | DeclaredDefault::Held | DeclaredDefault::Answer(_) => {
                declared.settled()
            }
            DeclaredDefault::Baseline => SafeDefault::Answer(Choice::NotShown),
            DeclaredDefault::LastSplit => last(query, at).map_or(SafeDefault::Held, SafeDefault::Answer),
        };
    }
    if let Question::Recommendation { slots, .. } = query.question {
        list(limits, query, campaigns, slots);
    }
}

/// An arm's part of the last split, where every arm had one.
fn last(query: &Query, at: usize) -> Option<Choice> {
    let Question::Budget(total) = &query.question else {
        return None;
    };
    let every: Option<Vec<_>> = total.last.iter().copied().collect();
    every?.get(at).copied().map(Choice::Share)
}

/// The campaign's list over the slots; items of it that are kept back leave their slot to the next.
fn list(limits: &mut [CandidateLimits], query: &Query, campaigns: &[Arc<Campaign>], slots: u16) {
    let place = |at: usize| {
        let list = campaigns.get(at)?.baselines.list.as_deref()?;
        let id = &query.candidates.get(at)?.id;
        list.iter().position(|item| item == id)
    };
    let listed = |at: usize, limits: &CandidateLimits| {
        let declared = limits.safe_default == SafeDefault::Answer(Choice::NotShown);
        place(at).filter(|_| declared && limits.is_free())
    };
    let each = limits.iter().enumerate();
    let mut items: Vec<(usize, usize)> = each
        .filter_map(|(at, limits)| Some((listed(at, limits)?, at)))
        .collect();
    items.sort_unstable();
    for (slot, (_, at)) in (1..=slots).zip(items) {
        if let Some(limits) = limits.get_mut(at) {
            limits.safe_default = SafeDefault::Answer(Choice::Show(slot));
        }
    }
}
