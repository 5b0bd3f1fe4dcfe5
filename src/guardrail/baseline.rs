//! What people would do: the declared baseline of each candidate's campaign, as a wish.

use std::sync::Arc;

use smallvec::SmallVec;

use crate::domain::{
    Campaign, CandidateRecord, Choice, Micros, Query, Question, Wish, declared_parts, local_time,
};

/// The baseline of each candidate, in their order.
pub(super) fn wishes(query: &Query, campaigns: &[Arc<Campaign>]) -> SmallVec<[Wish; 1]> {
    let pairs = query.candidates.iter().zip(campaigns);
    match &query.question {
        Question::Bid(_) => campaigns
            .iter()
            .map(|campaign| Choice::Bid(campaign.baselines.bid.unwrap_or_default()).into())
            .collect(),
        Question::SendTime(sending) => campaigns
            .iter()
            .map(|campaign| {
                Choice::Send(local_time(*sending, campaign.baselines.send_at, &query.facts)).into()
            })
            .collect(),
        Question::Recommendation { .. } => pairs
            .map(|(candidate, campaign)| {
                let list = campaign.baselines.list.as_deref().unwrap_or_default();
                let place = list.iter().position(|item| *item == candidate.id);
                Wish {
                    choice: Choice::NotShown,
                    relevance: place.map_or(Micros::ZERO, |place| listed(place, list.len())),
                }
            })
            .collect(),
        Question::Budget(total) => declared_parts(total.amount, campaigns)
            .into_iter()
            .map(|part| Choice::Share(part).into())
            .collect(),
        Question::Score => campaigns
            .iter()
            .map(|campaign| Choice::Score(campaign.baselines.probability.unwrap_or_default()).into())
            .collect(),
    }
}

/// The relevance of the item at that place of a list, from 0: the first is worth most.
fn listed(place: usize, length: usize) -> Micros {
    Micros::saturated(i128::try_from(length - place).unwrap_or(0))
}

/// What stands in for the wish of a recorded candidate of which no model spoke.
pub(super) fn stand_in(question: &Question, candidate: &CandidateRecord) -> Wish {
    let limits = &candidate.limits;
    let possible = match question {
        Question::Bid(_) => Choice::Bid(limits.floor.max(Micros::new(1))),
        Question::SendTime(sending) => Choice::Send(sending.earliest),
        Question::Recommendation { .. } => Choice::NotShown,
        Question::Budget(_) => Choice::Share(Micros::ZERO),
        Question::Score => Choice::Score(Micros::ZERO),
    };
    let choice = candidate.choice.unwrap_or(possible);
    let relevance = choice.slot().map_or(0, |slot| i64::from(u16::MAX - slot));
    Wish {
        choice,
        relevance: Micros::new(relevance),
    }
}
