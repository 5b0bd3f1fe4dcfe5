//! A decision as the journal keeps it, on the wire.

use super::{
    explanation::{Speaker, bid_wish},
    whole::Whole,
    wire, words,
    zone::Zone,
};
use crate::{
    domain::{
        Auction, CandidateRecord, Choice, FactValue, Facts, Grounds, Language, Micros, Outcome, Question,
        Record, Sending, Total,
    },
    guardrail::read_back,
    journal::Reported,
};

/// A decision as it was written down.
pub(super) fn decision(record: &Record, language: Language) -> wire::DecisionRecord {
    let Record {
        decision,
        now,
        seed,
        caller,
        request,
        question,
        facts,
        candidates,
        ledger: _,
        approvals: _,
        rules,
        versions,
        erased,
    } = record;
    let answers = read_back(record);
    let zone = Zone::of(facts);
    let speakers: Vec<Speaker<'_>> = candidates
        .iter()
        .zip(&answers)
        .map(|(candidate, answer)| Speaker {
            question,
            rules,
            limits: &candidate.limits,
            answer,
            currency: candidate.currency,
            zone: zone.as_ref(),
            language,
        })
        .collect();
    let asked = Asked::of(question);
    wire::DecisionRecord {
        decision_id: decision.to_string(),
        decided_at: Some(words::instant(*now)),
        request_id: request.as_ref().map(ToString::to_string).unwrap_or_default(),
        kind: question.kind().name().to_owned(),
        versions: Some(words::versions(versions)),
        facts: spoken_facts(facts),
        why: whole(record, &speakers, language),
        candidates: candidates
            .iter()
            .zip(&speakers)
            .map(|(candidate, speaker)| recorded(candidate, speaker))
            .collect(),
        auction: asked.auction,
        seed: *seed,
        sending: asked.sending,
        slate: asked.slate,
        total: asked.total,
        erased: *erased,
        caller: caller.as_deref().unwrap_or_default().to_owned(),
    }
}

