use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use super::{
    distrusted::Distrusted,
    due::Due,
    engagement,
    example::{Example, Subject},
    hand_over,
    kinds::Kinds,
    progress::Progress,
    quality::Quality,
    response::Response,
    score::ScoreLearning,
    trial::Trial,
    unheard::Unheard,
    version::HeldOut,
};
use crate::{
    domain::{
        Campaign, CampaignId, CandidateId, DecisionId, Kind, Observation, Outcome, OutcomeReply, Quarantine,
        Record, Timestamp,
    },
    model::{
        CampaignKnowledge, Knowledge, Snapshot,
        calibration::Calibration,
        ftrl::Rates,
        goal::target_of,
        hand_over::{Frozen, Market},
        pacing::{Pace, Profile},
        win_curve::{Reports, WinCurves},
    },
};

mod at_hand;
mod teach;

/// What became of an outcome at the trainer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// It was taken, or it has nothing to teach.
    Taken,
    /// Its decision is not at hand: it is the first word of a bid, or nothing more was expected of it. See
    /// [`Trainer::recall`].
    NotAtHand,
}

/// Follows a journal and learns. Plain state: no clock, no I/O, no randomness.
#[derive(Debug)]
pub struct Trainer {
    declared: BTreeMap<CampaignId, Arc<Campaign>>,
    now: Timestamp,
    entries: u64,
    response: Response,
    reports: Reports,
    campaigns: BTreeMap<CampaignId, Followed>,
    /// Boxed: an example is half a kilobyte, and a growing table moves what it holds.
    open: HashMap<Key, Box<Example>>,
    /// Bids of which nothing was heard.
    unheard: hashbrown::HashMap<Key, Unheard>,
    /// Who did more than a person does.
    distrusted: Distrusted,
    due: Due,
    /// How many examples are kept at hand.
    most_open: usize,
    examples: u64,
    positives: u64,
    published: (Arc<Calibration>, Arc<WinCurves>),
    kinds: Kinds,
    quality: Quality,
    progress: Progress,
    trial: Option<Trial>,
    hand_overs: hand_over::Learnt,
}

pub(super) type Key = (DecisionId, CandidateId);

/// So many decisions are kept at hand unless the settings say otherwise.
pub const MOST_OPEN: usize = 500_000;

/// What is followed of one campaign.
#[derive(Debug, Clone)]
struct Followed {
    known: CampaignKnowledge,
    profile: Profile,
    spent_micros: f64,
}

impl Default for Trainer {
    fn default() -> Self {
        Self::new(Rates::default())
    }
}

impl Trainer {
    /// Knows nothing; learns at these rates.
    #[must_use]
    pub fn new(rates: Rates) -> Self {
        Self {
            declared: BTreeMap::new(),
            now: Timestamp::default(),
            entries: 0,
            response: Response::new(rates),
            reports: Reports::default(),
            campaigns: BTreeMap::new(),
            open: HashMap::new(),
            unheard: hashbrown::HashMap::new(),
            distrusted: Distrusted::default(),
            due: Due::default(),
            most_open: MOST_OPEN,
            examples: 0,
            positives: 0,
            published: Default::default(),
            kinds: Kinds::default(),
            quality: Quality::default(),
            progress: Progress::default(),
            trial: None,
            hand_overs: hand_over::Learnt::default(),
        }
    }

    /// Keeps at most so many examples at hand. Of more, those that have taught everything go first; then the one whose
    /// silence would be taken as its answer soonest is answered so now. A report that comes after all is put right by
    /// [`Trainer::recall`], as any late one is.
    #[must_use]
    pub fn with_most_open(self, most_open: usize) -> Self {
        Self {
            most_open: most_open.max(1),
            ..self
        }
    }

    /// How many examples are at hand: decisions of which more may be heard.
    #[must_use]
    pub fn open(&self) -> usize {
        self.open.len() + self.unheard.len()
    }

    /// Says which campaigns are declared now: their goals and budgets steer the controllers, and history is read
    /// under their objectives. What was learnt of a campaign stays when it is edited or gone.
    pub fn declare(&mut self, campaigns: impl IntoIterator<Item = Arc<Campaign>>) {
        self.declared = campaigns
            .into_iter()
            .map(|campaign| (campaign.id.clone(), campaign))
            .collect();
        for (id, campaign) in &self.declared {
            if let Some(followed) = self.campaigns.get_mut(id) {
                followed
                    .known
                    .pace
                    .declare(campaign.budget, target_of(campaign.goal));
            }
        }
    }

