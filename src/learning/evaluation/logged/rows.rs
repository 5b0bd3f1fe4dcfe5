use std::fmt;

use crate::{
    domain::{
        Campaign, CampaignId, CandidateRecord, Choice, Currency, Effect, Event, Kind, Micros, Outcome,
        OutcomeReply, Proposed, Question, Record, Source, Timestamp, apply, local_time,
    },
    journal::Reported,
    model::{bid::band_of, exploration::HUMAN_SHARE, maturity::Thresholds, send_time::HELD_OUT},
};

/// In what a reward is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Unit {
    /// Money a decision: what outcomes are worth, less what was paid.
    Money(Currency),
    /// Whether the outcome followed.
    Outcome,
    /// Log loss of the baseline, less that of the answer.
    LogLoss,
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Money(currency) => {
                write!(
                    f,
                    "{currency} a decision (what outcomes are worth, less what was paid)"
                )
            }
            Self::Outcome => f.write_str("outcomes a decision"),
            Self::LogLoss => f.write_str("log loss a subject"),
        }
    }
}

/// One value that left, whose window has closed.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) campaign: CampaignId,
    pub(super) reward: f64,
    pub(super) propensity: f64,
    /// The chance that people alone would have chosen it; `None` where that is not known.
    pub(super) people: Option<f64>,
    /// The chance that the model alone would have.
    pub(super) model: Option<f64>,
}

impl Row {
    /// Of a candidate whose value a model proposed; `None` where there is nothing to tell yet.
    pub(super) fn of(
        record: &Record,
        candidate: &CandidateRecord,
        campaign: Option<&Campaign>,
        reports: &[Reported],
        now: Timestamp,
    ) -> Option<(Unit, Self)> {
        let (choice, campaign) = (candidate.choice?, campaign?);
        let proposed = candidate
            .proposed
            .as_ref()
            .filter(|_| candidate.fallback.is_none())?;
        let begins = choice.instant().unwrap_or(record.now);
        let closes = begins.plus(candidate.objective.window);
        if proposed.choice != choice || now < closes {
            return None;
        }
        let came = Came::of(candidate, reports, closes);
        let (unit, reward) = reward(candidate, campaign, choice, &came)?;
        let fixed = by_people(record, candidate, campaign);
        let row = Self {
            campaign: candidate.campaign.clone(),
            reward,
            propensity: proposed.propensity,
            people: people(record.question.kind(), proposed, fixed),
            model: model(candidate, campaign, proposed, fixed),
        };
        Some((unit, row))
    }
}

/// What came of a value.
struct Came {
    hits: f64,
    paid: f64,
    cancelled: bool,
}

impl Came {
    fn of(candidate: &CandidateRecord, reports: &[Reported], closes: Timestamp) -> Self {
        let mut latest: Vec<&Outcome> = Vec::new();
        let taken = reports.iter().filter(|report| is_taken(report.reply));
        for outcome in taken
            .map(|report| &report.outcome)
            .filter(|told| told.candidate == candidate.id)
        {
            match latest.iter_mut().find(|known| known.key() == outcome.key()) {
                Some(known) if known.revision <= outcome.revision => *known = outcome,
                Some(_) => {}
                None => latest.push(outcome),
            }
        }
        latest.retain(|outcome| !outcome.withdrawn);
        let event = candidate.objective.event.as_str();
        let hits = latest
            .iter()
            .filter(|told| told.event.name() == event && told.at <= closes)
            .count();
        let paid = latest.iter().find_map(|told| match told.event {
            Event::Win { price } => Some(price),
            Event::Loss { .. }
            | Event::Impression
            | Event::Click
            | Event::Conversion { .. }
            | Event::Sent
            | Event::Cancelled
            | Event::Open
            | Event::Unsubscribe => None,
        });
        Self {
            hits: hits as f64,
            paid: paid.unwrap_or_default().to_f64(),
            cancelled: latest.iter().any(|told| told.event == Event::Cancelled),
        }
    }
}

