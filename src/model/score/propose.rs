//! How likely the outcome is of each candidate, a declared campaign: each is answered alone.
//!
//! Nothing is tried out here: a score moves nobody, so the best estimate is the answer, with propensity 1. While the
//! campaign is cold the human baseline answers; while it is learning both are blended; from then on the model does. Where a
//! rule's band is in force (a novel market), the model leads inside the band. A probability that is no number is no opinion.

use super::{
    fitted::Reasons,
    known::Known,
    maturity::{Purpose, Readiness, Tally},
    row::Row,
};
use crate::{
    domain::{
        Attribute, Bounded, Campaign, Candidate, CandidateLimits, Choice, Contribution, Estimate, Facts,
        Grounds, Kind, LimitedBy, Micros, Proposed, Source, Stage, Word, apply,
    },
    model::{Snapshot, bid},
};

/// The most reasons that are told up, and down.
const MOST_REASONS: usize = 3;
/// A smaller difference of probability is no reason.
const LEAST_DIFFERENCE: f64 = 0.000_5;

/// One opinion a candidate, in the candidates' order; `None` where nothing is known and people said nothing.
#[must_use]
pub fn propose(snapshot: &Snapshot, bounded: &Bounded) -> Vec<Option<Proposed>> {
    let each = bounded.query.candidates.iter().zip(&bounded.campaigns);
    each.zip(&bounded.limits)
        .map(|((candidate, campaign), limits)| {
            let known = snapshot.knowledge().scores.of(&campaign.id);
            let asked = Asked {
                bounded,
                candidate,
                campaign,
                limits,
                known: known.map(AsRef::as_ref),
                frozen: snapshot.knowledge().hand_overs.is_frozen(
                    &campaign.id,
                    Kind::Score,
                    &candidate.facts,
                    &bounded.query.facts,
                ),
            };
            limits.is_free().then(|| asked.answer()).flatten()
        })
        .collect()
}

struct Asked<'a> {
    bounded: &'a Bounded,
    candidate: &'a Candidate,
    campaign: &'a Campaign,
    limits: &'a CandidateLimits,
    known: Option<&'a Known>,
    /// Whether the model did worse in this market than people.
    frozen: bool,
}

/// What the model makes of a candidate.
struct Opinion {
    probability: f64,
    grounds: Grounds,
}

impl Asked<'_> {
    fn answer(&self) -> Option<Proposed> {
        let opinion = self.opinion();
        let Readiness {
            mut maturity, weight, ..
        } = self.readiness();
        let band = bid::band_of(self.limits);
        let human = band.or(self.campaign.baselines.probability);
        let model = opinion.as_ref().map(|opinion| opinion.probability);
        if model.is_none() {
            // Enough was seen, and no model stood the test: people lead.
            maturity.stage = Stage::Cold;
        }
        let frozen = self.frozen;
        let weight = match band {
            _ if frozen => 0.0,
            Some(_) => 1.0,
            None => weight,
        };
        let (wish, source) = blend(human.map(|human| human.to_f64() / 1e6), model, weight)?;
        let wish = Choice::Score(Micros::from_f64((wish * 1e6).round())?);
        Some(Proposed {
            wish,
            relevance: Micros::ZERO,
            choice: apply(self.limits, wish).choice?,
            propensity: 1.0,
            forced: self.forced(),
            source,
            maturity,
            estimate: model.map(|outcome_probability| Estimate {
                outcome_probability,
                ..Estimate::default()
            }),
            limited_by: frozen.then_some(LimitedBy::Freeze),
            grounds: opinion.map(|opinion| Box::new(opinion.grounds)),
        })
    }

    /// Whether the limits give the same answer to the least and to the greatest wish.
    fn forced(&self) -> bool {
        let answer = |micros| apply(self.limits, Choice::Score(Micros::new(micros))).choice;
        answer(0) == answer(1_000_000)
    }

    fn readiness(&self) -> Readiness {
        let facts: [&Facts; 3] = [
            &self.candidate.facts,
            &self.campaign.facts,
            &self.bounded.query.facts,
        ];
        let asked = facts
            .into_iter()
            .find_map(|facts| facts.word(&Attribute::ScorePurpose));
        let heard = self.known.and_then(|known| known.purpose.as_ref());
        let nothing = Tally::default();
        let tally = self.known.map_or(&nothing, |known| &known.tally);
        let purpose = Purpose::of(asked.or(heard));
        tally.judge_for(self.campaign, purpose, self.bounded.query.now)
    }

    fn opinion(&self) -> Option<Opinion> {
        let model = self.known?.model.as_ref()?;
        let query = &self.bounded.query;
        let row = Row::of_candidate(&query.facts, &self.candidate.facts, query.now);
        let log_odds = model.fitted.log_odds(&model.fitted.layout().values(&row));
        let probability = model.probability(log_odds)?;
        // What the probability would be had a fact added nothing.
        let without = |added: f64| model.probability(log_odds - added).unwrap_or(probability);
        let grounds = grounds(&model.fitted.reasons(&row), &row, |added| {
            probability - without(added)
        });
        Some(Opinion { probability, grounds })
    }
}

fn grounds(reasons: &Reasons<'_>, row: &Row<'_>, difference: impl Fn(f64) -> f64) -> Grounds {
    let told = |(name, added): &(&smol_str::SmolStr, f64)| {
        let contribution = difference(*added);
        let value = row.shown(name).unwrap_or_else(|| "unknown".to_owned());
        (contribution.abs() >= LEAST_DIFFERENCE).then_some(Contribution {
            fact: Word::new(name).ok()?,
            value: Word::new(&value).ok()?,
            contribution,
        })
    };
    let facts = || reasons.facts.iter();
    let up = facts().filter(|(_, added)| *added > 0.0);
    let down = facts().rev().filter(|(_, added)| *added < 0.0);
    Grounds::Score {
        up: up.filter_map(told).take(MOST_REASONS).collect(),
        down: down.filter_map(told).take(MOST_REASONS).collect(),
    }
}

fn blend(human: Option<f64>, model: Option<f64>, weight: f64) -> Option<(f64, Source)> {
    match (human, model) {
        (Some(human), Some(model)) if weight > 0.0 && weight < 1.0 => {
            Some((human + weight * (model - human), Source::Blend))
        }
        (_, Some(model)) if weight >= 1.0 => Some((model, Source::Model)),
        (human, _) => human.map(|human| (human, Source::Human)),
    }
}
