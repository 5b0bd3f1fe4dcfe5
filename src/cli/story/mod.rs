//! A reply as a person reads it out: the answer first, then the sentence, then what stands behind it.

mod why;

use std::fmt::Write as _;

use serde::Deserialize;
pub(super) use why::{Cause, Why, causes};

use crate::domain::Micros;

/// The reply to a bid question.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Reply {
    stamp: Stamp,
    answers: Vec<BidAnswer>,
}

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

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct BidAnswer {
    candidate_id: String,
    bid: Option<Bid>,
    no_bid: Option<NoBid>,
    why: Why,
    wish: Option<Wish>,
    difference_micros: Option<i64>,
    estimate: Option<Estimate>,
    limited_by: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Bid {
    price_micros: i64,
    currency: String,
    deal_id: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct NoBid {
    reason: String,
    nbr: u32,
}

/// What the model would have done.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wish {
    price_micros: Option<i64>,
    no_bid: Option<String>,
}

/// What the model expects.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Estimate {
    outcome_probability: f64,
    expected_value_micros: i64,
    win_probability: Option<f64>,
}

// === impl Reply ===

impl Reply {
    /// The whole reply in words.
    pub(super) fn told(&self) -> String {
        let mut text = String::new();
        // Writing to a text cannot fail.
        for answer in &self.answers {
            let _ = writeln!(text, "{}", answer.told());
        }
        let Stamp {
            decision_id,
            token,
            decided_at,
            versions,
        } = &self.stamp;
        let _ = writeln!(text, "decision {decision_id}, made {decided_at}");
        versions.tell(&mut text);
        let _ = write!(
            text,
            "\nthe whole story of it, also later:\n  balustrade explain {decision_id}"
        );
        let bidding = self.answers.iter().find_map(|answer| {
            let price = answer.bid.as_ref()?.price_micros;
            Some((&answer.candidate_id, Micros::new(price)))
        });
        if let Some((candidate, price)) = bidding {
            let _ = write!(
                text,
                "\nsay what came of it, for instance that it won:\n  balustrade outcome {decision_id} --candidate \
                 {candidate} --token {token} --win {price}"
            );
        }
        text
    }
}

impl Versions {
    pub(super) fn tell(&self, text: &mut String) {
        let Self {
            rulebook,
            snapshot,
            build,
            simulation,
            stops,
        } = self;
        let rulebook: String = rulebook.chars().take(12).collect();
        let model = match snapshot {
            0 => "no learnt model spoke".to_owned(),
            number => format!("model snapshot {number}"),
        };
        tell(
            text,
            "under",
            &format!("rulebook {rulebook}, {model}, balustrade {build}"),
        );
        if let Some(stops) = stops {
            let stops: String = stops.chars().take(12).collect();
            tell(text, "", &format!("stop switch {stops}"));
        }
        if let Some(name) = simulation {
            tell(text, "", &format!("{name}: nothing here is a real auction"));
        }
    }
}

impl BidAnswer {
    fn told(&self) -> String {
        let mut text = match (&self.bid, &self.no_bid) {
            (Some(bid), _) => {
                let price = Micros::new(bid.price_micros);
                let deal = bid
                    .deal_id
                    .as_ref()
                    .map(|deal| format!(" in deal {deal}"))
                    .unwrap_or_default();
                format!("{}: bid {price} {}{deal}\n", self.candidate_id, bid.currency)
            }
            (None, Some(no_bid)) => {
                let reason = word("NO_BID_REASON_", &no_bid.reason);
                format!(
                    "{}: no bid, {reason} (OpenRTB nbr {})\n",
                    self.candidate_id, no_bid.nbr
                )
            }
            (None, None) => format!("{}: no answer\n", self.candidate_id),
        };
        let _ = writeln!(text, "  {}", self.why.sentence);
        wished(
            &mut text,
            self.wish.as_ref(),
            self.difference_micros,
            &self.limited_by,
        );
        self.why.tell(&mut text);
        expected(&mut text, self.estimate.as_ref());
        text
    }
}

/// What the model would have done without rules.
pub(super) fn wished(text: &mut String, wish: Option<&Wish>, difference_micros: Option<i64>, limited: &str) {
    let Some(wish) = wish else { return };
    let mut line = match (wish.price_micros, &wish.no_bid) {
        (Some(price), _) => Micros::new(price).to_string(),
        (None, reason) => format!(
            "no bid, {}",
            word("NO_BID_REASON_", reason.as_deref().unwrap_or_default())
        ),
    };
    match difference_micros.unwrap_or_default() {
        0 => {}
        less if less < 0 => {
            let _ = write!(line, "; the answer is {} less", Micros::new(-less));
        }
        more => {
            let _ = write!(line, "; the answer is {} more", Micros::new(more));
        }
    }
    match word("LIMITED_BY_", limited).as_str() {
        "" | "unspecified" => {}
        goal => {
            let _ = write!(line, "; held down by its {goal}");
        }
    }
    tell(text, "wish", &line);
}

/// What the model expects.
pub(super) fn expected(text: &mut String, estimate: Option<&Estimate>) {
    let Some(estimate) = estimate else { return };
    let mut line = format!(
        "{} chance of the outcome once shown, a thousand are worth {}",
        percent(estimate.outcome_probability),
        cents(estimate.expected_value_micros)
    );
    if let Some(win) = estimate.win_probability {
        let _ = write!(line, ", {} chance to win at this price", percent(win));
    }
    tell(text, "expects", &line);
}

/// One line under a heading.
pub(super) fn tell(text: &mut String, heading: &str, line: &str) {
    let _ = writeln!(text, "  {heading:<12}{line}");
}

/// The word of an enum value: `VERDICT_CHANGED` as `changed`.
pub(super) fn word(prefix: &str, name: &str) -> String {
    let word = name.strip_prefix(prefix).unwrap_or(name);
    word.to_lowercase().replace('_', " ")
}

fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent < 10.0 {
        format!("{percent:.2} %")
    } else {
        format!("{percent:.0} %")
    }
}

fn cents(micros: i64) -> String {
    Micros::new((micros + 5_000) / 10_000 * 10_000).to_string()
}
