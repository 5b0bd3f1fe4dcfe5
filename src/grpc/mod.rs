//! The wire: the contract of `proto/balustrade/v1`, served over gRPC.
//!
//! Bytes become a typed [`Query`](crate::domain::Query) once, in `convert`, and everything wrong with them is
//! said at once, each field by its path. What leaves is built from a decision of the guardrail and from nothing
//! else. The generated types are private to this room; a client gets plain types of its own.

mod admission;
mod audit;
pub mod client;
mod codec;
mod connection;
mod convert;
mod deadline;
mod decide;
mod echo;
mod explanation;
mod identity;
mod keeping;
mod language;
mod model_versions;
mod models;
mod once;
mod outcomes;
mod past;
mod place;
mod raw;
mod readiness;
mod recorded;
mod refused;
mod reply;
mod rulebook;
mod rulebook_view;
mod seen;
mod sentence;
mod serve;
mod share;
mod services;
mod stamp;
mod tls;
mod token;
mod traces;
mod unused;
mod whole;
mod wire;
mod words;
mod zone;

pub use decide::Decider;
pub use echo::echo;
pub use identity::{
    CertificateHolder, Identity, IdentityError, KeyEntry, KeyError, KeyFile, NewKey, TokenAlgorithm,
    TokenIssuer, Ways, roles_of,
};
pub use models::{ModelsStatus, ModelsView, Readiness};
pub use once::Once;
pub use outcomes::OutcomeCounts;
pub use past::PastView;
pub use rulebook_view::{CheckedRules, RuleFiles, RulebookProblem, RulebookStatus, RulebookView, Standing};
pub use seen::{LatencyHistogram, Seen};
pub use serve::{Bounds, listen};
pub use services::{Health, Reflection, RulesFolder, Services, serve};
pub use stamp::Stamper;
pub use tls::{ClientCertificates, Tls, TlsError, TlsFiles};
pub use token::{BadToken, TokenKey, Tokens};
pub use traces::{Exporting, TraceError, Traces, Tracing};
pub use wire::DESCRIPTORS;
