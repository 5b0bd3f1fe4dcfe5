//! From a decision to the reply. This is the one way to a decide reply, and it consumes the decision.

use super::{sentence::sentence, wire, words};
use crate::{
    domain::{
        Candidate, CandidateLimits, Certainty, Choice, Currency, Estimate, FallbackReason, Micros, NoBid,
        Question, RuleIx, RuleTable, Verdict,
    },
    guardrail::{Answer, Decision},
};

/// The reply to a bid question, with the token that names it to outcomes.
pub(super) fn bid(decision: Decision, token: Vec<u8>) -> wire::DecideBidResponse {
    let bounded = decision.bounded();
    let each = bounded.query.candidates.iter().zip(&bounded.limits);
    let answers = each
        .zip(decision.answers())
        .zip(&bounded.campaigns)
        .map(|(((candidate, limits), answer), campaign)| {
            let Question::Bid(auction) = &bounded.query.question;
            let deal = auction.deal_for(&candidate.campaign);
            let speaker = Speaker {
                rules: &bounded.rules,
                limits,
                answer,
                currency: campaign.currency,
            };
            speaker.bid(candidate, deal.map(|deal| deal.id.to_string()))
        })
        .collect();
    wire::DecideBidResponse {
        stamp: Some(wire::Stamp {
            decision_id: decision.id().to_string(),
            token,
            decided_at: Some(words::instant(bounded.query.now)),
            versions: Some(words::versions(decision.versions())),
        }),
        answers,
    }
}

/// Speaks for one candidate.
struct Speaker<'a> {
    rules: &'a RuleTable,
    limits: &'a CandidateLimits,
    answer: &'a Answer,
    currency: Currency,
}

impl Speaker<'_> {
    fn bid(&self, candidate: &Candidate, deal_id: Option<String>) -> wire::BidAnswer {
        let Answer {
            verdict,
            choice,
            wish,
            proposed,
            fallback,
            source: _,
            causes: _,
            shadow: _,
            unknown: _,
            alarm: _,
        } = self.answer;
        let answer = match (verdict, choice) {
            (Verdict::Held, _) => self.no_bid(wire::NoBidReason::Held),
            (Verdict::Blocked, _) | (Verdict::Allowed | Verdict::Changed, None) => {
                self.no_bid(wire::NoBidReason::Blocked)
            }
            (Verdict::Allowed | Verdict::Changed, Some(Choice::NoBid(reason))) => {
                self.no_bid(words::no_bid(*reason))
            }
            (Verdict::Allowed | Verdict::Changed, Some(Choice::Bid(price))) => {
                wire::bid_answer::Answer::Bid(wire::Bid {
                    price_micros: price.get(),
                    currency: self.currency.to_string(),
                    deal_id,
                })
            }
        };
        let free = matches!(verdict, Verdict::Allowed | Verdict::Changed);
        let wish = wish.filter(|_| free);
        wire::BidAnswer {
            candidate_id: candidate.id.to_string(),
            answer: Some(answer),
            why: Some(self.why()),
            wish: wish.map(bid_wish),
            difference_micros: wish.map(|wish| difference(*choice, wish)),
            estimate: proposed
                .filter(|_| free && fallback.is_none())
                .and_then(|proposed| proposed.estimate)
                .map(estimate),
            limited_by: words::limited_by(proposed.filter(|_| free).and_then(|proposed| proposed.limited_by))
                .into(),
        }
    }

    fn no_bid(&self, reason: wire::NoBidReason) -> wire::bid_answer::Answer {
        let nbr = match self.answer.fallback {
            Some(FallbackReason::Deadline) => INSUFFICIENT_TIME,
            Some(_) | None => VENDOR_REASONS + u32::try_from(i32::from(reason)).unwrap_or_default(),
        };
        let loss_reason = match self.answer.choice {
            Some(Choice::NoBid(reason)) => loss_reason(reason),
            Some(Choice::Bid(_)) | None => None,
        };
        wire::bid_answer::Answer::NoBid(wire::NoBid {
            reason: reason.into(),
            nbr,
            loss_reason,
        })
    }

    fn why(&self) -> wire::Explanation {
        let answer = self.answer;
        let has_value = answer.choice.is_some();
        let proposed = answer.proposed.filter(|_| has_value && answer.fallback.is_none());
        wire::Explanation {
            verdict: words::verdict(answer.verdict).into(),
            source: if has_value {
                words::source(answer.source).into()
            } else {
                wire::Source::Unspecified.into()
            },
            because_of: self.causes(&answer.causes.because_of),
            also: self.causes(&answer.causes.also),
            shadow: self.shadow(),
            unknown: self.causes(&answer.unknown),
            sentence: sentence(answer, self.rules, self.currency),
            maturity: answer.proposed.map(|proposed| words::maturity(proposed.maturity)),
            propensity: proposed.map(|proposed| proposed.propensity),
            forced: proposed.map(|proposed| proposed.forced),
            fallback_reason: words::fallback(answer.fallback).into(),
        }
    }

    fn causes(&self, rules: &[RuleIx]) -> Vec<wire::Cause> {
        rules.iter().filter_map(|rule| self.cause(*rule)).collect()
    }

    fn cause(&self, rule: RuleIx) -> Option<wire::Cause> {
        let card = self.rules.get(rule)?;
        let mut cause = words::cause(card);
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
            would_have: match applied.choice {
                None => "would have answered nothing".to_owned(),
                Some(Choice::Bid(price)) => format!("would have bid {price} {}", self.currency),
                Some(Choice::NoBid(reason)) => format!("would not have bid: {reason}"),
            },
        })
        .collect()
    }
}

/// OpenRTB 3 no-bid reason: insufficient auction time.
const INSUFFICIENT_TIME: u32 = 15;
/// OpenRTB 3 leaves no-bid reasons from here on to each vendor.
const VENDOR_REASONS: u32 = 500;

/// The OpenRTB loss reason that such a bid would have met.
const fn loss_reason(reason: NoBid) -> Option<u32> {
    match reason {
        NoBid::BelowFloor => Some(100),
        NoBid::BlockedAdvertiser => Some(205),
        NoBid::BlockedCategory => Some(209),
        NoBid::BlockedAttribute => Some(210),
        NoBid::NoDeal => Some(213),
        NoBid::Budget | NoBid::Currency | NoBid::OutsidePeriod | NoBid::NoValue | NoBid::SafeDefault => None,
    }
}

/// A wish as the wire says it.
pub(super) fn bid_wish(wish: Choice) -> wire::BidWish {
    let wish = match wish {
        Choice::Bid(price) => wire::bid_wish::Wish::PriceMicros(price.get()),
        Choice::NoBid(reason) => wire::bid_wish::Wish::NoBid(words::no_bid(reason).into()),
    };
    wire::BidWish { wish: Some(wish) }
}

fn difference(choice: Option<Choice>, wish: Choice) -> i64 {
    let price = |choice: Option<Choice>| choice.and_then(Choice::price).unwrap_or(Micros::ZERO);
    price(choice).minus(price(Some(wish))).get()
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
