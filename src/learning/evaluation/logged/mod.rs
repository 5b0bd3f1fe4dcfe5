//! What the log of a deployment says of the way it chose, and of others: `balustrade evaluate --journal`.
//!
//! Three ways of choosing are held against each other, per kind, on decisions whose window has closed: what was *done*; what
//! *people* alone would have done, who left their baseline; what the *model* would have done without exploration and without
//! a share held out. Only the first is seen everywhere. The others are told by the [estimators](super::estimators) from
//! the choices that chance made as they would have; where chance left too few of those there is no number. So nothing is
//! said of slates and splits, of which no share is left to people (but of slates while a rule hands a new market over, where
//! learning compares one slot of each), and a score chooses nothing: there the loss of both answers is compared.
//!
//! The doubly robust estimate uses the plainest model of the reward, the mean of the campaign's other decisions.

mod price;
mod rows;

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::Arc,
};

use self::{
    price::{Price, Prices},
    rows::{Row, Unit},
};
use super::{
    difference::difference,
    estimators::{Logged, estimate},
    measure::Interval,
};
use crate::{
    domain::{Campaign, CampaignId, Kind, RuleId, Timestamp},
    journal::{Entry, Journal, JournalError, Offset},
    learning::Learner,
    model::Models,
};

/// Weights are clipped here.
const CLIPPED_AT: f64 = 20.0;
const SEED: u64 = 1;

/// What a journal says.
#[derive(Debug)]
pub struct JournalEvaluation {
    decisions: u64,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    kinds: Vec<KindEvaluation>,
    prices: BTreeMap<RuleId, Price>,
    blocked: BTreeMap<RuleId, u64>,
}

/// What it says of one kind, in one unit of reward.
#[derive(Debug)]
struct KindEvaluation {
    kind: Kind,
    unit: Unit,
    rows: Vec<Row>,
}

/// Evaluates a journal. The campaigns are those that the rules declare now: their baselines are what people would have done.
///
/// # Errors
/// The journal cannot be read.
pub fn evaluate_journal(
    journal: &Journal,
    campaigns: impl IntoIterator<Item = Arc<Campaign>>,
) -> Result<JournalEvaluation, JournalError> {
    let campaigns: HashMap<CampaignId, Arc<Campaign>> = campaigns
        .into_iter()
        .map(|campaign| (campaign.id.clone(), campaign))
        .collect();
    let models = Models::default();
    let mut learner = Learner::new(models.clone());
    learner.declare(campaigns.values().cloned());
    learner.catch_up(journal)?;
    let snapshot = models.snapshot();
    let mut kinds: BTreeMap<(Kind, Unit), Vec<Row>> = BTreeMap::new();
    let mut prices = Prices::new(&snapshot);
    let (mut decisions, mut from, mut until) = (0, None, None);
    for read in journal.read_from(Offset::START) {
        let (_, entry) = read?;
        let Entry::Decision(record) = entry else { continue };
        decisions += 1;
        from = from.or(Some(record.now));
        until = Some(record.now);
        let reports = journal.outcomes_of(record.decision)?;
        for candidate in &record.candidates {
            prices.note(&record, candidate);
            let campaign = campaigns.get(&candidate.campaign);
            let row = Row::of(
                &record,
                candidate,
                campaign.map(AsRef::as_ref),
                &reports,
                snapshot.at(),
            );
            if let Some((unit, row)) = row {
                kinds.entry((record.question.kind(), unit)).or_default().push(row);
            }
        }
    }
    let (prices, blocked) = prices.told();
    Ok(JournalEvaluation {
        decisions,
        from,
        until,
        kinds: kinds
            .into_iter()
            .map(|((kind, unit), rows)| KindEvaluation { kind, unit, rows })
            .collect(),
        prices,
        blocked,
    })
}

impl KindEvaluation {
    /// The rows as the estimators read them, for one target; `None` where it is not known what the target would do.
    fn logged(&self, target: impl Fn(&Row) -> Option<f64>) -> Option<Vec<Logged>> {
        let mut sums: HashMap<&CampaignId, (f64, f64)> = HashMap::new();
        for row in &self.rows {
            let (sum, count) = sums.entry(&row.campaign).or_default();
            *sum += row.reward;
            *count += 1.0;
        }
        let logged = self.rows.iter().map(|row| {
            let (sum, count) = sums.get(&row.campaign).copied().unwrap_or_default();
            let others = if count > 1.0 {
                (sum - row.reward) / (count - 1.0)
            } else {
                0.0
            };
            Some(Logged {
                reward: row.reward,
                propensity: row.propensity,
                target: target(row)?,
                expected: others,
                expected_of_target: others,
            })
        });
        logged.collect()
    }

    fn told(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rewards: Vec<f64> = self.rows.iter().map(|row| row.reward).collect();
        let nothing = vec![0.0; rewards.len()];
        let done: Interval = difference(&rewards, &nothing, SEED);
        writeln!(f, "{}, {}: {} closed", self.kind.name(), self.unit, rewards.len())?;
        if self.kind == Kind::Score {
            return writeln!(
                f,
                "  what was answered is better than the baseline by {}",
                shown(&done)
            );
        }
        writeln!(f, "  done    {}", shown(&done))?;
        for (name, logged) in [
            ("people", self.logged(|row| row.people)),
            ("model ", self.logged(|row| row.model)),
        ] {
            let Some(logged) = logged else {
                writeln!(
                    f,
                    "  {name}  no number: the log leaves no share of {} to them",
                    self.kind.name()
                )?;
                continue;
            };
            match estimate(&logged, CLIPPED_AT, SEED) {
                Ok(estimates) => writeln!(f, "  {name}  {estimates}")?,
                Err(thin) => writeln!(f, "  {name}  no number: {thin}")?,
            }
        }
        Ok(())
    }
}

fn shown(at: &Interval) -> String {
    format!("{:.6} [{:.6}, {:.6}]", at.value, at.low, at.high)
}

impl fmt::Display for JournalEvaluation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.from.zip(self.until) {
            Some((from, until)) => writeln!(f, "{} decisions, {from} to {until}", self.decisions)?,
            None => return write!(f, "the journal holds no decision"),
        }
        for kind in &self.kinds {
            kind.told(f)?;
        }
        if !self.prices.is_empty() {
            writeln!(
                f,
                "price of rules, by the model (direct method): what it expects of its wish without the rule, less what it \
                 expects of the answer. The log holds nothing of what was not done, so this is no measurement:"
            )?;
        }
        for (rule, price) in &self.prices {
            writeln!(f, "  {rule}: {price}")?;
        }
        for (rule, count) in &self.blocked {
            writeln!(
                f,
                "  {rule}: blocked or held {count}; no model was asked, so no price is known"
            )?;
        }
        Ok(())
    }
}
