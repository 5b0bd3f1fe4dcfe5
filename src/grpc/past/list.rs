use crate::{
    domain::{CandidateRecord, Principal, Record},
    grpc::{recorded::chosen, refused::Refused, wire, words},
    journal::{Journal, Offset},
    rehearsal::{Filter, list},
};

/// How many decisions are listed where nobody says.
const USUAL: usize = 100;
/// The most on one page.
const MOST: u32 = 1_000;

/// A page of decisions.
pub(in crate::grpc) fn listed(
    journal: &Journal,
    message: wire::ListDecisionsRequest,
    reader: &Principal,
) -> Result<wire::ListDecisionsResponse, Refused> {
    let wire::ListDecisionsRequest {
        since,
        until,
        kind,
        verdict,
        rule_id,
        campaign_id,
        page_size,
        page_token,
    } = message;
    let filter = Filter {
        within: crate::grpc::convert::within(since, until)?,
        kind: crate::grpc::convert::kind(kind)?,
        verdict: crate::grpc::convert::verdict(verdict)?,
        rule: rule_id,
        campaign: campaign_id,
        // A decision is told whole, so to whom may speak of all its brands.
        brands: reader.brands.clone(),
    };
    let size = page_size.map_or(USUAL, |size| size.clamp(1, MOST) as usize);
    let from = match page_token.as_deref() {
        None | Some("") => Offset::START,
        Some(token) => Offset::new(crate::grpc::convert::page_token(token)?),
    };
    let (records, next) = list(journal, &filter, from, size)?;
    Ok(wire::ListDecisionsResponse {
        decisions: records.iter().map(decision).collect(),
        next_page_token: next.map_or_else(String::new, |next| next.get().to_string()),
    })
}

fn decision(record: &Record) -> wire::ListedDecision {
    wire::ListedDecision {
        decision_id: record.decision.to_string(),
        decided_at: Some(words::instant(record.now)),
        kind: record.question.kind().name().to_owned(),
        answers: record
            .candidates
            .iter()
            .map(|candidate| answer(record, candidate))
            .collect(),
    }
}

fn answer(record: &Record, candidate: &CandidateRecord) -> wire::ListedAnswer {
    let causes = candidate.causes.because_of.iter();
    wire::ListedAnswer {
        candidate_id: candidate.id.to_string(),
        campaign_id: candidate.campaign.to_string(),
        verdict: candidate.verdict.name().to_owned(),
        answer: candidate.choice.map(chosen),
        because_of: causes
            .filter_map(|rule| record.rules.get(*rule))
            .map(|card| card.id.to_string())
            .collect(),
    }
}
