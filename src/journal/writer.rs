//! The one thread that writes: it takes what waits, judges outcomes, and writes the group with one call.
//!
//! Judging and appending happen in one order, so an outcome can be taken only once. Index and ledger move after
//! the write; then whoever waits is answered, and readers are told.

use std::{sync::Arc, time::Duration};

use super::{
    Checkpoint, Durability, Entry, JournalError, Offset, Shared,
    chain::{self, Chain},
    frame::{self, Header},
    group::{Answer, Ask, Encoded, Group},
    history::{Fetched, History},
    judge::judge,
    moved::{self, Moved},
    queue::{Erase, Job},
    segment::{self, Beginning, SEGMENT_HEADER, Segment, Stored},
    state::Place,
    states::Wanted,
    times::Noted,
};
use crate::domain::{
    Change, Changed, DecisionId, FactValue, Facts, Observation, Outcome, OutcomeReply, Record, Timestamp,
    Word,
};

/// A group is written when it has grown to this, although more waits.
const GROUP_BYTES: usize = 1 << 20;

/// How often a full disk is tried again.
const LOOK_FOR_ROOM: Duration = Duration::from_millis(250);

#[derive(Debug)]
pub(super) struct Writer {
    pub(super) shared: Arc<Shared>,
    pub(super) segment: Arc<Segment>,
    /// Where the next group begins.
    pub(super) end: u64,
    /// The number of the next entry.
    pub(super) sequence: u64,
    pub(super) chain: Chain,
    /// How the last file begins.
    pub(super) beginning: Beginning,
    pub(super) group: Group,
}

impl Writer {
    /// Writes until the queue is closed and empty.
    pub(super) fn run(mut self) {
        let mut jobs = Vec::new();
        while self.wait(&mut jobs) {
            for job in jobs.drain(..) {
                self.take(job);
                if self.group.bytes.len() >= GROUP_BYTES {
                    self.commit();
                }
            }
            self.commit();
        }
        self.shared.close_syncer();
        self.shared.states.close();
    }

    fn wait(&mut self, jobs: &mut Vec<Job>) -> bool {
        if !self.shared.has_no_space() {
            return self.shared.queue.take(jobs);
        }
        let goes_on = self.shared.queue.take_within(jobs, LOOK_FOR_ROOM);
        self.look_for_room();
        goes_on
    }

    /// Tries whether the disk has room again: for a whole group, so that it does not go to and fro.
    fn look_for_room(&self) {
        if self.segment.write(self.end, &vec![0; GROUP_BYTES]).is_ok() {
            match self.segment.cut(self.end) {
                Ok(()) => self.shared.has_space(),
                Err(error) => self.shared.fail(&error),
            }
        }
    }

    fn take(&mut self, job: Job) {
        match job {
            Job::Decision(record) => {
                if let Err(error) = self.decision(record) {
                    self.shared.lost_record(&error);
                }
            }
            Job::Observation(observation) => {
                if let Err(error) = self.observation(observation) {
                    self.shared.lost_record(&error);
                }
            }
            Job::Outcomes {
                outcomes,
                received_at,
                answer,
            } => {
                let replies: Result<Vec<_>, _> = outcomes
                    .into_iter()
                    .map(|outcome| self.outcome(outcome, received_at))
                    .collect();
                match replies {
                    Ok(replies) => self.group.answers.push(Answer::Outcomes(answer, replies)),
                    // Whoever asked may have gone; what was kept is kept.
                    Err(error) => drop(answer.send(Err(error))),
                }
            }
            Job::Change(change) => {
                if let Err(error) = self.change(change) {
                    tracing::error!(%error, "a change is not on record");
                }
            }
            Job::Erase(erase) => self.erase(*erase),
            Job::Checkpoint(answer, at) => self.group.answers.push(Answer::Checkpoint(answer, at)),
            Job::Settle(answer) => self.group.answers.push(Answer::Settled(answer)),
            Job::State(answer) => self.store_state(answer),
        }
    }

