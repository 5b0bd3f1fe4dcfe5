//! From a decision to the reply. This is the one way to a decide reply, and it consumes the decision.

mod bid;
mod budget;
mod recommendation;
mod score;
mod send_time;

pub(super) use self::{
    bid::bid, budget::budget, recommendation::recommendation, score::score, send_time::send_time,
};
use super::{explanation::Speaker, whole::Whole, wire, words, zone::Zone};
use crate::{
    domain::{Campaign, Candidate, Language, Micros},
    guardrail::Decision,
};

/// What the service adds to a decision.
pub(super) struct Signed {
    /// Names it to outcomes.
    pub(super) token: Vec<u8>,
    /// In which it is explained.
    pub(super) language: Language,
}

fn stamp(decision: &Decision, token: Vec<u8>) -> wire::Stamp {
    wire::Stamp {
        decision_id: decision.id().to_string(),
        token,
        decided_at: Some(words::instant(decision.bounded().query.now)),
        versions: Some(words::versions(decision.versions())),
    }
}

/// Each candidate with its campaign and what there is to say of it, in the order of the question.
fn spoken<'d>(
    decision: &'d Decision,
    zone: Option<&'d Zone>,
    language: Language,
) -> impl Iterator<Item = (&'d Candidate, &'d Campaign, Speaker<'d>)> {
    let bounded = decision.bounded();
    let candidates = bounded.query.candidates.iter().zip(&bounded.campaigns);
    let answers = bounded.limits.iter().zip(decision.answers());
    candidates
        .zip(answers)
        .map(move |((candidate, campaign), (limits, answer))| {
            let speaker = Speaker {
                question: &bounded.query.question,
                rules: &bounded.rules,
                limits,
                answer,
                currency: campaign.currency,
                zone,
                language,
            };
            (candidate, &**campaign, speaker)
        })
}

/// The answers to a question that is answered as one.
fn whole(decision: &Decision, language: Language) -> Whole<'_> {
    let bounded = decision.bounded();
    let candidates = spoken(decision, None, language);
    Whole {
        question: &bounded.query.question,
        rules: &bounded.rules,
        candidates: candidates
            .map(|(candidate, _, speaker)| (&candidate.id, speaker))
            .collect(),
        language,
    }
}

/// One amount minus another, in micros.
fn difference(amount: Micros, wish: Micros) -> i64 {
    amount.minus(wish).get()
}
