use std::{fmt, path::Path, sync::Arc};

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

use super::{EvaluationError, Interval, measure::paired, planted::Misnamed, replayed_campaign};
use crate::{
    domain::{
        Active, Baselines, BasisPoints, Bounded, Bounds, Campaign, CampaignId, Candidate, CandidateId,
        CandidateLimits, Certainty, Choice, Currency, DecisionId, Duration, Effect, Event, Facts, Goal, Kind,
        Micros, Objective, Observation, Query, Question, RuleIx, RuleTable, Span, Tier, Timestamp, Total,
        Word, declared_parts, permits_all,
    },
    learning::Trainer,
    model::{
        budget::{Bend, Curve, Infeasible, Room, optimum},
        propose,
    },
};

/// Arms of a planted split: every other one straight, every other one bent.
const ARMS: usize = 10;
/// Days that are learnt from.
const DAYS: u32 = 60;
/// The last of them are measured.
const MEASURED: u32 = 10;
/// What there is to split a day, in micros.
const TOTAL: i64 = 1_000_000_000;
/// No arm gets more than this share, in hundredths of a per cent.
const MOST: i64 = 3_000;
/// No part moves further from the last one than this share of it, in hundredths of a per cent.
const STEP: i64 = 2_500;
/// Outcomes a unit of money brings in a middling arm.
const RETURN: f64 = 0.5;

/// How near learnt splits come to the best one.
#[derive(Debug, Clone, PartialEq)]
pub struct SplitEvaluation {
    /// How many markets were planted.
    pub seeds: u64,
    /// What the splits of the last days bring, as a share of the best split's value.
    pub learnt: Interval,
    /// The same of equal parts.
    pub equal: Interval,
    /// The same of the first split, which people declared, had it been kept.
    pub kept: Interval,
    /// Splits that broke a limit.
    pub broken: usize,
    /// What is said of bounds that admit no split.
    pub infeasible: String,
}

impl fmt::Display for SplitEvaluation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            seeds,
            learnt,
            equal,
            kept,
            broken,
            infeasible,
        } = self;
        writeln!(
            f,
            "{ARMS} planted arms, half straight, half bent; {seeds} seeds, {DAYS} days, at most {} % an arm and {} % a \
             step: value of the last {MEASURED} days' splits as a share of the optimum's {learnt}",
            MOST / 100,
            STEP / 100,
        )?;
        writeln!(
            f,
            "  equal parts {equal}, the first split kept {kept}; {broken} of {} splits broke a limit",
            seeds * u64::from(DAYS)
        )?;
        write!(f, "  bounds that admit no split: {infeasible}")
    }
}

/// Plants markets of seeds 1 to `seeds`, lets the model that serves split them day by day inside the limits, and measures the last days.
///
/// # Errors
/// Never in practice: the names it uses are constants.
pub fn evaluate_splits(seeds: u64) -> Result<SplitEvaluation, EvaluationError> {
    let (mut learnt, mut equal, mut kept, mut broken) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for seed in 1..=seeds {
        let mut market = PlantedMarket::of(seed).map_err(|error| error.of(Path::new("the planted arms")))?;
        let best = market.value(&market.best());
        equal.push(market.value(&[even(); ARMS]) / best);
        kept.push(market.value(&market.first) / best);
        let mut late = 0.0;
        for day in 0..DAYS {
            let parts = market.split(day);
            broken += usize::from(!market.within_limits(&parts));
            if day >= DAYS - MEASURED {
                late += market.value(&parts) / best / f64::from(MEASURED);
            }
            market.spend(day, &parts);
        }
        learnt.push(late);
    }
    Ok(SplitEvaluation {
        seeds,
        learnt: paired(&learnt, 13),
        equal: paired(&equal, 13),
        kept: paired(&kept, 13),
        broken,
        infeasible: infeasible().map_or_else(|| "none was found".to_owned(), |found| found.to_string()),
    })
}

#[expect(clippy::cast_possible_wrap, reason = "a handful of arms")]
const fn even() -> i64 {
    TOTAL / ARMS as i64
}

