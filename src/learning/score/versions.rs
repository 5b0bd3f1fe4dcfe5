use std::{collections::VecDeque, fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{stored::Stored, trial::Trial};
use crate::{
    domain::{CampaignId, Timestamp},
    learning::version::{KeptBy, RolledBack},
    model::score::{Fitted, Following, Row, calibrated, fit::Fit},
};

/// How many versions of a campaign's model are kept.
const KEPT: usize = 5;
/// Fewer held-back subjects than this after the older model's last say nothing of which is better.
const FEWEST_TO_COMPARE: usize = 50;

/// One fitted model of a campaign, as people see it.
#[derive(Debug, Clone, PartialEq)]
pub struct Version {
    /// The BLAKE3 digest of everything that its answers depend on, in hexadecimal: its name.
    pub digest: String,
    /// When it was fitted, in the journal's time.
    pub made: Timestamp,
    /// In words, which model it is.
    pub form: &'static str,
    /// How many subjects it was fitted to.
    pub rows: u32,
    /// How many of them had the outcome.
    pub positives: u32,
    /// When the latest of them was asked about.
    pub until: Timestamp,
    /// Why it was promoted, or why not.
    pub judged: Judged,
    /// Whether it did worse in use than the one before it, and so was taken out of use.
    pub rolled_back: Option<RolledBack>,
    /// Who put it in force, if somebody did.
    pub kept_by: Option<KeptBy>,
    /// Whether it answers now.
    pub standing: Standing,
}

/// Whether a version answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standing {
    /// It does.
    InForce,
    /// It is kept.
    Kept,
}

/// What the gate found, in mean log loss on subjects that neither model had been fitted to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// On how many.
    pub subjects: usize,
    /// The new model's.
    pub challenger: f64,
    /// That of the one in force, or of the base rate where there was none.
    pub incumbent: f64,
    /// What it led to.
    pub verdict: GateVerdict,
}

/// What the gate decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum GateVerdict {
    /// It is better than saying the base rate of everybody, and there was no other.
    First,
    /// It is no worse than the one in force.
    Better,
    /// Too little is new to tell them apart: the one fitted to more is taken.
    TooFewToTell,
    /// It is worse, and was not promoted.
    Worse,
}

impl GateVerdict {
    const fn promotes(self) -> bool {
        match self {
            Self::First | Self::Better | Self::TooFewToTell => true,
            Self::Worse => false,
        }
    }
}

impl fmt::Display for GateVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::First => "the first model that beats the base rate",
            Self::Better => "no worse on held-out data than the one before",
            Self::TooFewToTell => "fitted to more; too little is new to tell them apart",
            Self::Worse => "worse on held-out data",
        })
    }
}

/// Why a version could not be put in force.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VersionError {
    /// No kept version has that digest.
    #[error("no kept version has the digest `{0}`; the versions that are kept are listed with their digests")]
    Unknown(String),
    /// Several kept versions begin with it.
    #[error("several kept versions begin with `{0}`; give more of the digest")]
    Ambiguous(String),
    /// There is no earlier version.
    #[error("there is no earlier version of the score of `{0}` to go back to")]
    NoEarlier(CampaignId),
    /// Nothing was heard of such a campaign.
    #[error(
        "nothing was heard yet of a score of `{0}`; `balustrade models list` names the campaigns that have one"
    )]
    NoScore(CampaignId),
    /// There is too little to fit a model to.
    #[error(
        "there is too little to fit a score of `{0}` to: it takes ten subjects with the outcome, ten without it, and a fact that varies"
    )]
    TooLittle(CampaignId),
}

/// The models of one campaign, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Versions {
    kept: VecDeque<Kept>,
    in_force: Option<blake3::Hash>,
    /// The version in force, held against the one before it.
    trial: Option<Trial>,
}

#[derive(Debug)]
struct Kept {
    digest: blake3::Hash,
    made: Timestamp,
    judged: Judged,
    rolled_back: Option<RolledBack>,
    kept_by: Option<KeptBy>,
    following: Following,
}

impl Versions {
    /// The model in force.
    pub(super) fn in_force(&self) -> Option<&Following> {
        let digest = self.in_force?;
        let kept = self.kept.iter().find(|kept| kept.digest == digest);
        kept.map(|kept| &kept.following)
    }