    /// A state is of a place where a file begins, so one begins.
    fn store_state(&mut self, answer: Ask<Offset>) {
        self.commit();
        let whole = self.shared.whole();
        let is_fresh = self.end == self.segment.base + SEGMENT_HEADER;
        if is_fresh && whole.is_ok() && self.shared.states.is_stored(self.segment.base) {
            // Whoever asked may have gone.
            return drop(answer.send(Ok(Offset::new(self.segment.base))));
        }
        let begun = whole.and_then(|()| if is_fresh { Ok(()) } else { self.roll() });
        match begun {
            Ok(()) => self.shared.states.want(Wanted {
                place: self.place(),
                answer: Some(answer),
            }),
            Err(error) => {
                self.failed(&error);
                // Whoever asked may have gone.
                drop(answer.send(Err(error)));
            }
        }
    }

    /// Where the last file begins.
    fn place(&self) -> Place {
        Place {
            offset: self.segment.base,
            sequence: self.beginning.sequence,
            chain: self.beginning.chain,
        }
    }

    fn change(&mut self, change: Box<Change>) -> Result<(), JournalError> {
        self.append(Entry::Change(change), None)?;
        Ok(())
    }

    /// What waits is written under the key that goes; then the key goes, then what was counted, then the receipt is kept.
    fn erase(&mut self, erase: Erase) {
        let Erase {
            contact,
            hand,
            answer,
        } = erase;
        let at = hand.at;
        self.commit();
        let gone = self.shared.whole().and_then(|()| self.forget(&contact));
        let subject = match gone {
            Ok(Some(subject)) => subject,
            // Whoever asked may have gone.
            Ok(None) => return drop(answer.send(Ok(None))),
            Err(error) => return drop(answer.send(Err(error))),
        };
        let receipt = hand.did(Changed::ContactErased { subject });
        match self.change(Box::new(receipt)) {
            Ok(()) => self.group.answers.push(Answer::Erased(answer, subject, at)),
            Err(error) => drop(answer.send(Err(error))),
        }
    }

    fn forget(&self, contact: &Word) -> Result<Option<u64>, JournalError> {
        let Shared { disk, keyring, .. } = &*self.shared;
        self.shared.erasing();
        let erased = keyring.erase(&**disk, contact);
        self.shared.erasing();
        let subject = erased.inspect_err(|error| {
            // Without room the old keys stand; after anything else nobody knows which do.
            if !error.is_for_want_of_room() {
                self.shared.fail(error);
            }
        })?;
        self.shared.projections.forget(contact);
        // In the files it is ciphertext without a key by now.
        self.shared.tail.clear(self.end);
        Ok(subject)
    }

    /// A decision is kept once, under its id.
    fn decision(&mut self, mut record: Box<Record>) -> Result<(), JournalError> {
        let id = record.decision;
        let previous = self.latest(id);
        if previous.is_some() && self.history(previous)?.record.is_some() {
            return Ok(());
        }
        without_texts(&mut record.facts);
        for candidate in &mut record.candidates {
            without_texts(&mut candidate.facts);
        }
        let offset = self.append(Entry::Decision(record), previous)?;
        self.group.latest.insert(id, offset);
        self.group.records += 1;
        Ok(())
    }

    fn observation(&mut self, mut observation: Box<Observation>) -> Result<(), JournalError> {
        without_texts(&mut observation.facts);
        self.append(Entry::Observation(observation), None)?;
        self.group.records += 1;
        Ok(())
    }

