//! What an edit changes: in words, and as what it permits.
//!
//! In words, two folders are compared as what their authors wrote: rule by rule, key by key, whatever the layout and
//! whichever file a rule stands in. As sets, each changed rule is asked whether it now permits less (tighter), more
//! (looser) or something else. That is decided by plain implication between conditions and by comparing bounds, so
//! that an answer is always right; where it does not suffice, it is said that it cannot be told.

mod entries;
mod limits;
mod permits;
mod same;
mod set;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

pub use self::entries::Sort;
use self::entries::{Entry, entries};
pub use self::permits::Permits;
pub use self::same::{same_rules, texts_read};
use super::{Rulebook, syntax::Sources};

/// One thing that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What it is.
    pub sort: Sort,
    /// Its id, name or path.
    pub name: String,
    /// How it differs.
    pub how: How,
    /// What a changed rule now permits, compared with before; of rules only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permits: Option<Permits>,
}

/// How something differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// It is there only now.
    New(BTreeMap<String, String>),
    /// It is there no more.
    Gone(BTreeMap<String, String>),
    /// Some of its keys differ.
    Changed(Vec<KeyChange>),
    /// Terms or sites of a list came and went.
    List {
        /// What came.
        added: Vec<String>,
        /// What went.
        removed: Vec<String>,
    },
}

/// A key that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyChange {
    /// The key, with those above it: `then.at_most`.
    pub key: String,
    /// What stood there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// What stands there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
}

/// A folder and the rulebook that was made of it.
#[derive(Debug, Clone, Copy)]
pub struct Version<'v> {
    /// Its files.
    pub sources: &'v Sources,
    /// Its rules.
    pub rulebook: &'v Rulebook,
}

/// Everything that differs between two folders, by sort and name.
#[must_use]
pub fn diff(old: Version<'_>, new: Version<'_>) -> Vec<Change> {
    let (before, after) = (entries(old.sources), entries(new.sources));
    let names: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let mut changes = Vec::new();
    for at @ (sort, name) in names {
        let how = match (before.get(at), after.get(at)) {
            (Some(old), Some(new)) => changed(old, new),
            (None, Some(new)) => Some(How::New(new.keys.clone())),
            (Some(old), None) => Some(How::Gone(old.keys.clone())),
            (None, None) => None,
        };
        changes.extend(how.map(|how| Change {
            sort: *sort,
            name: name.clone(),
            how,
            permits: None,
        }));
    }
    permits::judge(&mut changes, old, new);
    changes
}

fn changed(old: &Entry, new: &Entry) -> Option<How> {
    if let (Some(before), Some(after)) = (&old.list, &new.list) {
        let added: Vec<String> = after.difference(before).cloned().collect();
        let removed: Vec<String> = before.difference(after).cloned().collect();
        return (!added.is_empty() || !removed.is_empty()).then_some(How::List { added, removed });
    }
    let keys: BTreeSet<&String> = old.keys.keys().chain(new.keys.keys()).collect();
    let differing = keys.into_iter().filter_map(|key| {
        let (old, new) = (old.keys.get(key), new.keys.get(key));
        (old != new).then(|| KeyChange {
            key: key.clone(),
            old: old.cloned(),
            new: new.cloned(),
        })
    });
    let differing: Vec<KeyChange> = differing.collect();
    (!differing.is_empty()).then_some(How::Changed(differing))
}
