//! Holds that somebody approved: what the caller names and what was approved lifts the hold, and nothing else.

use std::sync::Arc;

use crate::domain::{Bounded, CandidateLimits, Effect, TicketKey, Timestamp};

/// Knows which holds were approved.
pub trait Approvals: Send + Sync {
    /// Whether the approval of this ticket lifts its hold now for that caller: nobody's own approval does. One that serves
    /// once is used up by a yes.
    fn lifts(&self, ticket: TicketKey, caller: Option<&str>, now: Timestamp) -> bool;
}

/// Takes out the holds whose tickets the caller names and somebody approved; answers those tickets.
///
/// A ticket names the rule and the very content that is held, and is made here anew from what is asked, under the
/// rulebook in force: an approval of something else finds nothing to lift. A block stays a block.
pub(super) fn lifted(
    mut bounded: Bounded,
    named: &[TicketKey],
    approvals: Option<&Arc<dyn Approvals>>,
) -> (Bounded, Vec<TicketKey>) {
    let Some(approvals) = approvals.filter(|_| !named.is_empty()) else {
        return (bounded, Vec::new());
    };
    let mut lifted: Vec<TicketKey> = Vec::new();
    let mut is_lifted = |key: TicketKey| {
        if lifted.contains(&key) {
            return true;
        }
        let query = &bounded.query;
        let lifts = named.contains(&key) && approvals.lifts(key, query.caller.as_deref(), query.now);
        if lifts {
            lifted.push(key);
        }
        lifts
    };
    let left: Vec<CandidateLimits> = (0..bounded.limits.len())
        .filter_map(|place| without(&bounded, place, &mut is_lifted))
        .collect();
    bounded.limits = left;
    (bounded, lifted)
}

/// The limits of the candidate at that place without the holds that are lifted.
fn without(
    bounded: &Bounded,
    place: usize,
    is_lifted: &mut impl FnMut(TicketKey) -> bool,
) -> Option<CandidateLimits> {
    let limits = bounded.limits.get(place)?;
    let left = limits.effects.iter().filter(|active| {
        let Effect::Hold(_) = active.effect else {
            return true;
        };
        let card = bounded.rules.get(active.rule);
        let key = card.and_then(|card| TicketKey::of(card, bounded, place));
        !key.is_some_and(&mut *is_lifted)
    });
    Some(CandidateLimits {
        effects: left.cloned().collect(),
        ..limits.clone()
    })
}
