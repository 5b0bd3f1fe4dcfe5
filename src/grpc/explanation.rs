//! Why one candidate was answered as it was: the same words in the reply and when it is read back.

use super::{
    sentence::{sentence, would_have},
    wire, words,
    zone::Zone,
};
use crate::{
    domain::{
        CandidateLimits, Certainty, Choice, Currency, Estimate, Grounds, Language, Micros, Proposed,
        Question, RuleCard, RuleIx, RuleTable, Ticket, Verdict,
    },
    guardrail::Answer,
};

/// Speaks of one candidate.
#[derive(Clone, Copy)]
pub(super) struct Speaker<'a> {
    pub(super) question: &'a Question,
    pub(super) rules: &'a RuleTable,
    pub(super) limits: &'a CandidateLimits,
    pub(super) answer: &'a Answer,
    pub(super) currency: Currency,
    /// Where the recipient lives, as far as known.
    pub(super) zone: Option<&'a Zone>,
    pub(super) language: Language,
}

// === impl Speaker ===

impl Speaker<'_> {
    /// The whole explanation.
    pub(super) fn why(&self) -> wire::Explanation {
        let Answer {
            verdict,
            choice,
            wish: _,
            explained_by: _,
            source,
            causes,
            shadow: _,
            unknown,
            tickets: _,
            proposed,
            fallback,
            taken: _,
            alarm: _,
        } = self.answer;
        let source = match choice {
            Some(_) => words::source(*source),
            None => wire::Source::Unspecified,
        };
        let drawn = proposed
            .as_ref()
            .filter(|_| choice.is_some() && fallback.is_none());
        wire::Explanation {
            verdict: words::verdict(*verdict).into(),
            source: source.into(),
            because_of: self.causes(&causes.because_of),
            also: self.causes(&causes.also),
            shadow: self.shadow(),
            unknown: self.causes(unknown),
            sentence: sentence(self),
            maturity: proposed
                .as_ref()
                .map(|proposed| words::maturity(proposed.maturity, self.language)),
            propensity: drawn.map(|proposed| proposed.propensity),
            forced: drawn.map(|proposed| proposed.forced),
            fallback_reason: words::fallback(*fallback).into(),
            holds: self.holds().collect(),
        }
    }

    /// What has to be approved.
    pub(super) fn holds(&self) -> impl Iterator<Item = wire::Hold> {
        let tickets = self.answer.tickets.iter();
        tickets.filter_map(|ticket| self.hold(ticket))
    }

    fn hold(&self, ticket: &Ticket) -> Option<wire::Hold> {
        let Ticket { key, rule, role } = ticket;
        Some(wire::Hold {
            ticket: key.to_string(),
            role: role.to_string(),
            rule_id: self.rules.get(*rule)?.id.to_string(),
        })
    }

    /// Whether a value may be spoken of: held and blocked candidates have none, and no wish either.
    pub(super) const fn is_free(&self) -> bool {
        matches!(self.answer.verdict, Verdict::Allowed | Verdict::Changed)
    }

    /// Why no price leaves, where none does.
    pub(super) fn no_bid(&self) -> Option<wire::NoBidReason> {
        match (self.answer.verdict, self.answer.choice) {
            (Verdict::Held, _) => Some(wire::NoBidReason::Held),
            (Verdict::Blocked, _) | (Verdict::Allowed | Verdict::Changed, None) => {
                Some(wire::NoBidReason::Blocked)
            }
            (Verdict::Allowed | Verdict::Changed, Some(Choice::NoBid(reason))) => Some(words::no_bid(reason)),
            (
                Verdict::Allowed | Verdict::Changed,
                Some(
                    Choice::Bid(_)
                    | Choice::Send(_)
                    | Choice::Show(_)
                    | Choice::NotShown
                    | Choice::Share(_)
                    | Choice::Score(_),
                ),
            ) => None,
        }
    }

    /// The price that leaves, where one does.
    pub(super) fn price(&self) -> Option<Micros> {
        self.left().and_then(Choice::price)
    }

    /// What leaves, of any kind of decision.
    pub(super) fn left(&self) -> Option<Choice> {
        self.answer.choice.filter(|_| self.is_free())
    }

    /// The opinion of the model whose choice left.
    pub(super) fn drawn(&self) -> Option<&'_ Proposed> {
        let proposed = self.answer.proposed.as_ref();
        proposed.filter(|_| self.left().is_some() && self.answer.fallback.is_none())
    }

    /// What that model can say beside.
    pub(super) fn grounds(&self) -> Option<&'_ Grounds> {
        self.drawn()?.grounds.as_deref()
    }

    /// Chance of the objective's outcome, by the model whose choice left.
    pub(super) fn outcome_probability(&self) -> Option<f64> {
        Some(self.drawn()?.estimate?.outcome_probability)
    }

    /// What the model would have done; nothing where no value may be spoken of.
    pub(super) fn wish(&self) -> Option<Choice> {
        self.answer.wish.filter(|_| self.is_free())
    }

    /// What the model expects; nothing where its choice did not leave.
    pub(super) fn estimate(&self) -> Option<wire::Estimate> {
        let drawn = self
            .answer
            .proposed
            .as_ref()
            .filter(|_| self.is_free() && self.answer.fallback.is_none());
        drawn.and_then(|proposed| proposed.estimate).map(estimate)
    }

    /// Which goal controller held the wish down.
    pub(super) fn limited_by(&self) -> wire::LimitedBy {
        let spoken = self.answer.proposed.as_ref().filter(|_| self.is_free());
        words::limited_by(spoken.and_then(|proposed| proposed.limited_by))
    }

    /// Every rule in force, with what it does.
    pub(super) fn in_force(&self) -> Vec<wire::Cause> {
        let mut rules: Vec<RuleIx> = self.limits.effects.iter().map(|active| active.rule).collect();
        rules.sort_unstable();
        rules.dedup();
        self.causes(&rules)
    }

    fn causes(&self, rules: &[RuleIx]) -> Vec<wire::Cause> {
        rules.iter().filter_map(|rule| self.cause(*rule)).collect()
    }

    pub(super) fn cause(&self, rule: RuleIx) -> Option<wire::Cause> {
        let mut cause = unmoved(self.rules.get(rule)?);
        for active in self.limits.effects.iter().chain(self.limits.shadow.iter()) {
            if active.rule == rule {
                if !cause.effect.is_empty() {
                    cause.effect.push_str(", ");
                }
                cause
                    .effect
                    .push_str(&words::effect(&active.effect, self.currency));
                cause.because_unknown |= active.certainty == Certainty::Unknown;
            }
        }
        Some(cause)
    }

    fn shadow(&self) -> Vec<wire::Shadow> {
        let each = self.answer.shadow.iter();
        each.map(|(rule, applied)| wire::Shadow {
            rule: self.cause(*rule),
            would_have: would_have(applied.choice, self.currency, self.zone, self.language),
        })
        .collect()
    }
}

