//! A slate or a split as a whole: what the explanations of its candidates say together.

use super::{explanation::Speaker, sentence, wire, words};
use crate::{
    domain::{
        CandidateId, Choice, Currency, Effect, FallbackReason, Language, Micros, Question, RuleIx, RuleTable,
        Source, Verdict, Word,
    },
    guardrail::Answer,
};

/// All candidates of a question that is answered as one.
pub(super) struct Whole<'a> {
    pub(super) question: &'a Question,
    pub(super) rules: &'a RuleTable,
    /// In the order of the question.
    pub(super) candidates: Vec<(&'a CandidateId, Speaker<'a>)>,
    pub(super) language: Language,
}

// === impl Whole ===

impl<'a> Whole<'a> {
    /// Why it is what it is.
    pub(super) fn why(&self) -> wire::Explanation {
        let verdict = self.verdict();
        let because = self.causes(verdict, |answer| &answer.causes.because_of);
        let (fallback, source) = (self.fallback(), self.source());
        let rules: Vec<RuleIx> = because.iter().map(|(rule, _)| *rule).collect();
        let spoken = matches!(verdict, Verdict::Allowed | Verdict::Changed);
        let first = self.candidates.iter().find_map(|(_, speaker)| speaker.drawn());
        wire::Explanation {
            verdict: words::verdict(verdict).into(),
            source: if spoken {
                words::source(source).into()
            } else {
                wire::Source::Unspecified.into()
            },
            sentence: sentence::whole(self, &rules, self.language),
            because_of: because.into_iter().map(|(_, cause)| cause).collect(),
            also: self
                .causes(verdict, |answer| &answer.causes.also)
                .into_iter()
                .filter(|(rule, _)| !rules.contains(rule))
                .map(|(_, cause)| cause)
                .collect(),
            shadow: Vec::new(),
            unknown: self
                .named(|_| true, |answer| &answer.unknown)
                .into_iter()
                .map(|(_, cause)| cause)
                .collect(),
            maturity: first.map(|proposed| words::maturity(proposed.maturity, self.language)),
            propensity: None,
            forced: None,
            fallback_reason: words::fallback(fallback).into(),
            holds: self.holds(verdict),
        }
    }

    /// What the limits did to it.
    pub(super) fn verdict(&self) -> Verdict {
        let of = |verdict| {
            let mut verdicts = self.candidates.iter().map(|(_, speaker)| speaker.answer.verdict);
            verdicts.any(|one| one == verdict)
        };
        if self
            .candidates
            .iter()
            .all(|(_, speaker)| speaker.left().is_none())
        {
            return if of(Verdict::Held) {
                Verdict::Held
            } else {
                Verdict::Blocked
            };
        }
        if of(Verdict::Changed) || self.is_short() {
            return Verdict::Changed;
        }
        Verdict::Allowed
    }

    /// Whether a slot stays empty because its item was taken out; of a split, whether an arm was.
    fn is_short(&self) -> bool {
        let out = self.candidates.iter().any(|(_, speaker)| !speaker.is_free());
        match self.question {
            Question::Recommendation { slots, .. } => out && self.shown().len() < usize::from(*slots),
            Question::Budget(_) | Question::Bid(_) | Question::SendTime(_) | Question::Score => out,
        }
    }

    /// Whose it is: one's alone, or mixed.
    pub(super) fn source(&self) -> Source {
        let mut sources = self.candidates.iter().filter_map(|(_, speaker)| {
            let stands = speaker.left().is_some_and(|choice| choice != Choice::NotShown);
            stands.then_some(speaker.answer.source)
        });
        match sources.next() {
            None => Source::Fallback,
            Some(first) if sources.all(|source| source == first) => first,
            Some(_) => Source::Blend,
        }
    }

    /// Why a fallback answered, if one did.
    pub(super) fn fallback(&self) -> Option<FallbackReason> {
        let mut answers = self.candidates.iter().map(|(_, speaker)| speaker.answer);
        answers.find_map(|answer| answer.fallback)
    }

