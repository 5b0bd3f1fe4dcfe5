use std::sync::Arc;

use super::{
    quality::Quality,
    score::{ScoreLearning, VersionError},
    trainer::{Heard, Trainer},
    versions::{KeptBy, KeptVersion, Versions, VersionsError},
};
use crate::{
    domain::{Campaign, CampaignId, Outcome, OutcomeReply, Timestamp},
    journal::{Entry, Journal, JournalError, Offset},
    model::Models,
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
    versions: Versions,
}

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
            versions: Versions::default(),
        }
    }

    /// Keeps versions of what it learns, and goes on with the one that was in force. To be said before the journal is
    /// read.
    #[must_use]
    pub fn keeping(mut self, versions: Versions) -> Self {
        self.versions = versions;
        self
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
        let Some(number) = number else {
            self.versions.follow()?;
            return Ok(self.publish());
        };
        let snapshot = self.versions.promote(number, kept_by)?;
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

    /// What is learnt of scores: their models' versions.
    #[must_use]
    pub const fn scores(&self) -> &ScoreLearning {
        self.trainer.scores()
    }

    /// Puts another version of a campaign's score in force, at once.
    ///
    /// # Errors
    /// No kept version has that name, or several do.
    pub fn promote_score(&mut self, campaign: &CampaignId, digest: &str) -> Result<(), VersionError> {
        self.trainer.scores_mut().promote(campaign, digest)?;
        self.publish();
        Ok(())
    }

    /// Goes back to the version of a campaign's score before the one in force, at once.
    ///
    /// # Errors
    /// There is no earlier version.
    pub fn roll_back_score(&mut self, campaign: &CampaignId) -> Result<(), VersionError> {
        self.trainer.scores_mut().roll_back(campaign)?;
        self.publish();
        Ok(())
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
        let mut imported = false;
        for read in journal.read_from(self.from) {
            let (next, entry) = read?;
            imported |= matches!(entry, Entry::Observation(_));
            self.learn(journal, &entry)?;
            if self.versions.wants(self.trainer.entries()) {
                self.versions.learnt_again(self.trainer.snapshot());
            }
            self.from = next;
            entries += 1;
        }
        self.unpublished += entries;
        let passed = |last: Timestamp| self.trainer.now().since(last).as_millis() >= 1_000;
        let due = self.unpublished > 0 && (imported || self.published.is_none_or(passed));
        let published = due.then(|| self.publish());
        Ok(CaughtUp { entries, published })
    }

    fn learn(&mut self, journal: &Journal, entry: &Entry) -> Result<(), JournalError> {
        match entry {
            Entry::Decision(record) => self.trainer.decision(record),
            Entry::Observation(row) => self.trainer.observation(row),
            Entry::Outcome {
                outcome,
                received_at,
                reply,
            } => {
                if self.trainer.outcome(outcome, *received_at, *reply) == Heard::Forgotten {
                    self.recall(journal, outcome)?;
                }
            }
        }
        Ok(())
    }

    /// Reads a decision back, with the reports of it that came before this one.
    fn recall(&mut self, journal: &Journal, outcome: &Outcome) -> Result<(), JournalError> {
        let Some(record) = journal.decision(outcome.decision)? else {
            return Ok(());
        };
        let reported = journal.outcomes_of(outcome.decision)?.into_iter();
        let before: Vec<(Outcome, OutcomeReply)> = reported
            .map(|report| (report.outcome, report.reply))
            .take_while(|(known, _)| known != outcome)
            .collect();
        self.trainer.recall(&record, &before, outcome);
        Ok(())
    }

    fn publish(&mut self) -> u64 {
        let followed = || Arc::new(self.trainer.snapshot());
        let snapshot = self.versions.snapshot_in_force().unwrap_or_else(followed);
        let number = snapshot.number();
        self.models.publish(snapshot);
        self.published = Some(self.trainer.now());
        self.unpublished = 0;
        number
    }
}
