//! What older decisions were made under, as far as it is kept: rulebooks by digest, model snapshots by number.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use super::kept::of_digest;
use crate::{
    model::Snapshot,
    rules::{Rulebook, Sources},
};

/// A rulebook with the files that it was made of.
#[derive(Debug)]
pub struct KeptRulebook {
    /// The files.
    pub sources: Sources,
    /// What they say.
    pub rulebook: Rulebook,
}

/// What is kept. Rulebooks are read from disk when they are first asked for, and remembered.
#[derive(Debug)]
pub struct Shelf {
    store: PathBuf,
    snapshots: Vec<Arc<Snapshot>>,
    rulebooks: Mutex<HashMap<String, Option<Arc<KeptRulebook>>>>,
}

impl Shelf {
    /// The rulebooks kept in `store`, and these snapshots; the first of them is the one that decides now.
    #[must_use]
    pub fn new(store: PathBuf, snapshots: Vec<Arc<Snapshot>>) -> Self {
        Self {
            store,
            snapshots,
            rulebooks: Mutex::default(),
        }
    }

    /// The snapshot of that number.
    #[must_use]
    pub fn snapshot(&self, number: u64) -> Option<&Arc<Snapshot>> {
        self.snapshots.iter().find(|snapshot| snapshot.number() == number)
    }

    /// The snapshot that decides now, where there is one.
    #[must_use]
    pub fn latest(&self) -> Option<&Arc<Snapshot>> {
        self.snapshots.first()
    }

    /// The rulebook of that digest, if it is kept and still what its digest says.
    #[must_use]
    pub fn rulebook(&self, digest: &str) -> Option<Arc<KeptRulebook>> {
        let mut known = self.rulebooks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(digest) {
            return known.clone();
        }
        let found = of_digest(&self.store, digest).map(Arc::new);
        known.insert(digest.to_owned(), found.clone());
        found
    }
}
