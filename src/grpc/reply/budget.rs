use super::{Signed, difference, stamp, whole};
use crate::{
    domain::{CandidateId, Choice, Effect, Grounds, Micros},
    grpc::{explanation::Speaker, wire, words},
    guardrail::Decision,
};

/// The reply to a question of how to split a total.
pub(in crate::grpc) fn budget(decision: Decision, signed: Signed) -> wire::AllocateBudgetResponse {
    let Signed { token, language } = signed;
    let split = whole(&decision, language);
    let arms = split.candidates.iter();
    wire::AllocateBudgetResponse {
        stamp: Some(stamp(&decision, token)),
        allocations: arms.map(|(id, speaker)| allocation(id, speaker)).collect(),
        why: Some(split.why()),
    }
}

fn allocation(id: &CandidateId, speaker: &Speaker<'_>) -> wire::BudgetAllocation {
    let part = speaker.left().and_then(Choice::amount);
    let wish = speaker.wish().and_then(Choice::amount);
    wire::BudgetAllocation {
        arm_id: id.to_string(),
        amount_micros: part.map(Micros::get),
        marginal_return: marginal_return(speaker),
        why: Some(speaker.why()),
        wish_micros: wish.map(Micros::get),
        difference_micros: part.zip(wish).map(|(part, wish)| difference(part, wish)),
        limited_by: part.map(|part| limited_by(part, speaker)).unwrap_or_default(),
    }
}

fn marginal_return(speaker: &Speaker<'_>) -> Option<f64> {
    match speaker.grounds() {
        Some(Grounds::Arm { marginal_return }) => Some(*marginal_return),
        Some(Grounds::SendTime { .. } | Grounds::Item { .. } | Grounds::Score { .. }) | None => None,
    }
}

/// The bounds at whose end a part stands, each once.
fn limited_by(part: Micros, speaker: &Speaker<'_>) -> String {
    let mut bounds: Vec<String> = Vec::new();
    for active in speaker.limits.effects.iter() {
        let words = words::effect(&active.effect, speaker.currency);
        if ends_at(&active.effect, part) && !bounds.contains(&words) {
            bounds.push(words);
        }
    }
    bounds.join(", ")
}

fn ends_at(effect: &Effect, part: Micros) -> bool {
    match effect {
        Effect::AtLeast(end) | Effect::AtMost(end) | Effect::Force(end) => *end == part,
        Effect::Share { at_least, at_most } | Effect::Step { at_least, at_most } => {
            *at_least == part || *at_most == part
        }
        Effect::Band { low, high, .. } => *low == part || *high == part,
        Effect::Block
        | Effect::Exclude
        | Effect::Hold(_)
        | Effect::Cap(_)
        | Effect::AtMostPer(_)
        | Effect::Times { .. }
        | Effect::ForceAt(_)
        | Effect::BandAt(_)
        | Effect::StartList { .. }
        | Effect::Pin(_)
        | Effect::Boost(_)
        | Effect::Adjust(_)
        | Effect::Note(_) => false,
    }
}