    /// The journal's time: that of the latest entry.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// So many entries came before the first that is read: they are past their retention.
    pub(super) const fn begin_after(&mut self, entries: u64) {
        self.entries = entries;
    }

    /// How many entries were read.
    #[must_use]
    pub const fn entries(&self) -> u64 {
        self.entries
    }

    /// What came in so far, and what of it teaches nothing.
    #[must_use]
    pub const fn quality(&self) -> Quality {
        self.quality
    }

    /// How good the response model is on what it had not seen; `None` while that is too little.
    #[must_use]
    pub fn held_out(&self) -> Option<HeldOut> {
        self.progress.told()
    }

    /// Lets the journal's time pass: windows close, controllers step once a second. It never runs backwards.
    pub fn advance(&mut self, now: Timestamp) {
        if now <= self.now {
            return;
        }
        let second = |at: Timestamp| at.as_millis().div_euclid(1_000);
        let ticked = second(now) > second(self.now);
        while let Some((at, key)) = self.due.next_until(now) {
            self.now = self.now.max(at);
            if !self.hears_nothing(&key) {
                self.review(&key);
                self.schedule(key);
            }
        }
        self.now = now;
        self.kinds.scores.advance(now);
        if ticked {
            self.distrusted.forget(now);
            for followed in self.campaigns.values_mut() {
                followed.known.pace.follow(followed.profile.weights());
                followed.known.pace.step(now, followed.spent_micros);
            }
        }
    }

    /// A decision was made.
    pub fn decision(&mut self, record: &Record) {
        self.entries += 1;
        self.advance(record.now);
        for candidate in &record.candidates {
            let followed = self.followed(&candidate.campaign);
            followed.profile.note(record.now);
            followed.known.pace.begin(record.now);
            let key = (record.decision, candidate.id.clone());
            if let Some(bid) = self.unheard(record, candidate) {
                self.wait_for(key, bid, record.now);
            } else if let Some(example) = self.example(record, candidate) {
                if let Subject::Asked(asked) = &example.subject {
                    self.kinds.decided(asked, &example);
                }
                self.keep(key, example);
            }
        }
    }

    /// An outcome was taken with this reply.
    pub fn outcome(&mut self, outcome: &Outcome, received_at: Timestamp, reply: OutcomeReply) -> Heard {
        self.entries += 1;
        self.advance(received_at);
        self.quality.note(reply);
        if !is_burst(reply) && !teaches(reply) {
            return Heard::Taken;
        }
        let key = (outcome.decision, outcome.candidate.clone());
        if self.hears_of_loss(&key, outcome, reply) {
            return Heard::Taken;
        }
        let Some(example) = self.open.get_mut(&key) else {
            return Heard::NotAtHand;
        };
        if is_burst(reply) {
            self.distrust(&key);
        } else {
            let human = engagement::human(&self.kinds.scores, example, outcome);
            example.hear(outcome, human);
            self.review(&key);
        }
        Heard::Taken
    }

    /// Takes an outcome, with its reply, whose decision was [`Heard::NotAtHand`]: `record` is the decision, `before` are
    /// the reports of it that came earlier. What they taught is not taught again.
    pub fn recall(
        &mut self,
        record: &Record,
        before: &[(Outcome, OutcomeReply)],
        outcome: &Outcome,
        reply: OutcomeReply,
    ) {
        let example = record
            .candidate(&outcome.candidate)
            .and_then(|candidate| self.example(record, candidate));
        let Some(mut example) = example else {
            return;
        };
        let of_it = || {
            before
                .iter()
                .filter(|(known, _)| known.candidate == outcome.candidate)
        };
        for (known, _) in of_it().filter(|(_, reply)| teaches(*reply)) {
            let human = engagement::human(&self.kinds.scores, &example, known);
            example.hear(known, human);
        }
        if of_it().any(|(_, reply)| is_burst(*reply)) {
            example.set_aside();
        }
        let key = (outcome.decision, outcome.candidate.clone());
        if self.unheard.remove(&key).is_none() {
            // Whatever is not at hand any more was answered for good: by its time, or before it for want of room.
            example.taught = example.lesson(self.now.max(example.settled()));
        }
        if teaches(reply) {
            let human = engagement::human(&self.kinds.scores, &example, outcome);
            example.hear(outcome, human);
        }
        self.keep(key.clone(), example);
        if is_burst(reply) {
            self.distrust(&key);
        } else {
            self.review(&key);
        }
    }

