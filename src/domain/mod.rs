//! The nouns of the business: what is asked, what limits it, what was answered, what happened.
//!
//! Nothing here performs I/O, awaits, reads a clock or draws a random number. Every other room may use this
//! one; it uses none of them.
//!
//! A request travels through these types in order: a [`Query`] meets the rules and gains [`CandidateLimits`];
//! together they are [`Bounded`] and go to a model; the model answers a [`Proposal`]; what leaves is kept as a
//! [`Record`]; what happens afterwards is an [`Outcome`].

mod apply;
mod campaign;
mod cap;
mod choice;
mod explain;
mod facts;
mod kind;
mod language;
mod ledger;
mod limits;
mod money;
mod name;
mod outcome;
mod proposal;
mod query;
mod record;
mod rule;
mod spans;
mod time;

pub use apply::{Applied, Clip, apply, permits};
pub use campaign::{Budget, Campaign, Goal, Objective};
pub use cap::{CapKey, Contacts, Frequency};
pub use choice::{Choice, FallbackReason, NoBid, Source, Verdict};
pub use explain::{Causes, causes, shadowed};
pub use facts::{Attribute, FactValue, Facts, Label, Risk};
pub use kind::Kind;
pub use language::Language;
pub use ledger::{Durable, Evidence, EvidenceKey, Ledger, Recorder, RecorderError, Spend};
pub use limits::{
    Active, Bounds, CandidateLimits, Certainty, Directive, Effect, Interval, Merged, SafeDefault, Standing,
};
pub use money::{BasisPoints, Currency, Micros, Money, ParseMoneyError};
pub use name::{
    BrandId, CampaignId, CandidateId, CreativeId, DealId, InvalidName, ObjectiveId, RequestId, RuleId, Word,
};
pub use outcome::{Event, Observation, Outcome, OutcomeKey, OutcomeReply, Quarantine};
pub use proposal::{Estimate, LimitedBy, Maturity, Proposal, Proposed, Stage};
pub use query::{
    Auction, AuctionType, Bounded, Candidate, Deal, DecisionId, InvalidDecisionId, Query, Question,
};
pub use record::{CandidateRecord, Record, Versions};
pub use rule::{RuleCard, RuleIx, RuleTable, Tier};
pub use spans::{Span, Spans};
pub use time::{Clock, Duration, Timestamp};
