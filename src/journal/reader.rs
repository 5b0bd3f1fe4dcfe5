use std::{sync::Arc, vec};

use super::{
    Entry, JournalError, Offset, Shared, chain, frame,
    segment::{SEGMENT_HEADER, Segment},
};

/// How much is read at once.
const CHUNK: usize = 256 << 10;

/// An entry with all that its frame says of it.
#[derive(Debug)]
pub(super) struct Placed {
    /// Where its frame begins.
    pub(super) at: u64,
    /// Where its file begins.
    pub(super) base: u64,
    /// Where the entry about the same decision stands that was written before it.
    pub(super) previous: Option<u64>,
    pub(super) entry: Entry,
}

/// Reads entries in order, as far as they are written.
#[derive(Debug)]
pub(super) struct Entries<'a> {
    shared: &'a Shared,
    position: u64,
    /// Bytes of the file from `chunk_at` on.
    chunk: Vec<u8>,
    chunk_at: u64,
}

impl<'a> Entries<'a> {
    pub(super) fn new(shared: &'a Shared, from: Offset) -> Self {
        Self {
            shared,
            position: from.get().max(shared.segments.start()),
            chunk: Vec::new(),
            chunk_at: 0,
        }
    }

    /// The next entry before `end`; `None` where there is none.
    pub(super) fn next_before(&mut self, end: u64) -> Result<Option<Placed>, JournalError> {
        while self.position < end {
            // What is past its retention may go while it is read.
            self.position = self.position.max(self.shared.segments.start());
            let Some((segment, next)) = self.shared.segments.holding(self.position) else {
                return Ok(None);
            };
            let first = segment.base + SEGMENT_HEADER;
            if self.position < first {
                self.position = first;
                continue;
            }
            let limit = next.map_or(end, |next| next.min(end));
            if let Some(placed) = self.entry(&segment, limit)? {
                return Ok(Some(placed));
            }
        }
        Ok(None)
    }

    /// The entry at the position, and past it; `None` of a seal.
    fn entry(&mut self, segment: &Arc<Segment>, limit: u64) -> Result<Option<Placed>, JournalError> {
        // Once for the header, once for what the header says.
        for _ in 0..2 {
            let needed = frame::needed(self.buffered());
            if needed > self.buffered().len() {
                self.fill(segment, limit, needed)?;
            }
        }
        let frame = frame::parse(self.buffered()).map_err(|flaw| segment.damaged(self.position, flaw))?;
        let placed = match chain::sealed(frame.payload) {
            Some(_) => None,
            None => Some(Placed {
                at: self.position,
                base: segment.base,
                previous: frame.header.before(),
                entry: Entry::decode(frame.payload, self.position, &self.shared.keyring)?,
            }),
        };
        self.position += frame.bytes() as u64;
        Ok(placed)
    }

    /// What of the chunk lies at the position.
    fn buffered(&self) -> &[u8] {
        self.position
            .checked_sub(self.chunk_at)
            .and_then(|at| self.chunk.get(usize::try_from(at).ok()?..))
            .unwrap_or_default()
    }

    fn fill(&mut self, segment: &Segment, limit: u64, needed: usize) -> Result<(), JournalError> {
        let left = usize::try_from(limit - self.position).unwrap_or(usize::MAX);
        self.chunk.resize(needed.max(CHUNK).min(left), 0);
        self.chunk_at = self.position;
        let read = segment.read(self.position, &mut self.chunk)?;
        self.chunk.truncate(read);
        Ok(())
    }
}

impl Iterator for Entries<'_> {
    type Item = Result<(Offset, Entry), JournalError>;

    fn next(&mut self) -> Option<Self::Item> {
        let end = self.shared.end.borrow().get();
        let next = self.next_before(end).transpose()?;
        if next.is_err() {
            // There is no next entry behind one that cannot be read.
            self.position = u64::MAX;
        }
        Some(next.map(|placed| (Offset::new(self.position), placed.entry)))
    }
}

/// Reads entries in order: the newest from memory, those before from the files.
#[derive(Debug)]
pub(super) struct Following<'a> {
    entries: Entries<'a>,
    newest: vec::IntoIter<(Offset, Arc<Entry>)>,
}

impl<'a> Following<'a> {
    pub(super) fn new(shared: &'a Shared, from: Offset) -> Self {
        Self {
            entries: Entries::new(shared, from),
            newest: Vec::new().into_iter(),
        }
    }
}

impl Iterator for Following<'_> {
    type Item = Result<(Offset, Arc<Entry>), JournalError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.newest.as_slice().is_empty() {
            self.newest = self.entries.shared.tail.after(self.entries.position).into_iter();
        }
        match self.newest.next() {
            Some((end, entry)) => {
                self.entries.position = end.get();
                Some(Ok((end, entry)))
            }
            None => {
                let read = self.entries.next()?;
                Some(read.map(|(end, entry)| (end, Arc::new(entry))))
            }
        }
    }
}
