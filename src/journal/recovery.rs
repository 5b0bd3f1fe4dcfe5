//! What is done with the files when a journal is opened: the latest stored state that holds is put back, every frame after it
//! is checked, and index and ledger go on from the entries. Without one, everything is read from the first entry on.
//!
//! A state that cannot be used is named and never trusted: the one before it stands in, or the entries themselves.
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
    anchor::Anchor,
    chain::Chain,
    disk::{self, Disk},
    frame::{Flaw, Header},
    mark::Marked,
    reader::Placed,
    segment::{self, Beginning, NoBeginning, SEGMENT_HEADER, Segment},
    state::{self, Stored},
    walk::{Step, Walk},
};

/// Where writing goes on.
#[derive(Debug)]
pub(super) struct Recovered {
    pub(super) segment: Arc<Segment>,
    pub(super) end: u64,
    pub(super) sequence: u64,
    pub(super) chain: Chain,
    /// How the last file begins.
    pub(super) beginning: Beginning,
}

/// Files with the offsets at which they begin, in order.
type Files = Vec<(u64, PathBuf)>;

/// Where the entries of a file stop being what was written.
struct Stop {
    offset: u64,
    what: String,
}

/// Reads everything that is there, and leaves a journal that can be written.
pub(super) fn recover(shared: &Shared, marked: Marked) -> Result<Recovered, JournalError> {
    let (files, anchor) = kept_files(shared)?;
    let durable = match marked {
        Marked::At(offset) => offset,
        Marked::Unknown if files.is_empty() => {
            // Stated before the first file is made: what a crash leaves of that is no damage.
            shared.reset_mark(0)?;
            0
        }
        Marked::Unknown => u64::MAX,
    };
    let mut reader = Reader::at_latest_state(shared, &files, anchor.as_ref())?;
    for (place, (base, path)) in files.iter().enumerate() {
        if *base < reader.walk.end && reader.last.is_none() {
            shared
                .segments
                .push(Arc::new(Segment::open(&*shared.disk, path.clone(), *base)?));
            continue;
        }
        let later = files.get(place + 1..).unwrap_or_default();
        if let Some(stop) = reader.read(*base, path, later.is_empty())? {
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
    last: Option<(Arc<Segment>, Beginning)>,
    /// Stored states that cannot be used.
    unusable: Files,
}

impl<'a> Reader<'a> {
    /// Where the latest state ends that holds and that these files bear; else at the first file.
    fn at_latest_state(
        shared: &'a Shared,
        files: &[(u64, PathBuf)],
        anchor: Option<&Anchor>,
    ) -> Result<Self, JournalError> {
        let start = files.first().map_or(0, |(base, _)| *base);
        let (stored, unusable) = stored_state(shared, files)?;
        let walk = match stored {
            Some(stored) => {
                let walk = Walk::after(stored.place, stored.missed);
                shared.states.stored(stored.place.offset, stored.bytes);
                stored.restore(shared, start);
                walk
            }
            None => {
                let walk = anchor.map_or_else(|| Ok(Walk::from(start)), Anchor::walk);
                stateless(shared, start)?;
                walk?
            }
        };
        Ok(Self {
            shared,
            walk,
            last: None,
            unusable,
        })
    }

    /// Reads one file to its end, or to its first flaw. Before the last one what was read is stored, if that was much: the next
    /// start has not to read it again.
    fn read(&mut self, base: u64, path: &Path, is_last: bool) -> Result<Option<Stop>, JournalError> {
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
        let is_first = self.last.is_none() && self.walk.is_unknown();
        if !is_first && beginning.chain != self.walk.digest() {
            return Ok(Some(self.stopped(Flaw::Seal)));
        }
        segment.is_read();
        let Shared { states, settings, .. } = self.shared;
        if is_last && states.is_due(base, settings.state_bytes) {
            state::store_read(self.shared, &beginning);
        }
        self.shared.segments.push(Arc::clone(&segment));
        self.last = Some((segment, beginning));
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
            projections,
            ..
        } = self.shared;
        let read = Placed {
            at,
            base: self.last.as_ref().map_or(0, |(segment, _)| segment.base),
            previous: header.before(),
            entry: Entry::decode(payload, at, keyring)?,
        };
        let about = match &read.entry {
            Entry::Decision(record) => Some(record.decision),
            Entry::Outcome { outcome, .. } => Some(outcome.decision),
            Entry::Observation(_) | Entry::Change(_) => None,
        };
        let reach = projections.fold(self.shared, read)?;
        if let Some((segment, _)) = &self.last {
            segment.reaches(reach);
        }
        if let Some(id) = about {
            index.set(id, at);
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

    /// A start that succeeded needs the states no more that it could not use; they must not stand for what comes.
    fn set_states_aside(&self) {
        for (_, path) in &self.unusable {
            if let Err(error) = self.shared.disk.rename(path, &lost(path)) {
                tracing::warn!(file = %path.display(), %error, "a stored state that is not used cannot be set aside");
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
        if let Some((segment, _)) = self.last.as_ref().filter(|(segment, _)| segment.path == path) {
            return segment.cut(offset);
        }
        match self.shared.disk.remove(path) {
            Err(error) if !is_absent(&error) => Err(JournalError::io("remove", path)(error)),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn ready(mut self) -> Result<Recovered, JournalError> {
        let (segment, beginning) = match self.last.take() {
            Some(last) => last,
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
                (segment, beginning)
            }
        };
        self.shared.projections.is_read();
        self.shared.missed_before(self.walk.missed);
        self.set_states_aside();
        Ok(Recovered {
            segment,
            end: self.walk.end,
            sequence: self.walk.sequence,
            chain: self.walk.into_chain(),
            beginning,
        })
    }
}

/// The files of a folder, and where they begin if not at the start. What a cut left behind that was broken off goes now.
fn kept_files(shared: &Shared) -> Result<(Files, Option<Anchor>), JournalError> {
    let Shared {
        disk,
        folder,
        keyring,
        ..
    } = shared;
    let accepts = shared.settings.damage == Damage::AcceptLoss;
    let anchor = match Anchor::read(&**disk, folder, keyring.secret()) {
        Err(error) if accepts => {
            tracing::error!(%error, "the anchor of the journal is not used");
            None
        }
        read => read?,
    };
    let mut files = segment::listed(&**disk, folder)?;
    let start = anchor.as_ref().map_or(0, |anchor| anchor.checkpoint.offset);
    for (_, path) in files.iter().filter(|(base, _)| *base < start) {
        disk.remove(path).map_err(JournalError::io("remove", path))?;
    }
    files.retain(|(base, _)| *base >= start);
    if let Some(anchor) = &anchor {
        shared.anchored(anchor.clone());
    }
    match files.first() {
        Some((base, path)) if *base != start && !accepts => Err(JournalError::Damaged {
            file: path.clone(),
            position: 0,
            what: format!("the files of offset {start} up to {base} are missing before it"),
        }),
        Some(_) | None => Ok((files, anchor)),
    }
}

/// What was cut off before `start` can be counted from a stored state only.
pub(super) fn stateless(shared: &Shared, start: u64) -> Result<(), JournalError> {
    if start == 0 {
        return Ok(());
    }
    match shared.settings.damage {
        Damage::Refuse => Err(JournalError::Damaged {
            file: shared.folder.clone(),
            position: 0,
            what: format!(
                "it begins at offset {start}, and no stored state can be used that holds what followed from before"
            ),
        }),
        Damage::AcceptLoss => {
            tracing::error!(
                start,
                "what followed from before the first file is no longer counted"
            );
            Ok(())
        }
    }
}

/// The latest state that holds, of a place that the files bear; and those that do not, which are named.
fn stored_state(shared: &Shared, files: &[(u64, PathBuf)]) -> Result<(Option<Stored>, Files), JournalError> {
    let mut unusable = Vec::new();
    let Shared {
        disk,
        folder,
        keyring,
        ..
    } = shared;
    for (offset, path) in state::listed(&**disk, folder)? {
        let stored = state::read(&**disk, &path, keyring.secret());
        let stored = stored.and_then(|stored| {
            borne(&**disk, files, stored.place.offset)?;
            if stored.place.offset == offset {
                Ok(stored)
            } else {
                Err("it is another one's file".to_owned())
            }
        });
        match stored {
            Ok(stored) => return Ok((Some(stored), unusable)),
            Err(why) => {
                tracing::error!(file = %path.display(), why, "a stored state is not used; more is read instead");
                unusable.push((offset, path));
            }
        }
    }
    Ok((None, unusable))
}

/// Whether the files before an offset are all there, and end where it is.
fn borne(disk: &dyn Disk, files: &[(u64, PathBuf)], offset: u64) -> Result<(), String> {
    let mut end = files.first().map_or(0, |(base, _)| *base);
    for (base, path) in files.iter().take_while(|(base, _)| *base < offset) {
        if *base != end {
            return Err(format!(
                "the file that ends at offset {base} is missing or too short"
            ));
        }
        end = base + disk.length(path).map_err(|error| error.to_string())?;
    }
    if end == offset {
        Ok(())
    } else {
        Err(format!(
            "the files before it end at offset {end}, and it is of offset {offset}"
        ))
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
