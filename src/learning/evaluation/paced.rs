use std::{path::Path, sync::Arc};

use super::{
    EvaluationError,
    ipinyou::{Impression, read_impressions},
    planted::{BASE_RATE, PlantedClicks, replayed_campaign},
    replay::{BUDGET_SHARES, Bidder, Replayed, Scaled, Summary, Told, replay, scale_for, total_price},
};
use crate::{
    domain::{
        Auction, AuctionType, Baselines, Bounded, Budget, Campaign, Candidate, CandidateId, CandidateLimits,
        CandidateRecord, Causes, DecisionId, Duration, Event, Evidence, Facts, Goal, Micros, Observation,
        Outcome, OutcomeReply, Proposed, Query, Question, Record, RuleTable, Spend, Timestamp, Verdict,
        Versions, Word,
    },
    learning::{Heard, Trainer},
    model::{Snapshot, features::Features, propose},
};

/// The model bidding under its own pace, learning from every row: the whole room but for the wire and the rules.
pub struct Paced {
    trainer: Trainer,
    snapshot: Snapshot,
    campaign: Arc<Campaign>,
    evidence: Evidence,
    seed: u64,
    spent: Micros,
    asked: Option<Record>,
}

impl Paced {
    /// For a campaign whose history `trainer` has learnt; `clicks` of them count as evidence.
    #[must_use]
    pub fn new(mut trainer: Trainer, campaign: Campaign, clicks: u32, seed: u64) -> Self {
        let campaign = Arc::new(campaign);
        trainer.declare([Arc::clone(&campaign)]);
        Self {
            snapshot: trainer.snapshot(),
            trainer,
            evidence: Evidence {
                current: clicks,
                peak: clicks,
                latest: campaign.budget.map(|budget| budget.start),
            },
            campaign,
            seed,
            spent: Micros::ZERO,
            asked: None,
        }
    }

    fn bounded(&self, at: usize, row: &Impression, left: Micros) -> Option<Bounded> {
        let seed = self
            .seed
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .wrapping_add(at as u64);
        let query = Query {
            decision: DecisionId::new(row.at, u128::from(seed)),
            now: row.at,
            seed,
            caller: None,
            request: None,
            question: Question::Bid(Auction {
                auction_type: AuctionType::SecondPrice,
                floor: Micros::ZERO,
                currency: self.campaign.currency,
                deals: Vec::new(),
                private: false,
                blocked_categories: Vec::new(),
                blocked_advertisers: Vec::new(),
                blocked_attributes: Vec::new(),
            }),
            facts: row.facts(),
            candidates: vec![Candidate {
                id: CandidateId::new("only").ok()?,
                campaign: self.campaign.id.clone(),
                facts: Facts::new(),
            }],
        };
        Some(Bounded {
            query,
            campaigns: vec![Arc::clone(&self.campaign)],
            limits: vec![CandidateLimits {
                budget_left: Some(left),
                ..CandidateLimits::default()
            }],
            evidence: vec![self.evidence],
            spend: vec![Spend {
                spent: self.spent,
                reserved: Micros::ZERO,
            }],
            rules: Arc::new(RuleTable::default()),
        })
    }

    fn record(&self, bounded: &Bounded, proposed: Proposed) -> Option<Record> {
        let versions = Versions {
            rulebook: Arc::from(""),
            stops: None,
            snapshot: self.snapshot.number(),
            build: Arc::from(""),
            simulation: None,
        };
        let mut record = Record::of(&bounded.query, RuleTable::default(), versions);
        record.candidates.push(CandidateRecord {
            id: bounded.query.candidates.first()?.id.clone(),
            campaign: self.campaign.id.clone(),
            brand: self.campaign.brand.clone(),
            objective: self.campaign.objective.clone(),
            currency: self.campaign.currency,
            facts: self.campaign.facts.clone(),
            limits: bounded.limits.first()?.clone(),
            verdict: if proposed.choice == proposed.wish {
                Verdict::Allowed
            } else {
                Verdict::Changed
            },
            choice: Some(proposed.choice),
            proposed: Some(proposed),
            explained_by: None,
            unfollowed: None,
            baseline: None,
            causes: Causes::default(),
            fallback: None,
            taken: None,
            tickets: Vec::new(),
        });
        Some(record)
    }

