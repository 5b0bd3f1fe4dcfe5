//! What is answered instead of a decision: one shape, said as a status of a unary call or as a message of a
//! stream.

use std::{collections::HashMap, time::Duration};

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt as _};

use super::{
    convert::{BadInput, Places, Violation},
    wire,
};
use crate::{
    domain::{DecisionId, StopScope, Timestamp},
    guardrail,
    journal::{Journal, JournalError},
    learning::{VersionError, VersionsError},
    rehearsal::{ApproveError, ResolveError, RollBackError, SwitchError},
};

/// The domain of every `ErrorInfo`.
const DOMAIN: &str = "balustrade";
/// When to come back after a refusal that passes by itself.
const RETRY_AFTER: Duration = Duration::from_millis(100);
/// Details travel in a header, and clients bound those (8 KiB in some): what is above is counted, not listed.
const MOST_DETAIL_BYTES: usize = 3_000;

/// How prost begins to say that bytes are no message; held by a story over the real socket.
const PROSTS_WORDS: &str = "failed to decode Protobuf message";

/// Why a request is not answered.
#[derive(Debug)]
pub(super) struct Refused {
    code: Code,
    reason: &'static str,
    message: String,
    violations: Vec<Violation>,
    retry_after: Option<Duration>,
}

// === impl Refused ===

