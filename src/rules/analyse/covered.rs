//! Rules that change nothing, because another says as much wherever they apply.
//!
//! Whatever covers a rule applies to every query to which the rule does, so also to the one that stands as its
//! example: of all rules only those that match there need a closer look.

use super::{
    Claim, Found,
    amounts::is_within,
    book::{Book, EffectAt},
    plain::Plain,
    solve::Undeclared,
    witness::Witness,
};
use crate::{
    domain::RuleIx,
    rules::{
        draft::{Action, RuleDraft},
        syntax::ast::Mode,
    },
};

/// Finds rules that a block covers and bounds that another bound dominates.
pub(super) fn covered(book: &Book<'_>, examples: &[(RuleIx, Option<Witness>)]) -> Vec<Found> {
    let plain = Plain::of(book);
    let mut found = Vec::new();
    for (rule, example) in examples {
        let (Some(draft), Some(example)) = (book.draft(*rule), example) else {
            continue;
        };
        if draft.mode != Mode::Enforce || only_notes(draft) {
            continue;
        }
        let others = others(book, *rule, &plain.filled(example));
        let claim = by_block(book, *rule, draft, &others);
        let claims = claim.map_or_else(|| by_bounds(book, *rule, draft, &others), |claim| vec![claim]);
        found.extend(claims.into_iter().map(|claim| Found {
            claim,
            witness: Some(example.clone()),
        }));
    }
    found
}

fn only_notes(draft: &RuleDraft) -> bool {
    let is_note = |action: &Action| matches!(action, Action::Note(_));
    draft.effects.iter().all(|effect| is_note(&effect.action))
}

/// The effects of other rules that are in force in the example and could make this rule idle.
fn others(book: &Book<'_>, rule: RuleIx, example: &Witness) -> Vec<EffectAt> {
    let campaigns = [example.campaign.clone()];
    let limits = book.rulebook.limits(&example.query, &campaigns, &example.ledger);
    let active = limits.iter().flat_map(|limits| limits.effects.iter());
    let mut rules: Vec<RuleIx> = active
        .filter(|active| active.rule != rule)
        .map(|active| active.rule)
        .collect();
    rules.sort_unstable();
    rules.dedup();
    let effects = |rule: RuleIx| {
        let count = book.draft(rule).map_or(0, |draft| draft.effects.len());
        (0..count).map(move |effect| EffectAt { rule, effect })
    };
    rules.into_iter().flat_map(effects).collect()
}

fn by_block(book: &Book<'_>, rule: RuleIx, draft: &RuleDraft, others: &[EffectAt]) -> Option<Claim> {
    let blocks = others.iter().filter(|by| {
        let action = book.action(**by);
        action.is_some_and(|action| matches!(action, Action::Block | Action::Exclude))
            && speaks_for(book, **by, draft)
    });
    let covers = |by: &EffectAt| {
        let goals = book
            .acts(rule)
            .zip(book.idle(*by))
            .map(|(acts, idle)| [acts, idle]);
        goals.is_some_and(|goals| book.is_never(&goals, Undeclared::Left))
    };
    let mut covering = blocks.filter(|by| {
        let stronger = by.rule < rule
            || book
                .draft(by.rule)
                .is_some_and(|by| by.card.tier > draft.card.tier);
        let no_lower = book
            .draft(by.rule)
            .is_some_and(|by| by.card.tier >= draft.card.tier);
        no_lower && covers(by) && (stronger || !blocks_as_much(book, rule, draft, **by))
    });
    covering.next().map(|by| Claim::Covered { rule, by: by.rule })
}

/// Whether the rule, itself a block, covers the other in turn: of two that are equal only one is told.
fn blocks_as_much(book: &Book<'_>, rule: RuleIx, draft: &RuleDraft, other: EffectAt) -> bool {
    let is_block = |action: &Action| matches!(action, Action::Block | Action::Exclude);
    let mut own = (0..draft.effects.len()).map(|effect| EffectAt { rule, effect });
    own.any(|own| {
        book.action(own).is_some_and(is_block)
            && book
                .acts(other.rule)
                .zip(book.idle(own))
                .is_some_and(|(acts, idle)| book.is_never(&[acts, idle], Undeclared::Left))
    })
}

fn by_bounds(book: &Book<'_>, rule: RuleIx, draft: &RuleDraft, others: &[EffectAt]) -> Vec<Claim> {
    let effects = draft.effects.iter().enumerate();
    let claims = effects.filter_map(|(effect, this)| {
        let own = EffectAt { rule, effect };
        let by = others.iter().find(|by| {
            let action = book.action(**by);
            let tighter = action.is_some_and(|action| is_within(action, &this.action));
            tighter
                && speaks_for(book, **by, draft)
                && dominates(book, **by, own)
                && !(action == Some(&this.action) && own < **by && dominates(book, own, **by))
        })?;
        Some(Claim::Dominated { bound: own, by: *by })
    });
    claims.collect()
}

/// Whether the first of two effects is in force wherever the second is.
fn dominates(book: &Book<'_>, by: EffectAt, own: EffectAt) -> bool {
    let goals = book.in_force(own).zip(book.idle(by));
    goals.is_some_and(|(own, idle)| book.is_never(&[own, idle], Undeclared::Left))
}

/// Whether a rule speaks of every kind that the other speaks of.
fn speaks_for(book: &Book<'_>, by: EffectAt, draft: &RuleDraft) -> bool {
    let by = book.draft(by.rule);
    by.is_some_and(|by| draft.kinds.iter().all(|kind| by.kinds.contains(kind)))
}
