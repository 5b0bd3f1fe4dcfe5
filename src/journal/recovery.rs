//! What is done with the files when a journal is opened: every frame is checked, and index and ledger are built
//! from the entries.
//!
//! A flaw past the durable mark, in the last file, is a torn tail: it is cut off. Any other is damage: opening
//! is refused and names the file and the byte, unless the settings accept the loss.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    Damage, Entry, JournalError, Shared,
    chain::Chain,
    disk,
    frame::{Flaw, Header},
    history::History,
    mark::Marked,
    segment::{self, Beginning, NoBeginning, SEGMENT_HEADER, Segment},
    walk::{Step, Walk},
    writer::consequence,
};

/// Where writing goes on.
#[derive(Debug)]
pub(super) struct Recovered {
    pub(super) segment: Arc<Segment>,
    pub(super) end: u64,
    pub(super) sequence: u64,
    pub(super) chain: Chain,
}

/// Where the entries of a file stop being what was written.
struct Stop {
    offset: u64,
    what: String,
}

/// Reads everything that is there, and leaves a journal that can be written.
pub(super) fn recover(shared: &Shared, marked: Marked) -> Result<Recovered, JournalError> {
    let files = segment::listed(&*shared.disk, &shared.folder)?;
    let durable = match marked {
        Marked::At(offset) => offset,
        Marked::Unknown if files.is_empty() => {
            // Stated before the first file is made: what a crash leaves of that is no damage.
            shared.reset_mark(0)?;
            0
        }
        Marked::Unknown => u64::MAX,
    };
    let mut reader = Reader {
        shared,
        walk: Walk::from(files.first().map_or(0, |(base, _)| *base)),
        last: None,
    };
    for (place, (base, path)) in files.iter().enumerate() {
        let later = files.get(place + 1..).unwrap_or_default();
        if let Some(stop) = reader.read(*base, path)? {
            reader.stop(path, &stop, later, durable)?;
            return reader.ready();
        }
    }
    let (end, was_marked) = (reader.walk.end, marked != Marked::Unknown);
    if was_marked && end < durable {
        let what = format!("it ends there, although everything up to offset {durable} was durable");
        let path = files
            .last()
            .map_or_else(|| shared.folder.clone(), |(_, path)| path.clone());
        reader.stop(&path, &Stop { offset: end, what }, &[], durable)?;
    }
    reader.ready()
}

struct Reader<'a> {
    shared: &'a Shared,
    walk: Walk,
    last: Option<Arc<Segment>>,
}

