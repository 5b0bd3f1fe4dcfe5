//! Rules that never apply, always apply, or except what they never reach.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Claim, Found,
    book::{Book, EffectAt, Sought},
    solve::{Goal, Tree, Undeclared, Wants},
    witness::Witness,
};
use crate::{
    domain::{Kind, RuleIx},
    rules::draft::{Action, RuleDraft},
};

/// A query of one of the rule's kinds.
fn sought(book: &Book<'_>, draft: &RuleDraft, goals: &[Goal<'_>]) -> Sought {
    let mut sought = Sought::Never;
    for kind in &draft.kinds {
        match book.find(*kind, goals) {
            Sought::Found(witness) => return Sought::Found(witness),
            Sought::Unsure => sought = Sought::Unsure,
            Sought::Never => {}
        }
    }
    sought
}

/// By rule: a query to which it applies; `None` where none was found. Tells of those that never apply.
pub(super) fn examples(book: &Book<'_>, found: &mut Vec<Found>) -> Vec<(RuleIx, Option<Witness>)> {
    let mut examples = Vec::new();
    for (rule, draft) in book.live() {
        let mut never = !draft.effects.is_empty();
        let mut example = None;
        for effect in 0..draft.effects.len() {
            let Some(goal) = book.certain(EffectAt { rule, effect }) else {
                continue;
            };
            match sought(book, draft, &[goal]) {
                Sought::Found(witness) => {
                    example = Some(*witness);
                    never = false;
                    break;
                }
                Sought::Never => {}
                Sought::Unsure => never = false,
            }
        }
        if never {
            let witness = without_contradiction(book, rule, draft);
            let claim = Claim::NeverMatches(rule);
            found.push(Found { claim, witness });
        }
        examples.push((rule, example));
    }
    examples
}

/// A query that meets as much of the rule as can be met together: its file's demands, else nothing.
fn without_contradiction(book: &Book<'_>, rule: RuleIx, draft: &RuleDraft) -> Option<Witness> {
    let scope: Vec<Goal<'_>> = book
        .own(rule)
        .map(|(scope, _)| (scope, Wants::True))
        .into_iter()
        .collect();
    let in_scope = sought(book, draft, &scope).found();
    in_scope.or_else(|| sought(book, draft, &[]).found())
}

/// Rules whose `when` is written and cannot be false.
pub(super) fn always(book: &Book<'_>, examples: &[(RuleIx, Option<Witness>)]) -> Vec<Found> {
    let cannot_fail = |rule: RuleIx| {
        book.own(rule).is_some_and(|(scope, when)| {
            let goals = [(scope, Wants::True), (when, Wants::False)];
            book.is_never(&goals, Undeclared::Seen)
        })
    };
    let matched = examples.iter().filter(|(_, example)| example.is_some());
    matched
        .filter(|(rule, _)| cannot_fail(*rule))
        .map(|(rule, example)| Found {
            claim: Claim::AlwaysMatches(*rule),
            witness: example.clone(),
        })
        .collect()
}

/// Of this many rules of a file each is told that no test would miss it; of more, all at once.
const ONE_BY_ONE: usize = 5;

/// Rules that count, say more than a note, and that no test would miss; `idle` are those that none could.
pub(super) fn untested(
    book: &Book<'_>,
    examples: &[(RuleIx, Option<Witness>)],
    untested: &[RuleIx],
    idle: &BTreeSet<RuleIx>,
) -> Vec<Found> {
    // The rows of a table are alike: one that is tested vouches for the others.
    let tested: BTreeSet<&str> = book
        .enforced()
        .filter(|(rule, _)| untested.binary_search(rule).is_err())
        .filter_map(|(_, draft)| book.places.table(&draft.card.id))
        .collect();
    let mut by_file: BTreeMap<&str, Vec<RuleIx>> = BTreeMap::new();
    for (rule, draft) in book.enforced() {
        let says = draft
            .effects
            .iter()
            .any(|effect| !matches!(effect.action, Action::Note(_)));
        if says
            && !idle.contains(&rule)
            && !book.places.is_market(&draft.card.id)
            && untested.binary_search(&rule).is_ok()
            && !book
                .places
                .table(&draft.card.id)
                .is_some_and(|table| tested.contains(table))
        {
            by_file.entry(&draft.card.file).or_default().push(rule);
        }
    }
    let groups = by_file.into_values().flat_map(|rules| match rules.len() {
        0..=ONE_BY_ONE => rules.into_iter().map(|rule| vec![rule]).collect(),
        _ => vec![rules],
    });
    let example = |rule: &RuleIx| {
        let of_rule = examples.iter().find(|(known, _)| known == rule);
        of_rule.and_then(|(_, example)| example.clone())
    };
    groups
        .map(|rules| Found {
            witness: rules.first().and_then(example),
            claim: Claim::Untested(rules),
        })
        .collect()
}

/// Campaigns with a market of their own, in which some query meets no start value.
pub(super) fn no_start(book: &Book<'_>) -> Vec<Found> {
    let bands: Vec<EffectAt> = book
        .enforced()
        .flat_map(|(rule, draft)| {
            let effects = draft.effects.iter().enumerate();
            let bands = effects.filter(|(_, effect)| matches!(effect.action, Action::StartAt(_)));
            bands.map(move |(effect, _)| EffectAt { rule, effect })
        })
        .collect();
    let markets = book.markets();
    let found = markets.filter_map(|(campaign, market)| {
        let mut goals: Vec<Goal<'_>> = vec![(market.0, Wants::True), (market.1, Wants::True)];
        goals.extend(
            bands
                .iter()
                .filter_map(|band| Some((book.certain(*band)?.0, Wants::False))),
        );
        let witness = book.find(Kind::Bid, &goals).found()?;
        Some(Found {
            claim: Claim::NoStart(campaign),
            witness: Some(witness),
        })
    });
    found.collect()
}

/// Exemptions that take nothing out of their rule's reach.
pub(super) fn idle_exemptions(book: &Book<'_>, examples: &[(RuleIx, Option<Witness>)]) -> Vec<Found> {
    let mut found = Vec::new();
    for (rule, example) in examples.iter().filter(|(_, example)| example.is_some()) {
        let Some(draft) = book.draft(*rule) else { continue };
        for place in 0..draft.unless.len() {
            let Some(reach) = book.reach_without(*rule, place) else {
                continue;
            };
            let mut goals: Vec<Goal<'_>> = vec![(&reach, Wants::NotFalse)];
            goals.extend(
                book.exempted(*rule)
                    .get(place)
                    .map(|tree: &Tree| (tree, Wants::True)),
            );
            if book.is_never(&goals, Undeclared::Left) {
                found.push(Found {
                    claim: Claim::IdleExemption { rule: *rule, place },
                    witness: example.clone(),
                });
            }
        }
    }
    found
}
