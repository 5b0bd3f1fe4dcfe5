//! The reply to a question of how to split a total.

use std::fmt::Write as _;

use serde::Deserialize;

use super::{
    Stamp, Why,
    bid::apart,
    label::{BOUNDS, ONE_MORE, WISH, kept_back, said},
    tell,
};
use crate::domain::{Language, Micros};

/// The reply.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::cli) struct Split {
    stamp: Stamp,
    allocations: Vec<Allocation>,
    why: Why,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Allocation {
    arm_id: String,
    amount_micros: Option<i64>,
    marginal_return: Option<f64>,
    why: Why,
    wish_micros: Option<i64>,
    difference_micros: Option<i64>,
    limited_by: String,
}

// === impl Split ===

impl Split {
    /// The whole reply in words.
    pub(in crate::cli) fn told(&self, language: Language) -> String {
        let mut text = format!("{}\n", self.why.sentence);
        self.why.tell(&mut text, language);
        for arm in &self.allocations {
            let _ = write!(text, "\n{}", arm.told(language));
        }
        text.push('\n');
        let first = self.allocations.first();
        let report = first.filter(|arm| arm.amount_micros.is_some()).map(|arm| {
            (
                arm.arm_id.as_str(),
                "--conversion purchase --value 40.00".to_owned(),
            )
        });
        let came = ["a purchase", "un acquisto", "una compra"];
        self.stamp.tell(&mut text, language, report, came);
        text
    }
}

impl Allocation {
    fn told(&self, language: Language) -> String {
        let answer = match self.amount_micros {
            Some(amount) => Micros::new(amount).to_string(),
            None => kept_back(language, &self.why.verdict).to_owned(),
        };
        let mut text = format!("{}: {answer}\n  {}\n", self.arm_id, self.why.sentence);
        if let Some(wish) = self.wish_micros {
            let from = apart(self.difference_micros.unwrap_or_default(), language);
            tell(
                &mut text,
                said(language, WISH),
                &format!("{}{from}", Micros::new(wish)),
            );
        }
        if !self.limited_by.is_empty() {
            tell(&mut text, said(language, BOUNDS), &self.limited_by);
        }
        if let Some(marginal) = self.marginal_return {
            let brings = [
                "further unit of money would bring",
                "denaro in più porterebbe esiti",
                "de dinero más traería resultados",
            ];
            let line = format!("{}: {marginal:.4}", said(language, brings));
            tell(&mut text, said(language, ONE_MORE), &line);
        }
        self.why.tell(&mut text, language);
        text
    }
}