impl Refused {
    fn new(code: Code, reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            reason,
            message: message.into(),
            violations: Vec::new(),
            retry_after: None,
        }
    }

    /// The caller gave another call the same name.
    pub(super) fn other_message() -> Self {
        let message = "another message was sent under this `request_id` within 24 hours; choose another";
        Self::new(Code::AlreadyExists, "REQUEST_ID_USED", message)
    }

    /// The same call is being done.
    pub(super) fn under_way() -> Self {
        let message = "a call of this `request_id` is under way; ask again for its answer";
        Self {
            retry_after: Some(RETRY_AFTER),
            ..Self::new(Code::Unavailable, "UNDER_WAY", message)
        }
    }

    /// Something of ours failed that never should.
    pub(super) fn broken(why: impl std::fmt::Display) -> Self {
        tracing::error!(%why, "a call could not be finished");
        Self::new(
            Code::Internal,
            "BROKEN",
            "the server could not finish this call; its log says why",
        )
    }

    /// More requests at once than are admitted.
    pub(super) fn overloaded() -> Self {
        Self {
            retry_after: Some(RETRY_AFTER),
            ..Self::new(
                Code::ResourceExhausted,
                "OVERLOADED",
                "too many requests at once; try again",
            )
        }
    }

    /// More requests at once than one caller may have inside while others come.
    pub(super) fn over_share() -> Self {
        Self {
            retry_after: Some(RETRY_AFTER),
            ..Self::new(
                Code::ResourceExhausted,
                "OVER_SHARE",
                "too many requests of yours at once while most places are taken; try again",
            )
        }
    }

    /// Nothing says who calls, or what says it is not accepted; which of the two is not told.
    pub(super) fn unauthenticated() -> Self {
        let message =
            "say who you are: a key or a token in `authorization: Bearer …`, or a client certificate";
        Self::new(Code::Unauthenticated, "UNAUTHENTICATED", message)
    }

    /// The caller is known, and the call is for others.
    pub(super) fn not_theirs() -> Self {
        let message = "this call is not for you: neither your roles nor your brands open it";
        Self::new(Code::PermissionDenied, "CALL_NOT_ALLOWED", message)
    }

    /// What the caller names is of a brand that it may not speak of.
    pub(super) fn other_brand(scope: &StopScope) -> Self {
        let message = format!("`{scope}` reaches more than the brands that you may speak of");
        Self::new(Code::PermissionDenied, "BRAND_NOT_ALLOWED", message)
    }

    /// The contract has no such call, or it is for nobody.
    pub(super) fn no_such_call() -> Self {
        let message = "the contract has no such call";
        Self::new(Code::Unimplemented, "NO_SUCH_CALL", message)
    }

    /// A message above the size that its call accepts.
    fn too_large() -> Self {
        let message = "the message is larger than this call accepts: 256 KiB to decide, 1 MiB of outcomes, 32 MiB of rules";
        Self::new(Code::ResourceExhausted, "TOO_LARGE", message)
    }

    /// Bytes that are no message of the contract.
    fn undecodable(problem: &str) -> Self {
        Self::new(Code::InvalidArgument, "UNDECODABLE", problem)
    }

    /// What a status of the transport means to a caller, where tonic's own code for it would mislead: a message
    /// that is too large is `OUT_OF_RANGE` there, and bytes that are no message are `INTERNAL`, which reads as a
    /// fault of ours. Nothing of this service answers with the first code, or with those words.
    pub(super) fn by_transport(status: &Status) -> Option<Self> {
        let (code, text) = (status.code(), status.message());
        if code == Code::OutOfRange {
            return Some(Self::too_large());
        }
        (code == Code::Internal && text.starts_with(PROSTS_WORDS)).then(|| Self::undecodable(text))
    }

    /// The journal does not hold the decision.
    pub(super) fn not_found(decision: impl std::fmt::Display) -> Self {
        let message = format!("the journal holds no decision `{decision}`");
        Self::new(Code::NotFound, "UNKNOWN_DECISION", message)
    }

    /// The journal does not hold the decision; those of its time are past their retention.
    pub(super) fn expired(decision: impl std::fmt::Display, until: Timestamp) -> Self {
        let message = format!(
            "the decision `{decision}` is past its retention: of decisions made up to {until} the journal no longer holds \
             all, as `[journal.retention]` says"
        );
        Self::new(Code::NotFound, "EXPIRED_DECISION", message)
    }

    /// What to say of a decision that the journal does not hold.
    pub(super) fn not_held(journal: &Journal, decision: DecisionId) -> Self {
        match journal.decided_until() {
            Some(until) if journal.has_expired(decision) => Self::expired(decision, until),
            Some(_) | None => Self::not_found(decision),
        }
    }

    /// Nothing of that scope is stopped.
    pub(super) fn not_stopped(scope: &StopScope) -> Self {
        let message = format!("`{scope}` is not stopped; `GetRulebookStatus` tells what is");
        Self::new(Code::NotFound, "NOT_STOPPED", message)
    }

    /// The guardrail does not answer a query whose candidates stood in these places of the request.
    pub(super) fn by_guardrail(refusal: guardrail::Refusal, places: &Places) -> Self {
        match refusal {
            guardrail::Refusal::UnknownCampaigns(unknown) => {
                let each = unknown.into_iter();
                Self::of(each.map(|(place, campaign)| Violation {
                    field: places.campaign(place),
                    description: format!("`{campaign}` is not declared in `campaigns.yaml`"),
                }))
            }
            guardrail::Refusal::NothingKnown(campaign) => Self::of(std::iter::once(Violation {
                field: "candidates".to_owned(),
                description: format!(
                    "must name what to show: nothing is known to show for `{campaign}` beside what the person is looking at"
                ),
            })),
            guardrail::Refusal::NotTheirs(others) => {
                let each = others.into_iter();
                let refused = Self::of(each.map(|(place, campaign)| Violation {
                    field: places.campaign(place),
                    description: format!("`{campaign}` is no campaign of the brands that you may speak of"),
                }));
                Self {
                    code: Code::PermissionDenied,
                    reason: "BRAND_NOT_ALLOWED",
                    ..refused
                }
            }
            guardrail::Refusal::NotServed { kind, campaigns } => {
                let each = campaigns.into_iter();
                Self::of(each.map(|(place, campaign)| Violation {
                    field: places.campaign(place),
                    description: format!("`{campaign}` declares no baseline for {kind} in `campaigns.yaml`"),
                }))
            }
            guardrail::Refusal::OtherCurrency { asked, campaigns } => {
                let each = campaigns.into_iter();
                Self::of(each.map(|(place, campaign, own)| Violation {
                    field: places.campaign(place),
                    description: format!(
                        "`{campaign}` is in {own} and the total in {asked}; nothing is converted"
                    ),
                }))
            }
            guardrail::Refusal::Attributes(misstated) => Self::of(misstated.iter().map(|misstated| {
                let above = misstated.candidate.map(|place| places.candidate(place));
                let above = above.unwrap_or_else(|| "facts".to_owned());
                Violation {
                    field: format!("{above}.attributes[{:?}]", misstated.attribute.name()),
                    description: misstated.told(),
                }
            })),
            guardrail::Refusal::NotRecorded(error) => Self {
                retry_after: Some(RETRY_AFTER),
                ..Self::new(Code::Unavailable, "NOT_RECORDED", error.to_string())
            },
        }
    }

    /// Everything that is wrong with fields; what several candidates have in common is said once.
    fn of(violations: impl Iterator<Item = Violation>) -> Self {
        let mut violations: Vec<Violation> = violations.collect();
        violations.dedup();
        Self::from(BadInput(violations))
    }

    /// As the status of a unary call.
    pub(super) fn into_status(self) -> Status {
        let Self {
            code,
            reason,
            message,
            violations,
            retry_after,
        } = self;
        let mut details = ErrorDetails::with_error_info(reason, DOMAIN, HashMap::new());
        if !violations.is_empty() {
            let each = bounded(violations).into_iter();
            details.set_bad_request(
                each.map(|Violation { field, description }| FieldViolation::new(field, description))
                    .collect::<Vec<_>>(),
            );
        }
        if retry_after.is_some() {
            details.set_retry_info(retry_after);
        }
        Status::with_error_details(code, message, details)
    }

    /// As a message of a stream.
    pub(super) fn into_message(self) -> wire::Refusal {
        let violations = bounded(self.violations).into_iter();
        wire::Refusal {
            code: u32::try_from(i32::from(self.code)).unwrap_or_default(),
            message: self.message,
            violations: violations
                .map(|Violation { field, description }| wire::FieldViolation { field, description })
                .collect(),
            reason: self.reason.to_owned(),
            retry_after: self
                .retry_after
                .and_then(|after| prost_types::Duration::try_from(after).ok()),
        }
    }
}

