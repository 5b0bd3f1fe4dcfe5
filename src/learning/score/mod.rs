//! Learns how facts tell the outcome of a purpose.
//!
//! Each subject whose window has closed is kept, the most recent ones of each campaign in bounded memory
//! ([`History`]), and imported history likewise. When a twentieth of them is new a fit begins on a thread of its own,
//! of a copy of what is kept; what it found takes effect [`TAKES_EFFECT`] of the journal's time later (waited for, if it
//! must be), so that the same journal has the same model at the same entry whatever the machine. Imported rows stand
//! still in time: a fit of them takes effect at once, and one begins when half as many again came.
//!
//! A fit passes a gate before it answers: see [`versions`]. Kept versions can be promoted and rolled back, and are
//! [`stored`] on disk. What was promoted is held against the version before it on every subject that follows, and goes back by
//! itself where it does worse.

mod fitter;
mod stored;
mod trial;
mod versions;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

pub(in crate::learning) use self::stored::Store;
pub use self::versions::{GateVerdict, Judged, Standing, Version, VersionError};
use self::{
    fitter::{Fitter, Pending},
    stored::Stored,
    versions::Versions,
};
use super::{
    example::{Asked, Example, Lesson},
    version::{KeptBy, RolledBack},
};
use crate::{
    domain::{
        Attribute, BrandId, Campaign, CampaignId, Duration, Event, Facts, Observation, Timestamp, Word,
    },
    model::score::{Calibrated, History, Known, Row, Scores, fit, maturity::Tally},
};

/// How long after it began, in the journal's time, a fit takes effect.
const TAKES_EFFECT: Duration = Duration::from_secs(60);
/// The most subjects that are kept of all campaigns together; each has an equal part, at least [`LEAST_KEPT`].
const MOST_KEPT: usize = 400_000;
/// The purpose of a score that tells people from machines.
const GENUINE: &str = "genuine_engagement";
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
    store: Store,
    /// Whether the journal has been read to its end once: until then a version that is kept on disk and was not learnt again yet
    /// may still be.
    caught_up: bool,
    rolled_back: Vec<(CampaignId, RolledBack)>,
}

