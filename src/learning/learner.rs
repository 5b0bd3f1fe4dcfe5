use std::sync::Arc;

use super::{
    acts::{Act, Acts, Deed},
    quality::Quality,
    score::{ScoreLearning, Standing, Version, VersionError},
    trainer::{Heard, Trainer},
    trial::Trial,
    version::{KeptBy, KeptVersion, RolledBack, VersionsError},
    versions::Versions,
};
use crate::{
    domain::{Campaign, CampaignId, Outcome, OutcomeReply, Timestamp, Word},
    journal::{Entry, Journal, JournalError, Offset},
    model::{
        Models,
        hand_over::{Frozen, Market},
    },
};

/// Reads a journal from where it stopped, learns, and publishes what it learnt.
///
/// ```no_run
/// # use balustrade::{journal::Journal, learning::Learner, model::Models};
/// # fn follow(journal: &Journal) -> Result<(), balustrade::journal::JournalError> {
/// let models = Models::default();
/// let mut learner = Learner::new(models.clone());
/// learner.catch_up(journal)?; // at start: the whole journal; later: what is new
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Learner {
    trainer: Trainer,
    models: Models,
    from: Offset,
    published: Option<Timestamp>,
    unpublished: u64,
    /// Whether rows of history came in that are not published yet: they do not wait for the journal's time to pass.
    imported: bool,
    /// Whether the journal was read to its end once: before that, what is known is half of it and answers nobody.
    is_current: bool,
    versions: Versions,
    acts: Acts,
    rolled_back: Vec<(String, RolledBack)>,
}

/// A market whose hand-over is frozen, and why.
pub type FrozenHandOver = (Market, Frozen);

/// What one [`Learner::catch_up`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CaughtUp {
    /// Entries read.
    pub entries: u64,
    /// The number of the snapshot that was published, if one was.
    pub published: Option<u64>,
}

impl Learner {
    /// At the start of a journal, publishing to `models`.
    #[must_use]
    pub fn new(models: Models) -> Self {
        Self {
            trainer: Trainer::default(),
            models,
            from: Offset::START,
            published: None,
            unpublished: 0,
            imported: false,
            is_current: false,
            versions: Versions::default(),
            acts: Acts::default(),
            rolled_back: Vec::new(),
        }
    }

    /// Keeps versions of what it learns, and goes on with the one that was in force. To be said before the journal is
    /// read.
    #[must_use]
    pub fn keeping(mut self, mut versions: Versions) -> Self {
        let scores = std::mem::take(&mut versions.scores);
        self.acts = std::mem::take(&mut versions.acts);
        versions.note_damaged(scores.damaged().iter().chain(self.acts.damaged()).cloned());
        self.trainer.scores_mut().keep_in(scores);
        self.versions = versions;
        if let Some(in_force) = self.versions.snapshot_in_force() {
            self.models.publish(in_force);
        }
        self
    }

    /// Keeps at most so many decisions at hand; see [`Trainer::with_most_open`]. To be said before the journal is read.
    #[must_use]
    pub fn with_most_open(self, most_open: usize) -> Self {
        Self {
            trainer: self.trainer.with_most_open(most_open),
            ..self
        }
    }

    /// The kept versions.
    #[must_use]
    pub const fn versions(&self) -> &Versions {
        &self.versions
    }

    /// What came in so far, and what of it teaches nothing.
    #[must_use]
    pub const fn quality(&self) -> Quality {
        self.trainer.quality()
    }

