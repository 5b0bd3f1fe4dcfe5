//! Rules that change nothing, because another says as much wherever they apply.
//!
//! Whatever covers a rule applies to every query to which the rule does, so also to the one that stands as its
//! example: of all rules only those that match there need a closer look. Where several blocks cover it between
//! them one of them does, and the others are those that it can meet.

use super::{
    Claim, Found,
    amounts::is_within,
    book::{Book, EffectAt},
    gist::{Gist, Register},
    plain::Plain,
    solve::{Goal, Undeclared},
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
pub(super) fn covered(
    book: &Book<'_>,
    gists: &[Gist<'_>],
    examples: &[(RuleIx, Option<Witness>)],
) -> Vec<Found> {
    let plain = Plain::of(book);
    let blocks = Blocks::of(book, gists);
    let mut found = Vec::new();
    for (rule, example) in examples {
        let (Some(draft), Some(example)) = (book.draft(*rule), example) else {
            continue;
        };
        if draft.mode != Mode::Enforce || only_notes(draft) {
            continue;
        }
        let others = others(book, *rule, &plain.filled(example));
        let claim = by_block(book, *rule, draft, &others)
            .or_else(|| blocks.together(book, *rule, draft, gists, &others));
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
    let limits = example.limits(book.rulebook);
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

fn is_block(action: &Action) -> bool {
    matches!(action, Action::Block | Action::Exclude)
}

/// Blocks that are looked at together.
const TOGETHER: usize = 12;

/// Every block that counts.
struct Blocks<'g> {
    all: Vec<EffectAt>,
    register: Register<'g, 'g>,
}

impl<'g> Blocks<'g> {
    fn of(book: &'g Book<'_>, gists: &'g [Gist<'g>]) -> Self {
        let blocks = book.enforced().flat_map(|(rule, draft)| {
            let effects = draft.effects.iter().enumerate();
            let blocks = effects.filter(|(_, effect)| is_block(&effect.action));
            blocks
                .filter_map(move |(effect, _)| Some((EffectAt { rule, effect }, gists.get(rule.0 as usize)?)))
        });
        let (all, gists) = blocks.unzip();
        Self {
            all,
            register: Register::new(gists, &book.terms),
        }
    }

    /// Blocks that cover a rule between them, as few as will do; one of them has to apply in its example.
    ///
    /// Of a rule that blocks too only stronger ones are asked: of rules that cover each other one has to stay.
    fn together(
        &self,
        book: &Book<'_>,
        rule: RuleIx,
        draft: &RuleDraft,
        gists: &[Gist<'_>],
        others: &[EffectAt],
    ) -> Option<Claim> {
        let may_cover = |by: &EffectAt| {
            let blocks = draft.effects.iter().any(|effect| is_block(&effect.action));
            let tier = book.draft(by.rule).map(|by| by.card.tier);
            by.rule != rule
                && (by.rule < rule || !blocks)
                && tier.is_some_and(|tier| tier >= draft.card.tier)
                && speaks_for(book, *by, draft)
        };
        let first = others.iter().find(|by| {
            let action = book.action(**by);
            action.is_some_and(is_block) && may_cover(by)
        })?;
        let near = self.register.near(gists.get(rule.0 as usize)?, &book.terms);
        let near = near.into_iter().filter_map(|at| self.all.get(at).copied());
        let near = near.filter(|by| by != first && may_cover(by));
        let mut by: Vec<EffectAt> = std::iter::once(*first).chain(near).take(TOGETHER).collect();
        if !cover(book, rule, &by) {
            return None;
        }
        for at in (0..by.len()).rev() {
            let mut fewer = by.clone();
            fewer.remove(at);
            if cover(book, rule, &fewer) {
                by = fewer;
            }
        }
        let mut by: Vec<RuleIx> = by.iter().map(|by| by.rule).collect();
        by.sort_unstable();
        by.dedup();
        Some(Claim::CoveredTogether { rule, by })
    }
}

/// Whether wherever a rule does anything one of these effects is in force.
fn cover(book: &Book<'_>, rule: RuleIx, by: &[EffectAt]) -> bool {
    let goals: Option<Vec<Goal<'_>>> = std::iter::once(book.acts(rule))
        .chain(by.iter().map(|by| book.idle(*by)))
        .collect();
    goals.is_some_and(|goals| book.is_never(&goals, Undeclared::Left))
}

fn by_block(book: &Book<'_>, rule: RuleIx, draft: &RuleDraft, others: &[EffectAt]) -> Option<Claim> {
    let blocks = others.iter().filter(|by| {
        let action = book.action(**by);
        action.is_some_and(is_block) && speaks_for(book, **by, draft)
    });
    let covers = |by: &EffectAt| cover(book, rule, &[*by]);
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
    let mut own = (0..draft.effects.len()).map(|effect| EffectAt { rule, effect });
    own.any(|own| book.action(own).is_some_and(is_block) && cover(book, other.rule, &[own]))
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