/// Why a slate or a split was what it was.
fn whole(record: &Record, speakers: &[Speaker<'_>], language: Language) -> Option<wire::Explanation> {
    match &record.question {
        Question::Bid(_) | Question::SendTime(_) | Question::Score => None,
        question @ (Question::Recommendation { .. } | Question::Budget(_)) => {
            let candidates = record.candidates.iter().map(|candidate| &candidate.id);
            let whole = Whole {
                question,
                rules: &record.rules,
                candidates: candidates.zip(speakers.iter().copied()).collect(),
                language,
            };
            Some(whole.why())
        }
    }
}

/// What was asked: exactly one is there, but for a score, which asks nothing more than its candidates.
#[derive(Default)]
struct Asked {
    auction: Option<wire::RecordedAuction>,
    sending: Option<wire::RecordedSending>,
    slate: Option<wire::RecordedSlate>,
    total: Option<wire::RecordedTotal>,
}

impl Asked {
    fn of(question: &Question) -> Self {
        let none = Self::default();
        match question {
            Question::Bid(auction) => Self {
                auction: Some(sold(auction)),
                ..none
            },
            Question::SendTime(sending) => Self {
                sending: Some(window(*sending)),
                ..none
            },
            Question::Recommendation {
                slots,
                context,
                session,
            } => Self {
                slate: Some(wire::RecordedSlate {
                    slate_size: u32::from(*slots),
                    context_item_ids: context.iter().map(ToString::to_string).collect(),
                    session_item_ids: session.iter().map(ToString::to_string).collect(),
                }),
                ..none
            },
            Question::Budget(total) => Self {
                total: Some(split(total)),
                ..none
            },
            Question::Score => none,
        }
    }
}

fn window(sending: Sending) -> wire::RecordedSending {
    let Sending {
        earliest,
        latest,
        alternatives,
    } = sending;
    wire::RecordedSending {
        not_before: Some(words::instant(earliest)),
        not_after: Some(words::instant(latest)),
        alternatives: u32::from(alternatives),
    }
}

fn split(total: &Total) -> wire::RecordedTotal {
    let Total {
        amount,
        currency,
        last,
        spent,
        period,
    } = total;
    let arms = last.iter().enumerate().map(|(at, last)| wire::RecordedArm {
        last_micros: last.map(Micros::get),
        spent_micros: spent.get(at).map(|spent| spent.get()),
    });
    wire::RecordedTotal {
        total_micros: amount.get(),
        currency: currency.to_string(),
        period_start: period.map(|period| words::instant(period.from)),
        period_end: period.map(|period| words::instant(period.until)),
        arms: arms.collect(),
    }
}

fn sold(auction: &Auction) -> wire::RecordedAuction {
    let Auction {
        auction_type,
        floor,
        currency,
        deals,
        private,
        blocked_categories: _,
        blocked_advertisers: _,
        blocked_attributes: _,
    } = auction;
    wire::RecordedAuction {
        auction_type: words::auction_type(*auction_type).into(),
        currency: currency.to_string(),
        floor_micros: floor.get(),
        deal_ids: deals.iter().map(|deal| deal.id.to_string()).collect(),
        private_auction: *private,
    }
}

fn recorded(candidate: &CandidateRecord, speaker: &Speaker<'_>) -> wire::RecordedCandidate {
    let CandidateRecord {
        id,
        campaign,
        brand,
        objective,
        currency,
        facts,
        limits,
        proposed: _,
        explained_by: _,
        unfollowed: _,
        baseline: _,
        verdict: _,
        choice: _,
        causes: _,
        fallback: _,
        taken: _,
        tickets: _,
    } = candidate;
    wire::RecordedCandidate {
        candidate_id: id.to_string(),
        campaign_id: campaign.to_string(),
        brand: brand.to_string(),
        objective: objective.id.to_string(),
        currency: currency.to_string(),
        facts: spoken_facts(facts),
        price_micros: speaker.price().map(Micros::get),
        no_bid: speaker.no_bid().unwrap_or_default().into(),
        wish: speaker.wish().and_then(bid_wish),
        why: Some(speaker.why()),
        in_force: speaker.in_force(),
        floor_micros: limits.floor.get(),
        budget_left_micros: limits.budget_left.map(|left| left.get() / 1_000),
        estimate: speaker.estimate(),
        limited_by: speaker.limited_by().into(),
        answer: speaker.left().map(chosen),
        wished: speaker.wish().map(chosen),
        grounds: speaker
            .grounds()
            .map(|grounds| said_beside(grounds, speaker.zone)),
    }
}

/// An answer or a wish of any kind.
pub(super) fn chosen(choice: Choice) -> wire::RecordedChoice {
    use wire::recorded_choice::Choice as Recorded;
    let choice = match choice {
        Choice::Bid(price) => Recorded::PriceMicros(price.get()),
        Choice::NoBid(reason) => Recorded::NoBid(words::no_bid(reason).into()),
        Choice::Send(at) => Recorded::SendAt(words::instant(at)),
        Choice::Show(slot) => Recorded::Slot(u32::from(slot)),
        Choice::NotShown => Recorded::NotShown(true),
        Choice::Share(part) => Recorded::ShareMicros(part.get()),
        Choice::Score(millionths) => Recorded::Probability(words::probability(millionths)),
    };
    wire::RecordedChoice { choice: Some(choice) }
}

fn said_beside(grounds: &Grounds, zone: Option<&Zone>) -> wire::RecordedGrounds {
    let none = wire::RecordedGrounds::default();
    match grounds {
        Grounds::SendTime { alternatives } => wire::RecordedGrounds {
            alternatives: alternatives
                .iter()
                .map(|alternative| words::send_time(alternative.at, alternative.outcome_probability, zone))
                .collect(),
            ..none
        },
        Grounds::Item { because_of } => wire::RecordedGrounds {
            because_of_item_ids: because_of.iter().map(ToString::to_string).collect(),
            ..none
        },
        Grounds::Arm { marginal_return } => wire::RecordedGrounds {
            marginal_return: Some(*marginal_return),
            ..none
        },
        Grounds::Score { up, down } => wire::RecordedGrounds {
            up: up.iter().map(words::score_reason).collect(),
            down: down.iter().map(words::score_reason).collect(),
            ..none
        },
    }
}

fn spoken_facts(facts: &Facts) -> Vec<wire::RecordedFact> {
    facts
        .iter()
        .map(|(attribute, value)| wire::RecordedFact {
            attribute: attribute.to_string(),
            value: spoken(value),
        })
        .collect()
}

fn spoken(value: &FactValue) -> String {
    let joined = |words: Vec<String>| words.join(", ");
    match value {
        FactValue::Word(word) => word.to_string(),
        FactValue::Words(words) => joined(words.iter().map(ToString::to_string).collect()),
        FactValue::Text(text) => text.to_string(),
        FactValue::Number(number) => number.to_string(),
        FactValue::Price(price) => price.to_string(),
        FactValue::Flag(flag) => flag.to_string(),
        FactValue::Instant(at) => at.to_string(),
        FactValue::Labels(labels) => {
            let each = labels.iter().map(|label| match label.risk {
                Some(risk) => format!("{} ({})", label.topic, risk.name()),
                None => label.topic.to_string(),
            });
            joined(each.collect())
        }
        FactValue::Digest(digest) => {
            let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("text {hex}")
        }
    }
}

/// What came of it, as it was reported.
pub(super) fn outcome(reported: Reported) -> wire::RecordedOutcome {
    let Reported {
        outcome,
        received_at,
        reply,
    } = reported;
    let Outcome {
        decision: _,
        candidate,
        event_id,
        revision,
        at,
        event,
        withdrawn,
        signs,
    } = outcome;
    wire::RecordedOutcome {
        candidate_id: candidate.to_string(),
        sort: event.sort().to_owned(),
        name: event.name().to_owned(),
        event_id: event_id.to_string(),
        revision,
        occurred_at: Some(words::instant(at)),
        withdrawn,
        amount_micros: event.amount().map(Micros::get),
        received_at: Some(words::instant(received_at)),
        result: Some(words::outcome(reply)),
        signs: signs.iter().map(|sign| sign.name().to_owned()).collect(),
    }
}