    /// Every kept model hears of a subject, so that one that is put back in force means what it says. The version in force is
    /// held against the one before it first: it has not seen the subject yet. One that does worse is taken out of
    /// use; that is answered.
    pub(super) fn hear(
        &mut self,
        row: &Row<'_>,
        at: Timestamp,
        outcome: bool,
        importance: f64,
        now: Timestamp,
    ) -> Option<RolledBack> {
        if let Some(mut trial) = self.trial.take() {
            let pair = self.following(trial.promoted).zip(self.following(trial.before));
            if let Some((promoted, before)) = pair {
                trial.note(promoted, before, (row, at, outcome), importance);
                self.trial = Some(trial);
            }
        }
        for kept in &mut self.kept {
            kept.following.hear(row, outcome, importance);
        }
        let trial = self.trial.take_if(|trial| trial.is_lost())?;
        let rolled_back = trial.rolled_back(now);
        if let Some(kept) = self.kept.iter_mut().find(|kept| kept.digest == trial.promoted) {
            kept.rolled_back = Some(rolled_back);
        }
        self.in_force = Some(trial.before);
        Some(rolled_back)
    }

    fn following(&self, digest: blake3::Hash) -> Option<&Following> {
        let kept = self.kept.iter().find(|kept| kept.digest == digest);
        kept.map(|kept| &kept.following)
    }

    /// Puts a kept version in force, and begins to hold it against the one before it.
    fn enforce(&mut self, digest: blake3::Hash) {
        let before = self.in_force.replace(digest).filter(|before| *before != digest);
        self.trial = before.map(|before| Trial::new(digest, before));
    }

    /// Takes a fit, and puts it in force if the gate lets it through.
    pub(super) fn take(&mut self, fit: Fit, made: Timestamp) {
        let digest = fit.fitted.version();
        if self.kept.iter().any(|kept| kept.digest == digest) {
            return;
        }
        let judged = self.judge(&fit);
        self.kept.push_back(Kept {
            digest,
            made,
            judged,
            rolled_back: None,
            kept_by: None,
            following: Following::new(fit),
        });
        if judged.verdict.promotes() {
            self.enforce(digest);
        }
        self.forget();
    }

    /// Takes a version that was kept on disk and is not known, in its place by age.
    pub(super) fn restore(&mut self, stored: &Stored) {
        let digest = stored.fitted.version();
        if self.kept.iter().any(|kept| kept.digest == digest) {
            return;
        }
        let place = self.kept.partition_point(|kept| kept.made <= stored.made);
        self.kept.insert(
            place,
            Kept {
                digest,
                made: stored.made,
                judged: stored.judged,
                rolled_back: stored.rolled_back,
                kept_by: None,
                following: Following::again(Arc::clone(&stored.fitted)),
            },
        );
        if self.in_force.is_none() && stored.standing == Standing::InForce {
            self.in_force = Some(digest);
        }
        self.forget();
    }

    /// The kept versions as they go to disk.
    pub(super) fn stored(&self, campaign: &CampaignId) -> impl Iterator<Item = Stored> {
        self.kept.iter().map(|kept| Stored {
            campaign: campaign.clone(),
            made: kept.made,
            judged: kept.judged,
            rolled_back: kept.rolled_back,
            standing: kept.standing(self.in_force),
            fitted: Arc::clone(kept.following.fitted()),
        })
    }

    /// The oldest that is not in force makes room.
    fn forget(&mut self) {
        while self.kept.len() > KEPT {
            let oldest = self
                .kept
                .iter()
                .position(|kept| Some(kept.digest) != self.in_force);
            let Some(oldest) = oldest else { return };
            self.kept.remove(oldest);
        }
    }

    /// Holds the new model against the one in force, on subjects that the one in force was not fitted to and the new
    /// one had held back. With none in force, against the base rate.
    fn judge(&self, fit: &Fit) -> Judged {
        let Some(incumbent) = self.in_force() else {
            return against_the_base_rate(fit);
        };
        let fitted = incumbent.fitted();
        let (calibration, reader) = (incumbent.calibration(), fitted.layout().reader(&fit.terms));
        let recent = fit
            .held
            .iter()
            .filter(|held| held.seen.at > fitted.origin().until);
        let losses: Vec<(f64, f64)> = recent
            .filter_map(|held| {
                let new = calibrated(fit.fitted.calibration(), held.log_odds)?;
                let old = calibrated(&calibration, fitted.log_odds(&reader.values(&held.seen)))?;
                Some((loss(new, held.seen.outcome), loss(old, held.seen.outcome)))
            })
            .collect();
        judged(&losses)
    }

