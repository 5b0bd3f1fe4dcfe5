//! The reply to a question of how likely outcomes are.

use std::fmt::Write as _;

use serde::Deserialize;

use super::{
    Stamp, Why,
    label::{BAND, LOWERED, RAISED, WISH, band, kept_back, said},
    percent, tell,
};
use crate::domain::{Duration, Language};

/// The reply.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::cli) struct Scores {
    stamp: Stamp,
    answers: Vec<Score>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Score {
    candidate_id: String,
    probability: Option<f64>,
    band: String,
    up: Vec<Reason>,
    down: Vec<Reason>,
    horizon: String,
    why: Why,
    wish: Option<f64>,
}

/// How far one fact moved a probability.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::cli) struct Reason {
    fact: String,
    value: String,
    contribution: f64,
}

// === impl Scores ===

impl Scores {
    /// The whole reply in words.
    pub(in crate::cli) fn told(&self, language: Language) -> String {
        let mut text = String::new();
        for answer in &self.answers {
            let _ = writeln!(text, "{}", answer.told(language));
        }
        let scored = self.answers.iter().find(|answer| answer.probability.is_some());
        let report = scored.map(|answer| {
            let flag = "--conversion purchase --value 40.00".to_owned();
            (answer.candidate_id.as_str(), flag)
        });
        let came = ["a purchase", "un acquisto", "una compra"];
        self.stamp.tell(&mut text, language, report, came);
        text
    }
}

impl Score {
    fn told(&self, language: Language) -> String {
        let within = said(language, ["within", "entro", "en"]);
        let answer = match self.probability {
            Some(probability) => format!("{} {within} {}", percent(probability), self.horizon()),
            None => kept_back(language, &self.why.verdict).to_owned(),
        };
        let mut text = format!("{}: {answer}\n  {}\n", self.candidate_id, self.why.sentence);
        if self.probability.is_some() {
            tell(&mut text, said(language, BAND), band(language, &self.band));
        }
        if let Some(wish) = self.wish {
            tell(&mut text, said(language, WISH), &percent(wish));
        }
        reasons(&mut text, (&self.up, &self.down), language);
        self.why.tell(&mut text, language);
        text
    }

    /// The horizon in the largest unit that divides it: `1800s` as `30 min`.
    fn horizon(&self) -> String {
        let seconds = self.horizon.strip_suffix('s').and_then(|text| text.parse().ok());
        seconds.map_or_else(
            || self.horizon.clone(),
            |seconds| Duration::from_secs(seconds).to_string(),
        )
    }
}

/// What raised a probability, and what lowered it.
pub(in crate::cli) fn reasons(text: &mut String, (up, down): (&[Reason], &[Reason]), language: Language) {
    for (label, reasons) in [(RAISED, up), (LOWERED, down)] {
        for Reason {
            fact,
            value,
            contribution,
        } in reasons
        {
            let points = contribution * 100.0;
            let line = format!("{fact} = {value}: {points:+.2} %");
            tell(text, said(language, label), &line);
        }
    }
}
