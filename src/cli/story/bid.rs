//! The reply to a bid question.

use std::fmt::Write as _;

use serde::Deserialize;

use super::{
    Stamp, Why,
    label::{CHANCE, EXPECTS, WISH, said},
    percent, tell, word,
};
use crate::domain::{Language, Micros};

/// The reply.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::cli) struct Bids {
    stamp: Stamp,
    answers: Vec<BidAnswer>,
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
pub(in crate::cli) struct Wish {
    price_micros: Option<i64>,
    no_bid: Option<String>,
}

/// What the model expects.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::cli) struct Estimate {
    outcome_probability: f64,
    expected_value_micros: i64,
    win_probability: Option<f64>,
}

impl Estimate {
    /// The chance alone, of what is not sold by the thousand.
    pub(in crate::cli) fn chance(&self, language: Language) -> String {
        format!("{} {}", percent(self.outcome_probability), said(language, CHANCE))
    }
}

// === impl Bids ===

impl Bids {
    /// The whole reply in words.
    pub(in crate::cli) fn told(&self, language: Language) -> String {
        let mut text = String::new();
        // Writing to a text cannot fail.
        for answer in &self.answers {
            let _ = writeln!(text, "{}", answer.told(language));
        }
        let bidding = self.answers.iter().find_map(|answer| {
            let price = answer.bid.as_ref()?.price_micros;
            Some((
                answer.candidate_id.as_str(),
                format!("--win {}", Micros::new(price)),
            ))
        });
        let came = ["that it won", "che ha vinto", "que ganó"];
        self.stamp.tell(&mut text, language, bidding, came);
        text
    }
}

impl BidAnswer {
    fn told(&self, language: Language) -> String {
        let mut text = match (&self.bid, &self.no_bid) {
            (Some(bid), _) => {
                let price = Micros::new(bid.price_micros);
                let deal = bid.deal_id.as_ref().map(|deal| {
                    let within = said(language, ["in deal", "nell'accordo", "en el acuerdo"]);
                    format!(" {within} {deal}")
                });
                let deal = deal.unwrap_or_default();
                let bids = said(language, ["bid", "offerta", "puja"]);
                format!("{}: {bids} {price} {}{deal}\n", self.candidate_id, bid.currency)
            }
            (None, Some(no_bid)) => {
                let reason = word("NO_BID_REASON_", &no_bid.reason);
                let none = said(language, ["no bid", "nessuna offerta", "sin puja"]);
                format!(
                    "{}: {none}, {reason} (OpenRTB nbr {})\n",
                    self.candidate_id, no_bid.nbr
                )
            }
            (None, None) => format!(
                "{}: {}\n",
                self.candidate_id,
                said(language, ["no answer", "nessuna risposta", "sin respuesta"])
            ),
        };
        let _ = writeln!(text, "  {}", self.why.sentence);
        wished(
            &mut text,
            (self.wish.as_ref(), self.difference_micros),
            &self.limited_by,
            language,
        );
        self.why.tell(&mut text, language);
        expected(&mut text, self.estimate.as_ref(), language);
        text
    }
}

/// What the model would have done without rules, and how far the answer is from it.
pub(in crate::cli) fn wished(
    text: &mut String,
    (wish, difference_micros): (Option<&Wish>, Option<i64>),
    limited: &str,
    language: Language,
) {
    let Some(wish) = wish else { return };
    let mut line = match (wish.price_micros, &wish.no_bid) {
        (Some(price), _) => Micros::new(price).to_string(),
        (None, reason) => format!(
            "{}, {}",
            said(language, ["no bid", "nessuna offerta", "sin puja"]),
            word("NO_BID_REASON_", reason.as_deref().unwrap_or_default())
        ),
    };
    line += &apart(difference_micros.unwrap_or_default(), language);
    match word("LIMITED_BY_", limited).as_str() {
        "" | "unspecified" => {}
        "freeze" => {}
        goal => {
            let held = said(
                language,
                ["held down by its", "frenato dal suo", "frenado por su"],
            );
            let _ = write!(line, "; {held} {goal}");
        }
    }
    tell(text, said(language, WISH), &line);
}

/// How far an answer is from the wish: `; the answer is 0.45 less`.
pub(super) fn apart(difference_micros: i64, language: Language) -> String {
    let answer = said(language, ["the answer is", "la risposta è", "la respuesta es"]);
    match difference_micros {
        0 => String::new(),
        less if less < 0 => {
            let how = said(language, ["less", "in meno", "menos"]);
            format!("; {answer} {} {how}", Micros::new(-less))
        }
        more => {
            let how = said(language, ["more", "in più", "más"]);
            format!("; {answer} {} {how}", Micros::new(more))
        }
    }
}

/// What the model expects.
pub(in crate::cli) fn expected(text: &mut String, estimate: Option<&Estimate>, language: Language) {
    let Some(estimate) = estimate else { return };
    let chance = said(
        language,
        [
            "chance of the outcome once shown, a thousand are worth",
            "di probabilità dell'esito se mostrato, mille valgono",
            "de probabilidad del resultado si se muestra, mil valen",
        ],
    );
    let mut line = format!(
        "{} {chance} {}",
        percent(estimate.outcome_probability),
        cents(estimate.expected_value_micros)
    );
    if let Some(win) = estimate.win_probability {
        let chance = said(
            language,
            [
                "chance to win at this price",
                "di probabilità di vincere a questo prezzo",
                "de probabilidad de ganar a este precio",
            ],
        );
        let _ = write!(line, ", {} {chance}", percent(win));
    }
    tell(text, said(language, EXPECTS), &line);
}

fn cents(micros: i64) -> String {
    Micros::new((micros + 5_000) / 10_000 * 10_000).to_string()
}
