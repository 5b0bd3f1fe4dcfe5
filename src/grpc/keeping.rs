//! What the journal says of itself, on the wire: checkpoints, what verifying came to, changes.

use std::sync::Arc;

use super::{wire, words};
use crate::{
    domain::{Change, Changed, Timestamp, Word},
    journal::{Checkpoint, Finding, Verified},
};

pub(super) fn checkpoint(taken: Checkpoint) -> wire::Checkpoint {
    let Checkpoint {
        offset,
        sequence,
        chain,
        at,
        signature,
    } = taken;
    wire::Checkpoint {
        offset,
        sequence,
        chain,
        at_ms: at.as_millis(),
        signature,
    }
}

/// The checkpoints of a request; whether this journal signed them shows when they are held against it.
pub(super) fn checkpoints(message: wire::VerifyRequest) -> Vec<Checkpoint> {
    let wire::VerifyRequest { against } = message;
    let each = against.into_iter().map(|checkpoint| {
        let wire::Checkpoint {
            offset,
            sequence,
            chain,
            at_ms,
            signature,
        } = checkpoint;
        Checkpoint {
            offset,
            sequence,
            chain,
            at: Timestamp::from_millis(at_ms),
            signature,
        }
    });
    each.collect()
}

pub(super) fn verified(verified: Verified) -> wire::VerifyResponse {
    let Verified {
        files,
        bytes,
        entries,
        missed,
        start,
        end,
        findings,
    } = verified;
    wire::VerifyResponse {
        files,
        bytes,
        entries,
        missed,
        start: start.get(),
        end: end.get(),
        findings: findings.into_iter().map(finding).collect(),
    }
}

fn finding(finding: Finding) -> wire::Finding {
    let Finding {
        file,
        position,
        sequence,
        after,
        what,
    } = finding;
    wire::Finding {
        file: file.display().to_string(),
        position,
        sequence,
        after: after.map(words::instant),
        what,
    }
}

pub(super) fn change(change: Change) -> wire::Change {
    let Change {
        at,
        by,
        principal,
        because,
        what,
    } = change;
    let name = what.name().to_owned();
    let Told { from, to, details } = Told::of(what);
    wire::Change {
        at: Some(words::instant(at)),
        by: by.to_string(),
        because: because.to_string(),
        what: name,
        from,
        to,
        details,
        principal: principal.as_deref().unwrap_or_default().to_owned(),
    }
}

#[derive(Default)]
struct Told {
    from: String,
    to: String,
    details: Vec<String>,
}

impl Told {
    fn becoming(to: impl ToString) -> Self {
        Self {
            to: to.to_string(),
            ..Self::default()
        }
    }

    fn between(from: impl ToString, to: impl ToString) -> Self {
        Self {
            from: from.to_string(),
            ..Self::becoming(to)
        }
    }

    fn with(self, details: Vec<String>) -> Self {
        Self { details, ..self }
    }

    fn of(what: Changed) -> Self {
        let text = |name: Option<Arc<str>>| name.as_deref().unwrap_or_default().to_owned();
        match what {
            Changed::RulebookActivated { from, to } => Self::between(text(from), to),
            Changed::RulebookRolledBack { from, to } => Self::between(from, to),
            Changed::RulebookPut { digest } => Self::becoming(digest),
            Changed::RulebookApproved { from, to, author } => {
                Self::between(from, to).with(vec![format!("put by {author}")])
            }
            Changed::Stopped { scope, from, to } | Changed::Resumed { scope, from, to } => {
                Self::between(text(from), text(to)).with(vec![scope.to_string()])
            }
            Changed::ModelsKept { version, digest } => Self::becoming(version).with(vec![digest.to_string()]),
            Changed::ModelsPromoted { from, to } | Changed::ModelsRolledBack { from, to } => {
                Self::between(from, to)
            }
            Changed::SettingsChanged { from, to, values } => {
                Self::between(text(from), to).with(values.iter().map(ToString::to_string).collect())
            }
            Changed::ContactErased { subject } => Self::between(format_args!("{subject:016x}"), ""),
            Changed::ImportBegun { file } => Self::becoming(file),
            Changed::ImportEnded { file, rows } => Self::becoming(file).with(vec![format!("{rows} rows")]),
            Changed::HoldApproved { ticket, until } => {
                Self::becoming(ticket).with(vec![format!("until {until}")])
            }
            Changed::HoldRefused { ticket } => Self::becoming(ticket),
            Changed::Expired { before } => Self::becoming(before),
            Changed::ScoreInForce { campaign, from, to } => {
                Self::between(text(from), to).with(vec![campaign.to_string()])
            }
            Changed::HandOverFrozen {
                campaign,
                kind,
                country,
                channel,
            }
            | Changed::HandOverResumed {
                campaign,
                kind,
                country,
                channel,
            } => {
                let part =
                    |word: Option<Word>| word.map_or_else(|| "any".to_owned(), |word| word.to_string());
                let place = format!("{}, {}", part(country), part(channel));
                Self::default().with(vec![campaign.to_string(), kind.name().to_owned(), place])
            }
        }
    }
}