impl From<BadInput> for Refused {
    fn from(BadInput(violations): BadInput) -> Self {
        let message = match violations.as_slice() {
            [] => "the request cannot be read".to_owned(),
            [only] => format!("`{}` {}", only.field, only.description),
            [first, rest @ ..] => {
                format!("`{}` {}; and {} more", first.field, first.description, rest.len())
            }
        };
        Self {
            violations,
            ..Self::new(Code::InvalidArgument, "BAD_INPUT", message)
        }
    }
}

impl From<SwitchError> for Refused {
    fn from(error: SwitchError) -> Self {
        Self::new(Code::Unavailable, "NOT_STORED", error.to_string())
    }
}

impl From<VersionsError> for Refused {
    fn from(error: VersionsError) -> Self {
        let (code, reason) = match &error {
            VersionsError::Unknown(_) => (Code::NotFound, "UNKNOWN_VERSION"),
            VersionsError::NoOlder => (Code::FailedPrecondition, "NO_OLDER_VERSION"),
            VersionsError::Worse { .. } => (Code::FailedPrecondition, "WORSE"),
            VersionsError::Damaged { .. } => (Code::FailedPrecondition, "DAMAGED_VERSION"),
            VersionsError::NotFrozen { .. } => (Code::NotFound, "NOT_FROZEN"),
            VersionsError::Score(VersionError::Unknown(_)) => (Code::NotFound, "UNKNOWN_VERSION"),
            VersionsError::Score(VersionError::NoScore(_)) => (Code::NotFound, "UNKNOWN_SCORE"),
            VersionsError::Score(VersionError::Ambiguous(_)) => (Code::InvalidArgument, "AMBIGUOUS_DIGEST"),
            VersionsError::Score(VersionError::NoEarlier(_)) => {
                (Code::FailedPrecondition, "NO_OLDER_VERSION")
            }
            VersionsError::Score(VersionError::TooLittle(_)) => (Code::FailedPrecondition, "TOO_LITTLE"),
            VersionsError::Journal(_) => (Code::Unavailable, "NOT_READ"),
            VersionsError::Store { .. } => (Code::Unavailable, "NOT_STORED"),
        };
        Self::new(code, reason, error.to_string())
    }
}

impl From<ResolveError> for Refused {
    fn from(error: ResolveError) -> Self {
        match error {
            ResolveError::Unknown(_) => Self::new(Code::NotFound, "UNKNOWN_TICKET", error.to_string()),
            ResolveError::Own(_) => Self::new(Code::PermissionDenied, "OWN_HOLD", error.to_string()),
            ResolveError::NotKept => Self::new(Code::Unavailable, "NOT_KEPT", error.to_string()),
            ResolveError::Journal(error) => Self::from(error),
        }
    }
}

impl From<RollBackError> for Refused {
    fn from(error: RollBackError) -> Self {
        let (code, reason) = match &error {
            RollBackError::Unknown(_) => (Code::NotFound, "UNKNOWN_RULEBOOK"),
            RollBackError::Ambiguous(_) => (Code::InvalidArgument, "AMBIGUOUS_DIGEST"),
            RollBackError::Refused { .. } => (Code::FailedPrecondition, "RULEBOOK_REFUSED"),
            RollBackError::Store { .. } => (Code::Unavailable, "NOT_STORED"),
        };
        Self::new(code, reason, error.to_string())
    }
}

impl From<ApproveError> for Refused {
    fn from(error: ApproveError) -> Self {
        match error {
            ApproveError::Unknown(_) => Self::new(Code::NotFound, "UNKNOWN_RULEBOOK", error.to_string()),
            ApproveError::Own(_) => Self::new(Code::PermissionDenied, "OWN_RULEBOOK", error.to_string()),
            ApproveError::Unfit(error) => Self::from(error),
        }
    }
}

impl From<JournalError> for Refused {
    fn from(error: JournalError) -> Self {
        Self {
            retry_after: Some(RETRY_AFTER),
            ..Self::new(Code::Unavailable, "JOURNAL", error.to_string())
        }
    }
}

/// As many violations as fit into a header, and how many more there are.
fn bounded(violations: Vec<Violation>) -> Vec<Violation> {
    let (total, mut kept, mut bytes) = (violations.len(), Vec::new(), 0);
    for violation in violations {
        bytes += violation.field.len() + violation.description.len() + 8;
        if bytes > MOST_DETAIL_BYTES {
            break;
        }
        kept.push(violation);
    }
    let left = total - kept.len();
    if left > 0 {
        kept.push(Violation {
            field: "…".to_owned(),
            description: format!("and {left} more"),
        });
    }
    kept
}
