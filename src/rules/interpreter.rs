//! The rules once more, plainly: the reading against which the fast one is held.
//!
//! Every rule is judged for every candidate, every value compared as the text it is; no symbols, no index, no
//! memory. It is slow and obvious. Whatever it answers, [`Rulebook::limits`] has to answer too; the differential
//! test holds them together, and `check` asks it what a rule can reach.

use std::sync::Arc;

use super::{
    Rulebook,
    band::Human,
    canonical::{ancestors, canonical},
    condition::{Atom, Condition, Reading, Test, Truth},
    draft::{Action, Amount, RuleDraft},
    mentions::{Lists, language_of},
    syntax::ast::{IfUnknown, Mode},
    vocabulary::{FactType, Scope, entry},
};
use crate::domain::{
    Active, Attribute, Bounded, Campaign, Candidate, CandidateLimits, Certainty, Effect, EvidenceKey,
    FactValue, Facts, Label, Ledger, Micros, Query, RuleIx, Timestamp, Word,
};

/// The limits of each candidate, as [`Rulebook::limits`] gives them.
#[must_use]
pub fn limits(
    rulebook: &Rulebook,
    query: &Query,
    campaigns: &[Arc<Campaign>],
    ledger: &dyn Ledger,
) -> Vec<CandidateLimits> {
    let pairs = query.candidates.iter().zip(campaigns);
    let one = |(candidate, campaign): (&Candidate, &Arc<Campaign>)| {
        let mut limits = CandidateLimits::default();
        for (ix, draft) in (0..).map(RuleIx).zip(rulebook.drafts()) {
            judge(
                ix,
                draft,
                rulebook.lists(),
                query,
                candidate,
                campaign,
                ledger,
                &mut limits,
            );
        }
        limits.skipped.sort_unstable();
        limits.skipped.dedup();
        limits
    };
    pairs.map(one).collect()
}

/// Whether a rule can match a candidate of which only these facts are known.
#[must_use]
pub fn reach(draft: &RuleDraft, candidate: &Facts) -> Truth {
    let lists = Lists::default();
    let seen = Seen {
        lists: &lists,
        query: &Facts::new(),
        candidate: &[candidate],
    };
    // An exception ends; what it takes out today the rule reaches tomorrow.
    let lasting = draft.unless.iter().filter(|exemption| exemption.until.is_none());
    let unless = lasting.fold(Truth::False, |so_far, exemption| {
        so_far.or(seen.truth(&exemption.condition))
    });
    let when = draft
        .when
        .iter()
        .fold(Truth::True, |so_far, part| so_far.and(seen.truth(part)));
    when.and(!unless)
}

#[expect(
    clippy::too_many_arguments,
    reason = "everything a rule is judged on, in one place"
)]
fn judge(
    ix: RuleIx,
    draft: &RuleDraft,
    lists: &Lists,
    query: &Query,
    candidate: &Candidate,
    campaign: &Campaign,
    ledger: &dyn Ledger,
    limits: &mut CandidateLimits,
) {
    if draft.mode == Mode::Off
        || !draft.is_in_force(query.now)
        || !draft.kinds.contains(&query.question.kind())
    {
        return;
    }
    let key = EvidenceKey::Campaign(campaign.id.clone());
    let evidence = ledger.evidence(&key, Bounded::EVIDENCE_DAYS, query.now).current;
    let counted = (Attribute::Evidence, FactValue::Number(i64::from(evidence)));
    let seen = Seen {
        lists,
        query: &query.facts,
        candidate: &[&Facts::from_iter([counted]), &campaign.facts, &candidate.facts],
    };
    let truth = seen.rule(draft, query.now);
    for effect in &draft.effects {
        let guard = effect
            .guard
            .as_ref()
            .map_or(Truth::True, |guard| seen.truth(guard));
        let effect = || self::effect(&effect.action, query, campaign, ledger);
        let (certainty, effect) = match (truth.and(guard), draft.if_unknown) {
            (Truth::False, _) => continue,
            (Truth::True, _) => (Certainty::Certain, effect()),
            (Truth::Unknown, IfUnknown::Apply) => (Certainty::Unknown, effect()),
            (Truth::Unknown, IfUnknown::Hold) => {
                (Certainty::Unknown, Word::new("approver").ok().map(Effect::Hold))
            }
            (Truth::Unknown, IfUnknown::Skip) => {
                if draft.mode == Mode::Enforce {
                    limits.skipped.push(ix);
                }
                continue;
            }
        };
        let Some(effect) = effect else { continue };
        let tier = draft.card.tier;
        let active = Active {
            certainty,
            rule: ix,
            tier,
            effect,
        };
        match draft.mode {
            Mode::Enforce => limits.effects.insert(active),
            Mode::Shadow => limits.shadow.insert(active),
            Mode::Off => {}
        }
    }
}