    fn tell(&mut self, record: &Record, event: Event, at: Timestamp) -> Option<()> {
        let outcome = Outcome {
            decision: record.decision,
            candidate: record.candidates.first()?.id.clone(),
            event_id: Word::new(event.sort()).ok()?,
            revision: 0,
            at,
            event,
            withdrawn: false,
            signs: crate::domain::Signs::NONE,
        };
        let reply = OutcomeReply::Accepted;
        if self.trainer.outcome(&outcome, at, reply) == Heard::NotAtHand {
            self.trainer.recall(record, &[], &outcome, reply);
        }
        Some(())
    }
}

impl Bidder for Paced {
    fn bid(&mut self, at: usize, row: &Impression, left: Micros) -> Option<Micros> {
        let bounded = Arc::new(self.bounded(at, row, left)?);
        let proposal = propose(&self.snapshot, Arc::clone(&bounded));
        let proposed = proposal.candidates.first().cloned().flatten()?;
        let price = proposed.choice.price();
        let record = self.record(&bounded, proposed)?;
        self.trainer.decision(&record);
        self.asked = Some(record);
        price
    }

    fn told(&mut self, _: usize, row: &Impression, result: Told) {
        let Some(record) = self.asked.take() else {
            return;
        };
        let soon = row.at.plus(Duration::from_millis(100));
        let (event, clicked) = match result {
            Told::Lost => (
                Event::Loss {
                    reason: None,
                    min_to_win: None,
                },
                false,
            ),
            Told::Shown => (Event::Win { price: row.price }, false),
            Told::Clicked => (Event::Win { price: row.price }, true),
        };
        if result != Told::Lost {
            self.spent = self.spent.plus(row.price);
        }
        self.tell(&record, event, soon);
        if clicked {
            self.evidence.current += 1;
            self.tell(&record, Event::Click, row.at.plus(Duration::from_secs(5)));
        }
        self.snapshot = self.trainer.snapshot();
    }
}

/// What a click is worth to the paced campaign, in what the linear bidder pays for one.
const WORTH: f64 = 1.5;

/// What a paced bidder has before the first impression of a replay.
#[derive(Debug, Clone)]
pub struct Start {
    /// For whom, with goal, baseline, budget and period.
    pub campaign: Campaign,
    /// What was seen before.
    pub history: Vec<Observation>,
    /// Names the replay.
    pub seed: u64,
}

/// Replays the test log at each of [`BUDGET_SHARES`] with clicks planted by seeds 1 to `seeds`, three bidders
/// each: paced, constant and unpaced linear. What is known beforehand is the training log alone. `paced` makes
/// the paced bidder of a replay, and is given it back when the replay has ended.
///
/// # Errors
/// A log is missing, unreadable or of another format; or what `paced` says.
pub fn evaluate_pacing<B: Bidder, E: From<EvaluationError>>(
    train: &Path,
    test: &Path,
    seeds: u64,
    mut paced: impl FnMut(Start, &mut dyn FnMut(&mut B)) -> Result<(), E>,
) -> Result<Vec<Summary>, E> {
    let market = Market {
        train: read_impressions(train)?,
        test: read_impressions(test)?,
    };
    let mut summaries: Vec<Summary> = BUDGET_SHARES
        .iter()
        .flat_map(|share| {
            ["paced", "constant", "unpaced linear"].map(|name| Summary {
                name: format!("1/{:.0} {name}", 1.0 / share),
                replays: Vec::new(),
            })
        })
        .collect();
    for seed in 1..=seeds {
        for (share, summaries) in BUDGET_SHARES.into_iter().zip(summaries.chunks_mut(3)) {
            let cell = Cell::of(&market, seed, share)?;
            let mut replays = Vec::new();
            paced(cell.start(&market, seed), &mut |bidder| {
                replays.push(replay(&market.test, &cell.clicked, cell.budget, bidder));
            })?;
            replays.extend(cell.unpaced(&market, share));
            for (summary, replayed) in summaries.iter_mut().zip(replays) {
                summary.replays.push(replayed);
            }
        }
    }
    Ok(summaries)
}

