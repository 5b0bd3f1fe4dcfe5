//! Who follows the journal reads its newest entries from memory: they are what the files hold, and an erased contact is not
//! among them.
//!
//! Seen to fail with a tail that keeps its entries through an erasure, and with one that hands out what it has to a reader
//! who is before it.

use std::{path::Path, sync::Arc};

use balustrade::{
    domain::{Attribute, FactValue, Hand, Record, Recorder as _},
    journal::{Entry, Journal, Offset, Settings},
};

use crate::journal_samples::{
    answered, at, bid, entries, id, observation, opened, outcome, record, win, word,
};

fn followed(journal: &Journal, from: Offset) -> Vec<(Offset, Arc<Entry>)> {
    journal.follow_from(from).map(Result::unwrap).collect()
}

fn the_same_as_the_files_hold(journal: &Journal) {
    let all: Vec<(Offset, Entry)> = journal.read_from(Offset::START).map(Result::unwrap).collect();
    let starts = std::iter::once(Offset::START).chain(all.iter().map(|(end, _)| *end));
    for (skipped, from) in starts.enumerate() {
        let read = followed(journal, from);
        let read = read.iter().map(|(end, entry)| (*end, &**entry));
        assert!(
            read.eq(all.iter().skip(skipped).map(|(end, entry)| (*end, entry))),
            "from {from:?}"
        );
    }
}

/// Decisions, outcomes and history over several files.
fn filled(folder: &Path) -> Journal {
    let small = Settings {
        segment_bytes: 4_000,
        ..Settings::default()
    };
    let journal = Journal::open(folder, small).unwrap();
    for n in 0..40 {
        journal.record(for_contact(n, "contact-1")).unwrap();
        if n % 3 == 0 {
            answered(journal.settled()).unwrap();
            let won = outcome(n, "spring", win(4_000), "won", at(50));
            answered(journal.outcome(won, at(60))).unwrap();
        }
        if n % 7 == 0 {
            journal.observe(observation("spring", at(5), Vec::new())).unwrap();
        }
    }
    answered(journal.settled()).unwrap();
    journal
}

fn for_contact(n: u64, contact: &str) -> Record {
    let mut record = record(n, at(n as i64), &[("spring", bid(5_000))]);
    record
        .facts
        .set(Attribute::Contact, FactValue::Word(word(contact)));
    record
}

#[test]
fn entries_from_memory_are_those_of_the_files_wherever_one_begins() {
    let folder = tempfile::tempdir().unwrap();
    let journal = filled(folder.path());
    the_same_as_the_files_hold(&journal);
    drop(journal);
    // Nothing was written since: all is read from the files.
    let journal = opened(folder.path());
    the_same_as_the_files_hold(&journal);
    journal.record(for_contact(100, "contact-2")).unwrap();
    answered(journal.settled()).unwrap();
    the_same_as_the_files_hold(&journal);
}

#[test]
fn who_follows_does_not_hear_of_an_erased_contact_again() {
    let folder = tempfile::tempdir().unwrap();
    let journal = filled(folder.path());
    let named = |journal: &Journal| {
        let followed = followed(journal, Offset::START);
        let records = followed.iter().filter_map(|(_, entry)| match &**entry {
            Entry::Decision(record) => Some(record.facts.word(&Attribute::Contact).is_some()),
            Entry::Outcome { .. } | Entry::Observation(_) | Entry::Change(_) => None,
        });
        records.filter(|named| *named).count()
    };
    assert_eq!(named(&journal), 40);
    let asked = Hand {
        by: "dpo@nova.example".into(),
        principal: None,
        because: "asked to".into(),
        at: at(100),
    };
    assert!(
        answered(journal.erase(word("contact-1"), asked))
            .unwrap()
            .is_some()
    );
    assert_eq!(named(&journal), 0);
    the_same_as_the_files_hold(&journal);
    journal.record(for_contact(101, "contact-1")).unwrap();
    answered(journal.settled()).unwrap();
    assert_eq!(named(&journal), 1, "it came back, and was not erased since");
    the_same_as_the_files_hold(&journal);
}

#[test]
fn who_falls_far_behind_misses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let journal = opened(folder.path());
    // More than is held in memory.
    let long: Vec<_> = (0..20_000).map(|n| word(&format!("segment-{n}"))).collect();
    for n in 0..60 {
        let mut record = record(n, at(0), &[]);
        record
            .facts
            .set(Attribute::ContactSegment, FactValue::Words(long.clone()));
        journal.record(record).unwrap();
    }
    answered(journal.settled()).unwrap();
    assert!(journal.end().get() > 12 << 20);
    let seen = followed(&journal, Offset::START)
        .into_iter()
        .map(|(_, entry)| match &*entry {
            Entry::Decision(record) => record.decision,
            other @ (Entry::Outcome { .. } | Entry::Observation(_) | Entry::Change(_)) => panic!("{other:?}"),
        });
    assert!(seen.eq((0..60).map(id)));
    assert_eq!(entries(&journal, journal.end()), []);
}
