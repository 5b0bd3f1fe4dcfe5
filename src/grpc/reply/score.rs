use super::{Signed, spoken, stamp};
use crate::{
    domain::{Campaign, Candidate, Choice, Grounds, Micros},
    grpc::{explanation::Speaker, wire, words},
    guardrail::Decision,
};

/// The reply to a question of how likely outcomes are.
pub(in crate::grpc) fn score(decision: Decision, signed: Signed) -> wire::ScoreResponse {
    let Signed { token, language } = signed;
    wire::ScoreResponse {
        stamp: Some(stamp(&decision, token)),
        answers: spoken(&decision, None, language)
            .map(|(candidate, campaign, speaker)| answer(candidate, campaign, &speaker))
            .collect(),
    }
}

fn answer(candidate: &Candidate, campaign: &Campaign, speaker: &Speaker<'_>) -> wire::ScoreAnswer {
    let probability = speaker.left().and_then(Choice::amount);
    let wish = speaker.wish().and_then(Choice::amount);
    let (up, down) = reasons(speaker);
    let band = probability.map_or(wire::ScoreBand::Unspecified, |probability| {
        band(probability, campaign.baselines.probability.unwrap_or_default())
    });
    wire::ScoreAnswer {
        candidate_id: candidate.id.to_string(),
        probability: probability.map(words::probability),
        band: band.into(),
        up,
        down,
        horizon: Some(words::duration(campaign.objective.window)),
        why: Some(speaker.why()),
        wish: wish.map(words::probability),
        difference: probability
            .zip(wish)
            .map(|(probability, wish)| words::probability(probability.minus(wish))),
        campaign_id: candidate.campaign.to_string(),
    }
}

/// How a probability stands beside what people expect of anybody.
fn band(probability: Micros, baseline: Micros) -> wire::ScoreBand {
    let (probability, baseline) = (i128::from(probability.get()), i128::from(baseline.get()));
    if probability >= 2 * baseline {
        wire::ScoreBand::High
    } else if 2 * probability <= baseline {
        wire::ScoreBand::Low
    } else {
        wire::ScoreBand::Medium
    }
}

fn reasons(speaker: &Speaker<'_>) -> (Vec<wire::ScoreReason>, Vec<wire::ScoreReason>) {
    match speaker.grounds() {
        Some(Grounds::Score { up, down }) => (
            up.iter().map(words::score_reason).collect(),
            down.iter().map(words::score_reason).collect(),
        ),
        Some(Grounds::SendTime { .. } | Grounds::Item { .. } | Grounds::Arm { .. }) | None => {
            (Vec::new(), Vec::new())
        }
    }
}