    /// The currency of its amounts.
    pub(super) fn currency(&self) -> Option<Currency> {
        self.candidates.first().map(|(_, speaker)| speaker.currency)
    }

    /// What is shown, the first slot first.
    pub(super) fn shown(&self) -> Vec<&'a str> {
        self.in_slots(|speaker| speaker.left())
    }

    /// What the model would have shown of what may stand, the first slot first.
    pub(super) fn wished(&self) -> Vec<&'a str> {
        self.in_slots(|speaker| speaker.wish())
    }

    fn in_slots(&self, choice: impl Fn(&Speaker<'a>) -> Option<Choice>) -> Vec<&'a str> {
        let slots = self
            .candidates
            .iter()
            .filter_map(|(id, speaker)| Some((choice(speaker)?.slot()?, id.as_str())));
        let mut slots: Vec<(u16, &str)> = slots.collect();
        slots.sort_unstable();
        slots.into_iter().map(|(_, id)| id).collect()
    }

    /// The part of each arm that gets one.
    pub(super) fn parts(&self) -> Vec<(&'a str, Micros)> {
        self.amounts(|speaker| speaker.left())
    }

    /// What the model would have given each.
    pub(super) fn wished_parts(&self) -> Vec<(&'a str, Micros)> {
        self.amounts(|speaker| speaker.wish())
    }

    fn amounts(&self, choice: impl Fn(&Speaker<'a>) -> Option<Choice>) -> Vec<(&'a str, Micros)> {
        let each = self.candidates.iter();
        each.filter_map(|(id, speaker)| Some((id.as_str(), choice(speaker)?.amount()?)))
            .collect()
    }

    /// Who has to approve, where it is held.
    pub(super) fn roles(&self) -> Vec<&'a Word> {
        let effects = self
            .candidates
            .iter()
            .flat_map(|(_, speaker)| speaker.limits.effects.iter());
        let mut roles: Vec<&Word> = effects
            .filter_map(|active| {
                if let Effect::Hold(role) = &active.effect {
                    return Some(role);
                }
                None
            })
            .collect();
        roles.sort_unstable();
        roles.dedup();
        roles
    }

    /// The rules behind the verdict, each once: those of the candidates that came to it; of a change that no candidate
    /// shows, those that took others out.
    fn causes(
        &self,
        verdict: Verdict,
        of: impl Fn(&'a Answer) -> &'a [RuleIx],
    ) -> Vec<(RuleIx, wire::Cause)> {
        if verdict == Verdict::Allowed {
            return Vec::new();
        }
        let came = |wanted: Verdict| self.named(|speaker| speaker.answer.verdict == wanted, &of);
        let causes = came(verdict);
        if verdict != Verdict::Changed || !causes.is_empty() {
            return causes;
        }
        let out = [came(Verdict::Blocked), came(Verdict::Held)];
        out.into_iter().flatten().collect()
    }

    /// The rules of some candidates, each once.
    fn named(
        &self,
        whose: impl Fn(&Speaker<'a>) -> bool,
        rules: impl Fn(&'a Answer) -> &'a [RuleIx],
    ) -> Vec<(RuleIx, wire::Cause)> {
        let mut named: Vec<(RuleIx, wire::Cause)> = Vec::new();
        for (_, speaker) in self.candidates.iter().filter(|(_, speaker)| whose(speaker)) {
            for rule in rules(speaker.answer) {
                if named.iter().all(|(known, _)| known != rule)
                    && let Some(cause) = speaker.cause(*rule)
                {
                    named.push((*rule, cause));
                }
            }
        }
        named
    }

    fn holds(&self, verdict: Verdict) -> Vec<wire::Hold> {
        if verdict != Verdict::Held {
            return Vec::new();
        }
        let mut holds: Vec<wire::Hold> = Vec::new();
        for (_, speaker) in &self.candidates {
            for hold in speaker.holds() {
                if !holds.contains(&hold) {
                    holds.push(hold);
                }
            }
        }
        holds
    }
}
