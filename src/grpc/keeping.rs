//! What the journal says of itself, on the wire: checkpoints, what verifying came to, changes.

use super::{wire, words};
use crate::{
    domain::{Change, Changed, Timestamp},
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
    }
}

#[derive(Default)]
struct Told {
    from: String,
    to: String,
    details: Vec<String>,
}

impl Told {
    fn of(what: Changed) -> Self {
        let text = |name: Option<std::sync::Arc<str>>| name.as_deref().unwrap_or_default().to_owned();
        let none = Self::default();
        match what {
            Changed::RulebookActivated { from, to } => Self {
                from: text(from),
                to: to.to_string(),
                ..none
            },
            Changed::RulebookRolledBack { from, to } => Self {
                from: from.to_string(),
                to: to.to_string(),
                ..none
            },
            Changed::Stopped { scope, from, to } | Changed::Resumed { scope, from, to } => Self {
                from: text(from),
                to: text(to),
                details: vec![scope.to_string()],
            },
            Changed::ModelsKept { version, digest } => Self {
                to: version.to_string(),
                details: vec![digest.to_string()],
                ..none
            },
            Changed::ModelsPromoted { from, to } | Changed::ModelsRolledBack { from, to } => Self {
                from: from.to_string(),
                to: to.to_string(),
                ..none
            },
            Changed::SettingsChanged { from, to, values } => Self {
                from: text(from),
                to: to.to_string(),
                details: values.iter().map(ToString::to_string).collect(),
            },
            Changed::ContactErased { subject } => Self {
                from: format!("{subject:016x}"),
                ..none
            },
            Changed::ImportBegun { file } => Self {
                to: file.to_string(),
                ..none
            },
            Changed::ImportEnded { file, rows } => Self {
                to: file.to_string(),
                details: vec![format!("{rows} rows")],
                ..none
            },
            Changed::HoldApproved { ticket, until } => Self {
                to: ticket.to_string(),
                details: vec![format!("until {until}")],
                ..none
            },
            Changed::HoldRefused { ticket } => Self {
                to: ticket.to_string(),
                ..none
            },
            Changed::Expired { before } => Self {
                to: before.to_string(),
                ..none
            },
        }
    }
}