    fn outcome(&mut self, outcome: Outcome, received_at: Timestamp) -> Result<OutcomeReply, JournalError> {
        let id = outcome.decision;
        let previous = self.latest(id);
        let history = self.history(previous)?;
        if history.record.is_none() && self.shared.has_expired(id) {
            return Ok(OutcomeReply::Expired);
        }
        let reply = judge(&history, &outcome, received_at);
        let bursts = self.shared.projections.bursts();
        let reply = bursts.judged(&history, &outcome, received_at, reply);
        let is_evidence = bursts.is_evidence(&history, &outcome, reply);
        let read = |id| self.history(self.latest(id));
        let uncounted = moved::uncounted(&bursts, &history, &outcome, reply, read)?;
        drop(bursts);
        match reply {
            OutcomeReply::Duplicate
            | OutcomeReply::Conflict
            | OutcomeReply::UnknownCandidate
            | OutcomeReply::Expired => return Ok(reply),
            OutcomeReply::Accepted
            | OutcomeReply::Late
            | OutcomeReply::Corrected
            | OutcomeReply::Quarantined(_) => {}
        }
        let entry = Entry::Outcome {
            outcome: outcome.clone(),
            received_at,
            reply,
        };
        let offset = self.append(entry, previous)?;
        self.group.latest.insert(id, offset);
        let noted = self
            .shared
            .projections
            .bursts()
            .note(&history, &outcome, received_at, reply);
        self.group.acts.extend(noted);
        if let Some(encoded) = self.group.entries.last_mut() {
            encoded.moved = Moved::by(history, outcome, reply, is_evidence, uncounted);
        }
        Ok(reply)
    }

    /// Encodes an entry into the group; says where it will stand.
    fn append(&mut self, mut entry: Entry, previous: Option<u64>) -> Result<u64, JournalError> {
        self.shared.whole()?;
        if self.group.bytes.is_empty() {
            self.begin()?;
        }
        let offset = self.end + self.group.bytes.len() as u64;
        let gap = self.shared.take_gap();
        let sequence = self.sequence + gap;
        let header = Header {
            sequence,
            previous: previous.unwrap_or(0),
        };
        let keyring = &self.shared.keyring;
        let encoded = frame::append(&mut self.group.bytes, header, |bytes| {
            entry.encode(keyring, bytes)
        });
        encoded.inspect_err(|_| self.shared.give_back_gap(gap))?;
        self.group.gap += gap;
        self.sequence = sequence + 1;
        self.group.entries.push(Encoded {
            at: offset,
            end: self.end + self.group.bytes.len() as u64,
            entry: Arc::new(entry),
            moved: Moved::default(),
        });
        Ok(offset)
    }

    /// A group begins: in a new file where the old one is full, with a seal where it is time for one.
    fn begin(&mut self) -> Result<(), JournalError> {
        if self.end - self.segment.base >= self.shared.settings.segment_bytes {
            self.roll().inspect_err(|error| self.failed(error))?;
            let every = self.shared.settings.state_bytes;
            if self.shared.states.is_due(self.segment.base, every) {
                let (place, answer) = (self.place(), None);
                self.shared.states.want(Wanted { place, answer });
            }
        }
        self.group.first = self.sequence;
        if self.chain.is_long() {
            let header = Header {
                sequence: self.sequence,
                previous: 0,
            };
            let seal = chain::seal(&self.chain.digest());
            frame::append(&mut self.group.bytes, header, |bytes| {
                bytes.extend_from_slice(&seal);
                Ok::<(), JournalError>(())
            })?;
            self.group.is_sealed = true;
        }
        Ok(())
    }

    /// Begins a new file. The old one is made durable first: only the last file can have a torn tail.
    fn roll(&mut self) -> Result<(), JournalError> {
        self.shared.sync(&self.segment, self.end)?;
        let beginning = Beginning {
            base: self.end,
            sequence: self.sequence,
            chain: self.chain.digest(),
        };
        let segment = Segment::create(&*self.shared.disk, &self.shared.folder, &beginning);
        let segment = Arc::new(segment.inspect_err(|_| self.take_back_file())?);
        self.shared.segments.push(Arc::clone(&segment));
        self.segment = segment;
        self.beginning = beginning;
        self.end += SEGMENT_HEADER;
        self.chain.restart();
        self.chain.add(&beginning.to_bytes());
        Ok(())
    }

    /// A file that could not be begun is no damage at the next start: it lies past the durable mark. Without it the
    /// file before goes on.
    fn take_back_file(&self) {
        let path = segment::path(&self.shared.folder, self.end);
        if let Err(error) = self.shared.disk.remove(&path) {
            tracing::warn!(file = %path.display(), %error, "a journal file that could not be begun stays behind");
        }
    }