impl Reader<'_> {
    /// Reads one file to its end, or to its first flaw.
    fn read(&mut self, base: u64, path: &Path) -> Result<Option<Stop>, JournalError> {
        if base != self.walk.end {
            let what = format!("the file that ends at offset {base} is missing or too short");
            return Ok(Some(self.stopped(what)));
        }
        let bytes = self
            .shared
            .disk
            .read(path)
            .map_err(JournalError::io("read", path))?;
        let segment = Arc::new(Segment::open(&*self.shared.disk, path.to_owned(), base)?);
        let beginning = match Beginning::parse(&bytes) {
            Ok(beginning) if beginning.base == base => beginning,
            Ok(_) => return Ok(Some(self.stopped(NoBeginning::Damaged))),
            Err(NoBeginning::OfOld) => return Err(JournalError::OfOld(self.shared.folder.clone())),
            Err(flaw @ NoBeginning::Damaged) => return Ok(Some(self.stopped(flaw))),
        };
        if self.last.is_some() && beginning.chain != self.walk.digest() {
            return Ok(Some(self.stopped(Flaw::Seal)));
        }
        self.shared.segments.push(Arc::clone(&segment));
        self.last = Some(segment);
        self.walk.enter(&beginning);
        self.frames(bytes.get(SEGMENT_HEADER as usize..).unwrap_or_default())
    }

    fn frames(&mut self, mut rest: &[u8]) -> Result<Option<Stop>, JournalError> {
        while !rest.is_empty() {
            let at = self.walk.end;
            let frame = match self.walk.step(rest) {
                Ok(Step::Entry(frame)) => {
                    self.apply(at, frame.header, frame.payload)?;
                    frame
                }
                Ok(Step::Seal(frame)) => frame,
                Err(flaw) => return Ok(Some(self.stopped(flaw))),
            };
            rest = rest.get(frame.bytes()..).unwrap_or_default();
        }
        Ok(None)
    }

    fn stopped(&self, what: impl ToString) -> Stop {
        Stop {
            offset: self.walk.end,
            what: what.to_string(),
        }
    }

    fn apply(&self, at: u64, header: Header, payload: &[u8]) -> Result<(), JournalError> {
        let Shared {
            index,
            keyring,
            ledger,
            segments,
            ..
        } = self.shared;
        match Entry::decode(payload, at, keyring)? {
            Entry::Decision(record) => {
                ledger.decided(&record);
                index.set(record.decision, at);
            }
            Entry::Outcome {
                outcome,
                received_at,
                reply,
            } => {
                let before = (header.previous != 0).then_some(header.previous);
                let fetch = |offset| segments.frame(offset);
                let history = History::read(before, segments.start(), keyring, fetch)?;
                index.set(outcome.decision, at);
                if let Some(consequence) = consequence(history, outcome, reply) {
                    let mut bursts = self.shared.bursts();
                    bursts.note(&consequence.record, &consequence.outcome, received_at, reply);
                    ledger.happened(&consequence);
                }
            }
            Entry::Observation(observation) => ledger.observed(&observation),
            Entry::Change(change) => self.shared.changed(at, *change),
        }
        Ok(())
    }

    /// Cuts off everything from a flaw on, if that may be.
    fn stop(
        &self,
        path: &Path,
        stop: &Stop,
        later: &[(u64, PathBuf)],
        durable: u64,
    ) -> Result<(), JournalError> {
        let position = stop.offset.saturating_sub(base_of(path));
        let torn = stop.offset >= durable && later.is_empty();
        if torn {
            tracing::warn!(file = %path.display(), position, "a torn tail is cut off: {}", stop.what);
            return self.cut(path, stop.offset);
        }
        match self.shared.settings.damage {
            Damage::Refuse => Err(JournalError::Damaged {
                file: path.to_owned(),
                position,
                what: stop.what.clone(),
            }),
            Damage::AcceptLoss => {
                tracing::error!(file = %path.display(), position, "everything from here on is lost: {}", stop.what);
                self.set_aside(path)?;
                for (_, path) in later {
                    self.shared
                        .disk
                        .rename(path, &lost(path))
                        .map_err(JournalError::io("rename", path))?;
                }
                self.cut(path, stop.offset)?;
                self.shared.reset_mark(stop.offset)
            }
        }
    }

    /// Keeps a copy of a damaged file.
    fn set_aside(&self, path: &Path) -> Result<(), JournalError> {
        let disk = &self.shared.disk;
        match disk.read(path) {
            Ok(bytes) => disk::replace(&**disk, &lost(path), &bytes).map_err(JournalError::io("copy", path)),
            Err(error) if is_absent(&error) => Ok(()),
            Err(error) => Err(JournalError::io("read", path)(error)),
        }
    }

    /// Drops the bytes from `offset` on; a file of which nothing is left goes.
    fn cut(&self, path: &Path, offset: u64) -> Result<(), JournalError> {
        if let Some(segment) = self.last.as_ref().filter(|segment| segment.path == path) {
            return segment.cut(offset);
        }
        match self.shared.disk.remove(path) {
            Err(error) if !is_absent(&error) => Err(JournalError::io("remove", path)(error)),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn ready(mut self) -> Result<Recovered, JournalError> {
        let segment = match self.last.take() {
            Some(segment) => segment,
            None => {
                let beginning = Beginning {
                    base: self.walk.end,
                    sequence: self.walk.sequence,
                    chain: self.walk.digest(),
                };
                let Shared { disk, folder, .. } = self.shared;
                let segment = Arc::new(Segment::create(&**disk, folder, &beginning)?);
                self.shared.segments.push(Arc::clone(&segment));
                self.walk.enter(&beginning);
                segment
            }
        };
        self.shared.missed_before(self.walk.missed);
        Ok(Recovered {
            segment,
            end: self.walk.end,
            sequence: self.walk.sequence,
            chain: self.walk.into_chain(),
        })
    }
}

fn base_of(path: &Path) -> u64 {
    path.file_stem()
        .and_then(|stem| stem.to_str()?.parse().ok())
        .unwrap_or(0)
}

fn lost(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".lost");
    name.into()
}

/// A path that names no file: nothing is there, or the folder itself stands for a file that is missing.
fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::IsADirectory
    )
}
