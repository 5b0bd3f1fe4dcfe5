//! What people do to what decides: put rules, approve, stop, resume, go back, erase.

use std::sync::Arc;

use super::{
    path::At,
    read::{BadInput, Reader},
};
use crate::{
    domain::{
        BrandId, Change, Changed, Duration, Hand, Kind, Principal, RequestId, Stop, StopScope, TicketKey,
        Timestamp, Word,
    },
    grpc::wire,
};

/// Who makes the call, as far as anybody knows, and when.
#[derive(Debug, Clone)]
pub(in crate::grpc) struct Calling {
    principal: Option<Arc<str>>,
    /// When.
    pub(in crate::grpc) at: Timestamp,
}

impl Calling {
    pub(in crate::grpc) fn new(caller: &Principal, at: Timestamp) -> Self {
        Self {
            principal: caller.name.clone(),
            at,
        }
    }
}

/// The longest name of a person and the longest reason, in bytes.
const LONGEST_WORDS: usize = 1_024;
/// The fewest digits of a digest that name it.
const FEWEST_DIGITS: usize = 8;

/// What to stop.
pub(in crate::grpc) fn stop(
    message: wire::StopDecisionsRequest,
    calling: &Calling,
) -> Result<(Stop, Hand), BadInput> {
    let wire::StopDecisionsRequest {
        scope,
        by,
        because,
        request_id: _,
    } = message;
    let mut read = Reader::default();
    let scope = scope_of(&mut read, scope);
    let hand = hand(&mut read, by, because, calling);
    let stop = scope.zip(hand).map(|(scope, hand)| {
        let stop = Stop {
            scope,
            by: Arc::clone(&hand.by),
            because: Arc::clone(&hand.because),
            since: hand.at,
        };
        (stop, hand)
    });
    read.finish(stop)
}

/// What to resume.
pub(in crate::grpc) fn resume(
    message: wire::ResumeDecisionsRequest,
    calling: &Calling,
) -> Result<(StopScope, Hand), BadInput> {
    let wire::ResumeDecisionsRequest {
        scope,
        by,
        because,
        request_id: _,
    } = message;
    let mut read = Reader::default();
    let scope = scope_of(&mut read, scope);
    let hand = hand(&mut read, by, because, calling);
    read.finish(scope.zip(hand))
}

/// Which rulebook to go back to.
pub(in crate::grpc) fn roll_back(
    message: wire::RollBackRequest,
    calling: &Calling,
) -> Result<(String, Hand), BadInput> {
    let wire::RollBackRequest {
        digest,
        by,
        because,
        request_id: _,
    } = message;
    rulebook_named(digest, by, because, calling)
}

/// Which rulebook to bring into force.
pub(in crate::grpc) fn activation(
    message: wire::ActivateRulebookRequest,
    calling: &Calling,
) -> Result<(String, Hand), BadInput> {
    let wire::ActivateRulebookRequest {
        digest,
        by,
        because,
        request_id: _,
    } = message;
    rulebook_named(digest, by, because, calling)
}

fn rulebook_named(
    digest: Option<String>,
    by: Option<String>,
    because: Option<String>,
    calling: &Calling,
) -> Result<(String, Hand), BadInput> {
    let mut read = Reader::default();
    let root = At::ROOT;
    let at = root.field("digest");
    let digest = read.required(&at, digest).filter(|digest| {
        let named = digest.len() >= FEWEST_DIGITS && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !named {
            read.refuse(
                &at,
                "must be the digest of a rulebook, or its first digits, eight at least",
            );
        }
        named
    });
    let hand = hand(&mut read, by, because, calling);
    read.finish(digest.zip(hand))
}

/// What somebody says of a hold.
pub(in crate::grpc) fn resolution(
    message: wire::ResolveHoldRequest,
    calling: &Calling,
) -> Result<(TicketKey, Change), BadInput> {
    let wire::ResolveHoldRequest {
        ticket,
        approve,
        by,
        because,
        valid_for,
        request_id: _,
    } = message;
    let mut read = Reader::default();
    let root = At::ROOT;
    let at = root.field("ticket");
    let ticket = read.required(&at, ticket).and_then(|text| {
        let ticket: Result<TicketKey, _> = text.parse();
        ticket.map_err(|problem| read.refuse(&at, problem)).ok()
    });
    let approve = read.required(&root.field("approve"), approve);
    let seconds = valid_for.map_or(USUAL_APPROVAL_SECONDS, |valid_for| valid_for.seconds);
    if !(1..=LONGEST_APPROVAL_SECONDS).contains(&seconds) {
        read.refuse(&root.field("valid_for"), "must be a second to 90 days");
    }
    let hand = hand(&mut read, by, because, calling);
    let change = ticket.zip(approve).zip(hand).map(|((ticket, approve), hand)| {
        let until = calling
            .at
            .plus(Duration::from_secs(seconds.clamp(1, LONGEST_APPROVAL_SECONDS)));
        let what = if approve {
            Changed::HoldApproved { ticket, until }
        } else {
            Changed::HoldRefused { ticket }
        };
        (ticket, hand.did(what))
    });
    read.finish(change)
}