fn effect(action: &Action, query: &Query, campaign: &Campaign, ledger: &dyn Ledger) -> Option<Effect> {
    if action
        .currency()
        .is_some_and(|currency| currency != campaign.currency)
    {
        return Some(Effect::Block);
    }
    Some(match action {
        Action::Block => Effect::Block,
        Action::Exclude => Effect::Exclude,
        Action::Hold(role) => Effect::Hold(role.clone()),
        Action::AtLeast(Amount::Price(bound)) => Effect::AtLeast(bound.value),
        Action::AtMost(Amount::Price(bound)) => Effect::AtMost(bound.value),
        Action::Force(Amount::Price(price)) => Effect::Force(price.value),
        Action::Adjust(by) => Effect::Adjust(*by),
        Action::Note(text) => Effect::Note(text.clone()),
        Action::StartAt(start) => {
            let hand_over = &start.hand_over;
            let progress =
                hand_over.progress(hand_over.evidence(campaign, &query.facts, ledger, query.now))?;
            let Human::Price(price, share) = &start.human else {
                return None;
            };
            let room = i128::from(share.get()) * i128::from(price.value.get());
            progress.band(price.value, room, Micros::MAX)
        }
        Action::Cap(_) => Effect::Block,
        Action::AtLeast(Amount::Part(_))
        | Action::AtMost(Amount::Part(_))
        | Action::Force(Amount::Part(_))
        | Action::AtMostPer(_)
        | Action::Times(_)
        | Action::Share(_)
        | Action::StepAtMost(_)
        | Action::ForceAt(_)
        | Action::Pin(_)
        | Action::Boost(_) => return None,
    })
}

/// What a condition is judged on.
struct Seen<'s> {
    lists: &'s Lists,
    query: &'s Facts,
    /// What is counted, then the campaign's facts, then the candidate's own.
    candidate: &'s [&'s Facts],
}

impl Seen<'_> {
    fn rule(&self, draft: &RuleDraft, now: Timestamp) -> Truth {
        let mut truth = Truth::True;
        for part in &draft.when {
            truth = truth.and(self.truth(part));
        }
        for exemption in &draft.unless {
            if exemption.until.is_none_or(|until| now < until) {
                truth = truth.and(!self.truth(&exemption.condition));
            }
        }
        truth
    }

    fn truth(&self, condition: &Condition) -> Truth {
        match condition {
            Condition::Fact(atom) => self.atom(atom),
            Condition::All(parts) => parts
                .iter()
                .fold(Truth::True, |so_far, part| so_far.and(self.truth(part))),
            Condition::Any(parts) => parts
                .iter()
                .fold(Truth::False, |so_far, part| so_far.or(self.truth(part))),
            Condition::Not(part) => !self.truth(part),
        }
    }

    fn atom(&self, atom: &Atom) -> Truth {
        let Some(entry) = entry(atom.slot) else {
            return Truth::Unknown;
        };
        let value = match entry.scope {
            Scope::Query => self.query.get(&entry.attribute),
            Scope::Candidate => self
                .candidate
                .iter()
                .find_map(|facts| facts.get(&entry.attribute)),
        };
        match (&atom.test, value) {
            (Test::Words(set), Some(FactValue::Word(word))) => {
                among(entry.fact_type, atom.reading, set, std::slice::from_ref(word))
            }
            (Test::Words(set), Some(FactValue::Words(words))) => {
                among(entry.fact_type, atom.reading, set, words)
            }
            (Test::Label { topics, risks }, Some(FactValue::Labels(labels))) => {
                let fits = labels
                    .iter()
                    .map(|label| fits(label, topics.as_ref(), risks.as_deref()));
                folded(atom.reading, &fits.collect::<Vec<_>>())
            }
            (Test::Between(from, to), Some(FactValue::Number(number))) => {
                Truth::from((from..=to).contains(&number))
            }
            (Test::Is(wanted), Some(FactValue::Flag(flag))) => Truth::from(wanted == flag),
            (Test::Mentions(wanted), Some(FactValue::Text(text))) => {
                let language = language_of(&entry.attribute).and_then(|fact| self.query.get(&fact));
                let language = match language {
                    Some(FactValue::Word(tag)) => Some(tag.as_str()),
                    _ => None,
                };
                let mentions = self.lists.hits(&entry.attribute, text, language);
                mentions.truth(wanted, atom.reading)
            }
            _ => Truth::Unknown,
        }
    }
}

fn among(fact_type: FactType, reading: Reading, set: &[String], words: &[Word]) -> Truth {
    let held = words.iter().map(|word| {
        let word = canonical(fact_type, word.as_str());
        Truth::from(ancestors(fact_type, &word).any(|ancestor| set.iter().any(|known| known == ancestor)))
    });
    folded(reading, &held.collect::<Vec<_>>())
}

fn fits(label: &Label, topics: Option<&Vec<String>>, risks: Option<&[crate::domain::Risk]>) -> Truth {
    let topic = canonical(FactType::Labels, label.topic.as_str());
    let on_topic = topics.is_none_or(|topics| topics.iter().any(|known| known.as_str() == &*topic));
    let at_risk = risks.map_or(Truth::True, |risks| {
        label
            .risk
            .map_or(Truth::Unknown, |risk| Truth::from(risks.contains(&risk)))
    });
    Truth::from(on_topic).and(at_risk)
}

fn folded(reading: Reading, truths: &[Truth]) -> Truth {
    match reading {
        Reading::Any => truths.iter().copied().fold(Truth::False, Truth::or),
        Reading::Every if truths.is_empty() => Truth::False,
        Reading::Every => truths.iter().copied().fold(Truth::True, Truth::and),
    }
}
