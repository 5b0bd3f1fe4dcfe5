use super::{Signed, stamp, whole};
use crate::{
    domain::{CandidateId, Choice, Grounds},
    grpc::{explanation::Speaker, whole::Whole, wire},
    guardrail::Decision,
};

/// The most items that were taken out of which a reply says why.
const MOST_EXCLUDED: usize = 100;

/// The reply to a question of what to show.
pub(in crate::grpc) fn recommendation(decision: Decision, signed: Signed) -> wire::RecommendResponse {
    let Signed { token, language } = signed;
    let slate = whole(&decision, language);
    wire::RecommendResponse {
        stamp: Some(stamp(&decision, token)),
        items: items(&slate),
        why: Some(slate.why()),
        excluded: excluded(&slate),
        wish_item_ids: slate.wished().into_iter().map(ToOwned::to_owned).collect(),
    }
}

/// What stands, the first slot first.
fn items(slate: &Whole<'_>) -> Vec<wire::RecommendedItem> {
    let shown = slate
        .candidates
        .iter()
        .filter_map(|(id, speaker)| Some((speaker.left()?.slot()?, *id, speaker)));
    let mut shown: Vec<(u16, &CandidateId, &Speaker<'_>)> = shown.collect();
    shown.sort_unstable_by_key(|(slot, ..)| *slot);
    shown
        .into_iter()
        .map(|(_, id, speaker)| wire::RecommendedItem {
            item_id: id.to_string(),
            why: Some(speaker.why()),
            outcome_probability: speaker.outcome_probability(),
            because_of_item_ids: because_of(speaker),
            wish_slot: speaker.wish().and_then(Choice::slot).map(u32::from),
        })
        .collect()
}

fn because_of(speaker: &Speaker<'_>) -> Vec<String> {
    match speaker.grounds() {
        Some(Grounds::Item { because_of }) => because_of.iter().map(ToString::to_string).collect(),
        Some(Grounds::SendTime { .. } | Grounds::Arm { .. } | Grounds::Score { .. }) | None => Vec::new(),
    }
}

fn excluded(slate: &Whole<'_>) -> Vec<wire::ExcludedItem> {
    let out = slate.candidates.iter().filter(|(_, speaker)| !speaker.is_free());
    out.take(MOST_EXCLUDED)
        .map(|(id, speaker)| wire::ExcludedItem {
            item_id: id.to_string(),
            why: Some(speaker.why()),
        })
        .collect()
}