/// What is said where every arm must get a fifth.
fn infeasible() -> Option<Infeasible> {
    let room = Room {
        curve: Curve::Linear { slope: 1.0 },
        at_least: TOTAL / 5,
        at_most: TOTAL,
    };
    optimum(&[room; ARMS], TOTAL).err()
}

/// Arms whose curves are known to the market alone.
struct PlantedMarket {
    truth: Vec<Curve>,
    campaigns: Vec<Arc<Campaign>>,
    arms: Vec<Candidate>,
    /// What people declared.
    first: Vec<i64>,
    last: Option<Vec<i64>>,
    limits: Vec<CandidateLimits>,
    currency: Currency,
    trainer: Trainer,
    generator: ChaCha8Rng,
    seed: u64,
}

impl PlantedMarket {
    fn of(seed: u64) -> Result<Self, Misnamed> {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        let mut market = Self {
            truth: Vec::new(),
            campaigns: Vec::new(),
            arms: Vec::new(),
            first: Vec::new(),
            last: None,
            limits: Vec::new(),
            currency: replayed_campaign()?.currency,
            trainer: Trainer::default(),
            generator: ChaCha8Rng::seed_from_u64(seed ^ 0x5eed),
            seed,
        };
        let weights: [f64; ARMS] = std::array::from_fn(|_| 0.5 + uniform(&mut generator));
        let sum: f64 = weights.iter().sum();
        for (arm, weight) in weights.into_iter().enumerate() {
            market.truth.push(planted(arm, &mut generator));
            let share = whole(10_000.0 * weight / sum);
            market.campaigns.push(Arc::new(campaign(arm, share)?));
            market.arms.push(Candidate {
                id: CandidateId::new(&format!("arm-{arm}"))?,
                campaign: CampaignId::new(&format!("arm-{arm}"))?,
                facts: Facts::new(),
            });
        }
        market.trainer.declare(market.campaigns.iter().cloned());
        let declared = declared_parts(Micros::new(TOTAL), &market.campaigns);
        market.first = declared.into_iter().map(Micros::get).collect();
        Ok(market)
    }

    /// Outcomes of a day by these parts.
    fn value(&self, parts: &[i64]) -> f64 {
        let pairs = self.truth.iter().zip(parts);
        pairs
            .map(|(curve, part)| curve.value(Micros::new(*part).to_f64()))
            .sum()
    }

    /// The best split, had the curves been known from the start.
    fn best(&self) -> Vec<i64> {
        let room = |curve: &Curve| Room {
            curve: *curve,
            at_least: 0,
            at_most: TOTAL * MOST / 10_000,
        };
        let rooms: Vec<Room> = self.truth.iter().map(room).collect();
        optimum(&rooms, TOTAL).unwrap_or_default()
    }

    /// What the model splits on that day; where it has no opinion, the last split or the first.
    fn split(&mut self, day: u32) -> Vec<i64> {
        let last = self.last.clone();
        self.limits = (0..ARMS)
            .map(|arm| limits(last.as_ref().and_then(|last| last.get(arm).copied())))
            .collect();
        let bounded = Arc::new(self.bounded(day));
        let proposal = propose(&self.trainer.snapshot(), bounded);
        let said = proposal
            .candidates
            .iter()
            .map(|opinion| opinion.as_ref()?.choice.amount().map(Micros::get));
        let said: Option<Vec<i64>> = said.collect();
        said.or(last).unwrap_or_else(|| self.first.clone())
    }

    fn bounded(&self, day: u32) -> Bounded {
        let now = Timestamp::default().plus(Duration::from_days(i64::from(day)));
        let last = |arm: usize| self.last.as_ref()?.get(arm).copied().map(Micros::new);
        Bounded {
            query: Query {
                decision: DecisionId::new(now, u128::from(self.seed)),
                now,
                seed: self.seed.wrapping_mul(1_000_003).wrapping_add(u64::from(day)),
                caller: None,
                request: None,
                question: Question::Budget(Total {
                    amount: Micros::new(TOTAL),
                    currency: self.currency,
                    last: (0..ARMS).map(last).collect(),
                    spent: Vec::new(),
                    period: Some(Span::new(now, now.plus(Duration::from_days(1)))),
                }),
                facts: Facts::new(),
                candidates: self.arms.clone(),
            },
            campaigns: self.campaigns.clone(),
            limits: self.limits.clone(),
            evidence: Vec::new(),
            spend: Vec::new(),
            rules: Arc::new(RuleTable::default()),
        }
    }

