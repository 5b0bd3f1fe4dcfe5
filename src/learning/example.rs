use crate::{
    domain::{
        AuctionType, CampaignId, CandidateRecord, Choice, Duration, Event, Micros, Outcome, Question, Record,
        Timestamp, Word,
    },
    model::{
        features::Features,
        win_curve::{Market, Told},
    },
};

/// A bid without a word of its auction counts as lost after this long; a later win is applied all the same.
pub(super) const AUCTION_TIMEOUT: Duration = Duration::from_secs(3_600);

/// How long a trained example is kept at hand for corrections; later ones are read back from the journal.
const KEPT: Duration = Duration::from_days(1);

/// OpenRTB loss reasons that speak of the price: below a floor, or beaten.
const PRICE_REASONS: [u32; 4] = [100, 101, 102, 103];

/// One bid that left, and what became of it so far.
///
/// Everything that it teaches is a function of its events, so what was taught can be compared with what ought
/// to have been, and put right.
#[derive(Debug, Clone)]
pub(super) struct Example {
    pub(super) features: Features,
    pub(super) campaign: CampaignId,
    pub(super) market: Market,
    pub(super) probability: Option<f64>,
    bid: Micros,
    auction: AuctionType,
    objective: Word,
    made: Timestamp,
    closes: Timestamp,
    events: Vec<Outcome>,
    pub(super) taught: Lesson,
}

/// What an example teaches.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Lesson {
    /// Of the competing price.
    pub(super) told: Option<Told>,
    /// What was paid, CPM.
    pub(super) paid: Option<Micros>,
    /// Whether the outcome followed (1) or not (0), once the window has closed, if the ad was shown.
    pub(super) label: Option<f64>,
    /// What the outcomes were worth, in micros of the currency, where told.
    pub(super) value: Option<Micros>,
}

impl Example {
    /// Of one candidate; `None` if no bid of it left.
    pub(super) fn of(record: &Record, candidate: &CandidateRecord) -> Option<Self> {
        let Some(Choice::Bid(bid)) = candidate.choice else {
            return None;
        };
        let Question::Bid(auction) = &record.question else {
            return None;
        };
        let estimate = candidate.proposed.and_then(|proposed| proposed.estimate);
        Some(Self {
            features: Features::of_record(record, candidate),
            campaign: candidate.campaign.clone(),
            market: Market::of(candidate.currency, &record.facts),
            probability: estimate.map(|estimate| estimate.outcome_probability),
            bid,
            auction: auction.auction_type_for(&candidate.campaign),
            objective: candidate.objective.event.clone(),
            made: record.now,
            closes: record.now.plus(candidate.objective.window),
            events: Vec::new(),
            taught: Lesson::default(),
        })
    }

    /// When it has to be looked at again: the auction's time is up, the window closes, it may be forgotten.
    pub(super) fn dues(&self) -> [Timestamp; 3] {
        [self.made.plus(AUCTION_TIMEOUT), self.closes, self.forgotten()]
    }

    fn forgotten(&self) -> Timestamp {
        self.closes.max(self.made.plus(AUCTION_TIMEOUT)).plus(KEPT)
    }

    /// Whether it need not be kept at hand at `now`.
    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        let silent = now >= self.made.plus(AUCTION_TIMEOUT) && !self.shown();
        silent || now >= self.forgotten()
    }

    /// Takes a report; a later revision replaces an earlier one.
    pub(super) fn hear(&mut self, outcome: &Outcome) {
        let same = |known: &&mut Outcome| {
            known.event.sort() == outcome.event.sort() && known.event_id == outcome.event_id
        };
        match self.events.iter_mut().find(same) {
            Some(known) if known.revision <= outcome.revision => known.clone_from(outcome),
            Some(_) => {}
            None => self.events.push(outcome.clone()),
        }
    }

    /// What it teaches at `now`.
    pub(super) fn lesson(&self, now: Timestamp) -> Lesson {
        let hits = || {
            self.standing().filter(|outcome| {
                outcome.event.name() == self.objective.as_str() && outcome.at <= self.closes
            })
        };
        let closed = now >= self.closes && self.shown();
        let worth = |outcome: &Outcome| match outcome.event {
            Event::Conversion { value, .. } => value,
            Event::Win { .. }
            | Event::Loss { .. }
            | Event::Impression
            | Event::Click
            | Event::Sent
            | Event::Cancelled => None,
        };
        Lesson {
            told: self.told(now),
            paid: self.paid(),
            label: closed.then(|| if hits().next().is_some() { 1.0 } else { 0.0 }),
            value: hits().filter_map(worth).reduce(Micros::plus),
        }
    }

    fn standing(&self) -> impl Iterator<Item = &Outcome> {
        self.events.iter().filter(|outcome| !outcome.withdrawn)
    }

    fn shown(&self) -> bool {
        self.standing().any(|outcome| match outcome.event {
            Event::Win { .. } | Event::Impression | Event::Click => true,
            Event::Loss { .. } | Event::Conversion { .. } | Event::Sent | Event::Cancelled => false,
        })
    }

    fn paid(&self) -> Option<Micros> {
        self.standing().find_map(|outcome| match outcome.event {
            Event::Win { price } => Some(price),
            Event::Loss { .. }
            | Event::Impression
            | Event::Click
            | Event::Conversion { .. }
            | Event::Sent
            | Event::Cancelled => None,
        })
    }

    fn told(&self, now: Timestamp) -> Option<Told> {
        if let Some(price) = self.paid() {
            return Some(match self.auction {
                AuctionType::SecondPrice => Told::Price(price),
                AuctionType::FirstPrice => Told::AtMost(self.bid),
            });
        }
        let loss = self.standing().find_map(|outcome| match outcome.event {
            Event::Loss { reason, min_to_win } => Some((reason, min_to_win)),
            Event::Win { .. }
            | Event::Impression
            | Event::Click
            | Event::Conversion { .. }
            | Event::Sent
            | Event::Cancelled => None,
        });
        match loss {
            Some((_, Some(price))) => Some(Told::Price(price)),
            Some((None, None)) => Some(Told::Above(self.bid)),
            Some((Some(reason), None)) => PRICE_REASONS.contains(&reason).then_some(Told::Above(self.bid)),
            None if now >= self.made.plus(AUCTION_TIMEOUT) && !self.shown() => Some(Told::Above(self.bid)),
            None => None,
        }
    }
}
