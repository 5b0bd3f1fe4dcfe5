//! The reply to a question of when to send.

use serde::Deserialize;

use super::{
    Stamp, Why,
    label::{CHANCE, OR_ELSE, WISH, kept_back, said},
    percent, tell,
};
use crate::domain::Language;

/// The reply.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::cli) struct SendTimes {
    stamp: Stamp,
    send_time: Option<Sent>,
    alternatives: Vec<Sent>,
    why: Why,
    wish: Option<String>,
    message_id: String,
}

/// An instant.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::cli) struct Sent {
    at: String,
    time_zone: Option<String>,
    local_time: Option<String>,
    outcome_probability: Option<f64>,
}

// === impl SendTimes ===

impl SendTimes {
    /// The whole reply in words.
    pub(in crate::cli) fn told(&self, language: Language) -> String {
        let sends = said(language, ["send at", "invia alle", "enviar a las"]);
        let answer = match &self.send_time {
            Some(sent) => format!("{sends} {}", sent.told(language)),
            None => kept_back(language, &self.why.verdict).to_owned(),
        };
        let mut text = format!("{}: {answer}\n  {}\n", self.message_id, self.why.sentence);
        for other in &self.alternatives {
            tell(&mut text, said(language, OR_ELSE), &other.told(language));
        }
        if let Some(wish) = &self.wish {
            tell(&mut text, said(language, WISH), wish);
        }
        self.why.tell(&mut text, language);
        text.push('\n');
        let sent = self.send_time.as_ref();
        let report = sent.map(|_| (self.message_id.as_str(), "--open".to_owned()));
        let came = ["that it was opened", "che è stato aperto", "que se abrió"];
        self.stamp.tell(&mut text, language, report, came);
        text
    }
}

impl Sent {
    /// As the recipient lives it, and what is expected then.
    pub(in crate::cli) fn told(&self, language: Language) -> String {
        let mut told = match (&self.local_time, &self.time_zone) {
            (Some(local), Some(zone)) => format!("{} ({zone})", local.replace('T', " ")),
            (None | Some(_), _) => self.at.clone(),
        };
        if let Some(chance) = self.outcome_probability {
            told += &format!(", {} {}", percent(chance), said(language, CHANCE));
        }
        told
    }
}
