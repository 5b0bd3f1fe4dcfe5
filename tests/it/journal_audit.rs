//! The hash chain, the checkpoints taken from it, and what is left of a contact that was erased.

use std::{
    fs,
    path::{Path, PathBuf},
};

use balustrade::{
    domain::{Attribute, CapKey, Change, Changed, FactValue, Hand, Ledger as _, Record, Recorder as _, Span},
    journal::{Checkpoint, Entry, Journal, JournalError, Offset, Settings, Verified, verify},
};

use crate::journal_samples::{
    DAY_MS, answered, at, bid, brand, entries, id, observation, opened, outcome, query_of, record, win, word,
};

/// Enough entries for several seals in several files.
const MANY: u64 = 1_200;

fn for_contact(n: u64, contact: &str) -> Record {
    let mut record = record(n, at(n as i64), &[("spring", bid(5_000))]);
    record
        .facts
        .set(Attribute::Contact, FactValue::Word(word(contact)));
    record
}

fn small() -> Settings {
    Settings {
        segment_bytes: 300_000,
        ..Settings::default()
    }
}

fn filled(folder: &Path) -> Journal {
    let journal = Journal::open(folder, small()).unwrap();
    for n in 0..MANY {
        journal
            .record(for_contact(n, &format!("contact-{}", n % 50)))
            .unwrap();
        if n % 100 == 0 {
            answered(journal.outcome(outcome(n, "spring", win(900), "w", at(5_000)), at(6_000))).unwrap();
        }
    }
    answered(journal.settled()).unwrap();
    journal
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|own| own == extension))
        .collect();
    found.sort();
    found
}

fn verified(folder: &Path, against: &[Checkpoint]) -> Verified {
    verify(folder, against).unwrap()
}

#[test]
fn a_whole_journal_verifies_open_and_closed_and_against_its_checkpoints() {
    let folder = tempfile::tempdir().unwrap();
    let journal = filled(folder.path());
    let first = answered(journal.checkpoint(at(0))).unwrap();
    journal.record(for_contact(MANY, "contact-new")).unwrap();
    answered(journal.settled()).unwrap();
    let second = answered(journal.checkpoint(at(1))).unwrap();
    assert_eq!(second.offset, journal.end().get());
    let all = [first, second];
    let open = journal.verify(&all).unwrap();
    assert_eq!(open.findings, []);
    assert_eq!(open.entries, MANY + MANY / 100 + 1);
    assert_eq!(open.end, journal.end());
    drop(journal);
    let closed = verified(folder.path(), &all);
    assert_eq!((closed.findings, closed.entries), (vec![], open.entries));
    assert!(files(folder.path(), "seg").len() > 1);
    // The chain goes on where it was.
    let journal = Journal::open(folder.path(), small()).unwrap();
    assert_eq!(answered(journal.checkpoint(at(1))).unwrap(), all[1]);
    assert_eq!(Checkpoint::from_json(&all[1].to_json()).unwrap(), all[1]);
}

#[test]
fn one_flipped_bit_in_any_file_is_found_and_named() {
    let folder = tempfile::tempdir().unwrap();
    drop(filled(folder.path()));
    let mut all = files(folder.path(), "seg");
    all.extend(files(folder.path(), "keys"));
    all.push(folder.path().join("durable"));
    for path in all {
        let whole = fs::read(&path).unwrap();
        for place in (0..whole.len()).step_by(whole.len() / 40 + 1) {
            let mut flipped = whole.clone();
            flipped[place] ^= 1 << (place % 8);
            fs::write(&path, &flipped).unwrap();
            let findings = verified(folder.path(), &[]).findings;
            assert!(!findings.is_empty(), "{} byte {place}", path.display());
            let finding = &findings[0];
            assert_eq!(finding.file, path);
            assert!(finding.position <= place as u64, "byte {place}: {finding:?}");
            assert!(
                place as u64 - finding.position < 4_000,
                "byte {place}: {finding:?}"
            );
            if path.extension().is_some_and(|own| own == "seg") && place >= 64 {
                assert!(finding.sequence.is_some(), "{finding:?}");
            }
        }
        fs::write(&path, &whole).unwrap();
    }
    assert_eq!(verified(folder.path(), &[]).findings, []);
}

