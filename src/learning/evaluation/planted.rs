use std::{fmt, path::Path, sync::Arc};

use super::{
    EvaluationError,
    ipinyou::{Impression, read_impressions},
    measure::{Measured, measure},
};
use crate::{
    domain::{
        Baselines, BrandId, Campaign, CampaignId, Duration, Event, Facts, Goal, InvalidName, Micros,
        Objective, ObjectiveId, ParseMoneyError, Word,
    },
    learning::Trainer,
    model::{features::Features, ftrl::sigmoid},
};

/// The share of impressions that are clicked, on the mean of the rows that a model was planted on.
pub const BASE_RATE: f64 = 0.01;

/// Clicks that a stated, seeded model puts on real impressions, whose own clicks are too few to measure by.
///
/// The log-odds of a click are an intercept plus one effect each of the hour, the region, the exchange, the slot
/// size, the user agent and the advertiser. An effect is drawn from the hash of (seed, field, value), about
/// normal with the spread in [`EFFECTS`]; the intercept puts the mean probability of the given rows at
/// [`BASE_RATE`]. `tests/reference/planted_clicks.py` draws the same clicks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlantedClicks {
    seed: u64,
    intercept: f64,
}

/// Fields that matter for a planted click, and how much: the standard deviation of their effects.
pub const EFFECTS: [(&str, f64); 6] = [
    ("hour", 0.5),
    ("region", 0.5),
    ("exchange", 0.5),
    ("slot_size", 0.8),
    ("user_agent", 0.6),
    ("advertiser", 0.5),
];

impl PlantedClicks {
    /// A model of this seed whose mean probability on `rows` is [`BASE_RATE`].
    #[must_use]
    pub fn on(rows: &[Impression], seed: u64) -> Self {
        let effects: Vec<f64> = rows.iter().map(|row| effects(seed, row)).collect();
        let (mut low, mut high) = (-20.0, 20.0);
        for _ in 0..60 {
            let middle = f64::midpoint(low, high);
            let mean: f64 =
                effects.iter().map(|effect| sigmoid(middle + effect)).sum::<f64>() / count(rows.len());
            if mean < BASE_RATE {
                low = middle
            } else {
                high = middle
            }
        }
        Self { seed, intercept: low }
    }

    /// How likely this impression is clicked.
    #[must_use]
    pub fn probability(&self, row: &Impression) -> f64 {
        sigmoid(self.intercept + effects(self.seed, row))
    }

    /// Which of `rows` are clicked; `name` tells one log's draws from another's.
    #[must_use]
    pub fn clicks(&self, name: &str, rows: &[Impression]) -> Vec<bool> {
        let draw = |at: usize| uniform(fnv(&format!("{}|draw|{name}|{at}", self.seed)));
        rows.iter()
            .enumerate()
            .map(|(at, row)| draw(at) < self.probability(row))
            .collect()
    }
}

fn effects(seed: u64, row: &Impression) -> f64 {
    let hour = row.hour.to_string();
    let values = [
        &hour,
        &row.region,
        &row.exchange,
        &row.size,
        &row.user_agent,
        &row.advertiser,
    ];
    let effect = |((field, spread), value): (&(&str, f64), &String)| {
        spread * normal(fnv(&format!("{seed}|{field}|{value}")))
    };
    EFFECTS.iter().zip(values).map(effect).sum()
}

