//! Learns how facts tell the outcome of a purpose.
//!
//! Each subject whose window has closed is kept, the most recent ones of each campaign in bounded memory
//! ([`History`]), and imported history likewise. When a twentieth of them is new a fit begins on a thread of its own,
//! of a copy of what is kept; what it found takes effect [`TAKES_EFFECT`] of the journal's time later (waited for, if it
//! must be), so that the same journal has the same model at the same entry whatever the machine. Imported rows stand
//! still in time: a fit of them takes effect at once, and one begins when half as many again came.
//!
//! A fit passes a gate before it answers: see [`versions`]. Kept versions can be promoted and rolled back.

mod fitter;
mod versions;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

pub use self::versions::{GateVerdict, Judged, Standing, Version, VersionError};
use self::{
    fitter::{Fitter, Pending},
    versions::Versions,
};
use super::example::{Asked, Example, Lesson};
use crate::{
    domain::{Campaign, CampaignId, Duration, Event, Observation, Timestamp},
    model::score::{Calibrated, History, Known, Row, Scores, fit, maturity::Tally},
};

/// How long after it began, in the journal's time, a fit takes effect.
const TAKES_EFFECT: Duration = Duration::from_secs(60);
/// The most subjects that are kept of all campaigns together; each has an equal part, at least [`LEAST_KEPT`].
const MOST_KEPT: usize = 400_000;
/// The least part of a campaign: as many as a mature score needs.
const LEAST_KEPT: usize = 2_000;

/// What is learnt of scores so far.
#[derive(Debug, Default)]
pub struct ScoreLearning {
    now: Timestamp,
    campaigns: BTreeMap<CampaignId, Followed>,
    changed: BTreeSet<CampaignId>,
    fitter: Fitter,
    published: Arc<Scores>,
}

#[derive(Debug, Default)]
struct Followed {
    history: History,
    tally: Tally,
    versions: Versions,
    /// How many had been heard when the last fit began.
    begun_at: u64,
    pending: Option<(Timestamp, Pending)>,
}

impl ScoreLearning {
    /// Lets the journal's time pass: fits take effect.
    pub(super) fn advance(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
        for (id, followed) in &mut self.campaigns {
            if followed.pending.as_ref().is_some_and(|(due, _)| *due <= now) {
                followed.settle(now);
                self.changed.insert(id.clone());
            }
        }
    }

    /// A window has closed. A negative `importance` takes back what the same example taught before.
    pub(super) fn learn(&mut self, asked: &Asked, example: &Example, lesson: &Lesson, importance: f64) {
        let Some((label, _, _)) = lesson.closed() else {
            return;
        };
        let row = Row::of_facts(asked.facts.iter(), example.made);
        self.hear(&example.campaign, &row, example.made, label > 0.5, importance);
        let now = self.now;
        let (followed, fitter) = self.followed(&example.campaign);
        let new = followed.history.heard() - followed.begun_at;
        if followed.pending.is_none() && fit::is_due(new, followed.history.len()) {
            followed.begin(fitter, now.plus(TAKES_EFFECT));
        }
    }

    /// A row of history was imported; `campaign` is its campaign, where it is declared.
    pub(super) fn observe(&mut self, row: &Observation, _campaign: Option<&Campaign>) {
        let closes = row.at.plus(row.objective.window);
        let named =
            |(event, at): &(Event, Timestamp)| event.name() == row.objective.event.as_str() && *at <= closes;
        let outcome = row.events.iter().any(named);
        let facts = Row::of_facts(row.facts.iter(), row.at);
        self.hear(&row.campaign, &facts, row.at, outcome, 1.0);
        let now = self.now;
        let (followed, fitter) = self.followed(&row.campaign);
        let new = followed.history.heard() - followed.begun_at;
        if new >= (followed.history.len() as u64 / 3).max(fit::NEW_AT_LEAST) {
            followed.settle(now);
            followed.begin(fitter, now);
        }
    }

    /// What is known now. Cheap where nothing changed since the last time.
    pub(super) fn knowledge(&mut self) -> Arc<Scores> {
        self.advance(self.now);
        if self.changed.is_empty() {
            return Arc::clone(&self.published);
        }
        let known = |(id, followed): (&CampaignId, &Followed)| {
            let before = self.published.of(id).filter(|_| !self.changed.contains(id));
            let known = before.cloned().unwrap_or_else(|| Arc::new(followed.known()));
            (id.clone(), known)
        };
        self.published = Arc::new(self.campaigns.iter().map(known).collect());
        self.changed.clear();
        Arc::clone(&self.published)
    }

    /// The kept versions of a campaign's model, the oldest first.
    #[must_use]
    pub fn versions(&self, campaign: &CampaignId) -> Vec<Version> {
        let followed = self.campaigns.get(campaign);
        followed.map_or_else(Vec::new, |followed| followed.versions.list())
    }

    /// The campaigns of which something was learnt.
    pub fn campaigns(&self) -> impl Iterator<Item = &CampaignId> {
        self.campaigns.keys()
    }

    /// Puts a kept version in force; `digest` may be the beginning of its name.
    ///
    /// # Errors
    /// No kept version has that name, or several do.
    pub fn promote(&mut self, campaign: &CampaignId, digest: &str) -> Result<(), VersionError> {
        let unknown = || VersionError::Unknown(digest.to_owned());
        let followed = self.campaigns.get_mut(campaign).ok_or_else(unknown)?;
        followed.versions.promote(digest)?;
        self.changed.insert(campaign.clone());
        Ok(())
    }

    /// Puts the version before the one in force in force. Later fits pass the gate against it.
    ///
    /// # Errors
    /// There is no earlier version.
    pub fn roll_back(&mut self, campaign: &CampaignId) -> Result<(), VersionError> {
        let followed = self.campaigns.get_mut(campaign).ok_or(VersionError::NoEarlier)?;
        followed.versions.roll_back()?;
        self.changed.insert(campaign.clone());
        Ok(())
    }

    fn followed(&mut self, campaign: &CampaignId) -> (&mut Followed, &mut Fitter) {
        (
            self.campaigns.entry(campaign.clone()).or_default(),
            &mut self.fitter,
        )
    }

    fn hear(&mut self, campaign: &CampaignId, row: &Row<'_>, at: Timestamp, outcome: bool, importance: f64) {
        let part = MOST_KEPT / self.campaigns.len().max(1);
        let capacity = part.clamp(LEAST_KEPT, History::CAPACITY);
        self.changed.insert(campaign.clone());
        let (followed, _) = self.followed(campaign);
        for following in followed.versions.each() {
            following.hear(row, outcome, importance);
        }
        if importance < 0.0 {
            followed.tally.take_back(at, outcome);
            followed.history.take_back(row, outcome, at);
        } else {
            followed.tally.add(at, outcome);
            followed.history.push(row, outcome, at, capacity);
        }
    }
}

impl Followed {
    fn begin(&mut self, fitter: &mut Fitter, due: Timestamp) {
        self.begun_at = self.history.heard();
        self.pending = Some((due, fitter.begin(self.history.clone())));
    }

    /// Takes what the fit under way found, if there is one.
    fn settle(&mut self, now: Timestamp) {
        let fit = self.pending.take().and_then(|(_, pending)| pending.wait());
        if let Some(fit) = fit {
            self.versions.take(fit, now);
        }
    }

    fn known(&self) -> Known {
        Known {
            tally: self.tally.clone(),
            model: self.versions.in_force().map(|following| Calibrated {
                fitted: Arc::clone(following.fitted()),
                calibration: following.calibration(),
            }),
        }
    }
}
