//! Which of the past is asked about, and under which rules.

use super::{
    path::At,
    read::{BadInput, Reader},
    rule_files::rule_files,
};
use crate::{
    domain::{Kind, Language, Timestamp, Verdict},
    grpc::wire,
    rehearsal::{Scope, Trial, Within, listed},
};

/// A stretch of time; what is absent is without an end.
pub(in crate::grpc) fn within(
    since: Option<prost_types::Timestamp>,
    until: Option<prost_types::Timestamp>,
) -> Result<Within, BadInput> {
    let mut read = Reader::default();
    let root = At::ROOT;
    let mut instant = |name: &'static str, given: Option<prost_types::Timestamp>, absent: Timestamp| {
        given.map_or(Some(absent), |given| read.instant(&root.field(name), given))
    };
    let since = instant("since", since, Within::ALL.since);
    let until = instant("until", until, Within::ALL.until);
    let within = since.zip(until).map(|(since, until)| Within { since, until });
    read.finish(within)
}

/// A kind of decision by its name.
pub(in crate::grpc) fn kind(name: Option<String>) -> Result<Option<Kind>, BadInput> {
    let expected = "must be bid, send_time, recommendation, budget or score";
    named("kind", name, Kind::from_name, expected)
}

/// A verdict by its name.
pub(in crate::grpc) fn verdict(name: Option<String>) -> Result<Option<Verdict>, BadInput> {
    let expected = "must be allowed, changed, held or blocked";
    named("verdict", name, Verdict::from_name, expected)
}

fn named<T>(
    field: &'static str,
    name: Option<String>,
    of: impl FnOnce(&str) -> Option<T>,
    expected: &str,
) -> Result<Option<T>, BadInput> {
    let Some(name) = name else { return Ok(None) };
    let mut read = Reader::default();
    let found = of(&name);
    if found.is_none() {
        read.refuse(&At::ROOT.field(field), expected);
    }
    read.finish(found.map(Some))
}

/// Where to go on in a list.
pub(in crate::grpc) fn page_token(token: &str) -> Result<u64, BadInput> {
    let mut read = Reader::default();
    let offset = token.parse().ok();
    if offset.is_none() {
        let root = At::ROOT;
        read.refuse(
            &root.field("page_token"),
            "must be the `next_page_token` of a page before",
        );
    }
    read.finish(offset)
}

/// The rules to try, and the decisions to try them on.
pub(in crate::grpc) fn trial(
    message: wire::SimulateRulesRequest,
    language: Language,
) -> Result<(Trial, Scope), BadInput> {
    let wire::SimulateRulesRequest {
        files,
        since,
        until,
        decision_id,
    } = message;
    let within = within(since, until)?;
    let only = decision_id.map(|id| super::decision_id(Some(id))).transpose()?;
    let files = rule_files(files)?;
    let mut read = Reader::default();
    let root = At::ROOT;
    let at = root.field("files");
    let trial = match Trial::of_files(files) {
        Ok(trial) => Some(trial),
        Err(findings) => {
            read.refuse(
                &at,
                format_args!("would be refused: {}", listed(&findings, language)),
            );
            None
        }
    };
    read.finish(trial.map(|trial| (trial, Scope { within, only })))
}