    /// A row of history was imported. Its events are complete, so it trains at once; the journal's time stands.
    pub fn observation(&mut self, row: &Observation) {
        self.entries += 1;
        self.quality.imported += 1;
        match row.kind {
            Kind::Bid => self.observed_bid(row),
            Kind::SendTime | Kind::Recommendation | Kind::Budget | Kind::Score => {
                let campaign = self.declared.get(&row.campaign);
                self.kinds.observe(row, campaign.map(Arc::as_ref));
            }
        }
    }

    /// What is learnt of scores: their models' versions, and which of them answers.
    #[must_use]
    pub const fn scores(&self) -> &ScoreLearning {
        &self.kinds.scores
    }

    /// The same, for promoting a version or rolling back; the next snapshot answers with it.
    pub const fn scores_mut(&mut self) -> &mut ScoreLearning {
        &mut self.kinds.scores
    }

    /// Lets a frozen hand-over go on, and begins to compare anew; whether it was frozen.
    pub fn resume_hand_over(&mut self, market: &Market) -> bool {
        self.hand_overs.resume(market)
    }

    /// The hand-overs that were frozen since this was asked last.
    pub(super) fn newly_frozen(&mut self) -> Vec<(Market, Frozen)> {
        self.hand_overs.newly_frozen()
    }

    /// What is known now. Costs what changed since the last one.
    #[must_use]
    pub fn snapshot(&mut self) -> Snapshot {
        let calibration = self.response.calibration();
        if calibration != *self.published.0 {
            self.published.0 = Arc::new(calibration);
        }
        self.published.1 = self.reports.fit(&self.published.1);
        let campaigns = self
            .campaigns
            .iter()
            .map(|(id, followed)| (id.clone(), followed.known))
            .collect();
        let knowledge = Knowledge {
            response: self.response.weights().clone(),
            calibration: Arc::clone(&self.published.0),
            curves: Arc::clone(&self.published.1),
            campaigns: Arc::new(campaigns),
            examples: self.examples,
            positives: self.positives,
            send_times: self.kinds.send_times.knowledge(),
            items: self.kinds.items.knowledge(),
            arms: self.kinds.arms.knowledge(),
            scores: self.kinds.scores.knowledge(),
            hand_overs: self.hand_overs.knowledge(),
        };
        Snapshot::new(self.entries, self.now, knowledge)
    }

    fn followed(&mut self, id: &CampaignId) -> &mut Followed {
        let declared = self.declared.get(id);
        self.campaigns.entry(id.clone()).or_insert_with(|| {
            let pace = match declared {
                Some(campaign) => Pace::new(campaign.budget, target_of(campaign.goal)),
                None => Pace::new(None, crate::model::pacing::Target::None),
            };
            Followed {
                known: CampaignKnowledge::new(pace),
                profile: Profile::default(),
                spent_micros: 0.0,
            }
        })
    }

    /// Begins a trial, or ends the one that there is.
    pub(super) fn hold(&mut self, trial: Option<Trial>) {
        self.trial = trial;
    }

    /// The trial under way.
    pub(super) const fn trial(&self) -> Option<&Trial> {
        self.trial.as_ref()
    }
}

/// Whether an outcome is one of more than a person makes.
fn is_burst(reply: OutcomeReply) -> bool {
    reply == OutcomeReply::Quarantined(Quarantine::Burst)
}

/// Whether an outcome with this reply changed anything.
const fn teaches(reply: OutcomeReply) -> bool {
    match reply {
        OutcomeReply::Accepted | OutcomeReply::Late | OutcomeReply::Corrected => true,
        OutcomeReply::Duplicate
        | OutcomeReply::Conflict
        | OutcomeReply::UnknownCandidate
        | OutcomeReply::Quarantined(_)
        | OutcomeReply::Expired => false,
    }
}
