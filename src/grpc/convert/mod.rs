//! Bytes become business: messages of the wire turn into [`Query`](crate::domain::Query) and
//! [`Outcome`](crate::domain::Outcome), once.
//!
//! Everything wrong with a request is found in one go and named by its path, so that nobody has to send it six
//! times to learn six things. Messages are taken apart field by field, without a rest pattern: a field that is
//! added to the contract does not compile until somebody decides here what it means.

mod asked;
mod bid;
mod budget;
mod facts;
mod hand;
mod models;
mod outcome;
mod past;
mod path;
mod read;
mod recommendation;
mod rule_files;
mod score;
mod send_time;

pub(super) use asked::{Asked, Places};
use asked::{Campaigns, approvals, at_most_tmax};
pub(super) use bid::bid;
pub(super) use budget::budget;
pub(super) use hand::{
    Calling, activation, by_hand, erasure, request_id, resolution, resume, roll_back, since, stop,
};
pub(super) use models::{market, score_campaign, score_named};
pub(super) use outcome::{Report, decision_id, report, reports};
pub(super) use past::{kind, page_token, trial, verdict, within};
pub(super) use read::{BadInput, Violation};
pub(super) use recommendation::recommendation;
pub(super) use rule_files::{put, rule_files};
pub(super) use score::score;
pub(super) use send_time::send_time;

/// The start of a text of the caller's, short enough to be quoted back.
fn excerpt(text: &str) -> String {
    const LONGEST: usize = 40;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// The one problem that a required field is absent.
pub(super) fn missing(field: &str) -> BadInput {
    BadInput(vec![Violation {
        field: field.to_owned(),
        description: "must be set".to_owned(),
    }])
}
