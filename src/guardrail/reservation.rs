//! What an answer takes of a budget and of a contact's patience is reserved before it leaves.
//!
//! Limits were read some microseconds ago, and another query may have taken the last of it since. Check and
//! reservation are one step of the ledger, so of two answers that would be one too many only one leaves.

use super::enforce::Enforced;
use crate::domain::{Cap, CapKey, Choice, Effect, Frequency, Ledger, Micros, Timestamp};

/// Reserves what is bid or sent; what is no longer to be had is taken out of the answer.
pub(super) fn reserve(ledger: &dyn Ledger, enforced: &mut Enforced) {
    let choices = enforced.answers().iter().map(|answer| answer.choice);
    let taking: Vec<(usize, Taking)> = choices
        .enumerate()
        .filter_map(|(candidate, choice)| Some((candidate, Taking::of(choice?, enforced)?)))
        .collect();
    for (candidate, taking) in taking {
        if let Some(price) = taking.price
            && !reserve_price(ledger, enforced, candidate, price)
        {
            enforced.out_of_budget(candidate);
        } else {
            reserve_contact(ledger, enforced, candidate, taking.at);
        }
    }
}

/// What an answer takes: a part of a budget, and a contact at an instant.
#[derive(Debug, Clone, Copy)]
struct Taking {
    price: Option<Micros>,
    at: Timestamp,
}

impl Taking {
    fn of(choice: Choice, enforced: &Enforced) -> Option<Self> {
        match choice {
            Choice::Bid(price) => Some(Self {
                price: Some(price),
                at: enforced.bounded().query.now,
            }),
            Choice::Send(at) => Some(Self { price: None, at }),
            Choice::NoBid(_) | Choice::Show(_) | Choice::NotShown | Choice::Share(_) | Choice::Score(_) => {
                None
            }
        }
    }
}

/// Whether the price is within what is left of the budget, where there is one.
fn reserve_price(ledger: &dyn Ledger, enforced: &Enforced, candidate: usize, price: Micros) -> bool {
    let bounded = enforced.bounded();
    let campaign = bounded.campaigns.get(candidate);
    campaign
        .and_then(|campaign| campaign.budget)
        .is_none_or(|budget| ledger.reserve(&bounded.query, candidate, budget, price).is_ok())
}

fn reserve_contact(ledger: &dyn Ledger, enforced: &mut Enforced, candidate: usize, at: Timestamp) {
    let caps = caps(enforced, candidate);
    if caps.is_empty() {
        return;
    }
    let query = &enforced.bounded().query;
    if let Err(exceeded) = ledger.reserve_contact(query, candidate, at, &caps) {
        enforced.reached(candidate, exceeded);
    }
}

/// The caps in force for a candidate whose contact is named; where it is not, they have let nothing leave.
fn caps(enforced: &Enforced, candidate: usize) -> Vec<(CapKey, Frequency)> {
    let bounded = enforced.bounded();
    let (Some(limits), Some(campaign)) = (bounded.limits.get(candidate), bounded.campaigns.get(candidate))
    else {
        return Vec::new();
    };
    let key = |cap: &Cap| CapKey::of(&bounded.query, candidate, &campaign.brand, cap.reach);
    let caps = limits.effects.iter().filter_map(|active| {
        let Effect::Cap(cap) = &active.effect else {
            return None;
        };
        Some((key(cap)?, cap.frequency()))
    });
    caps.collect()
}
