use smallvec::SmallVec;

use super::{
    effect::Target,
    predicate::{Predicate, Sight, all},
    symbols::Preparing,
};
use crate::{
    domain::{
        Active, CandidateLimits, Certainty, Effect, Kind, Ledger, Query, RuleIx, Tier, Timestamp, Word,
    },
    rules::{
        Lexicon,
        calendar::Holidays,
        condition::{Condition, Test, Truth},
        draft::{Action, RuleDraft},
        syntax::ast::{IfUnknown, Mode},
        vocabulary::{Scope, Vocabulary},
    },
};

/// Who is asked where a rule says `if_unknown: hold`.
const APPROVER: &str = "approver";

/// A rule, ready to be judged.
#[derive(Debug)]
pub(super) struct Rule {
    ix: RuleIx,
    tier: Tier,
    kinds: Vec<Kind>,
    shadow: bool,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    /// What the query alone decides.
    query: Vec<Part>,
    /// What takes a candidate to decide, and texts, which are searched last.
    rest: Vec<Part>,
    if_unknown: IfUnknown,
    effects: Vec<(Option<Predicate>, Action)>,
}

/// One of the conditions that must all hold.
#[derive(Debug)]
struct Part {
    predicate: Predicate,
    /// From when on it holds whatever the facts: an exception that has ended.
    ended_at: Option<Timestamp>,
}

impl Part {
    fn truth(&self, sight: Sight<'_, '_>, now: Timestamp) -> Truth {
        if self.ended_at.is_some_and(|end| end <= now) {
            return Truth::True;
        }
        self.predicate.truth(sight)
    }
}

/// What a rule is judged under, beside the facts.
#[derive(Clone, Copy)]
pub(in crate::rules) struct Setting<'q> {
    pub(in crate::rules) query: &'q Query,
    pub(in crate::rules) ledger: &'q dyn Ledger,
    pub(in crate::rules) lexicon: &'q Lexicon,
    pub(in crate::rules) holidays: &'q Holidays,
}

impl Rule {
    pub(super) fn new(ix: RuleIx, draft: &RuleDraft, preparing: &mut Preparing<'_>) -> Self {
        let (query, rest) = parts(draft, preparing);
        let guard = |guard: &Option<Condition>, preparing: &mut Preparing<'_>| {
            guard.as_ref().map(|guard| Predicate::of(guard, preparing))
        };
        let effects = draft.effects.iter();
        Self {
            ix,
            tier: draft.card.tier,
            kinds: draft.kinds.clone(),
            shadow: draft.mode == Mode::Shadow,
            from: draft.from,
            until: draft.until,
            query,
            rest,
            if_unknown: draft.if_unknown,
            effects: effects
                .map(|effect| (guard(&effect.guard, preparing), effect.action.clone()))
                .collect(),
        }
    }

    /// What the query alone says of it; false where it is not in force.
    pub(super) fn opened(&self, sight: Sight<'_, '_>, query: &Query) -> Truth {
        let now = query.now;
        let in_force = self.from.is_none_or(|from| from <= now)
            && self.until.is_none_or(|until| now < until)
            && self.kinds.contains(&query.question.kind());
        if !in_force {
            return Truth::False;
        }
        all(self.query.iter().map(|part| part.truth(sight, now)))
    }

    /// Adds what it does to one candidate; `opened` is what the query alone said.
    pub(super) fn act(
        &self,
        opened: Truth,
        sight: Sight<'_, '_>,
        target: Target<'_>,
        limits: &mut CandidateLimits,
    ) {
        let now = target.setting.query.now;
        let rest = self.rest.iter().map(|part| part.truth(sight, now));
        let truth = all(std::iter::once(opened).chain(rest));
        if truth == Truth::False {
            return;
        }
        for (guard, action) in &self.effects {
            let guard = guard.as_ref().map_or(Truth::True, |guard| guard.truth(sight));
            self.settle(truth.and(guard), action, target, limits);
        }
    }

    fn settle(&self, truth: Truth, action: &Action, target: Target<'_>, limits: &mut CandidateLimits) {
        let effect = || target.effect(action);
        let (certainty, effect) = match (truth, self.if_unknown) {
            (Truth::False, _) => return,
            (Truth::True, _) => (Certainty::Certain, effect()),
            (Truth::Unknown, IfUnknown::Apply) => (Certainty::Unknown, effect()),
            (Truth::Unknown, IfUnknown::Hold) => (Certainty::Unknown, approval()),
            (Truth::Unknown, IfUnknown::Skip) => return self.skip(limits),
        };
        let Some(effect) = effect else {
            return;
        };
        let active = Active {
            certainty,
            rule: self.ix,
            tier: self.tier,
            effect,
        };
        if self.shadow {
            limits.shadow.insert(active);
        } else {
            limits.effects.insert(active);
        }
    }

    fn skip(&self, limits: &mut CandidateLimits) {
        if !self.shadow
            && let Err(at) = limits.skipped.binary_search(&self.ix)
        {
            limits.skipped.insert(at, self.ix);
        }
    }
}

fn approval() -> Option<Effect> {
    Some(Word::new(APPROVER).map_or(Effect::Block, Effect::Hold))
}

/// Splits the conditions of a rule by what it takes to judge them, cheap before dear.
fn parts(draft: &RuleDraft, preparing: &mut Preparing<'_>) -> (Vec<Part>, Vec<Part>) {
    let demanded = draft.when.iter().map(|condition| (condition, false, None));
    let exempted = draft
        .unless
        .iter()
        .map(|exemption| (&exemption.condition, true, exemption.until));
    let mut sorted: Vec<(Needs, Part)> = Vec::new();
    for (condition, negated, ended_at) in demanded.chain(exempted) {
        let predicate = Predicate::of(condition, preparing);
        let predicate = if negated {
            Predicate::Not(Box::new(predicate))
        } else {
            predicate
        };
        sorted.push((
            Needs::of(condition, preparing.vocabulary),
            Part { predicate, ended_at },
        ));
    }
    sorted.sort_by_key(|(needs, _)| (needs.search, needs.candidate));
    let per_candidate = sorted.iter().any(|(needs, _)| needs.candidate);
    let (query, rest): (SmallVec<[_; 8]>, SmallVec<[_; 8]>) = sorted
        .into_iter()
        .partition(|(needs, _)| !(needs.candidate || needs.search != Search::Nothing && per_candidate));
    let bare = |parts: SmallVec<[(Needs, Part); 8]>| parts.into_iter().map(|(_, part)| part).collect();
    (bare(query), bare(rest))
}

/// What it takes to judge a condition.
#[derive(Clone, Copy, Default)]
struct Needs {
    candidate: bool,
    search: Search,
}

/// How dear it is to judge, the cheapest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
enum Search {
    #[default]
    Nothing,
    Words,
    Patterns,
}

impl Needs {
    fn of(condition: &Condition, vocabulary: &Vocabulary) -> Self {
        let mut needs = Self::default();
        condition.each_atom(&mut |atom| {
            let scope = vocabulary.entry(atom.slot).map(|entry| entry.scope);
            needs.candidate |= scope == Some(Scope::Candidate);
            needs.search = needs.search.max(match atom.test {
                Test::Mentions(_) => Search::Words,
                Test::Matches(_) => Search::Patterns,
                Test::Words(_) | Test::Label { .. } | Test::Between(..) | Test::Is(_) | Test::Clock(_) => {
                    Search::Nothing
                }
            });
        });
        needs
    }
}
