//! A simulated market meets the real decider: impressions are decided, the best bid enters its auction, and what
//! comes of it is reported when it happens.

use std::{cmp::Reverse, collections::BinaryHeap, sync::Arc};

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha12Rng;
use tower::ServiceExt as _;

use super::{App, StatedClock};
use crate::{
    domain::{
        BrandScope, CandidateId, Choice, Clock, DecisionId, Duration, Event, Micros, Outcome, Query,
        Question, Timestamp, Verdict, Word,
    },
    guardrail::{Asked, Decision},
    journal::JournalError,
    simulator::{Impression, Impressions, Market},
};

/// What happened, counted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// Impressions offered.
    pub impressions: u64,
    /// Candidates answered, by verdict, in the order of [`Verdict::ALL`].
    pub verdicts: [u64; 4],
    /// Auctions entered.
    pub bids: u64,
    /// Auctions won.
    pub wins: u64,
    /// Clicks.
    pub clicks: u64,
    /// Conversions.
    pub conversions: u64,
    /// Clearing prices, summed in CPM micros.
    pub spend: Micros,
}

impl Tally {
    /// What was added since `before`.
    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        let mut verdicts = self.verdicts;
        for (count, earlier) in verdicts.iter_mut().zip(before.verdicts) {
            *count -= earlier;
        }
        Self {
            impressions: self.impressions - before.impressions,
            verdicts,
            bids: self.bids - before.bids,
            wins: self.wins - before.wins,
            clicks: self.clicks - before.clicks,
            conversions: self.conversions - before.conversions,
            spend: self.spend.minus(before.spend),
        }
    }
}

/// A report that waits for its instant.
#[derive(Debug, PartialEq, Eq)]
struct Due(Reverse<(Timestamp, u64)>, Outcome);

impl Ord for Due {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// The impressions of a market on their way through an [`App`].
pub struct Traffic {
    app: Arc<App>,
    market: Market,
    impressions: Impressions,
    random: ChaCha12Rng,
    held_back: Option<Impression>,
    waiting: BinaryHeap<Due>,
    reported: u64,
    tally: Tally,
    learn_every: Duration,
    learnt_at: Timestamp,
}

/// One impression, decided.
pub struct Step {
    /// When it was offered.
    pub at: Timestamp,
    /// What was decided.
    pub decision: Decision,
}

// === impl Traffic ===

impl Traffic {
    /// The impressions of `market` from its start on; `seed` names its decisions.
    #[must_use]
    pub fn new(app: Arc<App>, market: Market, seed: u64) -> Self {
        Self {
            app,
            impressions: market.impressions(),
            market,
            random: ChaCha12Rng::seed_from_u64(seed),
            held_back: None,
            waiting: BinaryHeap::new(),
            reported: 0,
            tally: Tally::default(),
            learn_every: Duration::from_secs(0),
            learnt_at: Timestamp::default(),
        }
    }

    /// The same traffic, with so much of the market's time between two times that the models learn; without it they
    /// learn after every impression.
    #[must_use]
    pub fn learning_every(self, pause: Duration) -> Self {
        Self {
            learn_every: pause,
            ..self
        }
    }

    /// What happened so far.
    #[must_use]
    pub const fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Decides an impression and enters the best of its bids.
    ///
    /// # Errors
    /// The guardrail refuses the query, as text.
    pub async fn decide(&mut self, impression: Impression) -> anyhow::Result<Step> {
        let asked = Asked {
            query: self.query(&impression),
            deadline: None,
            brands: BrandScope::Every,
            approvals: Vec::new(),
            known_of: None,
        };
        let decision = self.app.guardrail.clone().oneshot(asked).await?;
        self.count(&decision);
        self.enter(&impression, &decision);
        Ok(Step {
            at: impression.at,
            decision,
        })
    }

    /// Reports everything that happened up to `now`.
    ///
    /// # Errors
    /// The journal does not take it.
    pub async fn report_until(&mut self, now: Timestamp) -> Result<(), JournalError> {
        let mut due = Vec::new();
        while self
            .waiting
            .peek()
            .is_some_and(|Due(Reverse((at, _)), _)| *at <= now)
        {
            due.extend(self.waiting.pop().map(|Due(_, outcome)| outcome));
        }
        if !due.is_empty() {
            for outcome in &due {
                self.count_outcome(outcome);
            }
            self.app.journal.outcomes(due, now).await?;
        }
        Ok(())
    }

    /// Offers, decides, reports and learns in the market's own time, up to `end`; `seen` is told every decision.
    ///
    /// # Errors
    /// The guardrail or the journal fails.
    pub async fn run_until(
        &mut self,
        end: Timestamp,
        clock: &StatedClock,
        mut seen: impl FnMut(&Step),
    ) -> anyhow::Result<()> {
        while let Some(impression) = self.upcoming(end) {
            self.report_in_time(impression.at, clock).await?;
            clock.advance(impression.at);
            seen(&self.decide(impression).await?);
        }
        self.report_in_time(end, clock).await
    }

