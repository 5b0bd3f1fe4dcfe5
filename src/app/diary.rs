//! What a market day by day came to for one campaign: who led, what was bid, how much room a new market left.

use super::{Step, Tally};
use crate::{
    domain::{Attribute, CampaignId, Choice, Effect, Query, Source, Verdict, Word},
    guardrail::Answer,
};

/// A campaign, in one country or everywhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    /// The campaign.
    pub campaign: CampaignId,
    /// ISO 3166-1 alpha-2; `None` watches every country.
    pub country: Option<Word>,
}

/// One day of the watched campaign.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Day {
    /// Its bids that left.
    pub bids: u64,
    /// Their prices, summed, CPM micros.
    pub bid_micros: f64,
    /// What the model would have bid for the same, summed, CPM micros.
    pub wish_micros: f64,
    /// Bids that were a person's value, a blend, the model's.
    pub led: [u64; 3],
    /// Answers under the band of a new market.
    pub banded: u64,
    /// The lower and the upper end of that band at the day's last answer, CPM micros.
    pub band: Option<(f64, f64)>,
    /// Answers without a value because a rule said so.
    pub blocked: u64,
    /// Outcomes that count towards the campaign's maturity, and how many it takes, at the day's last answer.
    pub evidence: Option<(u32, u32)>,
    /// What happened in the whole market on that day.
    pub market: Tally,
}

impl Day {
    /// The mean price of its bids, CPM micros; `None` without a bid.
    #[must_use]
    pub fn mean_bid_micros(&self) -> Option<f64> {
        mean(self.bid_micros, self.bids)
    }

    /// The mean of what the model would have bid, CPM micros; `None` without a bid.
    #[must_use]
    pub fn mean_wish_micros(&self) -> Option<f64> {
        mean(self.wish_micros, self.bids)
    }

    /// Which part of its bids were a person's value, a blend, the model's.
    #[must_use]
    pub fn led_by(&self) -> Option<[f64; 3]> {
        let [human, blend, model] = self.led;
        let part = |count| mean(count_of(count), self.bids);
        Some([part(human)?, part(blend)?, part(model)?])
    }

    fn note(&mut self, answer: &Answer) {
        if let Some(proposed) = &answer.proposed {
            self.evidence = Some((proposed.maturity.have, proposed.maturity.need));
        }
        if answer.verdict == Verdict::Blocked {
            self.blocked += 1;
        }
        let Some(price) = answer.choice.and_then(Choice::price) else {
            return;
        };
        self.bids += 1;
        self.bid_micros += price.to_f64();
        self.wish_micros += answer.wish.and_then(Choice::price).unwrap_or(price).to_f64();
        let leader = match answer.source {
            Source::Human | Source::Fallback => 0,
            Source::Blend => 1,
            Source::Model => 2,
        };
        if let Some(count) = self.led.get_mut(leader) {
            *count += 1;
        }
    }
}

fn mean(sum: f64, count: u64) -> Option<f64> {
    (count > 0).then(|| sum / count_of(count))
}

#[expect(clippy::cast_precision_loss, reason = "bids of a day stay far below 2^53")]
const fn count_of(count: u64) -> f64 {
    count as f64
}

/// The days of the watched campaign, the first one first.
#[derive(Debug, Clone)]
pub struct Diary {
    watched: Watched,
    days: Vec<Day>,
    today: Day,
    before: Tally,
}

impl Diary {
    /// An empty one.
    #[must_use]
    pub fn of(watched: Watched) -> Self {
        Self {
            watched,
            days: Vec::new(),
            today: Day::default(),
            before: Tally::default(),
        }
    }

    /// Whom it is about.
    #[must_use]
    pub const fn watched(&self) -> &Watched {
        &self.watched
    }

    /// The days that are over.
    #[must_use]
    pub fn days(&self) -> &[Day] {
        &self.days
    }

    /// Notes what was decided for the watched campaign.
    pub fn note(&mut self, step: &Step) {
        let bounded = step.decision.bounded();
        if !self.is_watched(&bounded.query) {
            return;
        }
        let candidates = bounded.query.candidates.iter().zip(&bounded.limits);
        for ((candidate, limits), answer) in candidates.zip(step.decision.answers()) {
            if candidate.campaign != self.watched.campaign {
                continue;
            }
            self.today.note(answer);
            for active in limits.effects.iter() {
                if let Effect::Band { low, high, .. } = &active.effect {
                    self.today.banded += 1;
                    self.today.band = Some((low.to_f64(), high.to_f64()));
                }
            }
        }
    }

    /// Ends the day; `total` is everything that happened in the market so far. Answers the day.
    pub fn close(&mut self, total: &Tally) -> &Day {
        let mut day = std::mem::take(&mut self.today);
        day.market = total.since(&self.before);
        self.before = total.clone();
        self.days.push(day);
        self.days.last().unwrap_or(&self.today)
    }

    fn is_watched(&self, query: &Query) -> bool {
        let here = query.facts.word(&Attribute::MarketCountry);
        self.watched.country.is_none() || here == self.watched.country.as_ref()
    }
}
