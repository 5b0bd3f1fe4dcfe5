//! How an edited rulebook comes into force: received, parsed, checked, tested, active.
//!
//! The first failure keeps the rulebook in force and says so. The last good one is kept on disk, file by file
//! under its digest, so that a start with a broken folder still has rules.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use arc_swap::{ArcSwap, ArcSwapOption};

use super::{
    ApproveError, RollBackError, StartError,
    checked::{listed, sound},
    kept::{
        Instead, SetAside, forget, forget_set_aside, keep, kept, kept_sources, last_good, last_good_name,
        set_aside,
    },
    proposals::{Proposal, Proposals},
};
use crate::{
    domain::{Activating, Hand, Language, Timestamp},
    guardrail::Rules,
    rules::{Diagnostic, Digest, Rulebook, Sources, say},
};

/// Which rulebook is in force, and what became of the latest edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The digest of the rulebook in force.
    pub digest: String,
    /// Since when.
    pub active_since: Timestamp,
    /// Since when a newer edit is refused; `None` where the folder is in force.
    pub refused_since: Option<Timestamp>,
    /// Why it is refused; or that it waits for an approval.
    pub why: Vec<Diagnostic>,
}

/// What became of one reading of the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Activation {
    /// The folder is what is in force.
    Unchanged,
    /// The folder is what was refused before.
    StillRefused,
    /// The edit is in force.
    Activated,
    /// The edit is in order and only a proposal: what was in force stays until somebody approves another.
    Proposed,
    /// The edit is refused, and what was in force stays.
    Refused(Vec<Diagnostic>),
}

/// Brings edits of one folder into force.
pub struct Activations {
    folder: PathBuf,
    taxonomies: Option<PathBuf>,
    store: PathBuf,
    activating: Activating,
    proposals: Proposals,
    /// One hand at a time changes what is in force.
    hand: Mutex<()>,
    rules: Rules,
    status: ArcSwap<Status>,
    /// The digest of the latest refused edit: it is not tried again before it changes.
    refused: ArcSwapOption<Digest>,
}

// === impl Activations ===

impl Activations {
    /// Reads the folder, and the taxonomies where a folder of them is named, or falls back to the last good
    /// rulebook kept in `store`. Where rules have to be approved, the last one that was is in force, and the folder is
    /// asked only where there never was one.
    ///
    /// # Errors
    /// [`StartError`] where neither gives a rulebook.
    pub fn start(
        folder: &Path,
        taxonomies: Option<&Path>,
        store: &Path,
        activating: Activating,
        now: Timestamp,
    ) -> Result<Self, StartError> {
        let unusable = |source| StartError::Store {
            folder: store.to_owned(),
            source,
        };
        fs::create_dir_all(store).map_err(unusable)?;
        let proposals = Proposals::open(store).map_err(unusable)?;
        let sources = read(folder, taxonomies)?;
        let begun = match activating {
            Activating::OnChange => by_folder(store, &sources),
            Activating::Approved => by_approval(store, &sources)?,
        };
        let (rulebook, why) = match begun {
            Begun::Folder(rulebook) => {
                keep(store, &sources).map_err(unusable)?;
                (rulebook, Vec::new())
            }
            Begun::Kept(rulebook, why) => (rulebook, why),
            Begun::Neither(why) => {
                let folder = folder.to_owned();
                return Err(StartError::Refused { folder, why });
            }
        };
        let refused = (!why.is_empty()).then(|| Arc::new(sources.digest()));
        let status = Status {
            digest: rulebook.digest().to_string(),
            active_since: now,
            refused_since: refused.as_ref().map(|_| now),
            why,
        };
        Ok(Self {
            folder: folder.to_owned(),
            taxonomies: taxonomies.map(Path::to_owned),
            store: store.to_owned(),
            activating,
            proposals,
            hand: Mutex::new(()),
            rules: Arc::new(ArcSwap::from_pointee(rulebook)),
            status: ArcSwap::from_pointee(status),
            refused: ArcSwapOption::new(refused),
        })
    }