    /// Puts a kept version in force; `digest` may be the beginning of one.
    pub(super) fn promote(&mut self, digest: &str, kept_by: KeptBy) -> Result<(), VersionError> {
        let matching = |kept: &&Kept| kept.digest.to_hex().starts_with(digest);
        let mut found = self.kept.iter().filter(matching);
        let first = found
            .next()
            .ok_or_else(|| VersionError::Unknown(digest.to_owned()))?;
        if found.next().is_some() {
            return Err(VersionError::Ambiguous(digest.to_owned()));
        }
        let digest = first.digest;
        self.enforce(digest);
        self.sign(digest, kept_by);
        Ok(())
    }

    /// Puts the version before the one in force in force; `None` where there is no such version.
    pub(super) fn roll_back(&mut self, kept_by: KeptBy) -> Option<()> {
        let mut earlier = self.kept.iter().rev();
        earlier.by_ref().find(|kept| Some(kept.digest) == self.in_force)?;
        let before = earlier.find(|kept| kept.judged.verdict.promotes() && kept.rolled_back.is_none());
        let digest = before?.digest;
        // What a person left is not held against what was gone back to.
        (self.in_force, self.trial) = (Some(digest), None);
        self.sign(digest, kept_by);
        Some(())
    }

    fn sign(&mut self, digest: blake3::Hash, kept_by: KeptBy) {
        if let Some(kept) = self.kept.iter_mut().find(|kept| kept.digest == digest) {
            kept.rolled_back = None;
            kept.kept_by = Some(kept_by);
        }
    }

    /// The kept versions, the oldest first.
    pub(super) fn list(&self) -> Vec<Version> {
        self.kept.iter().map(|kept| kept.shown(self.in_force)).collect()
    }
}

impl Kept {
    fn shown(&self, in_force: Option<blake3::Hash>) -> Version {
        let fitted: &Fitted = self.following.fitted();
        let origin = fitted.origin();
        Version {
            digest: self.digest.to_hex().to_string(),
            made: self.made,
            form: fitted.form().name(),
            rows: origin.rows,
            positives: origin.positives,
            until: origin.until,
            judged: self.judged,
            rolled_back: self.rolled_back,
            kept_by: self.kept_by.clone(),
            standing: self.standing(in_force),
        }
    }

    fn standing(&self, in_force: Option<blake3::Hash>) -> Standing {
        if in_force == Some(self.digest) {
            Standing::InForce
        } else {
            Standing::Kept
        }
    }
}

pub(super) fn loss(probability: f64, outcome: bool) -> f64 {
    let p = probability.clamp(1e-6, 1.0 - 1e-6);
    if outcome { -p.ln() } else { -(1.0 - p).ln() }
}

/// A model has to say more than the share of those who had the outcome.
fn against_the_base_rate(fit: &Fit) -> Judged {
    let subjects = fit.held.len();
    let positives = fit.held.iter().filter(|held| held.seen.outcome).count();
    let rate = positives as f64 / subjects.max(1) as f64;
    let losses: Vec<(f64, f64)> = fit
        .held
        .iter()
        .filter_map(|held| {
            let new = calibrated(fit.fitted.calibration(), held.log_odds)?;
            Some((loss(new, held.seen.outcome), loss(rate, held.seen.outcome)))
        })
        .collect();
    let (challenger, incumbent, _) = means(&losses);
    Judged {
        subjects,
        challenger,
        incumbent,
        verdict: if challenger < incumbent {
            GateVerdict::First
        } else {
            GateVerdict::Worse
        },
    }
}

/// Of (new, old) losses: the new is no worse if it loses by less than the standard error of the difference.
fn judged(losses: &[(f64, f64)]) -> Judged {
    let (challenger, incumbent, error) = means(losses);
    let verdict = if losses.len() < FEWEST_TO_COMPARE {
        GateVerdict::TooFewToTell
    } else if challenger <= incumbent + error {
        GateVerdict::Better
    } else {
        GateVerdict::Worse
    };
    Judged {
        subjects: losses.len(),
        challenger,
        incumbent,
        verdict,
    }
}

/// Both means, and the standard error of the mean difference.
fn means(losses: &[(f64, f64)]) -> (f64, f64, f64) {
    let count = losses.len().max(1) as f64;
    let new = losses.iter().map(|(new, _)| new).sum::<f64>() / count;
    let old = losses.iter().map(|(_, old)| old).sum::<f64>() / count;
    let squares = losses.iter().map(|(a, b)| (a - b - (new - old)).powi(2));
    (new, old, squares.sum::<f64>().sqrt() / count)
}
