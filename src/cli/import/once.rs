//! A file counts once. An import is named by the digest of its file and of its mapping; the journal has on record when it began
//! and when it ended. One that ended is not done again, and one that broke off goes on where it stopped.

use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
    sync::Arc,
};

use crate::{
    domain::{Attribute, Change, Changed, Observation, Timestamp},
    journal::{Entry, Journal, JournalError, Offset},
};

/// What the journal knows of an import.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Before {
    /// Nothing.
    Never,
    /// It broke off when so many rows were kept, this one last.
    BrokenOff {
        rows: u64,
        last: Option<Box<Observation>>,
    },
    /// All of it is there.
    Ended { at: Timestamp, rows: u64 },
}

/// The name of an import: BLAKE3 of the file and of its mapping, in hexadecimal. The same rows read by another mapping are
/// another import.
pub(super) fn named(file: &Path, mapping: &Path) -> io::Result<Arc<str>> {
    let mut hasher = blake3::Hasher::new();
    let mut file = File::open(file)?;
    let mut chunk = vec![0; 1 << 20];
    loop {
        let read = file.read(&mut chunk)?;
        if read == 0 {
            break;
        }
        hasher.update(chunk.get(..read).unwrap_or_default());
    }
    let of_file = hasher.finalize();
    let of_mapping = blake3::hash(&std::fs::read(mapping)?);
    let both = [*of_file.as_bytes(), *of_mapping.as_bytes()].concat();
    Ok(blake3::hash(&both).to_hex().as_str().into())
}

/// What the journal knows of the import of that name.
pub(super) fn before(journal: &Journal, name: &str) -> Result<Before, JournalError> {
    let mut begun = None;
    for (at, change) in journal.changes() {
        match change.what {
            Changed::ImportEnded { file, rows } if &*file == name => {
                return Ok(Before::Ended { at: change.at, rows });
            }
            Changed::ImportBegun { file } if &*file == name => begun = begun.or(Some(at)),
            Changed::ImportBegun { .. }
            | Changed::ImportEnded { .. }
            | Changed::RulebookActivated { .. }
            | Changed::RulebookRolledBack { .. }
            | Changed::RulebookPut { .. }
            | Changed::RulebookApproved { .. }
            | Changed::Stopped { .. }
            | Changed::Resumed { .. }
            | Changed::ModelsKept { .. }
            | Changed::ModelsPromoted { .. }
            | Changed::ModelsRolledBack { .. }
            | Changed::SettingsChanged { .. }
            | Changed::ContactErased { .. }
            | Changed::HoldApproved { .. }
            | Changed::HoldRefused { .. }
            | Changed::Expired { .. }
            | Changed::ScoreInForce { .. }
            | Changed::HandOverFrozen { .. }
            | Changed::HandOverResumed { .. } => {}
        }
    }
    let Some(begun) = begun else {
        return Ok(Before::Never);
    };
    kept_since(journal, name, begun)
}

/// The rows of a broken off import: those that follow one of its beginnings, up to the beginning of another.
fn kept_since(journal: &Journal, name: &str, begun: Offset) -> Result<Before, JournalError> {
    let (mut rows, mut last, mut is_ours) = (0, None, false);
    for read in journal.read_from(begun) {
        match read?.1 {
            Entry::Observation(row) if is_ours => {
                rows += 1;
                last = Some(row);
            }
            Entry::Change(change) => {
                if let Changed::ImportBegun { file } = &change.what {
                    is_ours = **file == *name;
                }
            }
            Entry::Observation(_) | Entry::Decision(_) | Entry::Outcome { .. } => {}
        }
    }
    Ok(Before::BrokenOff { rows, last })
}

/// Whether a row is the one that was kept in its place, whoever was erased since.
///
/// # Errors
/// It is another: then nobody knows which rows are there.
pub(super) fn same(row: &Observation, kept: &Observation) -> anyhow::Result<()> {
    let nameless = |row: &Observation| {
        let mut row = row.clone();
        row.facts = row.facts.digested();
        row.facts.forget(&Attribute::Contact);
        row
    };
    anyhow::ensure!(
        nameless(row) == nameless(kept),
        "the rows that are there already are others than these: the declared campaigns changed since; bring back the rules \
         under which this import began, or cut the rows that are there off the file"
    );
    Ok(())
}

/// Says on record that an import begins or goes on, or that it ended.
pub(super) fn note(journal: &Journal, what: Changed, file: &Path, at: Timestamp) {
    journal.note(Change {
        at,
        by: "balustrade import".into(),
        principal: None,
        because: format!("`{}`", file.display()).into(),
        what,
    });
}
