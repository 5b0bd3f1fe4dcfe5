//! What is held, over the wire.

use crate::{
    domain::Timestamp,
    grpc::{wire, words},
    rehearsal::{HeldTicket, HoldState},
};

/// One ticket, as it stands now.
pub(in crate::grpc) fn held(of: &HeldTicket, now: Timestamp) -> wire::HeldTicket {
    let state = of.state(now);
    let HeldTicket {
        key,
        rule,
        role,
        kind,
        decision,
        candidate,
        campaign,
        brand,
        callers: _,
        decisions,
        first,
        latest,
        said,
        is_used: _,
    } = of;
    let said = said.as_ref();
    wire::HeldTicket {
        ticket: key.to_string(),
        rule_id: rule.id.to_string(),
        owner: rule.owner.to_string(),
        because: rule.because.to_string(),
        role: role.to_string(),
        kind: kind.name().to_owned(),
        decision_id: decision.to_string(),
        candidate_id: candidate.to_string(),
        campaign_id: campaign.to_string(),
        decisions: *decisions,
        first_held_at: Some(words::instant(*first)),
        last_held_at: Some(words::instant(*latest)),
        state: state.name().to_owned(),
        resolved_by: said.map_or_else(String::new, |said| said.by.to_string()),
        resolved_because: said.map_or_else(String::new, |said| said.because.to_string()),
        resolved_at: said.map(|said| words::instant(said.at)),
        brand: brand.to_string(),
        valid_until: said.and_then(|said| said.until).map(words::instant),
    }
}

/// Whether a ticket waits for somebody.
pub(in crate::grpc) fn waits(of: &HeldTicket, now: Timestamp) -> bool {
    match of.state(now) {
        HoldState::Open => true,
        HoldState::Approved | HoldState::Refused | HoldState::Expired | HoldState::Used => false,
    }
}
