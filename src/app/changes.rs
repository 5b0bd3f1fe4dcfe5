//! What the server notes by itself: that it started with other rules or other settings than before.

use std::sync::Arc;

use super::App;
use crate::{
    domain::{Change, Changed},
    settings::Settings,
};

/// Settings whose value is nobody's business.
const SECRET: [&str; 4] = ["secret", "password", "token", "key"];

impl App {
    /// Notes the rulebook and the settings of a start, where they are not the last ones on record.
    pub(super) fn note_start(&self, settings: &Settings) {
        let (mut rulebook, mut known) = (None, None);
        for (_, change) in self.journal.changes() {
            match change.what {
                Changed::RulebookActivated { to, .. }
                | Changed::RulebookRolledBack { to, .. }
                | Changed::RulebookApproved { to, .. } => {
                    rulebook = Some(to);
                }
                Changed::SettingsChanged { to, .. } => known = Some(to),
                Changed::Stopped { .. }
                | Changed::Resumed { .. }
                | Changed::ModelsKept { .. }
                | Changed::ModelsPromoted { .. }
                | Changed::ModelsRolledBack { .. }
                | Changed::ContactErased { .. }
                | Changed::ImportBegun { .. }
                | Changed::ImportEnded { .. }
                | Changed::HoldApproved { .. }
                | Changed::HoldRefused { .. }
                | Changed::RulebookPut { .. }
                | Changed::ScoreInForce { .. }
                | Changed::HandOverFrozen { .. }
                | Changed::HandOverResumed { .. }
                | Changed::Expired { .. } => {}
            }
        }
        if rulebook.as_deref() != Some(self.activations.status().digest.as_str()) {
            self.note_rulebook(rulebook);
        }
        let values = values(settings);
        let to: Arc<str> = blake3::hash(values.join("\n").as_bytes())
            .to_hex()
            .as_str()
            .into();
        if known.as_ref() != Some(&to) {
            self.journal.note(Change {
                at: self.clock.now(),
                by: "the settings".into(),
                principal: None,
                because: "".into(),
                what: Changed::SettingsChanged {
                    from: known,
                    to,
                    values: values.iter().map(|value| value.as_str().into()).collect(),
                },
            });
        }
    }

    /// Notes that a rulebook came into force from the folder; `from` is the one before.
    pub(super) fn note_rulebook(&self, from: Option<Arc<str>>) {
        self.journal.note(Change {
            at: self.clock.now(),
            by: "the rules folder".into(),
            principal: None,
            because: "".into(),
            what: Changed::RulebookActivated {
                from,
                to: self.activations.status().digest.as_str().into(),
            },
        });
    }
}

/// Every setting in force as `key = value`, in the order of keys.
fn values(settings: &Settings) -> Vec<String> {
    let mut values = Vec::new();
    match serde_json::to_value(settings) {
        Ok(settings) => flattened("", &settings, &mut values),
        Err(error) => tracing::error!(%error, "the settings cannot be written down"),
    }
    values
}

fn flattened(above: &str, value: &serde_json::Value, values: &mut Vec<String>) {
    if let Some(table) = value.as_object() {
        for (key, value) in table {
            let key = if above.is_empty() {
                key.clone()
            } else {
                format!("{above}.{key}")
            };
            flattened(&key, value, values);
        }
        return;
    }
    let is_secret = SECRET.iter().any(|word| above.contains(word));
    if is_secret && !value.is_null() {
        let digest = blake3::hash(value.to_string().as_bytes()).to_hex();
        // Whether it is another one than before shows, and not more.
        values.push(format!(
            "{above} is {}",
            digest.chars().take(8).collect::<String>()
        ));
    } else {
        values.push(format!("{above} = {value}"));
    }
}