    fn within_limits(&self, parts: &[i64]) -> bool {
        let choices: Vec<Option<Choice>> = parts
            .iter()
            .map(|part| Some(Choice::Share(Micros::new(*part))))
            .collect();
        permits_all(&self.bounded(0).query.question, &self.limits, &choices)
    }

    /// The day passes: every arm spends its part, and a count of outcomes follows.
    fn spend(&mut self, day: u32, parts: &[i64]) {
        let at = Timestamp::default().plus(Duration::from_days(i64::from(day)));
        for ((curve, part), campaign) in self.truth.iter().zip(parts).zip(&self.campaigns) {
            let expected = curve.value(Micros::new(*part).to_f64());
            // A count of so many is nearly normal, and twelve uniform draws add up to a deviate.
            let deviate: f64 = (0..12).map(|_| uniform(&mut self.generator)).sum::<f64>() - 6.0;
            let outcomes = (expected + expected.sqrt() * deviate).round().max(0.0);
            let event = Event::Conversion {
                name: campaign.objective.event.clone(),
                value: None,
            };
            self.trainer.observation(&Observation {
                at,
                kind: Kind::Budget,
                campaign: campaign.id.clone(),
                brand: campaign.brand.clone(),
                objective: campaign.objective.clone(),
                candidate: CandidateId::new(campaign.id.as_str()).ok(),
                facts: Facts::new(),
                spend: Some(Micros::new(*part)),
                bid: None,
                won: None,
                market_price: None,
                events: (0..whole(outcomes)).map(|_| (event.clone(), at)).collect(),
            });
        }
        self.last = Some(parts.to_vec());
    }
}

/// A curve between a third and nearly twice the middling return at an equal part.
fn planted(arm: usize, generator: &mut ChaCha8Rng) -> Curve {
    let slope = RETURN * (0.3 + 1.4 * uniform(generator)) * 1e-6;
    let half_micros = (0.3 + 1.7 * uniform(generator)) * Micros::new(even()).to_f64();
    if arm.is_multiple_of(2) {
        return Curve::Linear { slope };
    }
    Curve::Hill {
        ceiling: 2.0 * slope * half_micros,
        half_micros,
        bend: Bend::One,
    }
}

fn campaign(arm: usize, share: i32) -> Result<Campaign, Misnamed> {
    let replayed = replayed_campaign()?;
    Ok(Campaign {
        id: CampaignId::new(&format!("arm-{arm}"))?,
        goal: Goal::MaximiseConversions {
            value_per_outcome: Micros::new(2_000_000),
        },
        baselines: Baselines {
            share: Some(BasisPoints::new(share)),
            ..Baselines::default()
        },
        objective: Objective {
            event: Word::new("purchase")?,
            ..replayed.objective
        },
        ..replayed
    })
}

/// At most three tenths of the total, and not further from the last part than a quarter of it.
fn limits(last: Option<i64>) -> CandidateLimits {
    let mut effects = Bounds::new();
    let mut insert = |rule: u32, effect: Effect| {
        effects.insert(Active {
            certainty: Certainty::Certain,
            rule: RuleIx(rule),
            tier: Tier::Campaign,
            effect,
        });
    };
    insert(
        0,
        Effect::Share {
            at_least: Micros::ZERO,
            at_most: Micros::new(TOTAL * MOST / 10_000),
        },
    );
    if let Some(last) = last {
        insert(
            1,
            Effect::Step {
                at_least: Micros::new(last - last * STEP / 10_000),
                at_most: Micros::new(last + last * STEP / 10_000),
            },
        );
    }
    CandidateLimits {
        effects,
        ..CandidateLimits::default()
    }
}

#[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
fn uniform(generator: &mut ChaCha8Rng) -> f64 {
    (generator.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}

#[expect(clippy::cast_possible_truncation, reason = "a count of a day, or a share")]
fn whole(count: f64) -> i32 {
    count as i32
}
