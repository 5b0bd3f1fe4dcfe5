use super::{
    Asked, Places, approvals,
    asked::Listed,
    at_most_tmax,
    facts::{facts, own},
    path::At,
    read::{BadInput, Reader},
};
use crate::{
    domain::{
        Attribute, CampaignId, Candidate, CandidateId, FactValue, Facts, Kind, Query, Question, RequestId,
        Timestamp, Word,
    },
    grpc::wire,
};

/// What is scored.
const CANDIDATES: Listed = Listed {
    field: "candidates",
    name: "candidate_id",
    what: "candidates",
    least: 1,
    most: Query::max_candidates(Kind::Score),
};

/// A question of how likely outcomes are.
pub(in crate::grpc) fn score(message: wire::ScoreRequest, _: Timestamp) -> Result<Asked, BadInput> {
    let wire::ScoreRequest {
        request_id,
        facts: facts_message,
        purpose: purpose_of_all,
        candidates: candidate_messages,
        tmax_ms,
        approvals: named,
    } = message;
    let mut reader = Reader::default();
    let read = &mut reader;
    let at = At::ROOT;
    let approvals = approvals(read, &at, &named);
    let request = request_id.and_then(|id| read.name(&at.field("request_id"), &id, RequestId::new));
    let facts = facts(read, &at.field("facts"), facts_message);
    let purpose_of_all = purpose_of_all.map(|number| purpose(read, &at.field("purpose"), number));
    let candidates = CANDIDATES.each(
        read,
        &at,
        candidate_messages,
        |read, at, _, message| candidate(read, at, message, purpose_of_all.as_ref()),
        |one| &one.id,
    );
    let tmax_ms = at_most_tmax(read, &at, tmax_ms);
    reader.finish(Some(Asked {
        request,
        question: Question::Score,
        facts,
        candidates,
        approvals,
        tmax_ms,
        places: Places::listed("candidates"),
        known_of: None,
    }))
}

/// A purpose, in the word that rules know it by; `None` where it is not understood.
fn purpose(read: &mut Reader, at: &At<'_>, number: i32) -> Option<Word> {
    let word = match wire::ScorePurpose::try_from(number) {
        Ok(wire::ScorePurpose::LeadConversion) => "lead_conversion",
        Ok(wire::ScorePurpose::Churn) => "churn",
        Ok(wire::ScorePurpose::GenuineEngagement) => "genuine_engagement",
        Ok(wire::ScorePurpose::Unspecified) => {
            read.refuse(
                at,
                "must say what the score is for: SCORE_PURPOSE_LEAD_CONVERSION, SCORE_PURPOSE_CHURN or \
                 SCORE_PURPOSE_GENUINE_ENGAGEMENT",
            );
            return None;
        }
        Err(_) => {
            read.refuse(at, format_args!("`{number}` is no purpose"));
            return None;
        }
    };
    Word::new(word).ok()
}

fn candidate(
    read: &mut Reader,
    at: &At<'_>,
    message: wire::ScoreCandidate,
    purpose_of_all: Option<&Option<Word>>,
) -> Option<Candidate> {
    let wire::ScoreCandidate {
        candidate_id,
        campaign_id,
        purpose: own_purpose,
        attributes,
    } = message;
    let mut facts = Facts::with_capacity(2);
    let purpose = match own_purpose {
        Some(number) => purpose(read, &at.field("purpose"), number),
        // What is wrong with the purpose of all was said once.
        None => match purpose_of_all {
            Some(purpose) => purpose.clone(),
            None => {
                read.refuse(&at.field("purpose"), "must be set, here or for the whole request");
                None
            }
        },
    };
    if let Some(purpose) = purpose {
        facts.set(Attribute::ScorePurpose, FactValue::Word(purpose));
    }
    own(read, &at.field("attributes"), attributes, &mut facts);
    let campaign = read.required_name(&at.field("campaign_id"), campaign_id.as_deref(), CampaignId::new);
    let id = match candidate_id {
        Some(id) => read.name(&at.field("candidate_id"), &id, CandidateId::new),
        None => CandidateId::new(campaign.as_ref()?.as_str()).ok(),
    };
    Some(Candidate {
        id: id?,
        campaign: campaign?,
        facts,
    })
}
