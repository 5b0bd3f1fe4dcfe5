//! What the models did by themselves: said in the log for whoever looks, and kept on record as a change.
//!
//! What is learnt again at a start happens again; what is on record already is not noted twice.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError},
};

use super::App;
use crate::{
    domain::{CampaignId, Change, Changed, Timestamp},
    journal::Journal,
    learning::{Frozen, FrozenHandOver, Learner, RolledBack, Standing, Version},
};

/// Which version of each campaign's score is the last on record.
pub(super) fn scores_on_record(journal: &Journal) -> BTreeMap<CampaignId, Arc<str>> {
    let mut last = BTreeMap::new();
    for (_, change) in journal.changes() {
        if let Changed::ScoreInForce { campaign, to, .. } = change.what {
            last.insert(campaign, to);
        }
    }
    last
}

impl App {
    /// A version that went back and a hand-over that froze, because the model did worse: somebody has to look. `in_force` is
    /// the version that was before.
    pub(super) fn say_what_happened_by_itself(&self, learner: &mut Learner, in_force: Option<u64>) {
        for (what, why) in learner.newly_rolled_back() {
            let RolledBack {
                at,
                outcomes,
                worse_by,
            } = why;
            tracing::warn!(what, %at, outcomes, worse_by, "it did worse than the one before it and went back");
            if let Some(from) = in_force.filter(|_| learner.versions().in_force() != in_force) {
                let to = self.models.snapshot().number();
                self.note_once(
                    at,
                    worse(worse_by, outcomes),
                    Changed::ModelsRolledBack { from, to },
                );
            }
        }
        for frozen in learner.newly_frozen() {
            self.frozen_by_itself(frozen);
        }
        self.note_scores(learner);
    }

    fn frozen_by_itself(&self, (market, frozen): FrozenHandOver) {
        let Frozen {
            since,
            decisions,
            worse_by,
        } = frozen;
        let (campaign, kind) = (&market.campaign, market.kind.name());
        let (country, channel) = (&market.country, &market.channel);
        tracing::warn!(
            %campaign, kind, ?country, ?channel, %since, decisions, worse_by,
            "a hand-over is frozen: the model did worse than the person's value"
        );
        let what = Changed::HandOverFrozen {
            campaign: market.campaign,
            kind: market.kind,
            country: market.country,
            channel: market.channel,
        };
        self.note_once(since, worse(worse_by, decisions), what);
    }

    /// Another version of a score answers than the last on record: whoever, or whatever, put it in force.
    pub(super) fn note_scores(&self, learner: &Learner) {
        let mut known = self
            .scores_on_record
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for campaign in learner.scores().campaigns() {
            let versions = learner.scores().versions(campaign);
            let in_force = |version: &&Version| version.standing == Standing::InForce;
            let Some(version) = versions.iter().find(in_force) else {
                continue;
            };
            let last = known.get(campaign).cloned();
            if last.as_deref() == Some(&version.digest) {
                continue;
            }
            let to: Arc<str> = version.digest.as_str().into();
            known.insert(campaign.clone(), Arc::clone(&to));
            let went_back = versions
                .iter()
                .find(|other| other.rolled_back.is_some() && last.as_deref() == Some(&other.digest));
            let (by, principal, because) = match (went_back, &version.kept_by) {
                (Some(_), _) => (
                    "the models".to_owned(),
                    None,
                    "the version after it did worse".to_owned(),
                ),
                (None, Some(by)) => (by.by.clone(), by.principal.clone(), by.because.clone()),
                (None, None) => ("the models".to_owned(), None, version.judged.verdict.to_string()),
            };
            self.journal.note(Change {
                at: self.clock.now(),
                by: by.into(),
                principal,
                because: because.into(),
                what: Changed::ScoreInForce {
                    campaign: campaign.clone(),
                    from: last,
                    to,
                },
            });
        }
    }

    fn note_once(&self, at: Timestamp, because: String, what: Changed) {
        let is_known = |(_, known): &(_, Change)| known.at == at && known.what == what;
        if self.journal.changes().iter().any(is_known) {
            return;
        }
        self.journal.note(Change {
            at,
            by: "the models".into(),
            principal: None,
            because: because.into(),
            what,
        });
    }
}

fn worse(by: f64, on: u64) -> String {
    format!("worse by {by:.4} on {on}")
}