/// Changes one letter of the reason in the entry at `start` and mends the checksum, as somebody would who knows the format.
fn forged(bytes: &mut [u8], start: usize) {
    let length = u32::from_le_bytes(bytes[start..start + 4].try_into().unwrap()) as usize;
    let end = start + 24 + length;
    let reason = b"No data before March";
    let letter = bytes[start..end]
        .windows(reason.len())
        .position(|window| window == reason);
    bytes[start + letter.unwrap()] = b'n';
    let mut crc = crc32fast::Hasher::new();
    crc.update(&bytes[start..start + 4]);
    crc.update(&bytes[start + 8..end]);
    bytes[start + 4..start + 8].copy_from_slice(&crc.finalize().to_le_bytes());
}

#[test]
fn an_entry_that_was_changed_with_its_checksum_is_found_at_the_next_seal() {
    let folder = tempfile::tempdir().unwrap();
    drop(filled(folder.path()));
    let first = &files(folder.path(), "seg")[0];
    let whole = fs::read(first).unwrap();
    let mut bytes = whole.clone();
    forged(&mut bytes, 64);
    fs::write(first, &bytes).unwrap();
    let findings = verified(folder.path(), &[]).findings;
    assert!(findings[0].what.contains("sealed"), "{findings:?}");
    let refused = Journal::open(folder.path(), small()).unwrap_err();
    assert!(matches!(refused, JournalError::Damaged { .. }), "{refused}");
}

#[test]
fn behind_the_last_seal_a_checkpoint_finds_what_was_changed_or_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    let journal = opened(folder.path());
    for n in 0..6 {
        journal.record(for_contact(n, "contact-1")).unwrap();
        answered(journal.settled()).unwrap();
    }
    let ends: Vec<u64> = journal
        .read_from(Offset::START)
        .map(|read| read.unwrap().0.get())
        .collect();
    let checkpoint = answered(journal.checkpoint(at(0))).unwrap();
    drop(journal);
    let file = &files(folder.path(), "seg")[0];
    let whole = fs::read(file).unwrap();
    let against = std::slice::from_ref(&checkpoint);
    assert_eq!(verified(folder.path(), against).findings, []);

    let mut changed = whole.clone();
    forged(&mut changed, ends[2] as usize);
    fs::write(file, &changed).unwrap();
    assert_eq!(verified(folder.path(), &[]).findings, []);
    assert!(
        verified(folder.path(), against).findings[0]
            .what
            .contains("checkpoint")
    );

    fs::write(file, &whole[..ends[4] as usize]).unwrap();
    assert_eq!(
        verified(folder.path(), &[]).findings,
        [],
        "a cut tail is no damage by itself"
    );
    let findings = verified(folder.path(), against).findings;
    assert!(findings[0].what.contains("cut off"), "{findings:?}");

    fs::write(file, &whole).unwrap();
    let other = Checkpoint {
        sequence: 5,
        ..checkpoint
    };
    let findings = verified(folder.path(), &[other]).findings;
    assert!(findings[0].what.contains("signed"), "{findings:?}");
}

#[test]
fn a_journal_of_an_earlier_format_is_refused_with_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let mut old = b"blstrd\x00\x01".to_vec();
    old.extend([0; 8]);
    fs::write(folder.path().join(format!("{:020}.seg", 0)), &old).unwrap();
    let refused = Journal::open(folder.path(), Settings::default()).unwrap_err();
    assert!(matches!(refused, JournalError::OfOld(_)), "{refused:?}");
    assert!(refused.to_string().contains("--data"), "{refused}");
}

// === changes ===

#[test]
fn what_was_done_to_what_decides_is_kept_in_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let change = Change {
        at: at(5),
        by: "anna.rossi@nova.example".into(),
        principal: Some("anna".into()),
        because: "a typing error".into(),
        what: Changed::RulebookRolledBack {
            from: "b3:02".into(),
            to: "b3:01".into(),
        },
    };
    {
        let journal = opened(folder.path());
        journal.record(record(1, at(0), &[])).unwrap();
        journal.note(change.clone());
        journal.record(record(2, at(9), &[])).unwrap();
        answered(journal.settled()).unwrap();
        assert_eq!(journal.changes().len(), 1);
    }
    let journal = opened(folder.path());
    let kept: Vec<_> = journal.changes().into_iter().map(|(_, change)| change).collect();
    assert_eq!(kept, std::slice::from_ref(&change));
    assert_eq!(
        entries(&journal, Offset::START)[1],
        Entry::Change(Box::new(change))
    );
}

// === erasure ===