    /// Removes kept rulebooks that nobody needs any more, but for those that a start may need; answers those that went.
    pub fn forget<'d>(&self, digests: &'d [Arc<str>]) -> Vec<&'d str> {
        forget(&self.store, &self.status().digest, digests)
    }

    /// The rulebook in force.
    #[must_use]
    pub fn rules(&self) -> Rules {
        Arc::clone(&self.rules)
    }

    /// Which rulebook is in force, and what became of the latest edit.
    #[must_use]
    pub fn status(&self) -> Arc<Status> {
        self.status.load_full()
    }

    /// The folder that is watched.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The folder of kept rulebooks.
    #[must_use]
    pub fn store(&self) -> &Path {
        &self.store
    }

    /// How rules come into force.
    #[must_use]
    pub const fn activating(&self) -> Activating {
        self.activating
    }

    /// What was put and waits for an approval, what waits longest first.
    #[must_use]
    pub fn proposals(&self) -> Vec<Proposal> {
        self.proposals.list()
    }

    /// Keeps these files with their author until another brings them into force; nothing where they are in force. Whether they are in order is the
    /// caller's to look at first ([`checked`](super::checked)); they are looked at again when they are approved.
    ///
    /// # Errors
    /// [`RollBackError::Store`], and then nothing is kept.
    pub fn put(&self, sources: &Sources, author: &Hand) -> Result<String, RollBackError> {
        let _one = self.one_hand();
        let digest = sources.digest().to_string();
        if digest == self.status().digest {
            return Ok(digest);
        }
        let put = self.proposals.put(sources, author);
        put.map_err(|source| self.unusable(source))
    }

    /// Reads the folder and brings it into force if it is whole, sound and passes its tests; where rules have to be
    /// approved, it stays a proposal.
    pub fn attempt(&self, now: Timestamp) -> Activation {
        let _one = self.one_hand();
        let status = self.status.load_full();
        let sources = match read(&self.folder, self.taxonomies.as_deref()) {
            Ok(sources) => sources,
            Err(why) => {
                self.refused.store(None);
                return self.refused(&status, vec![Diagnostic::of_folder(why.told())], now);
            }
        };
        let digest = sources.digest();
        if digest.to_string() == status.digest {
            return self.unchanged(&status);
        }
        if self.refused.load().as_deref() == Some(&digest) {
            return Activation::StillRefused;
        }
        match (sound(&sources), self.activating) {
            (Ok(rulebook), Activating::OnChange) => {
                forget_set_aside(&self.store);
                self.activated(&sources, rulebook, now)
            }
            (Ok(_), Activating::Approved) => {
                self.refused.store(Some(Arc::new(digest)));
                self.refused(&status, vec![waits()], now);
                Activation::Proposed
            }
            (Err(why), _) => {
                self.refused.store(Some(Arc::new(digest)));
                self.refused(&status, why, now)
            }
        }
    }

    /// Goes back to a kept rulebook whose digest begins with `digest`; what lies in the folder is set aside until it
    /// changes.
    ///
    /// # Errors
    /// [`RollBackError`], and then nothing has changed.
    pub fn roll_back(&self, digest: &str, hand: &Hand) -> Result<Arc<Status>, RollBackError> {
        let _one = self.one_hand();
        let found = kept(&self.store, digest).map_err(|source| self.unusable(source))?;
        let whole = match found.as_slice() {
            [] => return Err(RollBackError::Unknown(digest.to_owned())),
            [only] => only,
            [..] => return Err(RollBackError::Ambiguous(digest.to_owned())),
        };
        self.bring(&self.store, whole, Instead::RolledBack, hand)
    }

    /// Brings a rulebook into force that another person put and whose digest begins with `digest`; what lies in the
    /// folder is set aside until it changes.
    ///
    /// # Errors
    /// [`ApproveError`], and then nothing has changed.
    pub fn approve(&self, digest: &str, hand: &Hand) -> Result<Proposal, ApproveError> {
        let _one = self.one_hand();
        let mut found = self.proposals.list();
        found.retain(|proposal| proposal.digest.starts_with(digest));
        let proposal = match found.as_slice() {
            [] => return Err(ApproveError::Unknown(digest.to_owned())),
            [only] => only.clone(),
            [..] => return Err(RollBackError::Ambiguous(digest.to_owned()).into()),
        };
        if hand.is_of(&proposal.author) {
            return Err(ApproveError::Own(proposal.author.by.to_string()));
        }
        self.bring(self.proposals.folder(), &proposal.digest, Instead::Approved, hand)?;
        self.proposals.forget(&proposal.digest);
        Ok(proposal)
    }

    /// Brings the files in `from/<digest>/` into force instead of those in the folder.
    fn bring(
        &self,
        from: &Path,
        digest: &str,
        how: Instead,
        hand: &Hand,
    ) -> Result<Arc<Status>, RollBackError> {
        let unfit = |why: String| RollBackError::Refused {
            digest: digest.to_owned(),
            why,
        };
        let sources = kept_sources(from, digest).map_err(unfit)?;
        let rulebook = sound(&sources).map_err(|why| unfit(listed(&why, Language::English)))?;
        let current =
            Sources::read_both(&self.folder, self.taxonomies.as_deref()).map(|sources| sources.digest());
        let set_aside = SetAside {
            folder: current.as_ref().map(ToString::to_string).unwrap_or_default(),
            instead: digest.to_owned(),
            how,
            by: hand.by.to_string(),
            because: hand.because.to_string(),
            since: hand.at,
        };
        let is_folder = set_aside.folder == set_aside.instead;
        if is_folder {
            forget_set_aside(&self.store);
        } else {
            set_aside
                .keep(&self.store)
                .map_err(|source| self.unusable(source))?;
        }
        self.activated(&sources, rulebook, hand.at);
        if !is_folder {
            self.refused.store(current.ok().map(Arc::new));
            self.refused(&self.status(), vec![set_aside.told()], hand.at);
        }
        Ok(self.status())
    }

    fn one_hand(&self) -> MutexGuard<'_, ()> {
        self.hand.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn unusable(&self, source: std::io::Error) -> RollBackError {
        RollBackError::Store {
            folder: self.store.clone(),
            source,
        }
    }

    fn unchanged(&self, status: &Status) -> Activation {
        self.refused.store(None);
        self.status.store(Arc::new(Status {
            refused_since: None,
            why: Vec::new(),
            ..status.clone()
        }));
        Activation::Unchanged
    }

    fn activated(&self, sources: &Sources, rulebook: Rulebook, now: Timestamp) -> Activation {
        if let Err(error) = keep(&self.store, sources) {
            let folder = self.store.display();
            tracing::error!(%folder, %error, "the rulebook in force could not be kept for the next start");
        }
        let digest = rulebook.digest().to_string();
        self.refused.store(None);
        self.rules.store(Arc::new(rulebook));
        self.status.store(Arc::new(Status {
            digest,
            active_since: now,
            refused_since: None,
            why: Vec::new(),
        }));
        Activation::Activated
    }

    fn refused(&self, status: &Status, why: Vec<Diagnostic>, now: Timestamp) -> Activation {
        if status.refused_since.is_some() && status.why == why {
            return Activation::StillRefused;
        }
        let refused_since = status.refused_since.or(Some(now));
        self.status.store(Arc::new(Status {
            refused_since,
            why: why.clone(),
            ..status.clone()
        }));
        Activation::Refused(why)
    }
}