/// The paced bidder without wire and rules, for [`evaluate_pacing`].
///
/// # Errors
/// None of its own.
pub fn in_process(start: Start, replay: &mut dyn FnMut(&mut Paced)) -> Result<(), EvaluationError> {
    let clicks = start.history.iter().filter(|row| !row.events.is_empty()).count();
    let clicks = u32::try_from(clicks).unwrap_or(u32::MAX);
    let trainer = learnt(&start.campaign, &start.history);
    replay(&mut Paced::new(trainer, start.campaign, clicks, start.seed));
    Ok(())
}

/// The two logs.
struct Market {
    train: Vec<Impression>,
    test: Vec<Impression>,
}

/// One seed at one budget.
struct Cell {
    campaign: Campaign,
    history: Vec<bool>,
    clicked: Vec<bool>,
    budget: Micros,
}

impl Cell {
    fn of(market: &Market, seed: u64, share: f64) -> Result<Self, EvaluationError> {
        let Market { train, test } = market;
        let planted = PlantedClicks::on(train, seed);
        let mean_price = total_price(train).to_f64() / count(train.len());
        let budget = Micros::from_f64(total_price(test).to_f64() * share).unwrap_or_default();
        let amount = Micros::new(budget.get() / 1_000);
        let campaign = Campaign {
            baselines: Baselines::of_bids(Micros::from_f64(mean_price).unwrap_or_default()),
            budget: period(test).map(|(start, end)| Budget { amount, start, end }),
            ..replayed_campaign().map_err(|error| error.of(Path::new("the replayed campaign")))?
        };
        let mut cell = Self {
            campaign,
            history: planted.clicks("train", train),
            clicked: planted.clicks("test", test),
            budget,
        };
        // A campaign that its budget limits: a click is worth more to it than the linear bidder, which would
        // have spent this share of the training log, can pay for one. So the pace has room on both sides.
        let scale = scale_for(share, train, &cell.predictions(market, train));
        let value = Micros::from_f64(WORTH * scale / 1_000.0).unwrap_or_default();
        cell.campaign.goal = Goal::MaximiseConversions {
            value_per_outcome: value,
        };
        Ok(cell)
    }

    /// What the model makes of each of `rows`, once it has learnt the training log.
    fn predictions(&self, market: &Market, rows: &[Impression]) -> Vec<f64> {
        let snapshot = learnt(&self.campaign, &self.start(market, 0).history).snapshot();
        rows.iter()
            .map(|row| predicted(&snapshot, &self.campaign, row))
            .collect()
    }

    fn start(&self, market: &Market, seed: u64) -> Start {
        let rows = market.train.iter().zip(&self.history);
        let observation = |(row, clicked): (&Impression, &bool)| {
            row.observation(&self.campaign, clicked.then_some(Event::Click))
        };
        Start {
            campaign: self.campaign.clone(),
            history: rows.map(observation).collect(),
            seed,
        }
    }

    /// The constant bidder, then the one linear in what the model learnt from the training log, frozen.
    fn unpaced(&self, market: &Market, share: f64) -> [Replayed; 2] {
        let weights = |rows: &[Impression]| self.predictions(market, rows);
        let flat = |rows: &[Impression]| vec![1.0; rows.len()];
        let bidders = [
            (flat(&market.train), flat(&market.test)),
            (weights(&market.train), weights(&market.test)),
        ];
        bidders.map(|(train, test)| {
            let scale = scale_for(share, &market.train, &train);
            replay(
                &market.test,
                &self.clicked,
                self.budget,
                &mut Scaled {
                    scale,
                    weights: &test,
                },
            )
        })
    }
}

fn period(rows: &[Impression]) -> Option<(Timestamp, Timestamp)> {
    Some((rows.first()?.at, rows.last()?.at.plus(Duration::from_millis(1))))
}

fn learnt(campaign: &Campaign, history: &[Observation]) -> Trainer {
    let mut trainer = Trainer::default();
    trainer.declare([Arc::new(campaign.clone())]);
    for row in history {
        trainer.observation(row);
    }
    trainer
}

fn predicted(snapshot: &Snapshot, campaign: &Campaign, row: &Impression) -> f64 {
    let features = Features::of_observation(&row.observation(campaign, None), &campaign.facts);
    snapshot
        .response(&features)
        .map_or(BASE_RATE, |(probability, _)| probability)
}

#[expect(clippy::cast_precision_loss, reason = "row counts are small")]
const fn count(rows: usize) -> f64 {
    rows as f64
}