/// How long an approval counts where nobody says.
const USUAL_APPROVAL_SECONDS: i64 = 24 * 3_600;
/// How long it may count.
const LONGEST_APPROVAL_SECONDS: i64 = 90 * 24 * 3_600;

/// Who does something to the models, and why.
pub(in crate::grpc) fn by_hand(
    by: Option<String>,
    because: Option<String>,
    calling: &Calling,
) -> Result<Hand, BadInput> {
    let mut read = Reader::default();
    let hand = hand(&mut read, by, because, calling);
    read.finish(hand)
}

/// Whom to erase.
pub(in crate::grpc) fn erasure(
    message: wire::EraseSubjectRequest,
    calling: &Calling,
) -> Result<(Word, Hand), BadInput> {
    let wire::EraseSubjectRequest {
        contact_id,
        by,
        because,
        request_id: _,
    } = message;
    let mut read = Reader::default();
    let root = At::ROOT;
    let at = root.field("contact_id");
    let contact = read.required(&at, contact_id);
    let contact = contact.and_then(|contact| read.name(&at, &contact, Word::new));
    let hand = hand(&mut read, by, because, calling);
    read.finish(contact.zip(hand))
}

/// Since when.
pub(in crate::grpc) fn since(since: Option<prost_types::Timestamp>) -> Result<Option<Timestamp>, BadInput> {
    let mut read = Reader::default();
    let root = At::ROOT;
    let at = root.field("since");
    let since = since.map(|since| read.instant(&at, since));
    read.finish(Some(since.flatten()))
}

fn scope_of(read: &mut Reader, scope: Option<wire::StopScope>) -> Option<StopScope> {
    let root = At::ROOT;
    let at = root.field("scope");
    let scope = read.required(&at, scope.and_then(|scope| scope.scope))?;
    match scope {
        wire::stop_scope::Scope::All(true) => Some(StopScope::All),
        wire::stop_scope::Scope::All(false) => {
            read.refuse(&at.field("all"), "must be true, or another scope named");
            None
        }
        wire::stop_scope::Scope::Kind(name) => {
            let kind = Kind::from_name(&name);
            if kind.is_none() {
                read.refuse(
                    &at.field("kind"),
                    "must be bid, send_time, recommendation, budget or score",
                );
            }
            kind.map(StopScope::Kind)
        }
        wire::stop_scope::Scope::Brand(name) => read
            .name(&at.field("brand"), &name, BrandId::new)
            .map(StopScope::Brand),
        wire::stop_scope::Scope::Country(code) => {
            let code = code.to_ascii_uppercase();
            if code.len() != 2 || !code.bytes().all(|byte| byte.is_ascii_uppercase()) {
                read.refuse(
                    &at.field("country"),
                    "must be an ISO 3166-1 alpha-2 code, such as `IT`",
                );
                return None;
            }
            read.name(&at.field("country"), &code, Word::new)
                .map(StopScope::Market)
        }
    }
}

pub(super) fn hand(
    read: &mut Reader,
    by: Option<String>,
    because: Option<String>,
    calling: &Calling,
) -> Option<Hand> {
    let by = said(read, "by", by, "who does it");
    let because = said(read, "because", because, "why, for whoever asks later");
    let (by, because) = by.zip(because)?;
    Some(Hand {
        by: by.into(),
        principal: calling.principal.clone(),
        because: because.into(),
        at: calling.at,
    })
}

fn said(read: &mut Reader, field: &'static str, text: Option<String>, what: &str) -> Option<String> {
    let root = At::ROOT;
    let at = root.field(field);
    let text = text
        .map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty());
    let Some(text) = text else {
        read.refuse(&at, format_args!("must say {what}"));
        return None;
    };
    if text.len() > LONGEST_WORDS || text.chars().any(char::is_control) {
        read.refuse(
            &at,
            format_args!("must be at most {LONGEST_WORDS} bytes without control characters"),
        );
        return None;
    }
    Some(text)
}

/// The caller's name for a call that changes something.
pub(in crate::grpc) fn request_id(id: &str) -> Result<RequestId, BadInput> {
    let mut read = Reader::default();
    let id = read.name(&At::ROOT.field("request_id"), id, RequestId::new);
    read.finish(id)
}