const fn is_taken(reply: OutcomeReply) -> bool {
    match reply {
        OutcomeReply::Accepted | OutcomeReply::Late | OutcomeReply::Corrected => true,
        OutcomeReply::Duplicate
        | OutcomeReply::Conflict
        | OutcomeReply::UnknownCandidate
        | OutcomeReply::Quarantined(_)
        | OutcomeReply::Expired => false,
    }
}

fn reward(
    candidate: &CandidateRecord,
    campaign: &Campaign,
    choice: Choice,
    came: &Came,
) -> Option<(Unit, f64)> {
    let happened = f64::from(u8::from(came.hits > 0.0));
    match choice {
        Choice::Bid(_) | Choice::NoBid(_) => {
            // What one outcome is worth, as the decision reckoned: in micros of the currency.
            let estimate = candidate.proposed.as_ref()?.estimate?;
            let worth = estimate.expected_value.to_f64() / 1_000.0 / estimate.outcome_probability;
            let money = (came.hits * worth - came.paid / 1_000.0) / 1e6;
            money
                .is_finite()
                .then_some((Unit::Money(candidate.currency), money))
        }
        Choice::Send(_) => (!came.cancelled).then_some((Unit::Outcome, happened)),
        Choice::Show(_) | Choice::Share(_) => Some((Unit::Outcome, happened)),
        Choice::Score(answered) => {
            let baseline = campaign.baselines.probability?;
            let loss = |micros: Micros| {
                let p = (micros.to_f64() / 1e6).clamp(1e-6, 1.0 - 1e-6);
                if happened > 0.5 { -p.ln() } else { -(1.0 - p).ln() }
            };
            Some((Unit::LogLoss, loss(baseline) - loss(answered)))
        }
        Choice::NotShown => None,
    }
}

/// What people alone would have done, inside the limits, where that can be told of one candidate alone.
fn by_people(record: &Record, candidate: &CandidateRecord, campaign: &Campaign) -> Option<Choice> {
    let wish = match &record.question {
        Question::Bid(_) => Choice::Bid(band_of(&candidate.limits).or(campaign.baselines.bid)?),
        Question::SendTime(sending) => {
            Choice::Send(local_time(*sending, campaign.baselines.send_at, &record.facts))
        }
        Question::Recommendation { .. } | Question::Budget(_) | Question::Score => return None,
    };
    apply(&candidate.limits, wish).choice
}

fn people(kind: Kind, proposed: &Proposed, fixed: Option<Choice>) -> Option<f64> {
    match kind {
        Kind::Bid | Kind::SendTime => {
            let same = proposed.source == Source::Human || fixed == Some(proposed.choice);
            Some(f64::from(u8::from(same)))
        }
        Kind::Recommendation | Kind::Budget | Kind::Score => None,
    }
}

fn model(
    candidate: &CandidateRecord,
    campaign: &Campaign,
    proposed: &Proposed,
    fixed: Option<Choice>,
) -> Option<f64> {
    match proposed.choice {
        // The middle of the points is drawn more often than all the others together.
        Choice::Bid(_) | Choice::NoBid(_) => Some(f64::from(u8::from(proposed.propensity >= 0.5))),
        Choice::Send(_) => {
            let rest = model_share(candidate, campaign, proposed);
            if rest <= 0.0 || proposed.propensity >= 1.0 {
                return Some(1.0);
            }
            let by_hand = if fixed == Some(proposed.choice) {
                1.0 - rest
            } else {
                0.0
            };
            Some(((proposed.propensity - by_hand) / rest).clamp(0.0, 1.0))
        }
        Choice::Show(_) | Choice::NotShown | Choice::Share(_) | Choice::Score(_) => None,
    }
}

/// How often the model's time was taken rather than people's, as the decision drew it.
fn model_share(candidate: &CandidateRecord, campaign: &Campaign, proposed: &Proposed) -> f64 {
    let mut effects = candidate.limits.effects.iter();
    if effects.any(|active| matches!(active.effect, Effect::BandAt(_))) {
        return 1.0 - HUMAN_SHARE;
    }
    Thresholds::of(Kind::SendTime, campaign).weight(proposed.maturity) * (1.0 - HELD_OUT)
}
