//! Balustrade: people set the limits, the model works inside them, every answer says why, outcomes teach it.
//!
//! One crate, a library and one binary. A backend asks, over gRPC, for a decision; a learned model proposes;
//! rules that people wrote limit; only what satisfies every rule leaves. Outcomes come back and teach the model.
//!
//! ```text
//!  DecideBidRequest            grpc       bytes become a typed Query, once; bad input is refused, each field named
//!    Query                     guardrail  one rulebook, one model snapshot, one view of the ledger
//!    Query -> limits           rules      the index finds the rules that match; what they do becomes a set of effects
//!    Bounded{query, limits}    model      the best choice inside the limits; its wish without them; propensity
//!    Proposal                  guardrail  enforce: permitted? then each effect alone, against the answer
//!    Enforced -> Decision      guardrail  the only thing a reply can be built from
//!    Record                    journal    written in groups; outcomes join it
//!  DecideBidResponse           grpc       value, verdict, why, decision id, versions
//!
//!  rules/   -> rehearsal (parse, check, test) -> Rulebook ----\
//!                                                              > swapped under running requests
//!  outcomes -> journal -> learning -> model snapshot ---------/
//! ```
//!
//! Five promises hold, and each has its place:
//!
//! 1. **Nothing leaves unguarded.** A reply is built from a [`guardrail::Decision`], and only [`guardrail`] makes one.
//! 2. **People bound, the model optimises inside.** All limits are known before the model is asked
//!    ([`domain::Bounded`]); the logged propensity is that of the masked choice.
//! 3. **Order never matters.** Limits are sets of effects ([`domain::Bounds`]); merging is set union.
//! 4. **Fail closed, visibly.** Missing data, a silent model, a broken rule file: each has a declared and reported
//!    outcome ([`domain::FallbackReason`], `if_unknown`, [`rehearsal::Activations`]).
//! 5. **What was acknowledged is kept** ([`journal`]), and a [`domain::Record`] holds what repeating it takes.
//!
//! Read the rooms in this order.

pub mod domain;
pub mod rules;
pub mod guardrail;
pub mod model;
pub mod journal;
pub mod learning;
pub mod rehearsal;
pub mod simulator;
pub mod grpc;
pub mod settings;
pub mod app;
pub mod cli;