    /// Offers the next impression, and reports what is due, at its instant by `clock`; `pause` waits from one
    /// instant to another.
    ///
    /// # Errors
    /// The guardrail or the journal fails.
    pub async fn run_by<F: Future<Output = ()>>(
        &mut self,
        clock: &dyn Clock,
        pause: impl Fn(Timestamp, Timestamp) -> F,
    ) -> anyhow::Result<()> {
        let Some(impression) = self.impressions.next() else {
            return Ok(());
        };
        while let Some(at) = self.next_report().filter(|at| *at <= impression.at) {
            pause(clock.now(), at).await;
            self.report_until(at).await?;
        }
        pause(clock.now(), impression.at).await;
        self.decide(impression).await?;
        Ok(())
    }

    /// The next impression if it is offered before `end`; a later one waits.
    fn upcoming(&mut self, end: Timestamp) -> Option<Impression> {
        let next = self.held_back.take().or_else(|| self.impressions.next())?;
        if next.at < end {
            return Some(next);
        }
        self.held_back = Some(next);
        None
    }

    async fn report_in_time(&mut self, now: Timestamp, clock: &StatedClock) -> anyhow::Result<()> {
        while let Some(at) = self.next_report().filter(|at| *at <= now) {
            clock.advance(at);
            self.report_until(at).await?;
        }
        if now >= self.learnt_at.plus(self.learn_every) {
            self.app.catch_up()?;
            self.learnt_at = now;
        }
        Ok(())
    }

    /// When the next report is due.
    #[must_use]
    pub fn next_report(&self) -> Option<Timestamp> {
        self.waiting.peek().map(|Due(Reverse((at, _)), _)| *at)
    }

    fn query(&mut self, impression: &Impression) -> Query {
        let random = u128::from(self.random.next_u64()) << 64 | u128::from(self.random.next_u64());
        Query {
            decision: DecisionId::new(impression.at, random),
            now: impression.at,
            seed: self.random.next_u64(),
            caller: None,
            request: None,
            question: Question::Bid(impression.auction.clone()),
            facts: impression.facts_with_text(),
            candidates: impression.candidates.clone(),
        }
    }

    fn count(&mut self, decision: &Decision) {
        self.tally.impressions += 1;
        for answer in decision.answers() {
            let place = Verdict::ALL.iter().position(|verdict| *verdict == answer.verdict);
            if let Some(count) = place.and_then(|place| self.tally.verdicts.get_mut(place)) {
                *count += 1;
            }
        }
    }

    /// One bid enters the auction: the highest. The others are given back at once.
    fn enter(&mut self, impression: &Impression, decision: &Decision) {
        let price = |place: usize| decision.answers().get(place)?.choice.and_then(Choice::price);
        let places = 0..impression.candidates.len();
        let best = places
            .clone()
            .filter_map(|place| Some((price(place)?, Reverse(place))))
            .max();
        let Some((bid, Reverse(best))) = best else { return };
        self.tally.bids += 1;
        for place in places.filter(|place| *place != best && price(*place).is_some()) {
            let lost = Event::Loss {
                reason: None,
                min_to_win: None,
            };
            self.wait_for(impression, decision.id(), place, lost, impression.at);
        }
        let Some(candidate) = impression.candidates.get(best) else {
            return;
        };
        let auction_type = impression.auction.auction_type_for(&candidate.campaign);
        for (event, at) in self.market.resolve(impression, best, bid, auction_type) {
            self.wait_for(impression, decision.id(), best, event, at);
        }
    }

    fn wait_for(
        &mut self,
        impression: &Impression,
        decision: DecisionId,
        place: usize,
        event: Event,
        at: Timestamp,
    ) {
        let Some(candidate) = impression.candidates.get(place) else {
            return;
        };
        let Ok(event_id) = Word::new(&format!("{}-{}", event.name(), self.reported)) else {
            return;
        };
        self.reported += 1;
        let candidate: CandidateId = candidate.id.clone();
        let outcome = Outcome {
            decision,
            candidate,
            event_id,
            revision: 0,
            at,
            event,
            withdrawn: false,
            signs: crate::domain::Signs::NONE,
        };
        self.waiting.push(Due(Reverse((at, self.reported)), outcome));
    }

    fn count_outcome(&mut self, outcome: &Outcome) {
        match &outcome.event {
            Event::Win { price } => {
                self.tally.wins += 1;
                self.tally.spend = self.tally.spend.plus(*price);
            }
            Event::Click => self.tally.clicks += 1,
            Event::Conversion { .. } => self.tally.conversions += 1,
            Event::Loss { .. }
            | Event::Impression
            | Event::Sent
            | Event::Cancelled
            | Event::Open
            | Event::Unsubscribe => {}
        }
    }
}
