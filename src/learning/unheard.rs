use super::example::{AUCTION_TIMEOUT, told_of_loss};
use crate::{
    domain::{CandidateRecord, Choice, Event, Micros, Outcome, Question, Record, Timestamp},
    model::win_curve::{Market, Told},
};

/// A bid of which nothing was heard yet. Most stay so: it holds what its silence teaches, and no more. What else a bid
/// teaches is read back from the journal with the first word of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unheard {
    market: Market,
    bid: Micros,
}

impl Unheard {
    /// Of one candidate; `None` if no bid of it left.
    pub(super) fn of(record: &Record, candidate: &CandidateRecord) -> Option<Self> {
        let (Question::Bid(_), Some(Choice::Bid(bid))) = (&record.question, candidate.choice) else {
            return None;
        };
        Some(Self {
            market: Market::of(candidate.currency, &record.facts),
            bid,
        })
    }

    /// When its silence means that it lost, of one made then.
    pub(super) const fn resolved(made: Timestamp) -> Timestamp {
        made.plus(AUCTION_TIMEOUT)
    }

    pub(super) const fn market(self) -> Market {
        self.market
    }

    /// What its silence tells of the competing price.
    pub(super) const fn silence(self) -> Told {
        Told::Above(self.bid)
    }

    /// What a loss tells of the competing price, if anything; `None` of any other word, which takes the whole bid to learn from.
    pub(super) fn lost(self, outcome: &Outcome) -> Option<Option<Told>> {
        match outcome.event {
            Event::Loss { reason, min_to_win } if !outcome.withdrawn => {
                Some(told_of_loss(reason, min_to_win, self.bid))
            }
            Event::Loss { .. }
            | Event::Win { .. }
            | Event::Impression
            | Event::Click
            | Event::Conversion { .. }
            | Event::Sent
            | Event::Cancelled
            | Event::Open
            | Event::Unsubscribe => None,
        }
    }
}