/// The files of the folder, of which there must be some.
fn read(folder: &Path, taxonomies: Option<&Path>) -> Result<Sources, StartError> {
    let sources = Sources::read(folder)?;
    if sources.is_empty() {
        return Err(StartError::Empty(folder.to_owned()));
    }
    if let Some(taxonomies) = taxonomies {
        return Ok(sources.with_taxonomies(taxonomies)?);
    }
    Ok(sources)
}

/// By what a server begins.
enum Begun {
    /// By the files in the folder.
    Folder(Rulebook),
    /// By a rulebook that is kept; why not by the folder.
    Kept(Rulebook, Vec<Diagnostic>),
    /// There is none; why not the folder.
    Neither(Vec<Diagnostic>),
}

/// The folder, unless it is wrong or was set aside.
fn by_folder(store: &Path, sources: &Sources) -> Begun {
    let why = match set_aside(store, &sources.digest()) {
        Some(set_aside) => vec![set_aside.told()],
        None => match sound(sources) {
            Ok(rulebook) => return Begun::Folder(rulebook),
            Err(why) => why,
        },
    };
    match last_good(store) {
        Some(rulebook) => Begun::Kept(rulebook, why),
        None => Begun::Neither(why),
    }
}

/// What was in force last; the folder where nothing ever was: somebody has to begin.
fn by_approval(store: &Path, sources: &Sources) -> Result<Begun, StartError> {
    let Some(digest) = last_good_name(store) else {
        return Ok(match sound(sources) {
            Ok(rulebook) => Begun::Folder(rulebook),
            Err(why) => Begun::Neither(why),
        });
    };
    let rulebook = last_good(store).ok_or(StartError::NotApproved(digest))?;
    if rulebook.digest() == sources.digest() {
        return Ok(Begun::Kept(rulebook, Vec::new()));
    }
    let why = match (set_aside(store, &sources.digest()), sound(sources)) {
        (Some(set_aside), _) => vec![set_aside.told()],
        (None, Ok(_)) => vec![waits()],
        (None, Err(why)) => why,
    };
    Ok(Begun::Kept(rulebook, why))
}

/// An edit of the folder where rules have to be approved.
fn waits() -> Diagnostic {
    Diagnostic {
        help: Some(say!(
            "put it with `balustrade rules put`, so that it has an author; then another person brings it into force with `balustrade rules activate`"
        )),
        ..Diagnostic::of_folder(say!(
            "the files in the folder are in order, and only a proposal: `rules.activation` is `approved`"
        ))
    }
}
