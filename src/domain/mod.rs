//! The nouns of the business: what is asked, what limits it, what was answered, what happened.
//!
//! Nothing here performs I/O, awaits, reads a clock or draws a random number. Every other room may use this
//! one; it uses none of them.
//!
//! A request travels through these types in order: a [`Query`] meets the rules and gains [`CandidateLimits`];
//! together they are [`Bounded`] and go to a model; the model answers a [`Proposal`]; what leaves is kept as a
//! [`Record`]; what happens afterwards is an [`Outcome`].

mod apply;
mod assortment;
mod brands;
mod campaign;
mod cap;
mod change;
mod choice;
mod contact;
mod effect;
mod engagement;
mod explain;
mod facts;
mod kind;
mod language;
mod ledger;
mod limits;
mod merged;
mod money;
mod name;
mod outcome;
mod principal;
mod proposal;
mod query;
mod record;
mod rule;
mod slate;
mod spans;
mod split;
mod stop;
mod ticket;
mod time;
mod timed;

pub use apply::{Applied, Clip, apply, apply_all, permits, permits_all};
pub use assortment::Assortment;
pub use brands::BrandScope;
pub use campaign::{Baselines, Budget, Campaign, DeclaredMaturity, Goal, Objective};
pub use cap::{CapKey, Contacts, Frequency};
pub use change::{Activating, Change, Changed, Hand};
pub use choice::{Choice, FallbackReason, NoBid, Source, Verdict, Wish};
pub use contact::reaches_a_person;
pub use effect::{Active, Bounds, Cap, Certainty, Effect, NearTime, PerFact, Reach, Sort, TimeLimit};
pub use engagement::{Sign, Signs};
pub use explain::{Causes, causes, causes_all, only_causes_matter, shadowed, shadowed_all};
pub use facts::{Attribute, FactValue, Facts, Label, Risk};
pub use kind::Kind;
pub use language::Language;
pub use ledger::{Durable, Evidence, EvidenceKey, Ledger, Recorder, RecorderError, Spend};
pub use limits::{CandidateLimits, DeclaredDefault, SafeDefault, SafeDefaults, Standing};
pub use merged::{Directive, Interval, Merged};
pub use money::{BasisPoints, Currency, Micros, Money, ParseMoneyError};
pub use name::{
    BrandId, CampaignId, CandidateId, CreativeId, DealId, InvalidName, ObjectiveId, RequestId, RuleId, Word,
};
pub use outcome::{Event, Observation, Outcome, OutcomeKey, OutcomeReply, Quarantine};
pub use principal::{Principal, Role, Roles};
pub use proposal::{
    Alternative, Contribution, Counted, Estimate, Grounds, LimitedBy, Maturity, Proposal, Proposed, Stage,
    ThresholdSource,
};
pub use query::{
    Auction, AuctionType, Bounded, Candidate, Deal, DecisionId, InvalidDecisionId, Query, Question, Sending,
    Total,
};
pub use record::{CandidateRecord, LedgerView, Record, Taken, Versions};
pub use rule::{RuleCard, RuleIx, RuleTable, Tier};
pub use slate::{MOST_BOOST, boost, fill_slate};
pub use spans::{Span, Spans};
pub use split::{arm_bounds, declared_parts};
pub use stop::{Stop, StopScope, StopSet};
pub use ticket::{InvalidTicket, Ticket, TicketKey};
pub use time::{Clock, Duration, TimeOfDay, Timestamp};
pub use timed::{local_time, sendable, zone_of};
