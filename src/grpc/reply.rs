//! From a decision to the reply. This is the one way to a decide reply, and it consumes the decision.

use super::{
    explanation::{Speaker, bid_wish},
    wire, words,
};
use crate::{
    domain::{Choice, FallbackReason, Language, Micros, NoBid, Question},
    guardrail::Decision,
};

/// The reply to a bid question, with the token that names it to outcomes.
pub(super) fn bid(decision: Decision, token: Vec<u8>, language: Language) -> wire::DecideBidResponse {
    let bounded = decision.bounded();
    let each = bounded.query.candidates.iter().zip(&bounded.limits);
    let answers = each
        .zip(decision.answers())
        .zip(&bounded.campaigns)
        .map(|(((candidate, limits), answer), campaign)| {
            let deal = match &bounded.query.question {
                Question::Bid(auction) => auction.deal_for(&candidate.campaign),
                Question::SendTime(_)
                | Question::Recommendation { .. }
                | Question::Budget(_)
                | Question::Score => None,
            };
            let speaker = Speaker {
                rules: &bounded.rules,
                limits,
                answer,
                currency: campaign.currency,
                language,
            };
            answered(
                &speaker,
                candidate.id.to_string(),
                deal.map(|deal| deal.id.to_string()),
            )
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

fn answered(speaker: &Speaker<'_>, candidate_id: String, deal_id: Option<String>) -> wire::BidAnswer {
    let answer = match speaker.price() {
        Some(price) => wire::bid_answer::Answer::Bid(wire::Bid {
            price_micros: price.get(),
            currency: speaker.currency.to_string(),
            deal_id,
        }),
        None => no_bid(speaker),
    };
    let wish = speaker.wish();
    wire::BidAnswer {
        candidate_id,
        answer: Some(answer),
        why: Some(speaker.why()),
        wish: wish.and_then(bid_wish),
        difference_micros: wish.map(|wish| difference(speaker.price(), wish)),
        estimate: speaker.estimate(),
        limited_by: speaker.limited_by().into(),
    }
}

fn no_bid(speaker: &Speaker<'_>) -> wire::bid_answer::Answer {
    let reason = speaker.no_bid().unwrap_or_default();
    let nbr = match speaker.answer.fallback {
        Some(FallbackReason::Deadline) => INSUFFICIENT_TIME,
        Some(
            FallbackReason::ModelFailed
            | FallbackReason::NoOpinion
            | FallbackReason::Conflict
            | FallbackReason::Contradiction
            | FallbackReason::CheckFailed,
        )
        | None => VENDOR_REASONS + u32::try_from(i32::from(reason)).unwrap_or_default(),
    };
    let loss_reason = match speaker.answer.choice {
        Some(Choice::NoBid(reason)) => loss_reason(reason),
        Some(
            Choice::Bid(_)
            | Choice::Send(_)
            | Choice::Show(_)
            | Choice::NotShown
            | Choice::Share(_)
            | Choice::Score(_),
        )
        | None => None,
    };
    wire::bid_answer::Answer::NoBid(wire::NoBid {
        reason: reason.into(),
        nbr,
        loss_reason,
    })
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

fn difference(price: Option<Micros>, wish: Choice) -> i64 {
    let wished = wish.price().unwrap_or_default();
    price.unwrap_or_default().minus(wished).get()
}
