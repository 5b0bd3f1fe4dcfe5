use super::{
    Asked, Campaigns, Places,
    asked::Names,
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

/// The fewest arms among which something can be split.
const FEWEST_ARMS: usize = 2;
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
    } = message;
    let mut reader = Reader::default();
    let read = &mut reader;
    let at = At::ROOT;
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
    let Arms {
        candidates,
        last,
        spent,
    } = arms(read, &at, arm_messages, &mut campaigns);
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
        tmax_ms,
        places: Places::listed("arms").with_default(campaigns.by_default),
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

/// The arms, and what is told of each beside it.
#[derive(Default)]
struct Arms {
    candidates: Vec<Candidate>,
    last: Vec<Option<Micros>>,
    spent: Vec<Micros>,
}

fn arms(read: &mut Reader, at: &At<'_>, messages: Vec<wire::BudgetArm>, campaigns: &mut Campaigns) -> Arms {
    const MOST: usize = Query::max_candidates(Kind::Budget);
    let mut arms = Arms::default();
    if messages.len() < FEWEST_ARMS {
        read.refuse(
            &at.field("arms"),
            format_args!("must hold {FEWEST_ARMS} to {MOST} arms"),
        );
    }
    if !read.at_most(&at.field("arms"), messages.len(), MOST) {
        return arms;
    }
    let mut names = Names::default();
    for (index, message) in messages.into_iter().enumerate() {
        let at = at.item("arms", index);
        let Some((arm, last, spent)) = arm(read, &at, index, message, campaigns) else {
            continue;
        };
        names.once(read, &at.field("arm_id"), &arm.id);
        arms.candidates.push(arm);
        arms.last.push(last);
        arms.spent.push(spent);
    }
    arms
}

fn arm(
    read: &mut Reader,
    at: &At<'_>,
    place: usize,
    message: wire::BudgetArm,
    campaigns: &mut Campaigns,
) -> Option<(Candidate, Option<Micros>, Micros)> {
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
    Some((candidate, last, spent.unwrap_or_default()))
}