/// A rule as a cause that did nothing yet.
fn unmoved(card: &RuleCard) -> wire::Cause {
    let RuleCard {
        id,
        tier,
        owner,
        because,
        file,
        line,
    } = card;
    wire::Cause {
        rule_id: id.to_string(),
        tier: words::tier(*tier).into(),
        owner: owner.to_string(),
        because: because.to_string(),
        file: file.to_string(),
        line: *line,
        effect: String::new(),
        because_unknown: false,
    }
}

/// A wish for a bid as the wire says it; nothing of another kind.
pub(super) fn bid_wish(wish: Choice) -> Option<wire::BidWish> {
    let wish = match wish {
        Choice::Bid(price) => wire::bid_wish::Wish::PriceMicros(price.get()),
        Choice::NoBid(reason) => wire::bid_wish::Wish::NoBid(words::no_bid(reason).into()),
        Choice::Send(_) | Choice::Show(_) | Choice::NotShown | Choice::Share(_) | Choice::Score(_) => {
            return None;
        }
    };
    Some(wire::BidWish { wish: Some(wish) })
}

fn estimate(estimate: Estimate) -> wire::Estimate {
    let Estimate {
        outcome_probability,
        expected_value,
        win_probability,
    } = estimate;
    wire::Estimate {
        outcome_probability,
        expected_value_micros: expected_value.get(),
        win_probability,
    }
}
