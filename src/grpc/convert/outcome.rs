use super::{
    excerpt,
    path::At,
    read::{BadInput, Reader},
};
use crate::{
    domain::{CandidateId, DecisionId, Event, Outcome, Sign, Signs, Word},
    grpc::wire::{self, outcome_report},
};

/// The most outcomes of one batch.
const MOST_OUTCOMES: usize = 1_000;

/// One reported outcome and the token that came with it.
#[derive(Debug)]
pub(in crate::grpc) struct Report {
    /// What happened.
    pub(in crate::grpc) outcome: Outcome,
    /// The token; empty where none was sent.
    pub(in crate::grpc) token: Vec<u8>,
}

/// A batch, whole or not at all.
pub(in crate::grpc) fn reports(message: wire::RecordOutcomesRequest) -> Result<Vec<Report>, BadInput> {
    let wire::RecordOutcomesRequest { outcomes } = message;
    let mut reader = Reader::default();
    let read = &mut reader;
    let at = At::ROOT;
    if outcomes.is_empty() {
        read.refuse(
            &at.field("outcomes"),
            format_args!("must hold 1 to {MOST_OUTCOMES} outcomes"),
        );
    }
    let mut reports = Vec::new();
    if read.at_most(&at.field("outcomes"), outcomes.len(), MOST_OUTCOMES) {
        for (index, message) in outcomes.into_iter().enumerate() {
            reports.extend(one(read, &at.item("outcomes", index), message));
        }
    }
    reader.finish(Some(reports))
}

/// One message of the stream.
pub(in crate::grpc) fn report(message: Option<wire::OutcomeReport>) -> Result<Report, BadInput> {
    let mut reader = Reader::default();
    let read = &mut reader;
    let at = At::ROOT.field("outcome");
    let report = read
        .required(&at, message)
        .and_then(|message| one(read, &at, message));
    reader.finish(report)
}

/// The name of a decision.
pub(in crate::grpc) fn decision_id(text: Option<String>) -> Result<DecisionId, BadInput> {
    let mut reader = Reader::default();
    let read = &mut reader;
    let id = named(read, &At::ROOT.field("decision_id"), text);
    reader.finish(id)
}

fn named(read: &mut Reader, at: &At<'_>, text: Option<String>) -> Option<DecisionId> {
    let text = read.required(at, text)?;
    text.parse()
        .map_err(|problem| read.refuse(at, format_args!("`{}`: {problem}", excerpt(&text))))
        .ok()
}

fn one(read: &mut Reader, at: &At<'_>, message: wire::OutcomeReport) -> Option<Report> {
    let wire::OutcomeReport {
        decision_id,
        token,
        candidate_id,
        event_id,
        revision,
        occurred_at,
        withdrawn,
        signs: sign_numbers,
        event: event_message,
    } = message;
    let decision = named(read, &at.field("decision_id"), decision_id);
    let candidate = read.required_name(
        &at.field("candidate_id"),
        candidate_id.as_deref(),
        CandidateId::new,
    );
    let event_id = read.required_name(&at.field("event_id"), event_id.as_deref(), Word::new);
    let instant = read
        .required(&at.field("occurred_at"), occurred_at)
        .and_then(|instant| read.instant(&at.field("occurred_at"), instant));
    let event = read
        .required(&at.field("event"), event_message)
        .and_then(|message| event(read, at, message));
    let signs = signs(read, at, &sign_numbers);
    Some(Report {
        outcome: Outcome {
            decision: decision?,
            candidate: candidate?,
            event_id: event_id?,
            revision: revision.unwrap_or_default(),
            at: instant?,
            event: event?,
            withdrawn: withdrawn.unwrap_or_default(),
            signs,
        },
        token: token.unwrap_or_default(),
    })
}

fn signs(read: &mut Reader, at: &At<'_>, numbers: &[i32]) -> Signs {
    let mut signs = Signs::NONE;
    for (index, number) in numbers.iter().enumerate() {
        match wire::EngagementSign::try_from(*number) {
            Ok(wire::EngagementSign::AllLinks) => signs = signs.with(Sign::AllLinks),
            Ok(wire::EngagementSign::WithinSeconds) => signs = signs.with(Sign::WithinSeconds),
            Ok(wire::EngagementSign::DataCentre) => signs = signs.with(Sign::DataCentre),
            Ok(wire::EngagementSign::Crawler) => signs = signs.with(Sign::Crawler),
            Ok(wire::EngagementSign::UnsubscribeFetched) => signs = signs.with(Sign::UnsubscribeFetched),
            Ok(wire::EngagementSign::Unspecified) | Err(_) => {
                read.refuse(
                    &at.item("signs", index),
                    format_args!("`{number}` is no sign of an engagement"),
                );
            }
        }
    }
    signs
}

fn event(read: &mut Reader, at: &At<'_>, message: outcome_report::Event) -> Option<Event> {
    match message {
        outcome_report::Event::Win(wire::WinEvent { price_micros }) => {
            let at = at.field("win");
            let at = at.field("price_micros");
            let micros = read.required(&at, price_micros)?;
            Some(Event::Win {
                price: read.price(&at, micros)?,
            })
        }
        outcome_report::Event::Loss(wire::LossEvent {
            reason,
            min_to_win_micros,
        }) => {
            let at = at.field("loss");
            let at = at.field("min_to_win_micros");
            Some(Event::Loss {
                reason,
                min_to_win: min_to_win_micros.and_then(|micros| read.price(&at, micros)),
            })
        }
        outcome_report::Event::Impression(wire::ImpressionEvent {}) => Some(Event::Impression),
        outcome_report::Event::Click(wire::ClickEvent {}) => Some(Event::Click),
        outcome_report::Event::Sent(wire::SentEvent {}) => Some(Event::Sent),
        outcome_report::Event::Cancelled(wire::CancelledEvent {}) => Some(Event::Cancelled),
        outcome_report::Event::Open(wire::OpenEvent {}) => Some(Event::Open),
        outcome_report::Event::Unsubscribe(wire::UnsubscribeEvent {}) => Some(Event::Unsubscribe),
        outcome_report::Event::Conversion(message) => conversion(read, &at.field("conversion"), message),
    }
}

fn conversion(read: &mut Reader, at: &At<'_>, message: wire::ConversionEvent) -> Option<Event> {
    let wire::ConversionEvent { name, value_micros } = message;
    let name = read.required_name(&at.field("name"), name.as_deref(), Word::new);
    let value = value_micros.and_then(|value| read.money(&at.field("value_micros"), value, 0));
    Some(Event::Conversion { name: name?, value })
}