    /// Keeps what is known now as a version.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn keep(&mut self, kept_by: KeptBy) -> Result<KeptVersion, VersionsError> {
        let snapshot = Arc::new(self.trainer.snapshot());
        self.versions.keep(snapshot, self.trainer.held_out(), kept_by)
    }

    /// Puts a kept version in force; `None` goes back to following the journal. The number of what decides now.
    ///
    /// # Errors
    /// Why it cannot be; and then nothing has changed.
    pub fn promote(&mut self, number: Option<u64>, kept_by: KeptBy) -> Result<u64, VersionsError> {
        let before = self.versions.snapshot_in_force();
        let Some(number) = number else {
            self.versions.follow()?;
            self.trainer.hold(None);
            return Ok(self.publish());
        };
        let snapshot = self.versions.promote(number, kept_by)?;
        let is_another = before.as_ref().is_none_or(|before| before.number() != number);
        self.trainer
            .hold(is_another.then(|| Trial::new(Arc::clone(&snapshot), before)));
        self.models.publish(snapshot);
        Ok(number)
    }

    /// Puts the version before what decides now in force; its number.
    ///
    /// # Errors
    /// Why it cannot be; and then nothing has changed.
    pub fn roll_back(&mut self, kept_by: KeptBy) -> Result<u64, VersionsError> {
        let number = self.versions.older_than(self.models.snapshot().number())?;
        self.promote(Some(number), kept_by)
    }

    /// Says which campaigns are declared now: at start before the first catching up, and after each reload.
    pub fn declare(&mut self, campaigns: impl IntoIterator<Item = Arc<Campaign>>) {
        self.trainer.declare(campaigns);
        self.unpublished += 1;
    }

    /// Forgets a contact that was erased from the journal, in the kept versions too, and publishes what is left.
    pub fn forget(&mut self, contact: &Word) {
        let keys = self.trainer.forget(contact);
        let in_force = self.versions.forget_contacts(&keys);
        match in_force {
            Some(in_force) => self.models.publish(in_force),
            None if self.versions.in_force().is_none() => drop(self.publish()),
            None => {}
        }
    }

    /// What is learnt of scores: their models' versions.
    #[must_use]
    pub const fn scores(&self) -> &ScoreLearning {
        self.trainer.scores()
    }

    /// What went back to an earlier version by itself since this was asked last, and why.
    pub fn newly_rolled_back(&mut self) -> Vec<(String, RolledBack)> {
        let scores = self.trainer.scores_mut().newly_rolled_back().into_iter();
        let scores = scores.map(|(campaign, why)| (format!("the score of `{campaign}`"), why));
        self.rolled_back.drain(..).chain(scores).collect()
    }

    /// The hand-overs that were frozen since this was asked last, and why.
    pub fn newly_frozen(&mut self) -> Vec<FrozenHandOver> {
        self.trainer.newly_frozen()
    }

    /// Lets a frozen hand-over go on, at once.
    ///
    /// # Errors
    /// It is not frozen; or the act cannot be written down.
    pub fn resume_hand_over(&mut self, market: Market, by: KeptBy) -> Result<(), VersionsError> {
        if !self.trainer.resume_hand_over(&market) {
            let part = |word: &Option<Word>| word.as_ref().map_or("any", Word::as_str).to_owned();
            return Err(VersionsError::NotFrozen {
                kind: market.kind.name(),
                campaign: market.campaign.to_string(),
                place: format!("{}, {}", part(&market.country), part(&market.channel)),
            });
        }
        self.done(Deed::ResumeHandOver(market), by)
    }

    /// Takes a version out of force that does worse than what decided before it. After a restart it is held against what is learnt
    /// from the journal.
    fn hold_to_account(&mut self) {
        let now = self.trainer.now();
        let Some(trial) = self.trainer.trial() else {
            let in_force = self.versions.snapshot_in_force();
            self.trainer
                .hold(in_force.map(|in_force| Trial::new(in_force, None)));
            return;
        };
        let (before, Some(lost)) = (trial.before(), trial.lost(now)) else {
            return;
        };
        self.trainer.hold(None);
        let number = self.versions.in_force().unwrap_or_default();
        if let Err(error) = self.versions.take_back(before, lost) {
            tracing::error!(%error, "a version that does worse cannot be taken out of force");
            return;
        }
        self.rolled_back
            .push((format!("version {number} of the models"), lost));
        self.publish();
    }

    /// Fits a campaign's score to all that is known by now. It answers at once if it passes the gate.
    ///
    /// # Errors
    /// There is nothing to fit it to, or the act cannot be written down.
    pub fn train_score(&mut self, campaign: &CampaignId, by: KeptBy) -> Result<Version, VersionsError> {
        let version = self.trainer.scores_mut().fit(campaign)?;
        self.done(Deed::FitScore(campaign.clone()), by)?;
        Ok(version)
    }

    /// Puts another version of a campaign's score in force, at once; the version.
    ///
    /// # Errors
    /// No kept version has that name, or several do; or the act cannot be written down.
    pub fn promote_score(
        &mut self,
        campaign: &CampaignId,
        digest: &str,
        by: KeptBy,
    ) -> Result<Version, VersionsError> {
        self.trainer.scores_mut().promote(campaign, digest, by.clone())?;
        self.done(Deed::PromoteScore(campaign.clone(), digest.to_owned()), by)?;
        self.score_in_force(campaign)
    }

    /// Goes back to the version of a campaign's score before the one in force, at once; the version.
    ///
    /// # Errors
    /// There is no earlier version; or the act cannot be written down.
    pub fn roll_back_score(&mut self, campaign: &CampaignId, by: KeptBy) -> Result<Version, VersionsError> {
        self.trainer.scores_mut().roll_back(campaign, by.clone())?;
        self.done(Deed::RollBackScore(campaign.clone()), by)?;
        self.score_in_force(campaign)
    }

    fn score_in_force(&self, campaign: &CampaignId) -> Result<Version, VersionsError> {
        let mut versions = self.scores().versions(campaign).into_iter();
        let in_force = versions.find(|version| version.standing == Standing::InForce);
        Ok(in_force.ok_or_else(|| VersionError::NoScore(campaign.clone()))?)
    }

    /// Something was done by hand: it is written down, and it counts at once.
    fn done(&mut self, deed: Deed, by: KeptBy) -> Result<(), VersionsError> {
        self.publish();
        let entries = self.trainer.entries();
        let kept = self.acts.keep(Act { entries, deed, by });
        kept.map_err(|source| VersionsError::Store {
            file: "scores/acts.json".into(),
            source,
        })
    }

    /// Does again what people did when so much of the journal had been read.
    fn repeat_acts(&mut self) {
        while let Some(Act { deed, by, .. }) = self.acts.next(self.trainer.entries()) {
            let scores = self.trainer.scores_mut();
            let repeated = match deed {
                Deed::FitScore(campaign) => scores.fit(&campaign).map(|_| ()),
                Deed::PromoteScore(campaign, digest) => scores.promote(&campaign, &digest, by),
                Deed::RollBackScore(campaign) => scores.roll_back(&campaign, by),
                Deed::ResumeHandOver(market) => {
                    self.trainer.resume_hand_over(&market);
                    Ok(())
                }
            };
            if let Err(why) = repeated {
                let said = format!("what was done to a score cannot be done again: {why}");
                self.versions.note_damaged([said]);
            }
        }
    }

    /// Where it goes on reading.
    #[must_use]
    pub const fn offset(&self) -> Offset {
        self.from
    }

    /// Reads what was written since the last time, and publishes a snapshot if a second of the journal's time has
    /// passed since the last one (or if none was published yet).
    ///
    /// # Errors
    /// The journal cannot be read. What was read before stays learnt.
    pub fn catch_up(&mut self, journal: &Journal) -> Result<CaughtUp, JournalError> {
        let mut entries = 0;
        loop {
            let (read, caught_up) = self.catch_up_by(journal, usize::MAX)?;
            entries += read;
            if let Some(published) = caught_up {
                return Ok(CaughtUp { entries, published });
            }
        }
    }

    /// The same, but at most so many entries, so that others can look in between. How many teach something of those that were
    /// read; and once the end is reached the number of the snapshot that was published, if one was.
    ///
    /// # Errors
    /// As [`Learner::catch_up`].
    pub fn catch_up_by(
        &mut self,
        journal: &Journal,
        most: usize,
    ) -> Result<(u64, Option<Option<u64>>), JournalError> {
        let (mut entries, mut left) = (0, most);
        if self.from == Offset::START {
            self.trainer.begin_after(journal.lessons_gone());
        }
        for read in journal.follow_from(self.from) {
            let (next, entry) = read?;
            self.imported |= matches!(*entry, Entry::Observation(_));
            self.repeat_acts();
            self.learn(journal, &entry)?;
            if self.versions.wants(self.trainer.entries()) {
                self.learnt_again();
            }
            self.from = next;
            // What people did to the models teaches them nothing.
            entries += u64::from(!matches!(*entry, Entry::Change(_)));
            left -= 1;
            if left == 0 {
                self.unpublished += entries;
                return Ok((entries, None));
            }
        }
        if !self.is_current {
            self.versions.read_rest();
        }
        self.is_current = true;
        self.repeat_acts();
        self.unpublished += self.trainer.scores_mut().caught_up();
        self.hold_to_account();
        self.unpublished += entries;
        let passed = |last: Timestamp| self.trainer.now().since(last).as_millis() >= 1_000;
        let due = self.unpublished > 0 && (self.imported || self.published.is_none_or(passed));
        Ok((entries, Some(due.then(|| self.publish()))))
    }

    /// A kept version was learnt again. The one in force answers at once, however much is still to be read.
    fn learnt_again(&mut self) {
        self.versions.learnt_again(self.trainer.snapshot());
        if let Some(in_force) = self.versions.snapshot_in_force().filter(|_| !self.is_current) {
            self.models.publish(in_force);
        }
    }

    /// Whether the journal was read to its end since the start.
    #[must_use]
    pub const fn is_current(&self) -> bool {
        self.is_current
    }

    fn learn(&mut self, journal: &Journal, entry: &Entry) -> Result<(), JournalError> {
        match entry {
            Entry::Decision(record) => self.trainer.decision(record),
            Entry::Observation(row) => self.trainer.observation(row),
            Entry::Change(_) => {}
            Entry::Outcome {
                outcome,
                received_at,
                reply,
            } => {
                if self.trainer.outcome(outcome, *received_at, *reply) == Heard::NotAtHand {
                    self.recall(journal, outcome, *reply)?;
                }
            }
        }
        Ok(())
    }

    /// Reads a decision back, with the reports of it that came before this one.
    fn recall(
        &mut self,
        journal: &Journal,
        outcome: &Outcome,
        reply: OutcomeReply,
    ) -> Result<(), JournalError> {
        let (Some(record), reported) = journal.decision_with_outcomes(outcome.decision)? else {
            return Ok(());
        };
        let before: Vec<(Outcome, OutcomeReply)> = reported
            .into_iter()
            .map(|report| (report.outcome, report.reply))
            .take_while(|(known, _)| known != outcome)
            .collect();
        self.trainer.recall(&record, &before, outcome, reply);
        Ok(())
    }

    fn publish(&mut self) -> u64 {
        if !self.is_current {
            return self.models.snapshot().number();
        }
        let followed = || Arc::new(self.trainer.snapshot());
        let snapshot = self.versions.snapshot_in_force().unwrap_or_else(followed);
        let number = snapshot.number();
        self.models.publish(snapshot);
        self.published = Some(self.trainer.now());
        self.unpublished = 0;
        self.imported = false;
        number
    }
}