#[derive(Debug, Default)]
struct Followed {
    /// For what it was asked last, and whose it is.
    purpose: Option<Word>,
    brand: Option<BrandId>,
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
        let mut settled = Vec::new();
        for (id, followed) in &mut self.campaigns {
            if followed.pending.as_ref().is_some_and(|(due, _)| *due <= now) {
                followed.settle(now);
                self.changed.insert(id.clone());
                settled.push(id.clone());
            }
        }
        for id in settled {
            self.keep(&id);
        }
    }

    /// Keeps versions in a folder, and begins with those that it holds.
    pub(super) fn keep_in(&mut self, store: Store) {
        self.store = store;
    }

    /// The journal has been read to its end: what is kept on disk and was not learnt again is taken as it is, and what is
    /// kept no more is forgotten there too. Answers how many were taken.
    pub(super) fn caught_up(&mut self) -> u64 {
        if std::mem::replace(&mut self.caught_up, true) {
            return 0;
        }
        let mut taken = 0;
        self.advance(self.now);
        for stored in self.store.not_learnt() {
            let followed = self.campaigns.entry(stored.campaign.clone()).or_default();
            followed.versions.restore(stored);
            self.changed.insert(stored.campaign.clone());
            taken += 1;
        }
        let all: Vec<CampaignId> = self.campaigns.keys().cloned().collect();
        for id in all {
            self.keep(&id);
        }
        taken
    }

    /// Writes the versions of a campaign down.
    fn keep(&mut self, id: &CampaignId) {
        let Some(followed) = self.campaigns.get(id) else {
            return;
        };
        if !self.caught_up {
            let learnt = followed.versions.stored(id).map(|stored| stored.digest());
            learnt.for_each(|digest| self.store.note_learnt(digest));
            return;
        }
        let mut kept = BTreeSet::new();
        for stored in followed.versions.stored(id) {
            kept.insert(stored.digest());
            self.store.keep(&stored);
        }
        let gone = |(digest, stored): &(&String, &Stored)| stored.campaign == *id && !kept.contains(*digest);
        let gone: Vec<String> = self
            .store
            .iter()
            .filter(gone)
            .map(|(digest, _)| digest.clone())
            .collect();
        for digest in gone {
            self.store.forget(&digest);
        }
    }

    /// The campaigns whose score went back by itself since this was asked last.
    pub(super) fn newly_rolled_back(&mut self) -> Vec<(CampaignId, RolledBack)> {
        std::mem::take(&mut self.rolled_back)
    }

    /// A window has closed. A negative `importance` takes back what the same example taught before.
    pub(super) fn learn(&mut self, asked: &Asked, example: &Example, lesson: &Lesson, importance: f64) {
        let Some((label, _, _)) = lesson.closed() else {
            return;
        };
        self.note_purpose(&example.campaign, &asked.brand, &asked.facts);
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
        self.note_purpose(&row.campaign, &row.brand, &row.facts);
        let facts = Row::of_facts(row.facts.iter(), row.at);
        self.hear(&row.campaign, &facts, row.at, outcome, 1.0);
        let now = self.now;
        let (followed, fitter) = self.followed(&row.campaign);
        let new = followed.history.heard() - followed.begun_at;
        if new >= (followed.history.len() as u64 / 3).max(fit::NEW_AT_LEAST) {
            followed.settle(now);
            followed.begin(fitter, now);
            self.keep(&row.campaign);
        }
    }

    /// Fits a campaign's score to everything that is kept of it, now, and holds what was found at the gate: the
    /// version that came of it.
    ///
    /// # Errors
    /// Nothing was heard of such a score, or there is too little to fit one to.
    pub(super) fn fit(&mut self, campaign: &CampaignId) -> Result<Version, VersionError> {
        let now = self.now;
        let followed = self.campaigns.get_mut(campaign);
        let followed = followed.ok_or_else(|| VersionError::NoScore(campaign.clone()))?;
        followed.settle(now);
        followed.begin(&mut self.fitter, now);
        let taken = followed.settle(now);
        self.changed.insert(campaign.clone());
        self.keep(campaign);
        let digest = taken.map(|digest| digest.to_hex().to_string());
        let mut versions = self.versions(campaign).into_iter();
        let made = versions.find(|version| digest.as_ref() == Some(&version.digest));
        made.ok_or_else(|| VersionError::TooLittle(campaign.clone()))
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
    pub fn promote(
        &mut self,
        campaign: &CampaignId,
        digest: &str,
        kept_by: KeptBy,
    ) -> Result<(), VersionError> {
        self.advance(self.now);
        let followed = self.campaigns.get_mut(campaign);
        let followed = followed.ok_or_else(|| VersionError::NoScore(campaign.clone()))?;
        // While the journal is read again the version may be on disk alone.
        if let Some(stored) = self.store.find(campaign, digest).filter(|_| !self.caught_up) {
            followed.versions.restore(stored);
        }
        followed.versions.promote(digest, kept_by)?;
        self.changed.insert(campaign.clone());
        self.keep(campaign);
        Ok(())
    }

    /// Puts the version before the one in force in force. Later fits pass the gate against it.
    ///
    /// # Errors
    /// There is no earlier version.
    pub fn roll_back(&mut self, campaign: &CampaignId, kept_by: KeptBy) -> Result<(), VersionError> {
        self.advance(self.now);
        let followed = self.campaigns.get_mut(campaign);
        let followed = followed.ok_or_else(|| VersionError::NoScore(campaign.clone()))?;
        let gone_back = followed.versions.roll_back(kept_by);
        gone_back.ok_or_else(|| VersionError::NoEarlier(campaign.clone()))?;
        self.changed.insert(campaign.clone());
        self.keep(campaign);
        Ok(())
    }

    fn note_purpose(&mut self, campaign: &CampaignId, brand: &BrandId, facts: &Facts) {
        let purpose = facts.word(&Attribute::ScorePurpose).cloned();
        let (followed, _) = self.followed(campaign);
        followed.purpose = purpose.or(followed.purpose.take());
        followed.brand = Some(brand.clone());
    }

    /// The chance that an engagement of a brand is a person's, by the brand's score of genuine engagement; `None` where none has
    /// passed its gate. As fitted, not as followed since, so that it does not depend on how often the journal was read.
    pub(super) fn genuine(&self, brand: &BrandId, row: &Row<'_>) -> Option<f64> {
        let of_brand = self.campaigns.values().filter(|followed| {
            let purpose = followed.purpose.as_ref().map(Word::as_str);
            purpose == Some(GENUINE) && followed.brand.as_ref() == Some(brand)
        });
        let mut fitted = of_brand.filter_map(|followed| followed.versions.in_force());
        fitted.next()?.fitted().probability(row)
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
        let now = self.now;
        let (followed, _) = self.followed(campaign);
        let rolled_back = followed.versions.hear(row, at, outcome, importance, now);
        if importance < 0.0 {
            followed.tally.take_back(at, outcome);
            followed.history.take_back(row, outcome, at);
        } else {
            followed.tally.add(at, outcome);
            followed.history.push(row, outcome, at, capacity);
        }
        if let Some(rolled_back) = rolled_back {
            self.rolled_back.push((campaign.clone(), rolled_back));
            self.keep(campaign);
        }
    }
}

impl Followed {
    fn begin(&mut self, fitter: &mut Fitter, due: Timestamp) {
        self.begun_at = self.history.heard();
        self.pending = Some((due, fitter.begin(self.history.clone())));
    }

    /// Takes what the fit under way found, if there is one; the name of it.
    fn settle(&mut self, now: Timestamp) -> Option<blake3::Hash> {
        let fit = self.pending.take().and_then(|(_, pending)| pending.wait())?;
        let digest = fit.fitted.version();
        self.versions.take(fit, now);
        Some(digest)
    }

    fn known(&self) -> Known {
        Known {
            purpose: self.purpose.clone(),
            tally: self.tally.clone(),
            model: self.versions.in_force().map(|following| Calibrated {
                fitted: Arc::clone(following.fitted()),
                calibration: following.calibration(),
            }),
        }
    }
}
