//! The reply to a question of what to show.

use std::fmt::Write as _;

use serde::Deserialize;

use super::{
    Stamp, Why,
    label::{CHANCE, EXPECTS, SPEAKS_FOR, WISH, kept_back, said},
    percent, tell,
};
use crate::domain::Language;

/// The reply.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::cli) struct Slate {
    stamp: Stamp,
    items: Vec<Item>,
    why: Why,
    excluded: Vec<Excluded>,
    wish_item_ids: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Item {
    item_id: String,
    why: Why,
    outcome_probability: Option<f64>,
    because_of_item_ids: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Excluded {
    item_id: String,
    why: Why,
}

// === impl Slate ===

impl Slate {
    /// The whole reply in words.
    pub(in crate::cli) fn told(&self, language: Language) -> String {
        let shows = said(language, ["show", "mostra", "mostrar"]);
        let answer = if self.items.is_empty() {
            kept_back(language, &self.why.verdict).to_owned()
        } else {
            let names: Vec<&str> = self.items.iter().map(|item| item.item_id.as_str()).collect();
            format!("{shows} {}", names.join(", "))
        };
        let mut text = format!("{answer}\n  {}\n", self.why.sentence);
        if !self.wish_item_ids.is_empty() {
            tell(&mut text, said(language, WISH), &self.wish_item_ids.join(", "));
        }
        self.why.tell(&mut text, language);
        for (slot, item) in (1..).zip(&self.items) {
            let _ = write!(text, "\n{slot}. {}\n{}", item.item_id, item.told(language));
        }
        for Excluded { item_id, why } in &self.excluded {
            let out = kept_back(language, &why.verdict);
            let _ = write!(text, "\n{item_id}: {out}\n  {}\n", why.sentence);
            why.tell(&mut text, language);
        }
        text.push('\n');
        let first = self.items.first();
        let report = first.map(|item| (item.item_id.as_str(), "--click".to_owned()));
        let came = ["a click", "un clic", "un clic"];
        self.stamp.tell(&mut text, language, report, came);
        text
    }
}

impl Item {
    fn told(&self, language: Language) -> String {
        let mut text = format!("  {}\n", self.why.sentence);
        if !self.because_of_item_ids.is_empty() {
            let own = self.because_of_item_ids.join(", ");
            tell(&mut text, said(language, SPEAKS_FOR), &own);
        }
        self.why.tell(&mut text, language);
        if let Some(chance) = self.outcome_probability {
            let line = format!("{} {}", percent(chance), said(language, CHANCE));
            tell(&mut text, said(language, EXPECTS), &line);
        }
        text
    }
}
