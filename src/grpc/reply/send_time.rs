use super::{Signed, spoken, stamp};
use crate::{
    domain::{Alternative, Choice, Grounds, Timestamp},
    grpc::{explanation::Speaker, wire, words, zone::Zone},
    guardrail::Decision,
};

/// The reply to a question of when to send.
pub(in crate::grpc) fn send_time(decision: Decision, signed: Signed) -> wire::DecideSendTimeResponse {
    let Signed { token, language } = signed;
    let stamp = Some(stamp(&decision, token));
    let zone = Zone::of(&decision.bounded().query.facts);
    let message = spoken(&decision, zone.as_ref(), language).next();
    let Some((message, _, speaker)) = message else {
        return wire::DecideSendTimeResponse {
            stamp,
            ..wire::DecideSendTimeResponse::default()
        };
    };
    let at = speaker.left().and_then(Choice::instant);
    let wish = speaker.wish().and_then(Choice::instant);
    wire::DecideSendTimeResponse {
        stamp,
        send_time: at.map(|at| words::send_time(at, speaker.outcome_probability(), zone.as_ref())),
        alternatives: alternatives(&speaker, zone.as_ref()),
        why: Some(speaker.why()),
        wish: wish.map(words::instant),
        difference: at.zip(wish).map(|(at, wish)| later(at, wish)),
        message_id: message.id.to_string(),
    }
}

fn alternatives(speaker: &Speaker<'_>, zone: Option<&Zone>) -> Vec<wire::SendTime> {
    match speaker.grounds() {
        Some(Grounds::SendTime { alternatives }) => alternatives
            .iter()
            .map(|alternative| {
                let Alternative {
                    at,
                    outcome_probability,
                } = *alternative;
                words::send_time(at, outcome_probability, zone)
            })
            .collect(),
        Some(Grounds::Item { .. } | Grounds::Arm { .. } | Grounds::Score { .. }) | None => Vec::new(),
    }
}

/// How much later an instant is than another.
fn later(at: Timestamp, wish: Timestamp) -> prost_types::Duration {
    words::duration(at.since(wish))
}
