use std::{path::Path, sync::Arc};

use super::{
    EvaluationError,
    ipinyou::{Impression, read_impressions},
    planted::{BASE_RATE, Misnamed, PlantedClicks, replayed_campaign},
    replay::{BUDGET_SHARES, Bidder, Scaled, Summary, Told, replay, scale_for, total_price},
};
use crate::{
    domain::{
        Auction, AuctionType, Bounded, Budget, Campaign, Candidate, CandidateId, CandidateLimits,
        CandidateRecord, DecisionId, Duration, Event, Evidence, Facts, Goal, Micros, Outcome, OutcomeReply,
        Proposed, Query, Question, Record, RuleTable, Spend, Timestamp, Verdict, Versions, Word,
    },
    learning::Trainer,
    model::{Snapshot, bid::propose, features::Features},
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
            proposed: Some(proposed),
            verdict: if proposed.choice == proposed.wish {
                Verdict::Allowed
            } else {
                Verdict::Changed
            },
            choice: Some(proposed.choice),
            fallback: None,
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
        };
        self.trainer.outcome(&outcome, at, OutcomeReply::Accepted);
        Some(())
    }
}

impl Bidder for Paced {
    fn bid(&mut self, at: usize, row: &Impression, left: Micros) -> Option<Micros> {
        let bounded = Arc::new(self.bounded(at, row, left)?);
        let proposal = propose(&self.snapshot, Arc::clone(&bounded));
        let proposed = proposal.candidates.first().copied().flatten()?;
        let record = self.record(&bounded, proposed)?;
        self.trainer.decision(&record);
        self.asked = Some(record);
        proposed.choice.price()
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

/// Replays the test log at each of [`BUDGET_SHARES`] with clicks planted by seeds 1 to `seeds`, three bidders
/// each: paced, constant and unpaced linear. What is known beforehand is the training log alone.
///
/// # Errors
/// A log is missing, unreadable or of another format.
pub fn evaluate_pacing(train: &Path, test: &Path, seeds: u64) -> Result<Vec<Summary>, EvaluationError> {
    let (train, test) = (read_impressions(train)?, read_impressions(test)?);
    let named = |error: Misnamed| EvaluationError::Unreadable {
        path: "the replayed campaign".into(),
        reason: error.to_string(),
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
        let rows = one_seed(&train, &test, seed).map_err(named)?;
        for (summary, replayed) in summaries.iter_mut().zip(rows) {
            summary.replays.push(replayed);
        }
    }
    Ok(summaries)
}

fn one_seed(train: &[Impression], test: &[Impression], seed: u64) -> Result<Vec<super::Replayed>, Misnamed> {
    let planted = PlantedClicks::on(train, seed);
    let (history, clicked) = (planted.clicks("train", train), planted.clicks("test", test));
    let mut campaign = replayed_campaign()?;
    let mean_price = total_price(train).to_f64() / count(train.len());
    // Twice the mean price unpaced, so that the controllers' range, 0.1 to 2, reaches all three budgets.
    let value = Micros::from_f64(2.0 * mean_price / BASE_RATE / 1_000.0).unwrap_or_default();
    campaign.goal = Goal::MaximiseConversions {
        value_per_outcome: value,
    };
    campaign.baseline = Micros::from_f64(mean_price).unwrap_or_default();
    let mut results = Vec::new();
    for share in BUDGET_SHARES {
        let budget = Micros::from_f64(total_price(test).to_f64() * share).unwrap_or_default();
        campaign.budget = period(test).map(|(start, end)| Budget {
            amount: Micros::new(budget.get() / 1_000),
            start,
            end,
        });
        let trainer = learnt(&campaign, train, &history);
        let mut frozen = trainer;
        let snapshot = frozen.snapshot();
        let weights = |rows: &[Impression]| -> Vec<f64> {
            rows.iter()
                .map(|row| predicted(&snapshot, &campaign, row))
                .collect()
        };
        let (linear, linear_test) = (weights(train), weights(test));
        let (flat, flat_test) = (vec![1.0; train.len()], vec![1.0; test.len()]);
        let clicks = u32::try_from(history.iter().filter(|clicked| **clicked).count()).unwrap_or(u32::MAX);
        let mut paced = Paced::new(frozen, campaign.clone(), clicks, seed);
        results.push(replay(test, &clicked, budget, &mut paced));
        let mut constant = Scaled {
            scale: scale_for(share, train, &flat),
            weights: &flat_test,
        };
        results.push(replay(test, &clicked, budget, &mut constant));
        let mut unpaced = Scaled {
            scale: scale_for(share, train, &linear),
            weights: &linear_test,
        };
        results.push(replay(test, &clicked, budget, &mut unpaced));
    }
    Ok(results)
}

fn period(rows: &[Impression]) -> Option<(Timestamp, Timestamp)> {
    Some((rows.first()?.at, rows.last()?.at.plus(Duration::from_millis(1))))
}

fn learnt(campaign: &Campaign, rows: &[Impression], clicked: &[bool]) -> Trainer {
    let mut trainer = Trainer::default();
    trainer.declare([Arc::new(campaign.clone())]);
    for (row, clicked) in rows.iter().zip(clicked) {
        trainer.observation(&row.observation(campaign, clicked.then_some(Event::Click)));
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