/// FNV-1a, 64 bits, mixed by the finaliser of `SplitMix64`.
fn fnv(text: &str) -> u64 {
    let step = |state: u64, byte: u8| (state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    let mut state = text.bytes().fold(0xcbf2_9ce4_8422_2325, step);
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

#[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
fn uniform(hash: u64) -> f64 {
    (hash >> 11) as f64 / (1_u64 << 53) as f64
}

/// The sum of four uniform numbers, scaled to variance 1.
#[expect(clippy::cast_precision_loss, reason = "16 bits fit")]
fn normal(hash: u64) -> f64 {
    let quarter = |shift: u32| ((hash >> shift) & 0xffff) as f64 / 65_536.0;
    (quarter(0) + quarter(16) + quarter(32) + quarter(48) - 2.0) * 3.0_f64.sqrt()
}

#[expect(clippy::cast_precision_loss, reason = "row counts are small")]
const fn count(rows: usize) -> f64 {
    rows as f64
}

/// The response model on planted clicks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlantedEvaluation {
    /// How many seeds' clicks were planted; the rows of all are measured together.
    pub seeds: u64,
    /// On the test log, for each seed trained once on the training log and frozen.
    pub measured: Measured,
}

/// Logloss and AUC of scikit-learn's logistic regression on the same clicks of seeds 1 to 20, from
/// `tests/reference/planted_clicks.py`.
const REFERENCE: (f64, f64) = (0.0547, 0.7233);

impl fmt::Display for PlantedEvaluation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (logloss, auc) = REFERENCE;
        writeln!(
            f,
            "clicks planted with {} seeds on the iPinYou test log: {}",
            self.seeds, self.measured
        )?;
        write!(
            f,
            "  scikit-learn logistic regression on the same clicks (20 seeds): logloss {logloss:.4}, AUC {auc:.4}"
        )
    }
}

/// Plants clicks with seeds 1 to `seeds` on both logs; trains on the one as imported history, freezes, and
/// measures on the other.
///
/// # Errors
/// A log is missing, unreadable or of another format.
pub fn evaluate_planted(train: &Path, test: &Path, seeds: u64) -> Result<PlantedEvaluation, EvaluationError> {
    let (train, test) = (read_impressions(train)?, read_impressions(test)?);
    let mut pairs = Vec::new();
    for seed in 1..=seeds {
        let planted = PlantedClicks::on(&train, seed);
        let clicks = planted.clicks("train", &train);
        let campaign =
            Arc::new(replayed_campaign().map_err(|error| error.of(Path::new("the replayed campaign")))?);
        let mut trainer = Trainer::default();
        trainer.declare([Arc::clone(&campaign)]);
        for (row, clicked) in train.iter().zip(clicks) {
            trainer.observation(&row.observation(&campaign, clicked.then_some(Event::Click)));
        }
        let snapshot = trainer.snapshot();
        let clicked = planted.clicks("test", &test);
        for (row, clicked) in test.iter().zip(clicked) {
            let features = Features::of_observation(&row.observation(&campaign, None), &campaign.facts);
            let probability = snapshot
                .response(&features)
                .map_or(BASE_RATE, |(probability, _)| probability);
            pairs.push((probability, clicked));
        }
    }
    Ok(PlantedEvaluation {
        seeds,
        measured: measure(&pairs, 7),
    })
}

/// A name of ours that is not one: cannot happen, and is not hidden.
#[derive(Debug, thiserror::Error)]
pub enum Misnamed {
    /// A name.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// A currency.
    #[error(transparent)]
    Currency(#[from] ParseMoneyError),
}

impl Misnamed {
    pub(super) fn of(self, path: &Path) -> EvaluationError {
        EvaluationError::Unreadable {
            path: path.to_owned(),
            reason: self.to_string(),
        }
    }
}

/// The campaign that the logs are replayed for: it maximises clicks. The caller sets value, budget and baseline.
///
/// # Errors
/// Never in practice: its names are constants.
pub fn replayed_campaign() -> Result<Campaign, Misnamed> {
    Ok(Campaign {
        id: CampaignId::new("ipinyou-2259")?,
        brand: BrandId::new("advertiser-2259")?,
        product: None,
        objective: Objective {
            id: ObjectiveId::new("click")?,
            event: Word::new("click")?,
            window: Duration::from_secs(3_600),
        },
        goal: Goal::MaximiseConversions {
            value_per_outcome: Micros::new(10_000_000),
        },
        currency: "CNY".parse()?,
        baselines: Baselines::of_bids(Micros::new(100_000_000)),
        budget: None,
        maturity: Default::default(),
        facts: Facts::new(),
    })
}