    fn commit(&mut self) {
        match self.write() {
            Ok(()) => self.publish(),
            Err(error) => {
                self.failed(&error);
                self.take_back();
            }
        }
        if !self.group.answers.is_empty() {
            let (whole, digest) = (|| self.shared.whole(), self.chain.digest());
            let (end, sequence, secret) = (self.end, self.sequence, self.shared.keyring.secret());
            for answer in self.group.answers.drain(..) {
                answer.send(whole(), |at| {
                    Checkpoint::signed(end, sequence, &digest, at, secret)
                });
            }
        }
        self.group.clear();
    }

    /// For want of room the file is cut back to what was whole; after anything else nobody knows what it holds.
    fn failed(&self, error: &JournalError) {
        if !error.is_for_want_of_room() {
            return self.shared.fail(error);
        }
        match self.segment.cut(self.end) {
            Ok(()) => self.shared.is_out_of_space(),
            Err(error) => self.shared.fail(&error),
        }
    }

    /// Nothing of the group is written: its numbers are free again, and its records are a gap.
    fn take_back(&mut self) {
        if !self.group.bytes.is_empty() {
            self.sequence = self.group.first;
            self.shared.give_back_gap(self.group.gap);
            self.shared.lost_records(self.group.records);
            let mut bursts = self.shared.projections.bursts();
            for change in self.group.acts.drain(..).rev() {
                bursts.take_back(&change);
            }
        }
    }

    fn write(&mut self) -> Result<(), JournalError> {
        self.shared.whole()?;
        if self.group.bytes.is_empty() {
            return Ok(());
        }
        self.shared.keyring.write()?;
        self.segment.write(self.end, &self.group.bytes)?;
        let end = self.end + self.group.bytes.len() as u64;
        match self.shared.settings.durability {
            Durability::Memory => {}
            Durability::Batch => self.shared.written(&self.segment, end),
            Durability::Fsync => self.shared.sync(&self.segment, end)?,
        }
        if self.group.is_sealed {
            self.chain.restart();
        }
        self.chain.add(&self.group.bytes);
        self.end = end;
        Ok(())
    }

    fn publish(&mut self) {
        for (id, offset) in self.group.latest.drain() {
            self.shared.index.set(id, offset);
        }
        for encoded in &self.group.entries {
            let Encoded { at, entry, moved, .. } = encoded;
            let (noted, base) = (Noted::of(*at, entry), self.segment.base);
            self.segment.reaches(moved.reach);
            self.shared.projections.take(noted, base, entry, moved);
        }
        let written = self.group.entries.drain(..);
        self.shared
            .tail
            .extend(written.map(|encoded| (encoded.end, encoded.entry)));
        self.shared.end.send_if_modified(|end| {
            let moved = end.get() < self.end;
            *end = Offset::new(self.end);
            moved
        });
    }

    fn latest(&self, id: DecisionId) -> Option<u64> {
        let here = self.group.latest.get(&id).copied();
        here.or_else(|| self.shared.index.latest(id))
    }

    fn history(&self, latest: Option<u64>) -> Result<History, JournalError> {
        let Shared {
            segments, keyring, ..
        } = &*self.shared;
        History::read(latest, segments, keyring, |offset| {
            self.fetch(offset).map(Fetched::Stored)
        })
    }

    /// The entry at `offset`, from the group or from its file.
    fn fetch(&self, offset: u64) -> Result<Stored, JournalError> {
        let in_group = offset
            .checked_sub(self.end)
            .and_then(|at| self.group.bytes.get(usize::try_from(at).ok()?..));
        let Some(bytes) = in_group.filter(|bytes| !bytes.is_empty()) else {
            return self.shared.segments.frame(offset);
        };
        let frame = frame::parse(bytes).map_err(|flaw| self.segment.damaged(offset, flaw))?;
        Ok(Stored {
            header: frame.header,
            payload: frame.payload.to_vec(),
        })
    }
}

/// Replaces prose by its digest: no page's text is kept.
fn without_texts(facts: &mut Facts) {
    let is_text = |value: &FactValue| matches!(value, FactValue::Text(_));
    if facts.iter().any(|(_, value)| is_text(value)) {
        *facts = facts.digested();
    }
}