const NAME: &str = "pseudonym-of-a-person";

/// Whether a text stands in any file of the folder.
fn stands(folder: &Path, text: &str) -> bool {
    let holds = |bytes: &[u8]| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    fs::read_dir(folder)
        .unwrap()
        .any(|entry| holds(&fs::read(entry.unwrap().path()).unwrap()))
}

fn reached(journal: &Journal, contact: &str) -> usize {
    let key = CapKey {
        contact: word(contact),
        brand: brand("nova"),
        channel: None,
    };
    let asked = query_of(&record(99, at(10), &[("spring", bid(1))]));
    let during = Span::new(at(-DAY_MS), at(DAY_MS));
    let contacts = journal.ledger().contacts(&asked, 0, &key, during);
    contacts.map_or(0, |contacts| contacts.len())
}

#[test]
fn a_contact_stands_in_no_file_and_comes_back_to_those_who_may_read_it() {
    let folder = tempfile::tempdir().unwrap();
    let journal = opened(folder.path());
    journal.record(for_contact(1, NAME)).unwrap();
    let mut row = observation("spring", at(0), Vec::new());
    row.facts.set(Attribute::Contact, FactValue::Word(word(NAME)));
    journal.observe(row.clone()).unwrap();
    answered(journal.settled()).unwrap();
    assert!(!stands(folder.path(), NAME));
    drop(journal);
    let journal = opened(folder.path());
    assert_eq!(journal.decision(id(1)).unwrap(), Some(for_contact(1, NAME)));
    assert_eq!(
        entries(&journal, Offset::START)[1],
        Entry::Observation(Box::new(row))
    );
}

#[test]
fn an_erased_contact_is_gone_from_records_counts_and_files_and_only_a_receipt_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let journal = opened(folder.path());
    for (n, contact) in [(1, NAME), (2, "another"), (3, NAME)] {
        journal.record(for_contact(n, contact)).unwrap();
    }
    answered(journal.settled()).unwrap();
    assert_eq!((reached(&journal, NAME), reached(&journal, "another")), (2, 1));
    let erasure = answered(journal.erase(word(NAME), asked(20))).unwrap().unwrap();
    let again = answered(journal.erase(word(NAME), asked(21))).unwrap();
    assert_eq!(again, None, "nothing of it is left to be erased");
    let keys = fs::metadata(folder.path().join("contacts.keys")).unwrap().len();
    assert_eq!(keys, 2 * 64, "one contact, and the number of the erased one");

    let holds = |journal: &Journal| {
        for n in [1, 3] {
            let kept = journal.decision(id(n)).unwrap().unwrap();
            assert!(kept.erased);
            assert_eq!(kept.facts.get(&Attribute::Contact), None);
            assert_eq!(kept.candidates, for_contact(n, NAME).candidates);
        }
        assert_eq!(journal.decision(id(2)).unwrap(), Some(for_contact(2, "another")));
        assert_eq!((reached(journal, NAME), reached(journal, "another")), (0, 1));
        assert!(!stands(folder.path(), NAME));
        let (_, receipt) = journal.changes().pop().unwrap();
        let subject = erasure.subject;
        assert_eq!(receipt.what, Changed::ContactErased { subject });
        let checked = journal.verify(std::slice::from_ref(&erasure.checkpoint)).unwrap();
        assert_eq!(checked.findings, []);
    };
    holds(&journal);
    drop(journal);
    let journal = opened(folder.path());
    holds(&journal);
    // Who comes back is somebody new.
    journal.record(for_contact(4, NAME)).unwrap();
    answered(journal.settled()).unwrap();
    assert!(journal.decision(id(1)).unwrap().unwrap().erased);
    assert_eq!(journal.decision(id(4)).unwrap(), Some(for_contact(4, NAME)));
}

#[test]
fn a_lost_key_is_no_erasure() {
    let folder = tempfile::tempdir().unwrap();
    {
        let journal = opened(folder.path());
        journal.record(for_contact(1, NAME)).unwrap();
    }
    fs::write(folder.path().join("contacts.keys"), []).unwrap();
    let refused = Journal::open(folder.path(), Settings::default()).unwrap_err();
    assert!(matches!(refused, JournalError::Unreadable { .. }), "{refused}");
}

fn asked(seconds: i64) -> Hand {
    Hand {
        by: "dpo@nova.example".into(),
        principal: None,
        because: "asked to".into(),
        at: at(seconds),
    }
}
