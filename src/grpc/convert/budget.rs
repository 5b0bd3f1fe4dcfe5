use super::{
    Asked, Campaigns, Places, approvals,
    asked::Listed,
    at_most_tmax,
    facts::{facts, own},
    path::At,
    read::{BadInput, Reader},
};
use crate::{
    domain::{
        Attribute, Candidate, CandidateId, Duration, FactValue, Facts, Kind, Micros, Query, Question,
        RequestId, Span, Timestamp, Total, Word,
    },
    grpc::wire,
};

/// The arms; fewer than two leave nothing to split.
const ARMS: Listed = Listed {
    field: "arms",
    name: "arm_id",
    what: "arms",
    least: 2,
    most: Query::max_candidates(Kind::Budget),
};
/// The longest period.
const LONGEST: Duration = Duration::from_days(3_660);

/// A question of how to split a total.
pub(in crate::grpc) fn budget(message: wire::AllocateBudgetRequest, _: Timestamp) -> Result<Asked, BadInput> {
    let wire::AllocateBudgetRequest {
        request_id,
        facts: facts_message,
        total_micros,
        currency,
        period_start,
        period_end,
        arms: arm_messages,
        campaign_id,
        tmax_ms,
        approvals: named,
    } = message;
    let mut reader = Reader::default();
    let read = &mut reader;
    let at = At::ROOT;
    let approvals = approvals(read, &at, &named);
    let request = request_id.and_then(|id| read.name(&at.field("request_id"), &id, RequestId::new));
    let facts = facts(read, &at.field("facts"), facts_message);
    let amount = read
        .required(&at.field("total_micros"), total_micros)
        .and_then(|micros| read.money(&at.field("total_micros"), micros, 1));
    let currency = read
        .required(&at.field("currency"), currency)
        .and_then(|text| read.currency(&at.field("currency"), &text));
    let period = period(read, &at, (period_start, period_end));
    let mut campaigns = Campaigns::of(read, &at, campaign_id.as_deref());
    let arms = ARMS.each(
        read,
        &at,
        arm_messages,
        |read, at, place, message| arm(read, at, place, message, &mut campaigns),
        |Arm(arm, ..)| &arm.id,
    );
    let (candidates, last, spent) = arms
        .into_iter()
        .map(|Arm(arm, last, spent)| (arm, last, spent))
        .collect();
    let tmax_ms = at_most_tmax(read, &at, tmax_ms);
    let total = amount.zip(currency).map(|(amount, currency)| Total {
        amount,
        currency,
        last,
        spent,
        period,
    });
    let asked = total.map(|total| Asked {
        request,
        question: Question::Budget(total),
        facts,
        candidates,
        approvals,
        tmax_ms,
        places: Places::listed("arms").with_default(campaigns.by_default),
        known_of: None,
    });
    reader.finish(asked)
}

fn period(
    read: &mut Reader,
    at: &At<'_>,
    (start, end): (Option<prost_types::Timestamp>, Option<prost_types::Timestamp>),
) -> Option<Span> {
    let (from, until) = (at.field("period_start"), at.field("period_end"));
    let start = read.required(&from, start);
    let start = start.and_then(|instant| read.instant(&from, instant));
    let end = read.required(&until, end);
    let end = end.and_then(|instant| read.instant(&until, instant));
    let period = Span::new(start?, end?);
    if period.is_empty() {
        read.refuse(
            &until,
            format_args!("`{}` is not after `period_start`, {}", period.until, period.from),
        );
        return None;
    }
    if period.until.since(period.from) > LONGEST {
        read.refuse(
            &until,
            format_args!("`{}` is more than {LONGEST} after `period_start`", period.until),
        );
        return None;
    }
    Some(period)
}

/// An arm, what it had in the last period and what it has spent in this one.
struct Arm(Candidate, Option<Micros>, Micros);

fn arm(
    read: &mut Reader,
    at: &At<'_>,
    place: usize,
    message: wire::BudgetArm,
    campaigns: &mut Campaigns,
) -> Option<Arm> {
    let wire::BudgetArm {
        arm_id,
        campaign_id,
        spent_micros,
        last_micros,
        attributes,
    } = message;
    let mut facts = Facts::with_capacity(2);
    let id = read.required_name(&at.field("arm_id"), arm_id.as_deref(), CandidateId::new);
    if let Some(word) = id.as_ref().and_then(|id| Word::new(id.as_str()).ok()) {
        facts.set(Attribute::Arm, FactValue::Word(word));
    }
    let spent = spent_micros.and_then(|micros| read.money(&at.field("spent_micros"), micros, 0));
    let last = last_micros.and_then(|micros| read.money(&at.field("last_micros"), micros, 0));
    own(read, &at.field("attributes"), attributes, &mut facts);
    let campaign = campaigns.one(read, at, place, campaign_id.as_deref());
    let candidate = Candidate {
        id: id?,
        campaign: campaign?,
        facts,
    };
    Some(Arm(candidate, last, spent.unwrap_or_default()))
}
