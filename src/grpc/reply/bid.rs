use super::{Signed, difference, spoken, stamp};
use crate::{
    domain::{Choice, FallbackReason, NoBid, Question},
    grpc::{
        explanation::{Speaker, bid_wish},
        wire,
    },
    guardrail::Decision,
};

/// The reply to a bid question.
pub(in crate::grpc) fn bid(decision: Decision, signed: Signed) -> wire::DecideBidResponse {
    let Signed { token, language } = signed;
    let auction = match &decision.bounded().query.question {
        Question::Bid(auction) => Some(auction),
        Question::SendTime(_) | Question::Recommendation { .. } | Question::Budget(_) | Question::Score => {
            None
        }
    };
    let answers = spoken(&decision, None, language)
        .map(|(candidate, _, speaker)| {
            let deal = auction.and_then(|auction| auction.deal_for(&candidate.campaign));
            answered(
                &speaker,
                candidate.id.to_string(),
                deal.map(|deal| deal.id.to_string()),
            )
        })
        .collect();
    wire::DecideBidResponse {
        stamp: Some(stamp(&decision, token)),
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
        difference_micros: wish.map(|wish| {
            let (price, wished) = (speaker.price(), wish.price());
            difference(price.unwrap_or_default(), wished.unwrap_or_default())
        }),
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
