//! The recorded limits and the new ones under one table of rules.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::domain::{
    Active, Attribute, Bounded, Bounds, Campaign, CandidateLimits, CandidateRecord, Effect, Record, RuleCard,
    RuleId, RuleIx, RuleTable, TicketKey,
};

/// The facts that a campaign gives its candidates.
pub(super) const OF_CAMPAIGN: [Attribute; 4] = [
    Attribute::Brand,
    Attribute::Campaign,
    Attribute::Product,
    Attribute::Objective,
];

/// Old limits and new ones, which name the same rules by the same places.
pub(super) struct Joined {
    /// What is asked, inside the new limits.
    pub(super) bounded: Bounded,
    /// The recorded limits.
    pub(super) old: Vec<CandidateLimits>,
    /// The rules that do something else now, to any candidate.
    pub(super) edited: BTreeSet<RuleIx>,
}

/// Where each rule stands in the common table.
type Places = BTreeMap<RuleId, RuleIx>;

impl Joined {
    /// What `fresh` says under the tried rulebook, with the recorded effects of the rules that are the same.
    pub(super) fn of(record: &Record, mut fresh: Bounded, same: &BTreeSet<RuleId>) -> Self {
        let (table, places) = common(record, &fresh);
        let old: Vec<CandidateLimits> = record
            .candidates
            .iter()
            .map(|candidate| moved(&candidate.limits, &record.rules, &places))
            .collect();
        let none = BTreeSet::new();
        for (place, limits) in fresh.limits.iter_mut().enumerate() {
            let (Some(candidate), Some(old)) = (record.candidates.get(place), old.get(place)) else {
                continue;
            };
            let campaign = fresh.campaigns.get(place);
            let alike = campaign.is_some_and(|campaign| is_alike(candidate, campaign));
            let same = if alike { same } else { &none };
            let is_same = |rule: RuleIx| {
                let id = table.get(rule).map(|card| &card.id);
                id.is_some_and(|id| same.contains(id) || id.as_str().starts_with("stop/"))
            };
            let anew = moved(limits, &fresh.rules, &places);
            *limits = CandidateLimits {
                effects: chosen(&old.effects, &anew.effects, is_same),
                shadow: chosen(&old.shadow, &anew.shadow, is_same),
                ..anew
            };
        }
        fresh.rules = Arc::new(table);
        lift(&mut fresh, &record.approvals);
        let edited = edited(&old, &fresh.limits);
        Self {
            bounded: fresh,
            old,
            edited,
        }
    }

    /// Whether nothing that decides is another.
    pub(super) fn is_unchanged(&self) -> bool {
        let beside = |limits: &CandidateLimits| (limits.budget_left, limits.safe_default, limits.auction);
        let mut pairs = self.old.iter().zip(&self.bounded.limits);
        self.edited.is_empty() && pairs.all(|(old, new)| beside(old) == beside(new))
    }

    /// The recorded limits with what one rule does now in place of what it did.
    pub(super) fn with_edit(&self, rule: RuleIx) -> Vec<CandidateLimits> {
        let pairs = self.old.iter().zip(&self.bounded.limits);
        pairs
            .map(|(old, new)| CandidateLimits {
                effects: chosen(&old.effects, &new.effects, |of| of != rule),
                ..old.clone()
            })
            .collect()
    }
}

/// Whether a campaign still states what its candidate carried then.
fn is_alike(candidate: &CandidateRecord, campaign: &Campaign) -> bool {
    let stated = |attribute| candidate.facts.get(attribute) == campaign.facts.get(attribute);
    candidate.brand == campaign.brand
        && candidate.currency == campaign.currency
        && OF_CAMPAIGN.iter().all(stated)
}

/// Every rule that either side names; of one id the new card counts.
fn common(record: &Record, fresh: &Bounded) -> (RuleTable, Places) {
    let mut cards: BTreeMap<RuleId, RuleCard> = record
        .rules
        .iter()
        .map(|card| (card.id.clone(), card.clone()))
        .collect();
    for limits in &fresh.limits {
        let named = limits.effects.iter().chain(limits.shadow.iter());
        for card in named.filter_map(|active| fresh.rules.get(active.rule)) {
            cards.insert(card.id.clone(), card.clone());
        }
    }
    let table = RuleTable::new(cards.into_values().collect());
    let places = (0..).map(RuleIx).zip(table.iter());
    let places = places.map(|(place, card)| (card.id.clone(), place)).collect();
    (table, places)
}

fn moved(limits: &CandidateLimits, table: &RuleTable, places: &Places) -> CandidateLimits {
    let place = |rule: RuleIx| places.get(&table.get(rule)?.id).copied();
    let bounds = |bounds: &Bounds| -> Bounds {
        let each = bounds.iter().filter_map(|active| {
            Some(Active {
                rule: place(active.rule)?,
                ..active.clone()
            })
        });
        each.collect()
    };
    CandidateLimits {
        effects: bounds(&limits.effects),
        shadow: bounds(&limits.shadow),
        skipped: limits.skipped.iter().filter_map(|rule| place(*rule)).collect(),
        ..limits.clone()
    }
}

/// The old effects of some rules, and the new ones of the others.
fn chosen(old: &Bounds, new: &Bounds, is_old: impl Fn(RuleIx) -> bool) -> Bounds {
    let kept = old.iter().filter(|active| is_old(active.rule));
    let fresh = new.iter().filter(|active| !is_old(active.rule));
    kept.chain(fresh).cloned().collect()
}

/// Takes out the holds that had been approved.
fn lift(bounded: &mut Bounded, approvals: &[TicketKey]) {
    if approvals.is_empty() {
        return;
    }
    let is_lifted = |place: usize, active: &Active| {
        let Effect::Hold(_) = active.effect else {
            return false;
        };
        let key = bounded
            .rules
            .get(active.rule)
            .and_then(|card| TicketKey::of(card, bounded, place));
        key.is_some_and(|key| approvals.contains(&key))
    };
    let left = bounded.limits.iter().enumerate().map(|(place, limits)| {
        let effects = limits.effects.iter().filter(|active| !is_lifted(place, active));
        CandidateLimits {
            effects: effects.cloned().collect(),
            ..limits.clone()
        }
    });
    bounded.limits = left.collect();
}

/// The rules of which an effect came or went.
fn edited(old: &[CandidateLimits], new: &[CandidateLimits]) -> BTreeSet<RuleIx> {
    let differing = |a: &Bounds, b: &Bounds| -> Vec<RuleIx> {
        let only = a.iter().filter(|active| !b.iter().any(|other| other == *active));
        only.map(|active| active.rule).collect()
    };
    let pairs = old.iter().zip(new);
    pairs
        .filter(|(old, new)| old.effects != new.effects)
        .flat_map(|(old, new)| {
            [
                differing(&old.effects, &new.effects),
                differing(&new.effects, &old.effects),
            ]
        })
        .flatten()
        .collect()
}
