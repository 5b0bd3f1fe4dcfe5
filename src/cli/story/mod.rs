//! A reply as a person reads it out: the answer first, then the sentence, then what stands behind it.

mod bid;
pub(super) mod label;
mod score;
mod send_time;
mod slate;
mod split;
mod why;

use std::fmt::Write as _;

use serde::Deserialize;

use self::label::{Label, UNDER, said};
pub(super) use self::{
    bid::{Bids, Estimate, Wish, expected, wished},
    score::{Reason, Scores, reasons},
    send_time::{SendTimes, Sent},
    slate::Slate,
    split::Split,
    why::{Cause, Why, causes},
};
use crate::domain::Language;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Stamp {
    decision_id: String,
    token: String,
    decided_at: String,
    versions: Versions,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Versions {
    rulebook: String,
    snapshot: u64,
    build: String,
    simulation: Option<String>,
    stops: Option<String>,
}

// === impl Stamp ===

impl Stamp {
    /// The name of the decision, and what can be done with it: `report` is a candidate with the flag of an outcome, and
    /// `came` says what that outcome is.
    fn tell(&self, text: &mut String, language: Language, report: Option<(&str, String)>, came: Label) {
        let Self {
            decision_id,
            token,
            decided_at,
            versions,
        } = self;
        let made = said(language, ["made", "presa", "tomada"]);
        let decision = said(language, ["decision", "decisione", "decisión"]);
        let _ = writeln!(text, "{decision} {decision_id}, {made} {decided_at}");
        versions.tell(text, language);
        let story = said(
            language,
            [
                "the whole story of it, also later:",
                "tutta la sua storia, anche più tardi:",
                "toda su historia, también más tarde:",
            ],
        );
        let _ = write!(text, "\n{story}\n  balustrade explain {decision_id}");
        if let Some((candidate, flag)) = report {
            let say = said(
                language,
                [
                    "say what came of it, for instance",
                    "di' che cosa ne è stato, per esempio",
                    "di qué resultó, por ejemplo",
                ],
            );
            let _ = write!(
                text,
                "\n{say} {}:\n  balustrade outcome {decision_id} --candidate {candidate} --token {token} {flag}",
                said(language, came)
            );
        }
    }
}

impl Versions {
    pub(super) fn tell(&self, text: &mut String, language: Language) {
        let Self {
            rulebook,
            snapshot,
            build,
            simulation,
            stops,
        } = self;
        let rulebook: String = rulebook.chars().take(12).collect();
        let model = match snapshot {
            0 => said(
                language,
                [
                    "no learnt model spoke",
                    "nessun modello ha parlato",
                    "ningún modelo habló",
                ],
            )
            .to_owned(),
            number => {
                let snapshot = said(
                    language,
                    [
                        "model snapshot",
                        "istantanea del modello",
                        "instantánea del modelo",
                    ],
                );
                format!("{snapshot} {number}")
            }
        };
        let rules = said(language, ["rulebook", "regole", "reglas"]);
        tell(
            text,
            said(language, UNDER),
            &format!("{rules} {rulebook}, {model}, balustrade {build}"),
        );
        if let Some(stops) = stops {
            let stops: String = stops.chars().take(12).collect();
            let switch = said(language, ["stop switch", "interruttore", "interruptor"]);
            tell(text, "", &format!("{switch} {stops}"));
        }
        if let Some(name) = simulation {
            let invented = said(
                language,
                [
                    "nothing here is a real auction",
                    "nulla qui è un'asta vera",
                    "nada de esto es una subasta real",
                ],
            );
            tell(text, "", &format!("{name}: {invented}"));
        }
    }
}

/// One line under a heading.
pub(super) fn tell(text: &mut String, heading: &str, line: &str) {
    let _ = writeln!(text, "  {heading:<11} {line}");
}

/// The word of an enum value: `VERDICT_CHANGED` as `changed`.
pub(super) fn word(prefix: &str, name: &str) -> String {
    let word = name.strip_prefix(prefix).unwrap_or(name);
    word.to_lowercase().replace('_', " ")
}

pub(super) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent < 10.0 {
        format!("{percent:.2} %")
    } else {
        format!("{percent:.0} %")
    }
}
