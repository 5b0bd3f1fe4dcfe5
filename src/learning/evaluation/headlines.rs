use std::{collections::BTreeMap, fmt, path::Path};

use super::{
    EvaluationError,
    difference::{difference, mean},
    measure::Interval,
    read_text,
};
use crate::model::{
    recommendation::creatives::{Shown, beliefs},
    thompson::{Draws, greatest},
};

/// Tests with at least so many headlines and a click, the first so many by id.
const FEWEST_ARMS: usize = 3;
const TESTS: usize = 500;
/// Impressions of a test, and how many are chosen before anything is heard of them.
const IMPRESSIONS: usize = 5_000;
const BATCH: usize = 50;
/// How often the other bandit takes any arm.
const EPSILON: f64 = 0.1;

/// Bandits on randomised headline tests: each one's clicks above showing all headlines alike.
#[derive(Debug, Clone, PartialEq)]
pub struct Headlines {
    /// Tests.
    pub tests: usize,
    /// What serves: the mean lift over the tests, one a seed.
    pub ours: Vec<f64>,
    /// Epsilon-greedy with 0.1, in the same run.
    pub epsilon: Vec<f64>,
    /// Always the best headline.
    pub best: f64,
    /// Ours less epsilon's, over the seeds.
    pub gained: Interval,
}

impl fmt::Display for Headlines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let per_cent = |share: f64| share * 100.0;
        writeln!(
            f,
            "creatives, Upworthy, {} tests, {} seeds: lift over uniform {:+.2} %",
            self.tests,
            self.ours.len(),
            per_cent(mean(&self.ours))
        )?;
        writeln!(
            f,
            "  epsilon-greedy 0.1 in the same run {:+.2} %, best possible {:+.2} %",
            per_cent(mean(&self.epsilon)),
            per_cent(self.best)
        )?;
        write!(
            f,
            "  ours less epsilon's: {:+.2} % [{:+.2}, {:+.2}]",
            per_cent(self.gained.value),
            per_cent(self.gained.low),
            per_cent(self.gained.high)
        )
    }
}

/// Replays each test with every seed: a click comes with the headline's observed rate. `path` is the shared half of the
/// Upworthy archive.
///
/// # Errors
/// The file is missing, unreadable or of another format.
pub fn evaluate_headlines(path: &Path, seeds: u64) -> Result<Headlines, EvaluationError> {
    let tests = read(path)?;
    let lift = |bandit: Bandit| {
        let over_tests = |seed: u64| {
            let lifts = (0_u64..)
                .zip(&tests)
                .map(|(number, rates)| played(rates, bandit, seed, number));
            mean(&lifts.collect::<Vec<f64>>())
        };
        (0..seeds).map(over_tests).collect::<Vec<f64>>()
    };
    let (ours, epsilon) = (lift(Bandit::Ours), lift(Bandit::Epsilon));
    let best = |rates: &Vec<f64>| rates.iter().copied().fold(0.0, f64::max) / mean(rates) - 1.0;
    Ok(Headlines {
        tests: tests.len(),
        best: mean(&tests.iter().map(best).collect::<Vec<f64>>()),
        gained: difference(&ours, &epsilon, 7),
        ours,
        epsilon,
    })
}

/// The observed rate of each headline, a test a row.
fn read(path: &Path) -> Result<Vec<Vec<f64>>, EvaluationError> {
    let text = read_text(path)?;
    let malformed = |row: usize, what: &str| EvaluationError::Malformed {
        path: path.to_owned(),
        row,
        what: what.to_owned(),
    };
    let mut table = csv::Reader::from_reader(text.as_bytes());
    let mut tests: BTreeMap<String, Vec<(f64, f64)>> = BTreeMap::new();
    for (place, record) in table.records().enumerate() {
        let record = record.map_err(|error| malformed(place + 2, &error.to_string()))?;
        let number = |column: usize| record.get(column).and_then(|cell| cell.parse::<f64>().ok());
        let counts = number(3).zip(number(4));
        let (Some(id), Some((shown, clicked))) = (record.get(0), counts) else {
            return Err(malformed(place + 2, "impressions and clicks are no numbers"));
        };
        tests.entry(id.to_owned()).or_default().push((shown, clicked));
    }
    let fit =
        |arms: &Vec<(f64, f64)>| arms.len() >= FEWEST_ARMS && arms.iter().any(|(_, clicked)| *clicked > 0.0);
    let rates = |arms: Vec<(f64, f64)>| {
        let rate = |(shown, clicked): (f64, f64)| if shown > 0.0 { clicked / shown } else { 0.0 };
        arms.into_iter().map(rate).collect()
    };
    Ok(tests.into_values().filter(fit).take(TESTS).map(rates).collect())
}

#[derive(Clone, Copy)]
enum Bandit {
    Ours,
    Epsilon,
}

/// The lift over uniform of one run of one test: of the rates of what was shown, so that luck with clicks only
/// steers the bandit and is not counted.
fn played(rates: &[f64], bandit: Bandit, seed: u64, test: u64) -> f64 {
    let mut draws = Draws::new(seed, test);
    let mut arms = vec![Shown::default(); rates.len()];
    let mut expected = 0.0;
    for _ in 0..IMPRESSIONS / BATCH {
        let batch = match bandit {
            Bandit::Ours => thompson(&arms, &mut draws),
            Bandit::Epsilon => epsilon_greedy(&arms, &mut draws),
        };
        for at in batch {
            let rate = rates.get(at).copied().unwrap_or_default();
            let clicked = f64::from(u8::from(draws.uniform() < rate));
            if let Some(arm) = arms.get_mut(at) {
                arm.add(clicked, 1.0);
            }
            expected += rate;
        }
    }
    expected / IMPRESSIONS as f64 / mean(rates) - 1.0
}

fn thompson(arms: &[Shown], draws: &mut Draws) -> Vec<usize> {
    let beliefs = beliefs(arms);
    (0..BATCH).filter_map(|_| greatest(&draws.of(&beliefs))).collect()
}

fn epsilon_greedy(arms: &[Shown], draws: &mut Draws) -> Vec<usize> {
    let rate = |arm: &Shown| {
        if arm.shown > 0.0 {
            arm.answered / arm.shown
        } else {
            f64::INFINITY
        }
    };
    let most = arms.iter().map(rate).fold(0.0, f64::max);
    let best: Vec<usize> = (0..arms.len())
        .filter(|at| arms.get(*at).is_some_and(|arm| rate(arm) >= most))
        .collect();
    let leader = any(best.len(), draws);
    let leader = best.get(leader).copied().unwrap_or_default();
    (0..BATCH)
        .map(|_| {
            if draws.uniform() < EPSILON {
                any(arms.len(), draws)
            } else {
                leader
            }
        })
        .collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "below the count"
)]
fn any(count: usize, draws: &mut Draws) -> usize {
    (draws.uniform() * count as f64) as usize
}
